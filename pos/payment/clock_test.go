package payment_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestAClockThatWasAheadPutsNothingOff: a lost payment was due ten years later, when the clock had been set right.
func TestAClockThatWasAheadPutsNothingOff(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(map[bool]string{false: "set right while it runs", true: "set right by a restart"}[restart], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ahead atomic.Int64
				ahead.Store(int64(10 * 365 * 24 * time.Hour))
				m, h := newMemory(), &scripted{answer: noAnswer}
				now := func(c *payment.Config) {
					c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
				}
				e := newEngine(t, m, h.host(), now)
				if !restart {
					running(t, e)
				}
				p := authorized(t, e, sale(t, 1000))
				m.after(time.Minute)
				ahead.Store(0)
				h.told(func() {
					h.finding = func(pos.Payment) pos.Finding {
						return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateApproved, HostID: "h"}}
					}
				})
				if restart {
					running(t, e)
				}
				m.after(10 * time.Minute)
				if got := m.get(p.ID); got.State != pos.StateConfirmed {
					t.Errorf("%s, due %v", got.State, got.Due)
				}
				sound(t, m)
			})
		})
	}
}

// TestAClockThatWasAheadDoesNotKeepAPaymentOpen: whatever is counted from a time that has not come yet never came to its
// end.
func TestAClockThatWasAheadDoesNotKeepAPaymentOpen(t *testing.T) {
	for _, c := range []struct {
		name  string
		host  func(h *scripted) payment.Host
		state pos.State
	}{
		{"the host does not know it", func(h *scripted) payment.Host {
			h.finding = func(pos.Payment) pos.Finding { return pos.Finding{Verdict: pos.VerdictAbsent} }
			return h.host()
		}, pos.StateNeedsPerson},
		{"nor finds it to reverse", func(h *scripted) payment.Host {
			h.reversal = func(context.Context, pos.Request) pos.ReversalAnswer {
				return pos.ReversalAnswer{Verdict: pos.VerdictNotFound}
			}
			return reversing(h)
		}, pos.StateReversed},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ahead atomic.Int64
				ahead.Store(int64(10 * 365 * 24 * time.Hour))
				m, h := newMemory(), &scripted{answer: noAnswer}
				e := newEngine(t, m, c.host(h), func(c *payment.Config) {
					c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
				})
				running(t, e)
				p := authorized(t, e, sale(t, 1000))
				m.after(10 * time.Second)
				ahead.Store(0)
				m.after(2 * time.Hour)
				if got := m.get(p.ID); got.State != c.state {
					t.Errorf("%s after %d looks, due %v", got.State, got.Attempts, got.Due)
				}
				sound(t, m)
			})
		})
	}
}
