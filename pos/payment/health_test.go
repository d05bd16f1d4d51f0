package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
)

// TestAHostThatAnswersAQueryIsThere: the bank is not said to be away any more once it has told what became of the payment whose
// answer was lost.
func TestAHostThatAnswersAQueryIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		h.answer = func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: pos.StateUnknown} }
		asked := false
		h.finding = func(pos.Payment) pos.Finding {
			if !asked {
				asked = true
				return pos.Finding{Verdict: pos.VerdictUnavailable}
			}
			return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateApproved}}
		}
		e := newEngine(t, m, h.host(), nil)
		running(t, e)
		lost, err := e.Authorize(t.Context(), sale(t, 1000))
		if err != nil {
			t.Fatal(err)
		}
		if got := e.HostHealth(); got.State != pos.DeviceOffline || got.Reason != "no answer" {
			t.Errorf("after a lost answer: %+v", got)
		}
		for range 100 {
			if !m.get(lost.ID).State.Open() {
				break
			}
			if got := e.HostHealth(); got.State != pos.DeviceOffline {
				t.Error("it is said to be there before it answered")
			}
			m.after(time.Minute)
		}
		if p, got := m.get(lost.ID), e.HostHealth(); p.State != pos.StateConfirmed || got.State != pos.DeviceOnline {
			t.Errorf("once the payment is %s: %+v", p.State, got)
		}
	})
}

// TestAnAnswerThatLeavesItOpenIsAnAnswer: a debit that the bank booked and its network has not confirmed is a matter for a person;
// the bank is there.
func TestAnAnswerThatLeavesItOpenIsAnAnswer(t *testing.T) {
	m, h := newMemory(), &scripted{answer: func(context.Context, pos.Request) pos.Answer {
		return pos.Answer{State: pos.StateUnknown, HostID: "011-1", Failure: pos.NewError(pos.CodeDebitUnconfirmed, "011-1")}
	}}
	e := newEngine(t, m, h.host(), nil)
	if p := authorized(t, e, sale(t, 1000)); p.State != pos.StateUnknown {
		t.Fatalf("%s", p.State)
	}
	if got := e.HostHealth(); got.State != pos.DeviceOnline {
		t.Errorf("after an answer: %+v", got)
	}
}
