package payment

import (
	"context"
	"time"

	"github.com/tillpos/till/pos"
)

// way is how a payment whose answer was lost is settled.
type way string

const (
	byQuery    way = "query"    // the host is asked whether it has it
	byReversal way = "reversal" // the host is told to undo it, whether it has it or not
	byLapse    way = "lapse"    // it is a hold at most, and that ends by itself
	byNothing  way = "nothing"  // it asked for no money
	byPerson   way = "person"
)

// wayFor is the way that this host has for a payment.
func (e *Engine) wayFor(p pos.Payment) way {
	switch {
	case p.Kind == pos.KindVerify:
		return byNothing
	case e.foreign(p):
		return byPerson
	case e.Host.Query != nil:
		return byQuery
	case asksForMoney(p) && e.Host.Lost.Reverse != nil:
		return byReversal
	case e.lapses(p):
		return byLapse
	}
	return byPerson
}

// foreign says that another processor was asked for it, so that this one's word on it means nothing.
func (e *Engine) foreign(p pos.Payment) bool {
	return p.Processor != "" && p.Processor != e.Host.Name && !p.Waiting()
}

// lapses says that nothing of it remains at the host if nobody captures it. What was sold offline is not let go
// like that: its goods are gone, so a person looks.
func (e *Engine) lapses(p pos.Payment) bool {
	hold := p.Kind == pos.KindAuth || p.Kind == pos.KindSale && e.Host.TerminalCapture
	return hold && e.Host.Lost.Lapses && !p.Offline
}

// verdict is what a host's word makes of a lost payment.
type verdict struct {
	// counts says whether the word is believed now; until then the host is asked again, for ever.
	counts func(e *Engine, p pos.Payment, now time.Time) bool
	makes  pos.State // empty: what the answer says
	code   pos.Code  // empty: the state says it
}

var verdicts = map[pos.Verdict]verdict{
	pos.VerdictFound:       {counts: atOnce},
	pos.VerdictAbsent:      {counts: afterWindow, makes: pos.StateNeedsPerson, code: pos.CodeAbsent},
	pos.VerdictReversed:    {counts: atOnce, makes: pos.StateReversed},
	pos.VerdictNotFound:    {counts: theSecondTime, makes: pos.StateReversed},
	pos.VerdictRefused:     {counts: atOnce, makes: pos.StateNeedsPerson, code: pos.CodeReversalRefused},
	pos.VerdictSettled:     {counts: atOnce, makes: pos.StateNeedsPerson, code: pos.CodeReversalSettled},
	pos.VerdictPerson:      {counts: atOnce, makes: pos.StateNeedsPerson},
	pos.VerdictUnavailable: {counts: never},
}

func atOnce(*Engine, pos.Payment, time.Time) bool { return true }
func never(*Engine, pos.Payment, time.Time) bool  { return false }

// afterWindow counts from when the payment was sent, which of an offline approval is long after it was made: until then the
// host's report may only lag.
func afterWindow(e *Engine, p pos.Payment, now time.Time) bool {
	sent := p.Created
	if p.Forwarded.After(sent) {
		sent = p.Forwarded
	}
	if sent.After(now) {
		// The clock was ahead when it was sent. Between two looks there is at least one pause.
		return time.Duration(p.Attempts)*e.pause(1) >= e.Host.Settling.Window
	}
	return now.Sub(sent) >= e.Host.Settling.Window
}

// theSecondTime lets two host timeouts pass after the host first did not find a payment: a reversal can
// overtake its original.
func theSecondTime(e *Engine, p pos.Payment, now time.Time) bool {
	return !p.NotFound.IsZero() && now.Sub(p.NotFound) >= 2*e.Host.timeout()
}

// judge writes a verdict into a lost payment; one that does not count sets only the time of the next try.
func (e *Engine) judge(p *pos.Payment, said pos.Verdict, a pos.Answer, failure *pos.Error) {
	now := e.Now()
	v, known := verdicts[said]
	if !known {
		v = verdicts[pos.VerdictUnavailable]
	}
	if !v.counts(e, *p, now) {
		e.tryAgain(p, said, now)
		return
	}
	if v.makes == "" {
		e.adopt(p, a, now)
		return
	}
	p.State, p.Failure = v.makes, nil
	switch {
	case v.code != "":
		p.Failure = pos.NewError(v.code)
	case v.makes == pos.StateNeedsPerson:
		p.Failure = failure
	}
	if said == pos.VerdictAbsent && e.lapses(*p) {
		p.State, p.Failure = pos.StateHeld, nil
	}
	if p.Offline && p.State != pos.StateNeedsPerson {
		lose(p)
	}
	p.Updated = now
	e.schedule(p)
}

// adopt believes an answer that the host's own records gave. One that does not say what became of the payment is asked
// for again, and after the window is for a person: it will say no more.
func (e *Engine) adopt(p *pos.Payment, a pos.Answer, now time.Time) {
	q := *p
	apply(&q, a)
	late(&q)
	if q.State == pos.StateUnknown && !afterWindow(e, *p, now) {
		p.Failure = q.Failure
		e.tryAgain(p, pos.VerdictUnavailable, now)
		return
	}
	if q.State == pos.StateUnknown {
		q.State = pos.StateNeedsPerson
		if q.Failure.Code == pos.CodeUnknown {
			q.Failure = pos.NewError(pos.CodeNeedsPerson).WithDetail("%s", q.Failure.Detail)
		}
	}
	q.Updated = now
	e.schedule(&q)
	*p = q
}

