package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// The physics of hosts that have no query, as changes of the scripted one.

func reversing(s *scripted) payment.Host {
	h := s.host()
	h.Query = nil
	h.Lost.Reverse = s
	return h
}

func lapsing(s *scripted) payment.Host {
	h := s.host()
	h.Query = nil
	h.Lost.Lapses = true
	return h
}

func helpless(s *scripted) payment.Host {
	h := s.host()
	h.Query = nil
	return h
}

func noAnswer(context.Context, pos.Request) pos.Answer {
	return pos.Answer{State: pos.StateUnknown}
}

// running starts the background queue of an engine.
func running(t *testing.T, e *payment.Engine) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); e.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
}

// authorized asks for a payment and wants no error.
func authorized(t *testing.T, e *payment.Engine, o payment.Order) pos.Payment {
	t.Helper()
	p, err := e.Authorize(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func auth(t *testing.T, cents int64) payment.Order {
	o := sale(t, cents)
	o.Kind = pos.KindAuth
	return o
}

// after lets time pass and everything that it wakes come to rest. The look at the journal makes what the
// test has just changed known to the queue, which asks the journal before it does anything.
func (m *memory) after(d time.Duration) {
	m.looks()
	time.Sleep(d)
	synctest.Wait()
}

func codeOf(p pos.Payment) pos.Code {
	if p.Failure == nil {
		return ""
	}
	return p.Failure.Code
}

func sound(t *testing.T, m *memory) {
	t.Helper()
	for _, b := range m.bad {
		t.Error("journal:", b)
	}
}
