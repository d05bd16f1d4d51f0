package payment

import (
	"context"
	"slices"
	"time"

	"github.com/tillpos/till/pos"
)

// Release says that the sale of a payment was closed without it, or paid another way, so that it must not
// stand. If it turns out confirmed later, or is already, the engine takes it back; where that fails it goes
// to a person. Release is durable when it returns nil. A payment whose answer is still awaited is busy; one that
// stands and cannot be taken back any more is refused with payment.not_allowed.
func (e *Engine) Release(ctx context.Context, id string) error {
	if e.isActive(id) {
		return pos.NewError(pos.CodeBusy)
	}
	chain, release, err := e.await(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	p := chain[0]
	if p.Waiting() {
		_, err := e.drop(ctx, p, Follow{Payment: id, Clerk: p.Clerk})
		return err
	}
	if p.Released {
		return nil
	}
	if !p.State.Open() && !p.State.Succeeded() {
		if queued, err := e.undoingIsQueued(ctx, p); err != nil || !queued {
			return err // it cannot come to stand any more
		}
	}
	if !mayRelease(p) {
		return notAllowed("release", p)
	}
	err = e.releaseHeld(ctx, p, chain)
	e.poke()
	return err
}

// undoingIsQueued says that the host has only queued what took a payment back: it stands again if the host refuses that.
func (e *Engine) undoingIsQueued(ctx context.Context, p pos.Payment) (bool, error) {
	children, err := e.Journal.List(ctx, pos.Filter{Parent: p.ID})
	return slices.ContainsFunc(children, func(c pos.Payment) bool {
		return (c.Kind == pos.KindVoid || c.Kind == pos.KindReversal) && c.State == pos.StateAccepted
	}), err
}

// releaseHeld notes that a payment whose chain is held must not stand, and takes it back as soon as nothing that was
// done to it is unsettled: a lost tip or capture may stand at the host.
func (e *Engine) releaseHeld(ctx context.Context, seen pos.Payment, chain []pos.Payment) error {
	later := e.noneUnsettled(ctx, seen) != nil || seen.State == pos.StateCaptured
	return e.amendHeld(ctx, seen, chain, func(p *pos.Payment) pos.Event {
		p.Released = true
		switch {
		case !p.State.Succeeded(): // if it comes to stand, it is taken back then
		case later:
			p.Due, p.Attempts = e.Now(), 0
		default:
			e.mustNotStand(p)
		}
		return pos.Event{Kind: pos.EventReleased}
	})
}

func (e *Engine) mustNotStand(p *pos.Payment) {
	p.State, p.Failure = pos.StateReversing, pos.NewError(pos.CodePaidOtherwise)
	p.Due, p.Attempts = e.Now(), 0
}

// mayRelease takes what may still come to stand, or stands and can be taken back.
func mayRelease(p pos.Payment) bool {
	if !asksForMoney(p) || p.Instrument.Kind == pos.InstrumentCash {
		return false
	}
	return p.State.Open() || p.State == pos.StateCaptured || p.State.CanBecome(pos.StateReversing)
}

// takeReleased takes one step with a released payment that stands: it waits for what is unsettled, and of a hold that was
// captured it is the capture that is taken back.
func (e *Engine) takeReleased(ctx context.Context, seen pos.Payment) error {
	if seen.State == pos.StateCaptured && e.noneUnsettled(ctx, seen) == nil {
		if err := e.releaseCaptures(ctx, seen); err != nil {
			return err
		}
	}
	return e.amend(ctx, seen, func(p *pos.Payment) pos.Event {
		switch {
		case e.noneUnsettled(ctx, *p) != nil:
			p.Attempts++
			p.Due = e.Now().Add(e.pause(p.Attempts))
		case p.State == pos.StateCaptured:
			p.Due = time.Time{}
		default:
			e.mustNotStand(p)
		}
		return pos.Event{Kind: pos.EventUndoing}
	})
}

func (e *Engine) releaseCaptures(ctx context.Context, of pos.Payment) error {
	children, err := e.Journal.List(ctx, pos.Filter{Parent: of.ID})
	if err != nil {
		return err
	}
	for _, c := range children {
		if c.Kind != pos.KindCapture || c.Released || !c.State.CanBecome(pos.StateReversing) {
			continue
		}
		chain, release, err := e.await(ctx, c.ID)
		if err != nil {
			return err
		}
		err = e.releaseHeld(ctx, c, chain)
		release()
		if err != nil {
			return err
		}
	}
	return nil
}
