package payment

import (
	"context"
	"time"

	"github.com/tillpos/till/pos"
)

// ask is one call of a processor.
type ask func(ctx context.Context, r pos.Request) pos.Answer

// begin numbers a payment, makes its intent durable, and with it what the processor needs of the
// credentials later on. After it the payment may be sent; if it errs, nothing was and nothing will be.
func (e *Engine) begin(ctx context.Context, r *pos.Request, intent pos.Event) error {
	p := &r.Payment
	p.Created = e.Now()
	p.Updated = p.Created
	p.State = pos.StateSending
	p.Processor = e.Host.Name
	p.Batch = e.openBatch()
	if err := e.number(p); err != nil {
		return err
	}
	e.setActive(p.ID, true)
	if err := e.hostNumber(ctx, p); err != nil {
		e.setActive(p.ID, false)
		return err
	}
	seal, err := e.keep(*r)
	if err != nil {
		e.setActive(p.ID, false)
		return err
	}
	intent.Kind, intent.Payment, intent.At, intent.Clerk = pos.EventIntent, p.ID, p.Created, p.Clerk
	if err := e.commit(ctx, pos.Change{Payment: *p, Event: intent, Seal: seal, Extra: r.Extra}); err != nil {
		clear(seal)
		e.Log.Error("intent not journaled", "payment", p.ID, "error", err)
		if pos.CodeOf(err) == pos.CodeJournalUnknown {
			e.neverSent(*p, intent)
		}
		e.setActive(p.ID, false)
		return err
	}
	return nil
}

// neverSent makes the journal say of an intent which it may hold that no byte has left. If this process ends
// before, the intent stands and is settled like any other.
func (e *Engine) neverSent(p pos.Payment, intent pos.Event) {
	done := p
	done.State, done.Failure = pos.StateNotSent, pos.NewError(pos.CodeNotSent)
	outcome := pos.Event{Kind: pos.EventOutcome, Payment: p.ID, At: p.Created, Clerk: p.Clerk, Detail: outcomeDetail(done)}
	e.later(pos.Change{Payment: p, Event: intent}, pos.Change{Payment: done, Event: outcome, Erase: e.Host.Keep != nil})
}

// send asks the host once, and again only as the host's physics allow.
func (e *Engine) send(ctx context.Context, do ask, r pos.Request) pos.Answer {
	a := e.call(ctx, do, r)
	for r.Attempt < e.Host.Lost.Resends && !answered(a.State) && e.mayResend(ctx, r.Payment) {
		r.Attempt++
		again := e.call(ctx, do, r)
		// That this copy was not sent, or not understood, says nothing of the first one.
		if yes(again.State) || again.State == pos.StateDeclined {
			return again
		}
	}
	return a
}

// mayResend holds while the customer waits and the batch that the host would know the message by is open.
func (e *Engine) mayResend(ctx context.Context, p pos.Payment) bool {
	return asksForMoney(p) && ctx.Err() == nil && p.Batch == e.openBatch()
}

// call asks the host with a deadline. A panic of a processor is an unknown outcome: bytes may have left.
// The panic's value might hold anything, so only its type is kept.
func (e *Engine) call(ctx context.Context, do ask, r pos.Request) (a pos.Answer) {
	ctx, cancel := context.WithTimeout(ctx, 2*e.Host.timeout())
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			a = pos.Answer{State: pos.StateUnknown, Failure: pos.NewError(pos.CodeUnknown).WithDetail("the processor module failed with a %T", v)}
		}
	}()
	return do(ctx, r)
}

func (h Host) timeout() time.Duration {
	if h.Timeout > 0 {
		return h.Timeout
	}
	return 2 * time.Minute
}

// finish applies an answer, makes it durable together with what it does to the parent, and only then
// returns the payment for anybody to see.
func (e *Engine) finish(ctx context.Context, p pos.Payment, a pos.Answer, chain []pos.Payment) pos.Payment {
	defer e.setActive(p.ID, false)
	apply(&p, a)
	prompt(&p)
	e.noteHost(p)
	return e.outcome(ctx, p, pos.Change{Extra: a.Extra}, chain)
}

// outcome makes the state that a payment has come to durable. Change may hold what is to be sealed.
func (e *Engine) outcome(ctx context.Context, p pos.Payment, change pos.Change, chain []pos.Payment) pos.Payment {
	p.Updated = e.Now()
	e.schedule(&p)
	change.Payment = p
	change.Event = pos.Event{Kind: pos.EventOutcome, Payment: p.ID, At: p.Updated, Clerk: p.Clerk, Detail: outcomeDetail(p)}
	if change.Seal == nil {
		change.Seal, change.Erase = e.reseal(ctx, p)
	}
	return e.conclude(ctx, p, append([]pos.Change{change}, e.parentChanges(pos.StateSending, p, chain)...)...)
}

// schedule sets when the queue looks at a payment that has just come to its state.
func (e *Engine) schedule(p *pos.Payment) {
	p.Due, p.Attempts, p.NotFound = time.Time{}, 0, time.Time{}
	switch {
	case p.State == pos.StateUnknown:
		p.Due = p.Updated.Add(e.Host.Settling.First)
	case p.State == pos.StateReversing:
		p.Due = p.Updated
	case p.Waiting():
		p.Due = p.Updated.Add(e.pause(1))
	case p.State == pos.StateAccepted && e.Host.Query != nil:
		p.Due = p.Updated.Add(e.followPause(1))
	case abandonable(*p):
		p.Due = p.Created.Add(longestHold(*p) / 2)
	}
}
