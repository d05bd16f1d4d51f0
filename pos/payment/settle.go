package payment

import (
	"context"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// recoverBatch is how many payments one commit of Recover takes.
const recoverBatch = 200

// Recover brings the journal to a consistent state after any end of the last run: what stands between
// intent and outcome becomes unknown, due to be asked about. It returns those payments, oldest first, so that the cashier sees what
// happened when the power went. Call it before the first sale.
func (e *Engine) Recover(ctx context.Context) ([]pos.Payment, error) {
	found, err := e.Journal.List(ctx, pos.Filter{State: pos.StateSending})
	if err != nil {
		return nil, err
	}
	var interrupted []pos.Payment
	for _, p := range found {
		if !e.isActive(p.ID) {
			interrupted = append(interrupted, p)
		}
	}
	now := e.Now()
	for from := 0; from < len(interrupted); from += recoverBatch {
		var changes []pos.Change
		for i := from; i < min(from+recoverBatch, len(interrupted)); i++ {
			p := &interrupted[i]
			p.State, p.Updated, p.Due = pos.StateUnknown, now, now
			p.Failure = pos.NewError(pos.CodeInterrupted)
			changes = append(changes, pos.Change{Payment: *p, Event: pos.Event{Kind: pos.EventRecovered, Payment: p.ID, At: now}})
		}
		if err := e.Journal.Append(ctx, changes...); err != nil {
			return nil, err
		}
	}
	return interrupted, nil
}

// idle is how long the background queue sleeps when nothing is due; what becomes due wakes it.
const idle = time.Minute

// Run asks the host about unknown payments when they are due, until ctx ends. Failures of the journal
// are logged and tried again; nothing leaves the queue by age or count.
func (e *Engine) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-e.wake:
		case <-timer.C:
		}
		if err := e.Settle(ctx); err != nil && ctx.Err() == nil {
			e.Log.Error("settling unknown payments", "error", err)
		}
		timer.Reset(e.untilNext(ctx))
	}
}

// untilNext is the time to the next payment that falls due.
func (e *Engine) untilNext(ctx context.Context) time.Duration {
	e.mu.Lock()
	waiting := len(e.pending) > 0
	e.mu.Unlock()
	if waiting {
		return time.Second
	}
	unknown, err := e.Journal.List(ctx, pos.Filter{State: pos.StateUnknown, DueBy: e.Now().Add(idle)})
	if err != nil {
		return idle
	}
	wait := idle
	for _, p := range unknown {
		wait = min(wait, p.Due.Sub(e.Now()))
	}
	return max(wait, time.Millisecond)
}

