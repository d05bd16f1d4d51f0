package payment

import (
	"context"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// followEvery is how often the host is asked about what it has queued, unless Settling says otherwise.
const followEvery = 15 * time.Minute

func (e *Engine) followPause(attempts int) time.Duration {
	pause := e.Host.Settling.Accepted
	if pause <= 0 {
		pause = followEvery
	}
	return doubled(pause, attempts)
}

// followAccepted asks what became of a payment that the host had queued: confirmed, or refused after all. It
// is asked for ever.
func (e *Engine) followAccepted(ctx context.Context, seen pos.Payment) error {
	if e.Host.Query == nil {
		return e.clearDue(ctx, seen)
	}
	if e.foreign(seen) {
		return e.amend(ctx, seen, func(p *pos.Payment) pos.Event {
			p.Due = e.Now().Add(e.followPause(10)) // until its own processor is configured again
			return pos.Event{Kind: pos.EventQueried}
		})
	}
	f := e.query(ctx, seen)
	if ctx.Err() != nil && f.Verdict != pos.VerdictFound {
		return ctx.Err()
	}
	return e.amend(ctx, seen, func(p *pos.Payment) pos.Event {
		event := pos.Event{Kind: pos.EventQueried, Detail: map[string]string{"verdict": string(f.Verdict)}}
		q := *p
		// What the host says of it may be the doing of a later payment whose own answer was lost, a void say:
		// that one is found first.
		if f.Verdict == pos.VerdictFound && e.noneUnsettled(ctx, *p) == nil {
			apply(&q, f.Answer)
			if e.stands(q) {
				q.State = pos.StateApproved
			}
		}
		switch q.State {
		case pos.StateApproved, pos.StatePartial:
			q.State, q.Failure, q.Updated = pos.StateConfirmed, nil, e.Now()
			e.schedule(&q)
			*p = q
		case pos.StateDeclined, pos.StateRefused, pos.StateNotSent:
			q.State, q.Due = pos.StateRejectedLate, time.Time{}
			q.Approved = money.New(0, p.Requested.Currency())
			*p = q
		default:
			p.Attempts++
			p.Due = e.Now().Add(e.followPause(p.Attempts + 1))
		}
		return event
	})
}

// stands says that the host still calls a payment accepted after the time in which it could refuse it.
func (e *Engine) stands(p pos.Payment) bool {
	since := p.Created
	if p.Forwarded.After(since) {
		since = p.Forwarded
	}
	limit := e.Host.Settling.AcceptedFor
	return limit > 0 && p.State == pos.StateAccepted && e.Now().Sub(since) >= limit
}

// clearDue takes a payment out of the queue's calendar.
func (e *Engine) clearDue(ctx context.Context, seen pos.Payment) error {
	return e.amend(ctx, seen, func(p *pos.Payment) pos.Event {
		p.Due = time.Time{}
		return pos.Event{Kind: pos.EventQueried}
	})
}
