package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestSweepWaitsForACapture: a hold whose capture got no answer may be captured. It is not swept until that is
// known; swept before, the capture could not be journaled any more.
func TestSweepWaitsForACapture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		h.answer = func(_ context.Context, r pos.Request) pos.Answer {
			if r.Payment.Kind == pos.KindCapture {
				return pos.Answer{State: pos.StateUnknown}
			}
			return pos.Answer{State: pos.StateApproved}
		}
		host := h.host()
		host.Query = nil // the capture goes to a person
		e := newEngine(t, m, host, nil)
		running(t, e)
		o := sale(t, 1000)
		o.Kind = pos.KindAuth
		hold := authorized(t, e, o)
		capture, err := e.Capture(t.Context(), payment.Follow{Payment: hold.ID})
		if err != nil {
			t.Fatal(err)
		}
		m.after(100 * time.Hour)
		if got := m.get(hold.ID); got.State != pos.StateApproved {
			t.Fatalf("while its capture is unknown: %s", got.State)
		}
		if _, err := e.Resolve(t.Context(), payment.Resolution{Payment: capture.ID, State: pos.StateConfirmed, Reason: "the bank says so"}); err != nil {
			t.Fatal(err)
		}
		if got := m.get(hold.ID); got.State != pos.StateCaptured || netOf(m) != 1000 {
			t.Errorf("in the end: %s, net %d", got.State, netOf(m))
		}
		sound(t, m)
	})
}
