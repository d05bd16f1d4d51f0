package payment

import (
	"context"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// Capture takes the money that an auth holds, all of it or less. Errors and outcomes as Authorize.
func (e *Engine) Capture(ctx context.Context, f Follow) (pos.Payment, error) {
	var do func(context.Context, pos.Request) pos.Answer
	if e.Host.Capture != nil {
		do = e.Host.Capture.Capture
	}
	return e.follow(ctx, f, pos.KindCapture, do)
}

// Void takes a payment out of the host's open batch; it always is for the whole.
func (e *Engine) Void(ctx context.Context, f Follow) (pos.Payment, error) {
	var do func(context.Context, pos.Request) pos.Answer
	if e.Host.Void != nil {
		do = e.Host.Void.Void
	}
	return e.follow(ctx, f, pos.KindVoid, do)
}

// Refund gives money of a sale or capture back, all that is left or less.
func (e *Engine) Refund(ctx context.Context, f Follow) (pos.Payment, error) {
	var do func(context.Context, pos.Request) pos.Answer
	if e.Host.Refund != nil {
		do = e.Host.Refund.Refund
	}
	return e.follow(ctx, f, pos.KindRefund, do)
}

// Reverse gives a hold back that was not captured, all or part.
func (e *Engine) Reverse(ctx context.Context, f Follow) (pos.Payment, error) {
	var do func(context.Context, pos.Request) pos.Answer
	if e.Host.Reverse != nil {
		do = e.Host.Reverse.Reverse
	}
	return e.follow(ctx, f, pos.KindReversal, do)
}

// follow leads a payment for an earlier one to its outcome. One at a time for each parent, and none
// while an earlier one for it is not settled: what is left could not be known.
func (e *Engine) follow(ctx context.Context, f Follow, kind pos.Kind, do func(context.Context, pos.Request) pos.Answer) (pos.Payment, error) {
	if do == nil {
		return pos.Payment{}, pos.NewError(pos.CodeUnsupported, string(kind))
	}
	chain, release, err := e.hold(ctx, f.Payment)
	if err != nil {
		return pos.Payment{}, err
	}
	defer release()
	parent := chain[0]
	if err := e.noneUnsettled(ctx, parent); err != nil {
		return pos.Payment{}, err
	}
	amount, err := e.amountFor(kind, parent, f.Amount)
	if err != nil {
		return pos.Payment{}, err
	}
	p := pos.Payment{
		Kind: kind, Sale: parent.Sale, Parent: parent.ID, Clerk: f.Clerk,
		Requested: amount, Approved: money.New(0, e.Currency), Refunded: money.New(0, e.Currency),
		Instrument: parent.Instrument,
	}
	if err := e.begin(ctx, &p); err != nil {
		return pos.Payment{}, err
	}
	request := pos.Request{Payment: p, Parent: parent}
	answer := guarded(func() pos.Answer { return do(ctx, request) })
	return e.finish(ctx, p, answer, chain), nil
}

// hold reads a payment and the ones it is for, the oldest last, and keeps every other follow-up away from
// the whole chain until release is called.
func (e *Engine) hold(ctx context.Context, id string) (chain []pos.Payment, release func(), err error) {
	if chain, err = e.chain(ctx, id); err != nil {
		return nil, nil, err
	}
	root := chain[len(chain)-1].ID
	e.mu.Lock()
	taken := e.chains[root]
	e.chains[root] = true
	e.mu.Unlock()
	if taken {
		return nil, nil, pos.NewError(pos.CodeBusy)
	}
	release = func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.chains, root)
	}
	// Read again: another follow-up may have ended between the first look and the claim.
	if chain, err = e.chain(ctx, id); err != nil {
		release()
		return nil, nil, err
	}
	return chain, release, nil
}

