package payment

import (
	"context"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// mostCards bounds the memory of cards, some 2 MB; once it is full, every sale asks the journal again.
const mostCards = 20_000

// known is what the engine remembers of the journal so that a sale need not ask it. Until the background
// has read what was there before the start, nothing is concluded from what is missing.
type known struct {
	whole bool
	// fresh are the payments whose changes were committed since the reading began: what it found of them is
	// older than what is known. Nil while nothing is being read.
	fresh map[string]bool
	// cards is a superset of those with an open payment or one inside the duplicate window, unless full.
	cards map[card.Fingerprint]bool
	full  bool
}

// catchUp reads the journal for what a start need not wait for: alarms, and the cards of earlier payments.
// A long queue of open payments would otherwise keep the first customer waiting.
func (e *Engine) catchUp(ctx context.Context) error {
	e.mu.Lock()
	done := e.known.whole
	if !done {
		e.known.fresh = map[string]bool{}
	}
	e.mu.Unlock()
	if done {
		return nil
	}
	for _, f := range []pos.Filter{{Open: true}, {Since: e.Now().Add(-e.DuplicateWindow)}} {
		found, err := e.Journal.List(ctx, f)
		if err != nil {
			return err
		}
		for _, p := range found {
			e.watchOlder(p)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.known.whole, e.known.fresh = true, nil
	return nil
}

// watchOlder notes a payment as a list gave it, unless it has changed since.
func (e *Engine) watchOlder(p pos.Payment) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.known.fresh[p.ID] {
		e.note(p)
	}
}

// rememberCard keeps the card of a payment; e.mu is held.
func (e *Engine) rememberCard(f card.Fingerprint) {
	switch {
	case f.IsZero() || e.known.full:
	case len(e.known.cards) >= mostCards:
		e.known.full, e.known.cards = true, nil
	default:
		e.known.cards[f] = true
	}
}

// neverSeen says that the journal surely holds nothing of this card that guardTwice would look at.
func (e *Engine) neverSeen(f card.Fingerprint) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.known.whole && !e.known.full && !e.known.cards[f]
}
