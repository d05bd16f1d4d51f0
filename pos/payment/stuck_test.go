package payment_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestNothingToTakeBackStopsTheLaneForEver: each of these kept the lane from selling until somebody resolved a payment
// for which there was no alarm.
func TestNothingToTakeBackStopsTheLaneForEver(t *testing.T) {
	noVoid := func(ctx context.Context, r pos.Request) pos.Answer {
		if r.Payment.Kind == pos.KindVoid {
			return pos.Answer{State: pos.StateDeclined}
		}
		return partly(ctx, r)
	}
	for _, c := range []struct {
		name   string
		answer func(context.Context, pos.Request) pos.Answer
		make   func(t *testing.T, e *payment.Engine) pos.Payment
		state  pos.State
	}{
		{"refunded before it was released", nil, func(t *testing.T, e *payment.Engine) pos.Payment {
			p := authorized(t, e, sale(t, 1000))
			if _, err := e.Refund(t.Context(), payment.Follow{Payment: p.ID}); err != nil {
				t.Fatal(err)
			}
			if err := e.Release(t.Context(), p.ID); err != nil {
				t.Fatal(err)
			}
			return p
		}, pos.StateConfirmed},
		{"a debit whose refund needs a PIN", noVoid, func(t *testing.T, e *payment.Engine) pos.Payment {
			o := sale(t, 1000)
			o.Credentials, o.AllowPartial = withPIN(t, "FFFF9876543210E00001"), false
			return authorized(t, e, o)
		}, pos.StateNeedsPerson},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{answer: c.answer}
				e := newEngine(t, m, h.host(), nil)
				running(t, e)
				p := c.make(t, e)
				m.after(time.Hour)
				if got := m.get(p.ID); got.State != c.state || netOf(m) != got.Net().Minor()-got.Refunded.Minor() {
					t.Errorf("%s, net %d", got.State, netOf(m))
				}
				authorized(t, e, sale(t, 500))
				sound(t, m)
			})
		})
	}
}

// sealedBadly is a vault whose key is gone.
type sealedBadly struct{ *memory }

func (sealedBadly) Unseal(context.Context, string) ([]byte, pos.Extra, error) {
	return nil, pos.Extra{}, pos.NewError(pos.CodeJournalKey, "batch-1.key").Because(errors.New("gone"))
}

// TestWhatFailsBeforeItIsSentCountsToo: after three tries the lane sells again, and there is an alarm.
func TestWhatFailsBeforeItIsSentCountsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		host := h.host()
		host.Keep = h
		e := newEngine(t, m, host, func(c *payment.Config) { c.Vault = sealedBadly{m} })
		running(t, e)
		p := authorized(t, e, sale(t, 1000))
		if err := e.Release(t.Context(), p.ID); err != nil {
			t.Fatal(err)
		}
		m.after(time.Hour)
		if got := m.get(p.ID); got.State != pos.StateReversing || len(e.Alarms()) != 1 {
			t.Errorf("%s after %d tries, alarms %v", got.State, got.Attempts, e.Alarms())
		}
		authorized(t, e, sale(t, 500))
		sound(t, m)
	})
}
