package payment

import (
	"context"

	"github.com/tillpos/till/pos"
)

// hold reads a payment and the ones it is for, the oldest last, and keeps everything else away from the
// whole chain until release is called. A chain that is held already is busy.
func (e *Engine) hold(ctx context.Context, id string) (chain []pos.Payment, release func(), err error) {
	chain, release, taken, err := e.claim(ctx, id)
	if taken != nil {
		return nil, nil, pos.NewError(pos.CodeBusy)
	}
	return chain, release, err
}

// await is hold that waits for its turn.
func (e *Engine) await(ctx context.Context, id string) (chain []pos.Payment, release func(), err error) {
	for {
		chain, release, taken, err := e.claim(ctx, id)
		if taken == nil {
			return chain, release, err
		}
		select {
		case <-taken:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

// claim gives the chain of a payment, or, if another has it, a channel that is closed when it is free.
func (e *Engine) claim(ctx context.Context, id string) (chain []pos.Payment, release func(), taken <-chan struct{}, err error) {
	if chain, err = e.chain(ctx, id); err != nil {
		return nil, nil, nil, err
	}
	root := chain[len(chain)-1].ID
	if e.beingWritten(chain) {
		return nil, nil, nil, pos.NewError(pos.CodeBusy)
	}
	e.mu.Lock()
	other, busy := e.chains[root]
	if busy {
		e.mu.Unlock()
		return nil, nil, other, nil
	}
	free := make(chan struct{})
	e.chains[root] = free
	e.mu.Unlock()
	release = func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.chains, root)
		close(free)
	}
	// Read again: another follow-up may have ended between the first look and the claim.
	if chain, err = e.chain(ctx, id); err != nil {
		release()
		return nil, nil, nil, err
	}
	return chain, release, nil, nil
}

// beingWritten says that the journal has not yet taken a change of one of these payments, so that what was read
// of them is not true any more.
func (e *Engine) beingWritten(chain []pos.Payment) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, changes := range e.pending {
		for _, c := range changes {
			for _, p := range chain {
				if c.Payment.ID == p.ID {
					return true
				}
			}
		}
	}
	return false
}

// longestChain is auth, capture, refund and void of the refund, with room to spare.
const longestChain = 8

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

// noneUnsettled refuses while an earlier payment for this one is not settled: what is left could not be known.
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