func (e *Engine) tryAgain(p *pos.Payment, said pos.Verdict, now time.Time) {
	p.Attempts++
	p.Due = now.Add(e.pause(p.Attempts))
	if said == pos.VerdictNotFound {
		if p.NotFound.IsZero() || p.NotFound.After(now) { // after now: the clock was ahead
			p.NotFound = now
		}
		p.Due = p.NotFound.Add(2 * e.Host.timeout())
	}
}

// pause doubles from Settling.Every up to ten times it.
func (e *Engine) pause(attempts int) time.Duration {
	return doubled(max(e.Host.Settling.Every, time.Second), attempts)
}

func doubled(pause time.Duration, attempts int) time.Duration {
	longest := 10 * pause
	for i := 1; i < attempts && pause < longest; i++ {
		pause *= 2
	}
	return min(pause, longest)
}

// settleLost takes one step with a payment whose answer was lost.
func (e *Engine) settleLost(ctx context.Context, p pos.Payment) error {
	switch e.wayFor(p) {
	case byQuery:
		return e.settleByQuery(ctx, p)
	case byReversal:
		return e.settleByReversal(ctx, p)
	}
	return e.settleAlone(ctx, p)
}

// settleAlone takes a lost payment to where it goes without a word from the host.
func (e *Engine) settleAlone(ctx context.Context, seen pos.Payment) error {
	return e.amend(ctx, seen, func(p *pos.Payment) pos.Event {
		p.Due = time.Time{}
		switch e.wayFor(*p) {
		case byNothing:
			p.State, p.Failure = pos.StateRefused, pos.NewError(pos.CodeNoVerify)
		case byLapse:
			p.State, p.Failure = pos.StateHeld, nil
		default:
			p.State, p.Failure = pos.StateNeedsPerson, pos.NewError(pos.CodeNeedsPerson)
		}
		return pos.Event{Kind: pos.EventQueried}
	})
}

// toPerson gives up on every automatic way.
func (e *Engine) toPerson(ctx context.Context, seen pos.Payment) error {
	return e.amend(ctx, seen, func(p *pos.Payment) pos.Event {
		p.State, p.Failure, p.Due = pos.StateNeedsPerson, pos.NewError(pos.CodeNeedsPerson), time.Time{}
		return pos.Event{Kind: pos.EventQueried}
	})
}

// settleByQuery asks the host whether it has a payment, and journals what it says. It moves no money.
func (e *Engine) settleByQuery(ctx context.Context, seen pos.Payment) error {
	f := e.query(ctx, seen)
	if ctx.Err() != nil && f.Verdict != pos.VerdictFound {
		return ctx.Err() // our own end is no answer of the host
	}
	if f.Verdict == pos.VerdictFound {
		e.noteReached()
	}
	return e.amend(ctx, seen, func(p *pos.Payment) pos.Event {
		e.judge(p, f.Verdict, f.Answer, f.Failure)
		return pos.Event{Kind: pos.EventQueried, Detail: map[string]string{"verdict": string(f.Verdict)}}
	})
}

func (e *Engine) query(ctx context.Context, p pos.Payment) (f pos.Finding) {
	ctx, cancel := context.WithTimeout(ctx, 2*e.Host.timeout())
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			f = pos.Finding{Verdict: pos.VerdictUnavailable, Failure: pos.NewError(pos.CodeInternal).WithDetail("the processor module failed with a %T", v)}
		}
	}()
	return e.Host.Query.Query(ctx, p)
}

// settleByReversal tells the host to undo a payment that it may or may not have. The payment's chain is held
// meanwhile, so that nobody resolves what is being reversed.
func (e *Engine) settleByReversal(ctx context.Context, seen pos.Payment) error {
	chain, release, err := e.await(ctx, seen.ID)
	if err != nil {
		return err
	}
	defer release()
	if chain[0].State != seen.State || e.isActive(seen.ID) {
		return nil
	}
	r := pos.Request{Payment: chain[0], Unattended: e.Unattended}
	said := pos.ReversalAnswer{Verdict: pos.VerdictUnavailable}
	if r.Extra, err = e.unseal(ctx, &r, chain); err != nil {
		said.Failure = pos.AsError(err)
	} else {
		said = e.reverseLost(ctx, r)
		clear(r.Kept)
	}
	return e.amendHeld(ctx, seen, chain, func(p *pos.Payment) pos.Event {
		p.State = pos.StateReversing
		e.judge(p, said.Verdict, pos.Answer{}, said.Failure)
		return pos.Event{Kind: pos.EventUndoing, Detail: map[string]string{"verdict": string(said.Verdict)}}
	})
}

func (e *Engine) reverseLost(ctx context.Context, r pos.Request) (a pos.ReversalAnswer) {
	ctx, cancel := context.WithTimeout(ctx, 2*e.Host.timeout())
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			a = pos.ReversalAnswer{Verdict: pos.VerdictUnavailable, Failure: pos.NewError(pos.CodeInternal).WithDetail("the processor module failed with a %T", v)}
		}
	}()
	return e.Host.Lost.Reverse.ReverseLost(ctx, r)
}
