package payment

import (
	"context"

	"github.com/tillpos/till/pos"
)

// Release says that the sale of a payment was closed without it, or paid another way, so that it must not
// stand. If it turns out confirmed later, or is already, the engine takes it back; where that fails it goes
// to a person. Release is durable when it returns nil. A payment whose answer is still awaited is busy.
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
	if p.Released || !mayRelease(p) {
		return nil
	}
	err = e.amendHeld(ctx, p, chain, func(p *pos.Payment) pos.Event {
		p.Released = true
		if !p.State.Open() {
			p.State, p.Failure = pos.StateReversing, pos.NewError(pos.CodePaidOtherwise)
			p.Due, p.Attempts = e.Now(), 0
		}
		return pos.Event{Kind: pos.EventReleased}
	})
	e.poke()
	return err
}

// mayRelease takes what may still come to stand, or stands and can be taken back.
func mayRelease(p pos.Payment) bool {
	order := p.Parent == "" && (p.Kind == pos.KindSale || p.Kind == pos.KindAuth)
	if !order || p.Instrument.Kind == pos.InstrumentCash {
		return false
	}
	return p.State.Open() || p.State.Succeeded() && p.State.CanBecome(pos.StateReversing)
}
