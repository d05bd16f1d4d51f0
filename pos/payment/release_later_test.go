package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
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

// TestReleasedWhileItsVoidIsOnlyQueued: the sale was undone and the bank had queued the void; it refused it later, and the
// payment stood again although nobody had got anything for it.
func TestReleasedWhileItsVoidIsOnlyQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		voids := 0
		h.answer = func(_ context.Context, r pos.Request) pos.Answer {
			if r.Payment.Kind == pos.KindVoid {
				voids++
				return pos.Answer{State: pos.StateAccepted}
			}
			return pos.Answer{State: pos.StateApproved}
		}
		h.finding = func(pos.Payment) pos.Finding {
			said := pos.StateDeclined
			if voids > 1 {
				said = pos.StateApproved
			}
			return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: said}}
		}
		e := newEngine(t, m, h.host(), nil)
		running(t, e)
		sold := authorized(t, e, sale(t, 1000))
		if _, err := e.Void(t.Context(), payment.Follow{Payment: sold.ID}); err != nil {
			t.Fatal(err)
		}
		if err := e.Release(t.Context(), sold.ID); err != nil {
			t.Fatal(err)
		}
		if got := m.get(sold.ID); got.State != pos.StateVoided {
			t.Errorf("while the void is queued: %s", got.State)
		}
		m.after(24 * time.Hour)
		if got := m.get(sold.ID); voids != 2 || got.State != pos.StateVoided || netOf(m) != 0 {
			t.Errorf("%d voids, %s, net %d", voids, got.State, netOf(m))
		}
		sound(t, m)
	})
}

// TestReleaseLeavesAVoidedCaptureAlone: a hold was captured, the capture voided, and captured again. Released, its first
// capture was taken back a second time, by a refund in the end.
func TestReleaseLeavesAVoidedCaptureAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		e := newEngine(t, m, h.host(), nil)
		running(t, e)
		hold := authorized(t, e, auth(t, 1000))
		var captures []pos.Payment
		for i := range 2 {
			c, err := e.Capture(t.Context(), payment.Follow{Payment: hold.ID})
			if err != nil {
				t.Fatal(err)
			}
			captures = append(captures, c)
			if i == 0 {
				if _, err := e.Void(t.Context(), payment.Follow{Payment: c.ID}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := e.Release(t.Context(), hold.ID); err != nil {
			t.Fatal(err)
		}
		m.after(time.Hour)
		taken := map[string]int{}
		for _, r := range h.asked {
			if r.Payment.Kind == pos.KindVoid || r.Payment.Kind == pos.KindRefund {
				taken[r.Parent.ID]++
			}
		}
		if taken[captures[0].ID] != 1 || taken[captures[1].ID] != 1 || netOf(m) != 0 {
			t.Errorf("taken back %d and %d times, net %d", taken[captures[0].ID], taken[captures[1].ID], netOf(m))
		}
		sound(t, m)
	})
}
