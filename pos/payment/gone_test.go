package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestTheCardOfAReleasedOfflineSaleGoesWithTheAnswer, though the payment itself is still being taken back: it is never
// sent again.
func TestTheCardOfAReleasedOfflineSaleGoesWithTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: notSent}
		h.finding = func(pos.Payment) pos.Finding { return pos.Finding{Verdict: pos.VerdictUnavailable} }
		e := offlineEngine(t, m, h.host())
		running(t, e)
		p := authorized(t, e, sale(t, 100))
		h.answer = noAnswer
		m.after(2 * time.Minute)
		if err := e.Release(t.Context(), p.ID); err != nil {
			t.Fatal(err)
		}
		h.answer = notSent // of the void
		h.finding = func(pos.Payment) pos.Finding {
			return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateApproved, HostID: "h"}}
		}
		m.after(5 * time.Minute)
		if got := m.get(p.ID); got.State != pos.StateReversing || m.sealed[p.ID] != nil {
			t.Errorf("%s, sealed %v", got.State, m.sealed[p.ID] != nil)
		}
		sound(t, m)
	})
}

// TestAReleasedOfflineSaleIsNotSentAgain when a person finds that the host never had it: its sale went on without it.
func TestAReleasedOfflineSaleIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: notSent}
		e := offlineEngine(t, m, helpless(h))
		running(t, e)
		p := authorized(t, e, sale(t, 100))
		h.answer = noAnswer
		m.after(2 * time.Minute)
		if err := e.Release(t.Context(), p.ID); err != nil {
			t.Fatal(err)
		}
		h.answer = nil
		sent := len(h.asked)
		if _, err := e.Resolve(t.Context(), payment.Resolution{Payment: p.ID, State: pos.StateNotSent, Reason: "the bank's report"}); err != nil {
			t.Fatal(err)
		}
		m.after(10 * time.Minute)
		if got := m.get(p.ID); got.State != pos.StateNotSent || len(h.asked) != sent || m.sealed[p.ID] != nil {
			t.Errorf("%s after %d more requests, sealed %v", got.State, len(h.asked)-sent, m.sealed[p.ID] != nil)
		}
		sound(t, m)
	})
}

// TestWhatIsKeptGoesWhenTheVoidIsSure: a queued one may still be refused, and then the card is needed.
func TestWhatIsKeptGoesWhenTheVoidIsSure(t *testing.T) {
	for _, said := range []pos.State{pos.StateApproved, pos.StateDeclined} {
		synctest.Test(t, func(t *testing.T) {
			h := &scripted{}
			h.answer = func(_ context.Context, r pos.Request) pos.Answer {
				if r.Payment.Kind == pos.KindVoid {
					return pos.Answer{State: pos.StateAccepted}
				}
				return pos.Answer{State: pos.StateApproved}
			}
			h.finding = func(pos.Payment) pos.Finding {
				return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: said}}
			}
			m := newMemory()
			hostOf := h.host()
			hostOf.Keep = h
			e := newEngine(t, m, hostOf, func(c *payment.Config) { c.Vault = m })
			running(t, e)
			p := authorized(t, e, sale(t, 700))
			if _, err := e.Void(t.Context(), payment.Follow{Payment: p.ID}); err != nil || m.sealed[p.ID] == nil {
				t.Fatalf("while it is queued: sealed %v, %v", m.sealed[p.ID] != nil, err)
			}
			m.after(time.Hour)
			if sealed := m.sealed[p.ID] != nil; sealed != (said == pos.StateDeclined) {
				t.Errorf("%s: the payment is %s, sealed %v", said, m.get(p.ID).State, sealed)
			}
			sound(t, m)
		})
	}
}
