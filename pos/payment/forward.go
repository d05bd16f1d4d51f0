package payment

import (
	"context"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// forwardAll sends the offline approvals that wait, the oldest first, until one cannot be sent: none
// overtakes another.
func (e *Engine) forwardAll(ctx context.Context) error {
	waiting, err := e.waiting(ctx)
	if err != nil {
		return err
	}
	for i, p := range waiting {
		if e.passGate(ctx) != nil {
			return e.forwardLater(ctx, waiting[i:])
		}
		sent, err := e.forward(ctx, p)
		if err != nil {
			return err
		}
		if !sent {
			return e.forwardLater(ctx, waiting[i:])
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// forward sends one offline approval, once: before the first byte it is journaled as unknown, so that after
// any end of this process it is settled like any other lost payment.
func (e *Engine) forward(ctx context.Context, seen pos.Payment) (sent bool, err error) {
	chain, release, err := e.await(ctx, seen.ID)
	if err != nil {
		return false, err
	}
	defer release()
	p := chain[0]
	if !p.Waiting() || e.isActive(p.ID) {
		return true, nil // dropped meanwhile
	}
	r := pos.Request{Unattended: e.Unattended, AllowPartial: e.Host.Partial}
	if r.Credentials, r.Extra, err = e.unpackSealed(ctx, p); err != nil {
		return true, e.cannotForward(ctx, p, chain, err)
	}
	defer r.Credentials.Wipe()
	e.setActive(p.ID, true)
	defer e.setActive(p.ID, false)
	p.State, p.Forwarded, p.Updated, p.Batch = pos.StateUnknown, e.Now(), e.Now(), e.openBatch()
	p.Approved, p.Processor = money.New(0, p.Requested.Currency()), e.Host.Name
	e.schedule(&p)
	event := pos.Event{Kind: pos.EventForward, Payment: p.ID, At: p.Updated, Clerk: p.Clerk}
	if err := e.commit(ctx, pos.Change{Payment: p, Event: event}); err != nil {
		return false, err
	}
	r.Payment = p
	p = e.forwarded(ctx, r, e.call(ctx, e.Host.Authorize.Authorize, r))
	e.announce()
	return !p.Waiting(), nil
}

// forwarded journals the answer to an offline approval. What was sealed goes with it, or shrinks to what
// the processor keeps.
func (e *Engine) forwarded(ctx context.Context, r pos.Request, a pos.Answer) pos.Payment {
	p := r.Payment
	apply(&p, a)
	e.noteHost(p)
	change := pos.Change{Extra: a.Extra}
	switch {
	case p.State == pos.StateNotSent:
		p.State, p.Approved, p.Failure = pos.StateAccepted, p.Requested, pos.NewError(pos.CodeOffline)
		p.Forwarded = time.Time{}
		return e.outcome(ctx, p, change, nil)
	case p.State == pos.StateUnknown:
		return e.outcome(ctx, p, change, nil)
	case !yes(p.State):
		lose(&p)
	}
	return e.outcome(ctx, p, change, nil)
}

// forwardLater puts off all that waits, in one commit, so that the oldest still goes first.
func (e *Engine) forwardLater(ctx context.Context, waiting []pos.Payment) error {
	attempts := waiting[0].Attempts + 1
	at := e.Now()
	var changes []pos.Change
	for _, seen := range waiting {
		p, err := e.Journal.Find(ctx, seen.ID)
		if err != nil {
			return err
		}
		if !p.Waiting() {
			continue
		}
		p.Attempts, p.Updated, p.Due = attempts, at, at.Add(e.pause(attempts))
		changes = append(changes, pos.Change{Payment: p, Event: pos.Event{Kind: pos.EventForward, Payment: p.ID, At: at,
			Detail: map[string]string{"state": "waits"}}})
	}
	if len(changes) == 0 {
		return nil
	}
	return e.commit(context.WithoutCancel(ctx), changes...)
}

func (e *Engine) unpackSealed(ctx context.Context, p pos.Payment) (pos.Credentials, pos.Extra, error) {
	sealed, extra, err := e.Vault.Unseal(ctx, p.ID)
	if err != nil {
		return pos.Credentials{}, pos.Extra{}, err
	}
	defer clear(sealed)
	c, err := unpack(sealed)
	return c, extra, err
}

// cannotForward hands an offline approval whose card is lost to a person: the money is not lost by silence.
func (e *Engine) cannotForward(ctx context.Context, p pos.Payment, chain []pos.Payment, cause error) error {
	return e.amendHeld(ctx, p, chain, func(p *pos.Payment) pos.Event {
		p.State, p.Failure = pos.StateNeedsPerson, pos.AsError(cause)
		p.Approved = money.New(0, p.Requested.Currency())
		e.schedule(p)
		return pos.Event{Kind: pos.EventForward}
	})
}
