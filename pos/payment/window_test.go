package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
)

// TestTheWindowBeginsWhenItIsForwarded: an offline approval whose answer was lost was absent at the first look, and a
// person who did not find it in the report either would have sent it a second time.
func TestTheWindowBeginsWhenItIsForwarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: notSent}
		e := offlineEngine(t, m, h.host())
		p := authorized(t, e, sale(t, 1000))
		time.Sleep(time.Hour)
		var sent time.Time
		h.answer = func(context.Context, pos.Request) pos.Answer {
			sent = time.Now()
			return pos.Answer{State: pos.StateUnknown}
		}
		h.finding = func(pos.Payment) pos.Finding {
			if time.Since(sent) < time.Minute { // the report lags
				return pos.Finding{Verdict: pos.VerdictAbsent}
			}
			return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateApproved, HostID: "h"}}
		}
		running(t, e)
		m.after(10 * time.Minute)
		if got := m.get(p.ID); got.State != pos.StateConfirmed {
			t.Errorf("%s, %v", got.State, got.Failure)
		}
		sound(t, m)
	})
}

// TestAReportThatNeverSaysIsForAPerson: the host has the payment and does not say what became of it. It was asked for
// ever, and no alarm told anybody.
func TestAReportThatNeverSaysIsForAPerson(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer pos.Answer
		code   pos.Code
	}{
		{"no outcome", pos.Answer{State: pos.StateUnknown, HostID: "h"}, pos.CodeNeedsPerson},
		{"another amount", pos.Answer{State: pos.StateApproved, Approved: usd(9999)}, pos.CodeWrongAnswer},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{answer: noAnswer}
				h.finding = func(pos.Payment) pos.Finding {
					return pos.Finding{Verdict: pos.VerdictFound, Answer: c.answer}
				}
				e := newEngine(t, m, h.host(), nil)
				running(t, e)
				p := authorized(t, e, sale(t, 1000))
				m.after(time.Minute)
				if got := m.get(p.ID); got.State != pos.StateUnknown {
					t.Errorf("inside the window: %s", got.State)
				}
				m.after(10 * time.Minute)
				if got := m.get(p.ID); got.State != pos.StateNeedsPerson || codeOf(got) != c.code || len(e.Alarms()) != 1 {
					t.Errorf("%s, %v, alarms %v", got.State, got.Failure, e.Alarms())
				}
				sound(t, m)
			})
		})
	}
}
