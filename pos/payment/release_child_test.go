package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestReleaseBesideALostFollowUp: the answer to a tip, capture, increment, refund or void was lost when the sale is paid
// another way. What it did is found first; then nothing of the payment is left standing.
func TestReleaseBesideALostFollowUp(t *testing.T) {
	type way struct {
		name   string
		order  pos.Kind
		do     deed
		booked bool // the host did it
		state  pos.State
		net    int64
	}
	tip := func(e *payment.Engine, ctx context.Context, f payment.Follow) (pos.Payment, error) {
		f.Tip = usd(200)
		return e.Adjust(ctx, f)
	}
	for _, c := range []way{
		{"a tip that was added", pos.KindSale, tip, true, pos.StateVoided, 0},
		{"a tip that was not", pos.KindSale, tip, false, pos.StateVoided, 0},
		{"a capture that was done", pos.KindAuth, (*payment.Engine).Capture, true, pos.StateReversed, 0},
		{"a capture that was not", pos.KindAuth, (*payment.Engine).Capture, false, pos.StateReversed, 0},
		{"a refund that was done", pos.KindSale, (*payment.Engine).Refund, true, pos.StateConfirmed, 0},
		{"a refund that was not", pos.KindSale, (*payment.Engine).Refund, false, pos.StateVoided, 0},
		{"a void that was done", pos.KindSale, (*payment.Engine).Void, true, pos.StateVoided, 0},
		{"a reversal that was not", pos.KindAuth, (*payment.Engine).Reverse, false, pos.StateReversed, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{}
				e := newEngine(t, m, h.host(), nil)
				running(t, e)
				o := sale(t, 1000)
				o.Kind = c.order
				p := authorized(t, e, o)
				h.told(func() { h.answer = noAnswer })
				lost, err := c.do(e, t.Context(), payment.Follow{Payment: p.ID})
				if err != nil || lost.State != pos.StateUnknown {
					t.Fatalf("%s %v", lost.State, err)
				}
				if err := e.Release(t.Context(), p.ID); err != nil {
					t.Fatal(err)
				}
				m.after(30 * time.Second)
				if got := m.get(p.ID); !got.Released || got.State.Open() && c.order == pos.KindSale {
					t.Errorf("beside what is lost: released %v, %s", got.Released, got.State)
				}
				if _, err := e.Refund(t.Context(), payment.Follow{Payment: p.ID}); err == nil {
					t.Error("it was refunded while the engine takes it back")
				}
				said := pos.StateApproved
				if !c.booked {
					said = pos.StateDeclined
				}
				h.told(func() {
					h.answer = nil
					h.finding = func(pos.Payment) pos.Finding {
						return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: said}}
					}
				})
				m.after(time.Hour)
				if got := m.get(p.ID); got.State != c.state || netOf(m) != c.net || got.Where() == pos.MoneyHeld {
					t.Errorf("%s, net %d: %v", got.State, netOf(m), m.seen(p.ID))
				}
				if open, _ := m.List(t.Context(), pos.Filter{Open: true}); len(open) > 0 {
					t.Errorf("%d still open, the first a %s", len(open), open[0].Kind)
				}
				sound(t, m)
			})
		})
	}
}

// TestReleaseOfWhatWasCaptured: a hold that was captured is taken back by its capture.
func TestReleaseOfWhatWasCaptured(t *testing.T) {
	for _, refuse := range []pos.Kind{"", pos.KindVoid} {
		t.Run("host refuses "+string(refuse), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{}
				h.answer = func(_ context.Context, r pos.Request) pos.Answer {
					if r.Payment.Kind == refuse {
						return pos.Answer{State: pos.StateDeclined}
					}
					return pos.Answer{State: pos.StateApproved}
				}
				e := newEngine(t, m, h.host(), nil)
				running(t, e)
				p := authorized(t, e, auth(t, 1000))
				if _, err := e.Capture(t.Context(), payment.Follow{Payment: p.ID}); err != nil {
					t.Fatal(err)
				}
				if err := e.Release(t.Context(), p.ID); err != nil {
					t.Fatal(err)
				}
				m.after(time.Hour)
				if got := m.get(p.ID); netOf(m) != 0 || got.Where() == pos.MoneyHeld {
					t.Errorf("%s, net %d: %v", got.State, netOf(m), m.seen(p.ID))
				}
				sound(t, m)
			})
		})
	}
}

// TestReleaseOfWhatCannotBeTakenBack says so, so that nobody pays a second time.
func TestReleaseOfWhatCannotBeTakenBack(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := newEngine(t, m, h.host(), nil)
	p := authorized(t, e, sale(t, 1000))
	p.State = pos.StateBatched
	m.payments[p.ID] = p
	if err := e.Release(t.Context(), p.ID); pos.CodeOf(err) != pos.CodeNotAllowed {
		t.Errorf("%v", err)
	}
}
