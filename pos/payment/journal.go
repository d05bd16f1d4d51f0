package payment

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// commit makes changes durable and notes what they mean for gates, alarms and host numbers.
func (e *Engine) commit(ctx context.Context, changes ...pos.Change) error {
	if err := e.Journal.Append(ctx, withOwnSeals(changes)...); err != nil {
		return err
	}
	for i := range changes {
		clear(changes[i].Seal)
		e.watch(changes[i].Payment)
	}
	return nil
}

// withOwnSeals is what the journal is given. It wipes what it seals, whatever comes of it, and a commit that failed is
// tried again, so that it gets a copy.
func withOwnSeals(changes []pos.Change) []pos.Change {
	given := changes
	for i := range changes {
		if changes[i].Seal == nil {
			continue
		}
		if &given[0] == &changes[0] {
			given = slices.Clone(changes)
		}
		given[i].Seal = bytes.Clone(changes[i].Seal)
	}
	return given
}

// watch keeps what must be known at once, without asking the journal, as the journal has it.
func (e *Engine) watch(p pos.Payment) {
	if p.ID == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.known.fresh != nil {
		e.known.fresh[p.ID] = true
	}
	e.note(p)
}

// note is watch with e.mu held.
func (e *Engine) note(p pos.Payment) {
	e.rememberCard(p.Instrument.Fingerprint)
	if e.mayGate(p) {
		e.gates[p.ID] = p.Seq
	} else {
		delete(e.gates, p.ID)
	}
	if alarm := AlarmOf(p); alarm != nil {
		e.alarms[p.ID] = alarm
	} else {
		delete(e.alarms, p.ID)
	}
	if e.numbers.used == nil {
		return
	}
	if p.Kind == pos.KindAuth && p.State == pos.StateCaptured {
		return // its capture can be voided: the number is free when the next batch begins
	}
	if holdsNumber(p, e.batch, p.Updated) {
		e.numbers.used[p.HostSeq] = p.ID
	} else if e.numbers.used[p.HostSeq] == p.ID {
		delete(e.numbers.used, p.HostSeq)
	}
}

// conclude makes an answer durable before anybody sees it. If the journal does not take it, the payment
// shows as unknown until the background queue has written it; the journal's error is only the cause then, since what
// it says of a commit before sending, that nothing was charged, is not true here.
func (e *Engine) conclude(ctx context.Context, p pos.Payment, changes ...pos.Change) pos.Payment {
	// The answer is here; cancelling now would only lose it.
	err := e.commit(context.WithoutCancel(ctx), changes...)
	if err == nil {
		e.pokeIfDue(changes)
		return p
	}
	e.Log.Error("outcome not journaled", "payment", p.ID, "state", string(p.State), "error", err)
	e.later(changes...)
	p.State = pos.StateUnknown
	p.Approved = money.New(0, p.Requested.Currency())
	p.Failure = pos.NewError(pos.CodeJournalUnknown).Because(err)
	return p
}

// pokeIfDue wakes the queue if one of the changes gave a payment a time at which to look at it. Most sales give
// none, and the queue's look into the journal would only be in the way of the next one.
func (e *Engine) pokeIfDue(changes []pos.Change) {
	for _, c := range changes {
		if !c.Payment.Due.IsZero() {
			e.poke()
			return
		}
	}
}

// later has the background write changes of one payment, for ever, that the journal did not take.
func (e *Engine) later(changes ...pos.Change) {
	e.mu.Lock()
	e.pending[changes[0].Payment.ID] = changes
	e.mu.Unlock()
	e.poke()
}

// writePending journals answers that the journal did not take when they came.
func (e *Engine) writePending(ctx context.Context) error {
	if !e.answersWait() {
		return nil
	}
	if err := e.takeTurn(ctx); err != nil {
		return err
	}
	defer e.giveTurn()
	e.mu.Lock()
	todo := slices.Collect(maps.Values(e.pending))
	e.mu.Unlock()
	slices.SortFunc(todo, func(a, b []pos.Change) int { return cmp.Compare(a[0].Payment.Seq, b[0].Payment.Seq) })
	var first error
	for _, changes := range todo {
		left, err := e.stillToWrite(ctx, changes)
		if err == nil {
			err = e.commit(ctx, left...)
		}
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		e.mu.Lock()
		delete(e.pending, changes[0].Payment.ID)
		e.mu.Unlock()
		e.announce()
	}
	return first
}

// answersWait says that the journal has not taken all that it was to be told.
func (e *Engine) answersWait() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.pending) > 0
}

// stillToWrite leaves out what the journal is past: a commit that erred may have been done all the same.
func (e *Engine) stillToWrite(ctx context.Context, changes []pos.Change) (left []pos.Change, err error) {
	states := map[string]pos.State{}
	for _, c := range changes {
		id := c.Payment.ID
		if _, known := states[id]; !known {
			found, err := e.Journal.Find(ctx, id)
			if err != nil && pos.CodeOf(err) != pos.CodeNotFound {
				return nil, err
			}
			states[id] = found.State
		}
		if states[id].CanBecome(c.Payment.State) {
			states[id] = c.Payment.State
			left = append(left, c)
		}
	}
	return left, nil
}

// amend changes a payment that somebody else may have changed since it was seen: it holds the payment's
// chain, reads it again, and journals what change made of it if its state is still the one seen. Change
// gives the event.
func (e *Engine) amend(ctx context.Context, seen pos.Payment, change func(p *pos.Payment) pos.Event) error {
	chain, release, err := e.await(ctx, seen.ID)
	if err != nil {
		return err
	}
	defer release()
	return e.amendHeld(ctx, seen, chain, change)
}

// amendHeld is amend for a chain that is held already.
func (e *Engine) amendHeld(ctx context.Context, seen pos.Payment, chain []pos.Payment, change func(p *pos.Payment) pos.Event) error {
	p, above := chain[0], chain[1:]
	if p.State != seen.State || e.isActive(p.ID) {
		return nil
	}
	event := change(&p)
	p.Updated = e.Now()
	event.Payment, event.At = p.ID, p.Updated
	if event.Detail == nil {
		event.Detail = map[string]string{}
	}
	event.Detail["state"] = string(p.State)
	row := pos.Change{Payment: p, Event: event}
	row.Seal, row.Erase = e.reseal(ctx, p)
	changes := append([]pos.Change{row}, e.parentChanges(seen.State, p, above)...)
	if err := e.commit(context.WithoutCancel(ctx), changes...); err != nil {
		return err
	}
	e.announce()
	return nil
}
