package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestEarlierCardsAreKnownAfterARestart: whether the background has read the journal yet or not, a card with
// an unknown payment of the same amount is not charged, and a fresh duplicate asks.
func TestEarlierCardsAreKnownAfterARestart(t *testing.T) {
	for _, c := range []struct {
		name     string
		caughtUp bool
		state    pos.State
		code     pos.Code
	}{
		{"unknown, before the journal was read", false, pos.StateUnknown, pos.CodeSameUnknown},
		{"unknown, after", true, pos.StateUnknown, pos.CodeSameUnknown},
		{"approved, before", false, pos.StateApproved, pos.CodeDuplicate},
		{"approved, after", true, pos.StateApproved, pos.CodeDuplicate},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{}
				h.answer = func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: c.state} }
				first, err := newEngine(t, m, h.host(), nil).Authorize(t.Context(), sale(t, 1000))
				if err != nil || first.State != c.state {
					t.Fatalf("%s %v", first.State, err)
				}
				e := newEngine(t, m, h.host(), func(cfg *payment.Config) { cfg.Position.LastSeq = first.Seq })
				if _, err := e.Recover(t.Context()); err != nil {
					t.Fatal(err)
				}
				if c.caughtUp {
					ctx, stop := context.WithCancel(t.Context())
					ended := make(chan struct{})
					go func() { defer close(ended); e.Run(ctx) }()
					time.Sleep(time.Millisecond)
					synctest.Wait()
					stop()
					<-ended
				}
				if _, err := e.Authorize(t.Context(), sale(t, 1000)); pos.CodeOf(err) != c.code {
					t.Errorf("%v, want %s", err, c.code)
				}
				other := sale(t, 1001)
				if _, err := e.Authorize(t.Context(), other); err != nil {
					t.Errorf("another amount: %v", err)
				}
			})
		})
	}
}

// TestNewCardAsksTheJournalNothing counts the look-ups of a sale once the journal was read.
func TestNewCardAsksTheJournalNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		e := newEngine(t, m, h.host(), nil)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); e.Run(ctx) }()
		time.Sleep(time.Millisecond)
		synctest.Wait()
		stop()
		<-ended
		before := m.looks()
		if _, err := e.Authorize(t.Context(), sale(t, 1000)); err != nil {
			t.Fatal(err)
		}
		if n := m.looks() - before; n != 0 {
			t.Errorf("the first sale of a card asked the journal %d times", n)
		}
	})
}

// TestQueueWakesForWhatIsDue counts the look-ups of the queue beside a sale: one that came to its end has it ask
// nothing, and one that did not is seen at once, not when the queue next wakes by itself.
func TestQueueWakesForWhatIsDue(t *testing.T) {
	for _, c := range []struct {
		state pos.State
		wakes bool
	}{{pos.StateApproved, false}, {pos.StateDeclined, false}, {pos.StateUnknown, true}} {
		t.Run(string(c.state), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{}
				h.answer = func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: c.state} }
				e := newEngine(t, m, h.host(), nil)
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan struct{})
				go func() { defer close(ended); e.Run(ctx) }()
				time.Sleep(time.Millisecond)
				synctest.Wait()
				before := m.looks()
				if p, err := e.Authorize(t.Context(), sale(t, 1000)); err != nil || p.State != c.state {
					t.Fatalf("%s %v", p.State, err)
				}
				synctest.Wait()
				if woke := m.looks() > before; woke != c.wakes {
					t.Errorf("the queue woke: %v", woke)
				}
				stop()
				<-ended
			})
		})
	}
}
