package payment

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tillpos/till/pos"
)

// Undo takes a payment back while it can still be undone: a hold is reversed, anything else voided, and
// where the host refuses the one or has it not, the other is tried. It gives the payment that did it.
// An offline approval that waits is dropped without the host.
func (e *Engine) Undo(ctx context.Context, f Follow) (pos.Payment, error) {
	p, err := e.Journal.Find(ctx, f.Payment)
	if err != nil {
		return pos.Payment{}, err
	}
	kinds := e.undoKinds(p.Kind)
	if p.Waiting() {
		kinds = []pos.Kind{pos.KindVoid}
	}
	last, err := pos.Payment{}, error(pos.NewError(pos.CodeUnsupported, "undo"))
	for _, kind := range kinds {
		if last, err = e.follow(ctx, f, kind); err != nil || !refusedBy(last) {
			return last, err
		}
	}
	return last, err
}

// undoKinds are the kinds of payment that undo one while its batch is open, as far as the host has them.
func (e *Engine) undoKinds(of pos.Kind) []pos.Kind {
	all := []pos.Kind{pos.KindVoid}
	if of == pos.KindAuth {
		all = []pos.Kind{pos.KindReversal, pos.KindVoid}
	}
	return e.available(all)
}

func (e *Engine) available(kinds []pos.Kind) (out []pos.Kind) {
	for _, k := range kinds {
		if e.doer(k) != nil {
			out = append(out, k)
		}
	}
	return out
}

// refusedBy says that a later payment surely did nothing because the host would not.
func refusedBy(p pos.Payment) bool {
	return p.State == pos.StateDeclined || p.State == pos.StateRefused
}

// takenBack takes back at once what must not stand, and gives it as it then is.
func (e *Engine) takenBack(ctx context.Context, p pos.Payment) pos.Payment {
	if err := e.takeTurn(ctx); err != nil {
		return p
	}
	defer e.giveTurn()
	if err := e.takeBack(ctx, p); err != nil {
		e.Log.Warn("not taken back yet", "payment", p.ID, "error", err)
	}
	if now, err := e.Journal.Find(context.WithoutCancel(ctx), p.ID); err == nil {
		return now
	}
	return p
}

// takeBack undoes a payment that the host surely has: by what undoes it, or by giving the money back. A
// refusal of all of them goes to a person, or leaves a hold to lapse.
func (e *Engine) takeBack(ctx context.Context, seen pos.Payment) error {
	chain, release, err := e.await(ctx, seen.ID)
	if err != nil {
		return err
	}
	defer release()
	p := chain[0]
	if p.State != pos.StateReversing || e.isActive(p.ID) {
		return nil
	}
	if e.noneUnsettled(ctx, p) != nil {
		return e.postpone(ctx, p, chain, p.Attempts)
	}
	if left, err := p.Approved.Sub(p.Refunded); err == nil && left.IsZero() {
		return e.amendHeld(ctx, p, chain, func(p *pos.Payment) pos.Event {
			// All of it went back by refunds: it stands, and so do its opposites.
			p.State, p.Failure, p.Due = pos.StateConfirmed, nil, time.Time{}
			return pos.Event{Kind: pos.EventUndoing}
		})
	}
	kinds, err := e.untried(ctx, p)
	if err != nil {
		return err
	}
	for _, kind := range kinds {
		child, err := e.child(ctx, chain, kind, Follow{Payment: p.ID, Clerk: p.Clerk, Reason: "taken back by the till"})
		switch {
		case noWay(err):
			// As if the host had refused.
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			// Counted, or what stays in the way would keep the lane from selling for ever.
			return errors.Join(err, e.postpone(ctx, p, chain, p.Attempts+1))
		case child.State.Succeeded(), e.isActive(child.ID):
			return nil // the commit that holds its answer moves the parent
		case !refusedBy(child):
			return e.postpone(ctx, p, chain, p.Attempts+1)
		}
	}
	return e.amendHeld(ctx, p, chain, func(p *pos.Payment) pos.Event {
		p.State, p.Failure = pos.StateNeedsPerson, pos.NewError(pos.CodeUndoFailed)
		if e.lapses(*p) || p.Kind == pos.KindAuth && len(e.undoKinds(p.Kind)) == 0 {
			p.State, p.Failure = pos.StateHeld, nil
		}
		p.Due = time.Time{}
		return pos.Event{Kind: pos.EventUndoing}
	})
}

// noWay says that a payment cannot be taken back in this way, now or later: it has gone too far, or the shopper would
// have to type a PIN.
func noWay(err error) bool {
	switch pos.CodeOf(err) {
	case pos.CodeNotAllowed, pos.CodeUnsupported, pos.CodeRefundPIN, pos.CodeRefundCard, pos.CodeAmountZero, pos.CodeAmountNegative,
		pos.CodeOverRefund, pos.CodeOverCapture:
		return true
	}
	return false
}

// triesOfOneKind is how often the host may refuse one way of taking a payment back, at once or after it had
// queued it, before the next one is tried.
const triesOfOneKind = 2

// untried are the kinds of payment that may take one back and that the host has not refused too often.
func (e *Engine) untried(ctx context.Context, p pos.Payment) ([]pos.Kind, error) {
	kinds := e.undoKinds(p.Kind)
	if p.Kind == pos.KindSale || p.Kind == pos.KindCapture {
		kinds = append(kinds, e.available([]pos.Kind{pos.KindRefund})...)
	}
	children, err := e.Journal.List(ctx, pos.Filter{Parent: p.ID})
	refused := map[pos.Kind]int{}
	for _, c := range children {
		if refusedBy(c) || c.State == pos.StateRejectedLate {
			refused[c.Kind]++
		}
	}
	return slices.DeleteFunc(kinds, func(k pos.Kind) bool { return refused[k] >= triesOfOneKind }), err
}

// postpone sets when a payment that is being taken back is tried again.
func (e *Engine) postpone(ctx context.Context, p pos.Payment, chain []pos.Payment, attempts int) error {
	return e.amendHeld(ctx, p, chain, func(p *pos.Payment) pos.Event {
		p.Attempts = attempts
		p.Due = e.Now().Add(e.pause(max(attempts, 1)))
		return pos.Event{Kind: pos.EventUndoing}
	})
}
