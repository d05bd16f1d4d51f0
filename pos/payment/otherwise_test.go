package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestReleasedAndFoundByAPersonGoesToo: a person who found it at the host made it stand, although its sale had been paid
// in another way.
func TestReleasedAndFoundByAPersonGoesToo(t *testing.T) {
	for _, c := range []struct {
		name  string
		first time.Duration // before the person decides
		state pos.State
	}{
		{"while the till still asks", time.Minute, pos.StateUnknown},
		{"when the till gave up", time.Hour, pos.StateNeedsPerson},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{}
				h.answer = func(_ context.Context, r pos.Request) pos.Answer {
					if r.Payment.Kind == pos.KindSale {
						return pos.Answer{State: pos.StateUnknown}
					}
					return pos.Answer{State: pos.StateApproved}
				}
				h.finding = func(pos.Payment) pos.Finding { return pos.Finding{Verdict: pos.VerdictAbsent} }
				e := newEngine(t, m, h.host(), nil)
				running(t, e)
				p := authorized(t, e, sale(t, 1000))
				if err := e.Release(t.Context(), p.ID); err != nil {
					t.Fatal(err)
				}
				m.after(c.first)
				if got := m.get(p.ID).State; got != c.state {
					t.Fatal(got)
				}
				if _, err := e.Resolve(t.Context(), payment.Resolution{Payment: p.ID, State: pos.StateConfirmed, Reason: "report", Clerk: "bea"}); err != nil {
					t.Fatal(err)
				}
				m.after(time.Hour)
				if got := m.get(p.ID).State; got != pos.StateVoided || netOf(m) != 0 {
					t.Errorf("%s, net %d", got, netOf(m))
				}
				sound(t, m)
			})
		})
	}
}

// TestAnotherProcessorsPaymentIsNotSettledHere: after the shop had changed its processor, the new host was told to
// reverse what the old one might have; it did not find it, and that counted as reversed.
func TestAnotherProcessorsPaymentIsNotSettledHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		before := h.host()
		before.Name = "before"
		old := newEngine(t, m, before, nil)
		sold := authorized(t, old, sale(t, 900))
		h.answer = noAnswer
		lost := authorized(t, old, sale(t, 1000))
		h.answer = nil
		now := h.host()
		now.Query, now.Lost.Reverse = nil, h
		h.reversal = func(context.Context, pos.Request) pos.ReversalAnswer {
			return pos.ReversalAnswer{Verdict: pos.VerdictNotFound}
		}
		e := newEngine(t, m, now, func(c *payment.Config) { c.Position = pos.Position{LastSeq: 2} })
		if _, err := e.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		running(t, e)
		m.after(time.Hour)
		if got := m.get(lost.ID).State; got != pos.StateNeedsPerson || h.reversals != 0 {
			t.Errorf("%s after %d reversals at the wrong host", got, h.reversals)
		}
		if _, err := e.Refund(t.Context(), payment.Follow{Payment: sold.ID}); pos.CodeOf(err) != pos.CodeUnsupported {
			t.Errorf("a refund at the wrong host: %v", err)
		}
		sound(t, m)
	})
}
