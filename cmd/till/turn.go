package main

import (
	"context"
	"sync"

	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
)

// turn is one request in flight. Until it begins it can be called off, and then surely sends nothing; nothing ends it
// later than that.
type turn struct {
	stopCard context.CancelFunc // ends the wait for a card or PIN
	payment  string             // id of the earlier payment it is for, if any
	after    int64              // the journal's last payment when the request came

	mu        sync.Mutex
	calledOff bool
	begun     bool
}

// begin says that the request goes to the engine now. It errs if it was called off, or if whoever wanted the shopper to be
// asked has gone away.
func (x *turn) begin(gone <-chan struct{}) error {
	select {
	case <-gone:
		return pos.NewError(pos.CodeCancelled)
	default:
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.calledOff {
		return pos.NewError(pos.CodeCancelled)
	}
	x.begun = true
	return nil
}

// callOff says whether the request surely sends nothing any more.
func (x *turn) callOff() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.calledOff = true
	x.stopCard()
	return !x.begun
}

// track makes a request known by its token until done is called.
func (t *terminal) track(token string, x *turn) (done func()) {
	x.after = t.journal.Position().LastSeq
	t.mu.Lock()
	t.turns[token] = x
	if t.stopping {
		x.stopCard()
	}
	t.mu.Unlock()
	return func() {
		t.mu.Lock()
		delete(t.turns, token)
		t.mu.Unlock()
	}
}

// stopAsking ends every wait for a card or PIN, of requests that come later too: a shopper who is still asked has paid
// nothing.
func (t *terminal) stopAsking() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopping = true
	for _, x := range t.turns {
		x.stopCard()
	}
}

// interrupt calls a request off if it has not begun, which it answers with payment.cancelled, and otherwise says which
// payment of it is in flight. While the journal shows none it answers with payment.unknown: one may be sent at any moment.
func (t *terminal) interrupt(ctx context.Context, token string) control.Answer {
	t.mu.Lock()
	x := t.turns[token]
	t.mu.Unlock()
	if x == nil || token == "" {
		return control.Answer{Failure: control.Fail(pos.NewError(pos.CodeUnknown).WithDetail("no such request is in flight"))}
	}
	if x.callOff() {
		return control.Answer{Failure: control.Fail(pos.NewError(pos.CodeCancelled))}
	}
	filter := pos.Filter{Sale: token, Newest: true, Limit: 1}
	if x.payment != "" {
		filter = pos.Filter{Parent: x.payment, Newest: true, Limit: 1}
	}
	found, err := t.journal.List(ctx, filter)
	if err != nil || len(found) == 0 || found[0].Seq <= x.after {
		return control.Answer{Failure: control.Fail(pos.NewError(pos.CodeUnknown).WithDetail("the request is under way; see `till payment list`"))}
	}
	return control.Answer{Payment: found[0]}
}
