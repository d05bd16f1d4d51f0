package payment

import (
	"cmp"
	"context"
	"slices"

	"github.com/tillpos/till/pos"
)

// gateTries is how often a reversal may fail before it no longer keeps the lane from selling.
const gateTries = 3

// mayGate says that a payment is taken back by the engine itself, so that it goes before the next
// authorization.
func (e *Engine) mayGate(p pos.Payment) bool {
	return p.State == pos.StateReversing || p.State == pos.StateUnknown && e.wayFor(p) == byReversal
}

// gating says that the lane does not sell because of it. The host that did not find a payment has had its
// reversal; the second one needs no customer to wait.
func (e *Engine) gating(p pos.Payment) bool {
	return e.mayGate(p) && p.Attempts < gateTries && p.NotFound.IsZero()
}

// passGate takes back, before the lane sells again, what is to be taken back. It refuses while that fails,
// three times at most.
func (e *Engine) passGate(ctx context.Context) error {
	// What was lost, and the journal has not taken yet as lost, may have to be taken back too.
	if err := e.writePending(ctx); err != nil {
		return err
	}
	for _, id := range e.gateIDs() {
		if err := e.tryGate(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) gateIDs() (ids []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id := range e.gates {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(e.gates[a], e.gates[b]) })
	return ids
}

func (e *Engine) tryGate(ctx context.Context, id string) error {
	if err := e.takeTurn(ctx); err != nil {
		return pos.NewError(pos.CodeGate, id).Because(err)
	}
	defer e.giveTurn()
	p, err := e.Journal.Find(ctx, id)
	if err != nil {
		return err
	}
	if !e.gating(p) {
		return nil
	}
	// Another payment of its own stands in the way of taking it back: that one is found by the queue.
	if e.noneUnsettled(ctx, p) != nil {
		return nil
	}
	if err := e.look(ctx, p); err != nil {
		return pos.NewError(pos.CodeGate, id).Because(err)
	}
	if p, err = e.Journal.Find(ctx, id); err != nil {
		return err
	}
	if e.gating(p) && e.noneUnsettled(ctx, p) == nil {
		return pos.NewError(pos.CodeGate, id)
	}
	return nil
}
