package payment

import (
	"context"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// Capture takes the money that an auth holds: all of it, less, or more where the host allows, with a tip
// where there is one. Errors and outcomes as Authorize.
func (e *Engine) Capture(ctx context.Context, f Follow) (pos.Payment, error) {
	return e.follow(ctx, f, pos.KindCapture)
}

// Void takes a payment out of the host's open batch; it always is for the whole. An offline approval that
// waits is dropped without the host.
func (e *Engine) Void(ctx context.Context, f Follow) (pos.Payment, error) {
	return e.follow(ctx, f, pos.KindVoid)
}

// Refund gives money of a sale or capture back, all that is left or less. That of a debit sale needs the same
// card and a new PIN: without them it errs with payment.refund_pin, with another card with payment.refund_card.
// The credentials are wiped in every case.
func (e *Engine) Refund(ctx context.Context, f Follow) (pos.Payment, error) {
	defer f.Credentials.Wipe()
	return e.follow(ctx, f, pos.KindRefund)
}

// Reverse gives a hold back that was not captured, all or part.
func (e *Engine) Reverse(ctx context.Context, f Follow) (pos.Payment, error) {
	return e.follow(ctx, f, pos.KindReversal)
}

// Adjust sets the tip of a sale or capture in the open batch to Follow.Tip; zero is a tip too.
func (e *Engine) Adjust(ctx context.Context, f Follow) (pos.Payment, error) {
	return e.follow(ctx, f, pos.KindAdjust)
}

// Increment holds Follow.Amount more on an auth. It is an authorization, so what is to be taken back goes
// before it.
func (e *Engine) Increment(ctx context.Context, f Follow) (pos.Payment, error) {
	if err := e.passGate(ctx); err != nil {
		return pos.Payment{}, err
	}
	return e.follow(ctx, f, pos.KindAuth)
}

// doer is what does a kind of later payment at the host, nil if it cannot. An auth for an earlier one
// increments it.
func (e *Engine) doer(kind pos.Kind) ask {
	h := e.Host
	switch {
	case kind == pos.KindCapture && h.Capture != nil:
		return h.Capture.Capture
	case kind == pos.KindVoid && h.Void != nil:
		return h.Void.Void
	case kind == pos.KindRefund && h.Refund != nil:
		return h.Refund.Refund
	case kind == pos.KindReversal && h.Reverse != nil:
		return h.Reverse.Reverse
	case kind == pos.KindAdjust && h.Adjust != nil:
		return h.Adjust.Adjust
	case kind == pos.KindAuth && h.Increment != nil:
		return h.Increment.Increment
	}
	return nil
}

// follow leads a payment for an earlier one to its outcome. One at a time for each chain, and none while
// an earlier one for it is not settled: what is left could not be known.
func (e *Engine) follow(ctx context.Context, f Follow, kind pos.Kind) (pos.Payment, error) {
	if err := e.checkExtra(f.Extra); err != nil {
		return pos.Payment{}, err
	}
	if err := checkTexts(f.Clerk, f.Reason); err != nil {
		return pos.Payment{}, err
	}
	chain, release, err := e.hold(ctx, f.Payment)
	if err != nil {
		return pos.Payment{}, err
	}
	defer release()
	parent := chain[0]
	if kind == pos.KindVoid && parent.Waiting() {
		return e.drop(ctx, parent, f)
	}
	if e.doer(kind) == nil {
		return pos.Payment{}, pos.NewError(pos.CodeUnsupported, nameOf(kind))
	}
	if e.foreign(parent) {
		return pos.Payment{}, pos.NewError(pos.CodeUnsupported, string(kind)).WithDetail("the payment was made with the processor %s", parent.Processor)
	}
	if kind == pos.KindVoid && parent.Kind == pos.KindRefund && len(chain) > 1 && chain[1].Released {
		return pos.Payment{}, notAllowed(kind, parent) // what must not stand would stand again
	}
	if parent.State == pos.StateReversing || parent.Released && !parent.Due.IsZero() {
		return pos.Payment{}, notAllowed(kind, parent) // the engine itself takes it back
	}
	if err := e.noneUnsettled(ctx, parent); err != nil {
		return pos.Payment{}, err
	}
	return e.child(ctx, chain, kind, f)
}

// nameOf is what a kind of later payment is called: an auth for an earlier one increments it.
func nameOf(kind pos.Kind) string {
	if kind == pos.KindAuth {
		return "increment"
	}
	return string(kind)
}

// child does something to chain[0], which is held: from the amount to the outcome.
func (e *Engine) child(ctx context.Context, chain []pos.Payment, kind pos.Kind, f Follow) (pos.Payment, error) {
	parent := chain[0]
	p := pos.Payment{
		Kind: kind, Sale: parent.Sale, Parent: parent.ID, Clerk: f.Clerk, Instrument: parent.Instrument,
		Approved: money.New(0, e.Currency), Refunded: money.New(0, e.Currency), KSN: f.Credentials.PINBlock.KSN,
	}
	if err := e.amountFor(&p, parent, f); err != nil {
		return pos.Payment{}, err
	}
	if err := e.checkPIN(kind, parent, f); err != nil {
		return pos.Payment{}, err
	}
	r := pos.Request{Payment: p, Parent: parent, Credentials: f.Credentials, Extra: f.Extra, Unattended: e.Unattended}
	var err error
	if r.ParentExtra, err = e.unseal(ctx, &r, chain); err != nil {
		return pos.Payment{}, err
	}
	defer func() { clear(r.Kept) }()
	if err := e.begin(ctx, &r, pos.Event{Reason: f.Reason}); err != nil {
		return pos.Payment{}, err
	}
	return e.finish(ctx, r.Payment, e.send(ctx, e.doer(kind), r), chain), nil
}

// checkPIN wants the card and a PIN for the refund of a debit sale, and for nothing else.
func (e *Engine) checkPIN(kind pos.Kind, parent pos.Payment, f Follow) error {
	c := f.Credentials
	if kind != pos.KindRefund || !parent.Instrument.PIN {
		if c.PINBlock.Present() || c.Card.PAN.Present() {
			return pos.NewError(pos.CodeUnsupported, "card")
		}
		return nil
	}
	switch {
	case !c.PINBlock.Present() || !c.Card.PAN.Present():
		return pos.NewError(pos.CodeRefundPIN)
	case c.Card.PAN.Fingerprint(e.FingerprintKey) != parent.Instrument.Fingerprint:
		return pos.NewError(pos.CodeRefundCard)
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
		pos.KindAuth: {pos.StateApproved, pos.StatePartial, pos.StateConfirmed, pos.StateHeld, pos.StateReversing},
	},
	pos.KindAuth: {
		pos.KindAuth: {pos.StateApproved, pos.StatePartial, pos.StateConfirmed},
	},
	pos.KindVoid: {
		pos.KindSale: {pos.StateApproved, pos.StatePartial, pos.StateAccepted, pos.StateConfirmed, pos.StateAdjusted,
			pos.StateReversing},
		pos.KindAuth:    {pos.StateApproved, pos.StatePartial, pos.StateConfirmed, pos.StateReversing},
		pos.KindCapture: {pos.StateApproved, pos.StateAccepted, pos.StateConfirmed, pos.StateAdjusted, pos.StateReversing},
		pos.KindRefund:  {pos.StateApproved, pos.StateAccepted, pos.StateConfirmed},
	},
	pos.KindRefund: {
		pos.KindSale: {pos.StateApproved, pos.StatePartial, pos.StateAccepted, pos.StateConfirmed, pos.StateAdjusted,
			pos.StateBatched, pos.StateSettled, pos.StateReversing},
		pos.KindCapture: {pos.StateApproved, pos.StateAccepted, pos.StateConfirmed, pos.StateAdjusted, pos.StateBatched, pos.StateSettled,
			pos.StateReversing},
	},
	// Not of an accepted one, which would be followed no more.
	pos.KindAdjust: {
		pos.KindSale:    {pos.StateApproved, pos.StateConfirmed, pos.StateAdjusted},
		pos.KindCapture: {pos.StateApproved, pos.StateConfirmed, pos.StateAdjusted},
	},
}

// mayFollow says whether kind may be done to parent at all.
func mayFollow(kind pos.Kind, parent pos.Payment) bool {
	switch {
	case parent.Instrument.Kind == pos.InstrumentCash:
		return false // no host holds it: cash goes back over the counter, which is a cash tender of its own
	case parent.Waiting():
		return false // no host has it yet
	case kind == pos.KindAdjust && parent.Instrument.Kind.EBT():
		return false // benefits pay no tip
	case parent.Kind == pos.KindAuth && parent.Parent != "":
		return false // an increment is part of the hold it raised
	case (kind == pos.KindVoid || kind == pos.KindAdjust) && !parent.Refunded.IsZero():
		return false
	}
	for _, s := range followable[kind][parent.Kind] {
		if s == parent.State {
			return true
		}
	}
	return false
}

func notAllowed(kind pos.Kind, parent pos.Payment) error {
	return pos.NewError(pos.CodeNotAllowed, string(kind), string(parent.Kind), string(parent.State))
}