// chain is a payment, its parent, that one's parent and so on.
func (e *Engine) chain(ctx context.Context, id string) ([]pos.Payment, error) {
	var out []pos.Payment
	for id != "" && len(out) < longestChain {
		p, err := e.Journal.Find(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
		id = p.Parent
	}
	if len(out) == 0 {
		return nil, pos.NewError(pos.CodeNotFound, id)
	}
	return out, nil
}

// longestChain is auth, capture, refund and void of the refund, with room to spare.
const longestChain = 8

func (e *Engine) noneUnsettled(ctx context.Context, parent pos.Payment) error {
	children, err := e.Journal.List(ctx, pos.Filter{Parent: parent.ID, Open: true, Limit: 1})
	if err != nil {
		return err
	}
	if len(children) > 0 {
		return pos.NewError(pos.CodeUnsettled, children[0].ID)
	}
	return nil
}

// followable says to which kinds and states of payment something can be done. What is not here is
// refused with payment.not_allowed.
var followable = map[pos.Kind]map[pos.Kind][]pos.State{
	pos.KindCapture: {
		pos.KindAuth: {pos.StateApproved, pos.StatePartial, pos.StateConfirmed, pos.StateHeld},
	},
	pos.KindReversal: {
		pos.KindAuth: {pos.StateApproved, pos.StatePartial, pos.StateConfirmed, pos.StateHeld},
	},
	pos.KindVoid: {
		pos.KindSale:    {pos.StateApproved, pos.StatePartial, pos.StateAccepted, pos.StateConfirmed, pos.StateAdjusted},
		pos.KindAuth:    {pos.StateApproved, pos.StatePartial, pos.StateConfirmed},
		pos.KindCapture: {pos.StateApproved, pos.StateAccepted, pos.StateConfirmed},
		pos.KindRefund:  {pos.StateApproved, pos.StateAccepted, pos.StateConfirmed},
	},
	pos.KindRefund: {
		pos.KindSale:    {pos.StateApproved, pos.StatePartial, pos.StateAccepted, pos.StateConfirmed, pos.StateAdjusted, pos.StateBatched, pos.StateSettled},
		pos.KindCapture: {pos.StateApproved, pos.StateAccepted, pos.StateConfirmed, pos.StateBatched, pos.StateSettled},
	},
}

// amountFor checks that kind may be done to parent for amount, and fills in all that is left for zero.
func (e *Engine) amountFor(kind pos.Kind, parent pos.Payment, amount money.Amount) (money.Amount, error) {
	allowed := false
	if parent.Instrument.Kind == pos.InstrumentCash {
		// No host holds it: cash goes back over the counter, which is a cash tender of its own.
		return money.Amount{}, pos.NewError(pos.CodeNotAllowed, string(kind), "cash", string(parent.State))
	}
	for _, s := range followable[kind][parent.Kind] {
		allowed = allowed || s == parent.State
	}
	if !allowed || kind == pos.KindVoid && !parent.Refunded.IsZero() {
		return money.Amount{}, pos.NewError(pos.CodeNotAllowed, string(kind), string(parent.Kind), string(parent.State))
	}
	left, err := parent.Approved.Sub(parent.Refunded)
	if err != nil {
		return money.Amount{}, pos.NewError(pos.CodeInternal).Because(err)
	}
	if amount.IsZero() || kind == pos.KindVoid {
		amount = left
	}
	if err := e.positive(amount); err != nil {
		return money.Amount{}, err
	}
	if over, err := amount.Cmp(left); err != nil || over > 0 {
		code := pos.CodeOverRefund
		if kind != pos.KindRefund {
			code = pos.CodeOverCapture
		}
		return money.Amount{}, pos.NewError(code, left.String())
	}
	return amount, nil
}

// effects says what a successful later payment makes of the ones it is for: chain[0] is its parent, chain[1]
// that one's parent. It is the same whether the answer came at once or was found by the queue.
func effects(child pos.Payment, chain []pos.Payment) []pos.Payment {
	if !child.State.Succeeded() || len(chain) == 0 {
		return nil
	}
	parent := chain[0]
	switch child.Kind {
	case pos.KindCapture:
		parent.State = pos.StateCaptured
	case pos.KindReversal:
		parent.Approved = less(parent.Approved, child.Approved)
		if parent.Approved.IsZero() {
			parent.Approved = child.Approved
			parent.State = pos.StateReversed
		}
	case pos.KindRefund:
		parent.Refunded = less(parent.Refunded, child.Approved.Neg())
	case pos.KindVoid:
		parent.State = pos.StateVoided
		if len(chain) > 1 {
			return append([]pos.Payment{parent}, undone(parent, chain[1])...)
		}
	default:
		return nil
	}
	return []pos.Payment{parent}
}

// undone says what voiding a capture or refund gives back to the payment that it was for.
func undone(voided, parent pos.Payment) []pos.Payment {
	switch voided.Kind {
	case pos.KindRefund:
		parent.Refunded = less(parent.Refunded, voided.Approved)
	case pos.KindCapture:
		parent.State = pos.StateHeld // the hold still stands until it lapses
	default:
		return nil
	}
	return []pos.Payment{parent}
}

// less subtracts amounts that stand in one chain, so in one currency; a sum that cannot be is left as it was.
func less(a, b money.Amount) money.Amount {
	d, err := a.Sub(b)
	if err != nil || d.IsNegative() {
		return a
	}
	return d
}