// Settle looks once at every unknown payment that is due.
func (e *Engine) Settle(ctx context.Context) error {
	first := e.writePending(ctx)
	// An intent whose commit failed may be on disk all the same, and is nobody's.
	if _, err := e.Recover(ctx); err != nil && first == nil {
		first = err
	}
	due, err := e.Journal.List(ctx, pos.Filter{State: pos.StateUnknown, DueBy: e.Now()})
	if err != nil {
		return err
	}
	for _, p := range due {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if e.isActive(p.ID) {
			continue
		}
		if err := e.settleOne(ctx, p); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (e *Engine) isActive(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, waits := e.pending[id]
	return e.active[id] || waits
}

// writePending journals answers that the journal did not take when they came.
func (e *Engine) writePending(ctx context.Context) error {
	e.mu.Lock()
	todo := make(map[string][]pos.Change, len(e.pending))
	for id, c := range e.pending {
		todo[id] = c
	}
	e.mu.Unlock()
	var first error
	for id, changes := range todo {
		if err := e.Journal.Append(ctx, changes...); err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		e.mu.Lock()
		delete(e.pending, id)
		e.mu.Unlock()
		e.announce()
	}
	return first
}

// settleOne asks the host about one unknown payment and journals what it says. It moves no money.
func (e *Engine) settleOne(ctx context.Context, p pos.Payment) error {
	chain := []pos.Payment(nil)
	if p.Parent != "" {
		above, release, err := e.hold(ctx, p.Parent)
		if err != nil {
			return err
		}
		defer release()
		chain = above
	}
	event := pos.Event{Kind: pos.EventQueried, Payment: p.ID}
	if e.Host.Query == nil {
		p.State, p.Failure, p.Due = pos.StateNeedsPerson, pos.NewError(pos.CodeNeedsPerson), time.Time{}
	} else {
		finding := e.query(ctx, p)
		if ctx.Err() != nil && finding.Verdict != pos.VerdictFound {
			return ctx.Err() // our own end is no answer of the host
		}
		e.adopt(&p, finding)
		event.Detail = map[string]string{"verdict": string(finding.Verdict), "state": string(p.State)}
	}
	p.Updated = e.Now()
	event.At = p.Updated
	changes := append([]pos.Change{{Payment: p, Event: event}}, parentChanges(p, chain)...)
	if err := e.Journal.Append(context.WithoutCancel(ctx), changes...); err != nil {
		return err
	}
	e.announce()
	return nil
}

func (e *Engine) query(ctx context.Context, p pos.Payment) (f pos.Finding) {
	defer func() {
		if v := recover(); v != nil {
			f = pos.Finding{Verdict: pos.VerdictUnavailable, Failure: pos.NewError(pos.CodeInternal).WithDetail("the processor module failed with a %T", v)}
		}
	}()
	return e.Host.Query.Query(ctx, p)
}

// adopt writes a finding into an unknown payment. Found is believed, absent only after the whole window,
// and an unavailable host changes nothing but the time of the next look.
func (e *Engine) adopt(p *pos.Payment, f pos.Finding) {
	if f.Verdict == pos.VerdictFound {
		q := *p
		apply(&q, f.Answer)
		if q.State == pos.StateApproved {
			q.State = pos.StateConfirmed
			q.Failure = pos.NewError(pos.CodeConfirmed)
		}
		if q.State != pos.StateUnknown {
			q.Due = time.Time{}
			*p = q
			return
		}
		p.Failure = q.Failure
	}
	p.Attempts++
	now := e.Now()
	if f.Verdict == pos.VerdictAbsent && now.Sub(p.Created) >= e.Host.Settling.Window {
		p.State, p.Failure, p.Due = pos.StateNeedsPerson, pos.NewError(pos.CodeAbsent), time.Time{}
		return
	}
	p.Due = now.Add(e.backOff(p.Attempts))
}

// backOff doubles the pause from Settling.Every up to ten times it.
func (e *Engine) backOff(attempts int) time.Duration {
	pause := max(e.Host.Settling.Every, time.Second)
	longest := 10 * pause
	for i := 1; i < attempts && pause < longest; i++ {
		pause *= 2
	}
	return min(pause, longest)
}

// Resolve records a person's decision on a payment that needs one, with the reason.
func (e *Engine) Resolve(ctx context.Context, r Resolution) (pos.Payment, error) {
	if r.Reason == "" {
		return pos.Payment{}, pos.NewError(pos.CodeReasonMissing)
	}
	chain, release, err := e.hold(ctx, r.Payment)
	if err != nil {
		return pos.Payment{}, err
	}
	defer release()
	p, above := chain[0], chain[1:]
	if e.isActive(p.ID) {
		return pos.Payment{}, pos.NewError(pos.CodeBusy)
	}
	if p.State != pos.StateNeedsPerson && p.State != pos.StateUnknown || !resolvable[r.State] {
		return pos.Payment{}, pos.NewError(pos.CodeNotAllowed, "resolve", string(p.Kind), string(p.State))
	}
	from := p.State
	p.State, p.Due, p.Updated = r.State, time.Time{}, e.Now()
	p.Failure = nil
	if r.State == pos.StateConfirmed {
		p.Approved = p.Requested
	} else {
		p.Approved = money.New(0, p.Requested.Currency())
	}
	change := pos.Change{Payment: p, Event: pos.Event{
		Kind: pos.EventResolved, Payment: p.ID, At: p.Updated, Clerk: r.Clerk, Reason: r.Reason,
		Detail: map[string]string{"from": string(from), "state": string(p.State)},
	}}
	if err := e.Journal.Append(ctx, append([]pos.Change{change}, parentChanges(p, above)...)...); err != nil {
		return pos.Payment{}, err
	}
	e.announce()
	return p, nil
}

// resolvable are the decisions that a person may take.
var resolvable = map[pos.State]bool{
	pos.StateConfirmed: true, // the host's own report shows it
	pos.StateDeclined:  true, // the host's own report shows a refusal
	pos.StateNotSent:   true, // the host's own report does not show it
	pos.StateReversed:  true, // undone at the host by hand
}
