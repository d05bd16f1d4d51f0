package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestAcceptedWaitsForItsUndoing: what the host says of a queued refund while its void's answer is lost is the
// void's doing. Believed at once, it made the void impossible to journal, for ever.
func TestAcceptedWaitsForItsUndoing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		h.answer = func(_ context.Context, r pos.Request) pos.Answer {
			return pos.Answer{State: map[pos.Kind]pos.State{pos.KindSale: pos.StateApproved, pos.KindRefund: pos.StateAccepted, pos.KindVoid: pos.StateUnknown}[r.Payment.Kind]}
		}
		seen := false
		h.finding = func(p pos.Payment) pos.Finding {
			switch {
			case p.Kind == pos.KindRefund:
				return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateDeclined}}
			case seen:
				return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateApproved}}
			}
			return pos.Finding{Verdict: pos.VerdictUnavailable}
		}
		e := newEngine(t, m, h.host(), nil)
		running(t, e)
		sold := authorized(t, e, sale(t, 1000))
		refund, err := e.Refund(t.Context(), payment.Follow{Payment: sold.ID, Amount: usd(300)})
		if err != nil {
			t.Fatal(err)
		}
		void, err := e.Void(t.Context(), payment.Follow{Payment: refund.ID})
		if err != nil {
			t.Fatal(err)
		}
		m.after(40 * time.Minute)
		if got := m.get(refund.ID); got.State != pos.StateAccepted {
			t.Errorf("while its void is unknown: %s", got.State)
		}
		h.told(func() { seen = true })
		m.after(2 * time.Hour)
		if r, v := m.get(refund.ID), m.get(void.ID); r.State != pos.StateVoided || v.State != pos.StateConfirmed {
			t.Errorf("in the end: refund %s, void %s", r.State, v.State)
		}
		sound(t, m)
	})
}
