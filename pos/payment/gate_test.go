package payment_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestT11ReversalGoesFirst: an automatic reversal goes before the next authorization on the lane; while it
// fails nothing is sold, and after three failures it gates no more, alarms, and is tried on.
func TestT11ReversalGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: noAnswer}
		e := newEngine(t, m, reversing(h), nil)
		lost := authorized(t, e, sale(t, 700))
		h.answer = nil

		authorized(t, e, sale(t, 800))
		if want := []string{"sale", "reverse lost", "sale"}; !slices.Equal(h.order, want) {
			t.Errorf("the host was asked %v", h.order)
		}
		if got := m.get(lost.ID); got.State != pos.StateReversed {
			t.Errorf("the lost one: %s", got.State)
		}

		h.answer = noAnswer
		lost = authorized(t, e, sale(t, 900))
		h.answer = nil
		h.reversal = func(context.Context, pos.Request) pos.ReversalAnswer {
			return pos.ReversalAnswer{Verdict: pos.VerdictUnavailable}
		}
		sent := len(h.asked)
		for range 2 {
			if _, err := e.Authorize(t.Context(), sale(t, 1000)); pos.CodeOf(err) != pos.CodeGate || len(h.asked) != sent {
				t.Fatalf("the gate let one through: %v", err)
			}
		}
		if len(e.Alarms()) != 0 {
			t.Errorf("alarmed before the third failure: %v", e.Alarms())
		}
		authorized(t, e, sale(t, 1000))
		if a := e.Alarms(); len(a) != 1 || a[0].Payment != lost.ID || a[0].Failure.Code != pos.CodeReversalStuck {
			t.Errorf("alarms %v", a)
		}
		before := h.reversals
		authorized(t, e, sale(t, 1100))
		if h.reversals != before {
			t.Error("a customer waits for a reversal that failed three times")
		}
		// The same card and amount still may have been charged.
		if _, err := e.Authorize(t.Context(), sale(t, 900)); pos.CodeOf(err) != pos.CodeSameUnknown {
			t.Errorf("the same amount again: %v", err)
		}
		running(t, e)
		m.after(time.Hour)
		if h.reversals < before+10 {
			t.Errorf("tried %d times more in an hour", h.reversals-before)
		}
		h.reversal = nil
		m.after(5 * time.Minute)
		if got := m.get(lost.ID); got.State != pos.StateReversed || len(e.Alarms()) != 0 {
			t.Errorf("once the host was back: %s, alarms %v", got.State, e.Alarms())
		}
		sound(t, m)
	})
}

func TestGate(t *testing.T) {
	for _, c := range []struct {
		name string
		said pos.Verdict
		code pos.Code // of the next sale
	}{
		{"refused for good gates no more", pos.VerdictRefused, ""},
		{"settled gates no more", pos.VerdictSettled, ""},
		{"not found has had its reversal", pos.VerdictNotFound, ""},
		{"unavailable gates", pos.VerdictUnavailable, pos.CodeGate},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, h := newMemory(), &scripted{answer: noAnswer}
			h.reversal = func(context.Context, pos.Request) pos.ReversalAnswer { return pos.ReversalAnswer{Verdict: c.said} }
			e := newEngine(t, m, reversing(h), nil)
			authorized(t, e, sale(t, 700))
			h.answer = nil
			_, err := e.Authorize(t.Context(), sale(t, 800))
			if c.code == "" && err != nil || c.code != "" && pos.CodeOf(err) != c.code {
				t.Errorf("the next sale: %v", err)
			}
			if h.reversals != 1 {
				t.Errorf("%d reversals", h.reversals)
			}
			sound(t, m)
		})
	}
}

func TestQueryTypeUnknownsGateNothingElse(t *testing.T) {
	m, h := newMemory(), &scripted{answer: noAnswer}
	e := newEngine(t, m, h.host(), nil)
	authorized(t, e, sale(t, 700))
	h.answer = nil
	authorized(t, e, sale(t, 701))
	if h.queries != 0 {
		t.Error("a customer waited for a query")
	}
}

// TestGateHoldsAfterARestart: the gate is a journal row, not a memory of the process.
func TestGateHoldsAfterARestart(t *testing.T) {
	m, h := newMemory(), &scripted{answer: noAnswer}
	first := authorized(t, newEngine(t, m, reversing(h), nil), sale(t, 700))
	h.answer = nil
	e := newEngine(t, m, reversing(h), func(c *payment.Config) { c.Position.LastSeq = first.Seq })
	if _, err := e.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	authorized(t, e, sale(t, 800))
	if want := []string{"sale", "reverse lost", "sale"}; !slices.Equal(h.order, want) {
		t.Errorf("the host was asked %v", h.order)
	}
}

// TestGateWaitsForTheReversalUnderWay: a customer does not overtake what the background is just doing.
func TestGateWaitsForTheReversalUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: noAnswer}
		e := newEngine(t, m, reversing(h), nil)
		h.reversal = func(context.Context, pos.Request) pos.ReversalAnswer {
			time.Sleep(20 * time.Second)
			return pos.ReversalAnswer{Verdict: pos.VerdictReversed}
		}
		authorized(t, e, sale(t, 700))
		running(t, e)
		m.after(2 * time.Second)
		h.answer = nil
		authorized(t, e, sale(t, 800))
		if want := []string{"sale", "reverse lost", "sale"}; !slices.Equal(h.order, want) {
			t.Errorf("the host was asked %v", h.order)
		}
		synctest.Wait()
		sound(t, m)
	})
}

// TestGateOfAnOutcomeNotYetJournaled: an answer was lost, and the journal did not take that; the lane does
// not sell before it has, and before the reversal was tried.
func TestGateOfAnOutcomeNotYetJournaled(t *testing.T) {
	m, h := newMemory(), &scripted{answer: noAnswer}
	e := newEngine(t, m, reversing(h), nil)
	m.fail = func(c []pos.Change) (error, bool) {
		if c[0].Event.Kind == pos.EventOutcome {
			return pos.NewError(pos.CodeJournalFull).Because(errDisk), true
		}
		return nil, false
	}
	lost := authorized(t, e, sale(t, 700))
	h.answer = nil
	if _, err := e.Authorize(t.Context(), sale(t, 800)); pos.CodeOf(err) != pos.CodeJournalFull || len(h.asked) != 1 {
		t.Errorf("sold while the journal could not say what was lost: %v", err)
	}
	m.fail = nil
	authorized(t, e, sale(t, 800))
	if want := []string{"sale", "reverse lost", "sale"}; !slices.Equal(h.order, want) {
		t.Errorf("the host was asked %v", h.order)
	}
	if got := m.get(lost.ID); got.State != pos.StateReversed {
		t.Errorf("the lost one: %s", got.State)
	}
	sound(t, m)
}
