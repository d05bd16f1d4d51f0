package payment

import (
	"cmp"
	"context"
	"time"

	"github.com/tillpos/till/pos"
)

// recoverBatch is how many payments one commit of Recover takes.
const recoverBatch = 200

// Recover brings the journal to a consistent state after any end of the last run: what stands between
// intent and outcome becomes unknown, due to be settled. It returns those payments, oldest first, so that
// the cashier sees what happened when the power went. Call it before the first sale.
func (e *Engine) Recover(ctx context.Context) ([]pos.Payment, error) {
	states := []pos.State{pos.StateSending, pos.StateReversing}
	if e.Host.Lost.Reverse != nil {
		states = append(states, pos.StateUnknown) // to be taken back before the lane sells
	}
	var interrupted []pos.Payment
	for _, s := range states {
		open, err := e.Journal.List(ctx, pos.Filter{State: s})
		if err != nil {
			return nil, err
		}
		for _, p := range open {
			e.watch(p)
			if p.State == pos.StateSending && !e.isActive(p.ID) {
				interrupted = append(interrupted, p)
			}
		}
	}
	return e.interrupted(ctx, interrupted)
}

func (e *Engine) interrupted(ctx context.Context, list []pos.Payment) ([]pos.Payment, error) {
	now := e.Now()
	for from := 0; from < len(list); from += recoverBatch {
		var changes []pos.Change
		for i := from; i < min(from+recoverBatch, len(list)); i++ {
			p := &list[i]
			p.State, p.Updated, p.Due = pos.StateUnknown, now, now
			p.Failure = pos.NewError(pos.CodeInterrupted)
			changes = append(changes, pos.Change{Payment: *p, Event: pos.Event{Kind: pos.EventRecovered, Payment: p.ID, At: now}})
		}
		if err := e.commit(ctx, changes...); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// leftSending makes unknown what stands as sending and is nobody's: an intent whose commit failed may be on
// disk all the same.
func (e *Engine) leftSending(ctx context.Context) error {
	sending, err := e.Journal.List(ctx, pos.Filter{State: pos.StateSending})
	if err != nil {
		return err
	}
	var left []pos.Payment
	for _, listed := range sending {
		if e.isActive(listed.ID) {
			continue
		}
		// It may have come to its end between the list and this look; what was listed would then undo its answer.
		p, err := e.Journal.Find(ctx, listed.ID)
		if err != nil {
			return err
		}
		if p.State == pos.StateSending {
			left = append(left, p)
		}
	}
	_, err = e.interrupted(ctx, left)
	return err
}

// idle is how long the background queue sleeps when nothing is due; what becomes due wakes it. afterFailure is
// its pause when the journal fails.
const (
	idle         = time.Minute
	afterFailure = time.Second
)

// Run settles unknown payments and whatever else falls due, until ctx ends. Failures of the journal are
// logged and tried again; nothing leaves the queue by age or count.
func (e *Engine) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last time.Time // as the wall has it: the monotonic clock never goes back
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-e.wake:
		case <-timer.C:
		}
		wait := afterFailure
		err := e.catchUp(ctx)
		if err == nil {
			now := e.Now().Round(0)
			if last.IsZero() || now.Before(last) {
				err = e.bringNearer(ctx)
			}
			if err == nil {
				last = now
			}
			err = cmp.Or(e.Settle(ctx), err)
		}
		switch {
		case err == nil:
			wait = e.untilNext(ctx)
		case ctx.Err() == nil:
			e.Log.Error("settling unknown payments", "error", err)
		}
		timer.Reset(wait)
	}
}

// untilNext is the time to the next payment that falls due.
func (e *Engine) untilNext(ctx context.Context) time.Duration {
	if e.answersWait() {
		return afterFailure
	}
	due, err := e.Journal.List(ctx, pos.Filter{DueBy: e.Now().Add(idle)})
	if err != nil {
		return idle
	}
	wait := idle
	for _, p := range due {
		next := p.Due.Sub(e.Now())
		if e.isActive(p.ID) {
			next = max(next, afterFailure) // it cannot be looked at before it has come to its end
		}
		wait = min(wait, next)
	}
	return max(wait, time.Millisecond)
}

// bringNearer makes due what a clock that was ahead has put off for longer than any pause is. The queue would not look
// at it before that time comes, which may be years.
func (e *Engine) bringNearer(ctx context.Context) error {
	now := e.Now()
	planned, err := e.Journal.List(ctx, pos.Filter{DueBy: now.AddDate(1000, 0, 0)})
	if err != nil {
		return err
	}
	for _, p := range planned {
		if !p.Due.After(now.Add(e.longestPause(p))) {
			continue
		}
		err := e.amend(ctx, p, func(p *pos.Payment) pos.Event {
			p.Due = e.Now()
			return pos.Event{Kind: pos.EventQueried, Detail: map[string]string{"clock": "went back"}}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// longestPause is the most that may rightly pass until a payment is looked at again.
func (e *Engine) longestPause(p pos.Payment) time.Duration {
	const many = 1000
	switch {
	case p.State.Open(), p.Waiting():
		return max(e.pause(many), e.Host.Settling.First, 2*e.Host.timeout())
	case p.State == pos.StateAccepted:
		return e.followPause(many)
	}
	return longestHoldAbsent
}

// Settle takes one step with every payment that is due.
func (e *Engine) Settle(ctx context.Context) error {
	first := e.writePending(ctx)
	note := func(err error) {
		if err != nil && first == nil {
			first = err
		}
	}
	note(e.leftSending(ctx))
	due, err := e.Journal.List(ctx, pos.Filter{DueBy: e.Now()})
	if err != nil {
		return err
	}
	forward := false
	for _, p := range due {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if p.Waiting() {
			forward = true
			continue
		}
		note(e.lookAt(ctx, p.ID))
	}
	if forward {
		note(e.forwardAll(ctx))
	}
	return first
}

// lookAt takes one step with a payment if it still is due when its turn comes.
func (e *Engine) lookAt(ctx context.Context, id string) error {
	if err := e.takeTurn(ctx); err != nil {
		return err
	}
	defer e.giveTurn()
	p, err := e.Journal.Find(ctx, id)
	if err != nil {
		return err
	}
	if e.isActive(id) || p.Due.IsZero() || p.Due.After(e.Now()) {
		return nil
	}
	return e.look(ctx, p)
}

// look takes one step with a payment that stands where the queue has something to do.
func (e *Engine) look(ctx context.Context, p pos.Payment) error {
	switch {
	case p.State == pos.StateUnknown:
		return e.settleLost(ctx, p)
	case p.State == pos.StateReversing && e.foreign(p):
		return e.toPerson(ctx, p)
	case p.State == pos.StateReversing && p.Approved.IsPositive():
		return e.takeBack(ctx, p)
	case p.State == pos.StateReversing && e.Host.Lost.Reverse != nil:
		return e.settleByReversal(ctx, p)
	case p.State == pos.StateReversing:
		return e.toPerson(ctx, p) // this host cannot, another one could when it was sent
	case p.Released && p.State.Succeeded():
		return e.takeReleased(ctx, p)
	case p.State == pos.StateAccepted:
		return e.followAccepted(ctx, p)
	case holds(p):
		return e.sweep(ctx, p)
	}
	return e.clearDue(ctx, p)
}
