package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
)

// TestReleasedIsTakenBackAgain: the host queued the void or refund of a payment that must not stand, and refused it
// later. The payment must not come to stand by that.
func TestReleasedIsTakenBackAgain(t *testing.T) {
	for _, kind := range []pos.Kind{pos.KindVoid, pos.KindRefund} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{}
				tries := 0
				h.answer = func(_ context.Context, r pos.Request) pos.Answer {
					switch r.Payment.Kind {
					case pos.KindSale:
						return pos.Answer{State: pos.StateApproved}
					case kind:
						tries++
						return pos.Answer{State: pos.StateAccepted}
					}
					return pos.Answer{State: pos.StateRefused}
				}
				h.finding = func(p pos.Payment) pos.Finding {
					said := pos.StateDeclined
					if tries > 1 {
						said = pos.StateApproved
					}
					return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: said}}
				}
				e := newEngine(t, m, h.host(), nil)
				running(t, e)
				sold := authorized(t, e, sale(t, 1000))
				if err := e.Release(t.Context(), sold.ID); err != nil {
					t.Fatal(err)
				}
				m.after(24 * time.Hour)
				if tries != 2 || netOf(m) != 0 {
					t.Errorf("%d tries, net %d", tries, netOf(m))
				}
				sound(t, m)
			})
		})
	}
}

// TestAnUnwantedPartIsTakenBackAgain: the refund that took it back was queued, and refused later. The part was kept, of a
// sale that had gone on without it.
func TestAnUnwantedPartIsTakenBackAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		tries := 0
		h.answer = func(ctx context.Context, r pos.Request) pos.Answer {
			switch r.Payment.Kind {
			case pos.KindVoid:
				return pos.Answer{State: pos.StateRefused}
			case pos.KindRefund:
				tries++
				return pos.Answer{State: pos.StateAccepted}
			}
			return partly(ctx, r)
		}
		h.finding = func(pos.Payment) pos.Finding {
			said := pos.StateDeclined
			if tries > 1 {
				said = pos.StateApproved
			}
			return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: said}}
		}
		e := newEngine(t, m, h.host(), nil)
		running(t, e)
		o := sale(t, 1000)
		o.AllowPartial = false
		p := authorized(t, e, o)
		m.after(24 * time.Hour)
		if got := m.get(p.ID); tries != 2 || netOf(m) != 0 || !got.GivenBack() {
			t.Errorf("%d tries, %s, net %d", tries, got.State, netOf(m))
		}
		sound(t, m)
	})
}
