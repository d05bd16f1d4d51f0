package payment_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestT15WhatIsNotSettledCountsAgainstTheLimits: an offline approval that was forwarded and got no answer was out of the
// queue, and the merchant's risk with it went beyond what the limits allow.
func TestT15WhatIsNotSettledCountsAgainstTheLimits(t *testing.T) {
	for _, c := range []struct {
		name string
		lost int64 // forwarded, no answer
		next int64
		want pos.State
	}{
		{"within the total", 5000, 2001, pos.StateAccepted},
		{"beyond the total", 5000, 2002, pos.StateNotSent},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{answer: notSent}
				e := offlineEngine(t, m, h.host())
				lost := authorized(t, e, sale(t, c.lost))
				h.answer = noAnswer
				time.Sleep(time.Minute)
				e.Settle(t.Context())
				if got := m.get(lost.ID); got.State != pos.StateUnknown || got.Waiting() {
					t.Fatalf("forwarded without an answer: %s", got.State)
				}
				h.answer = notSent
				if p := authorized(t, e, sale(t, 4999)); !p.Waiting() {
					t.Fatalf("the second one: %s", p.State)
				}
				if p := authorized(t, e, sale(t, c.next)); p.State != c.want {
					t.Errorf("%s", p.State)
				}
				sound(t, m)
			})
		})
	}
	t.Run("the count", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, h := newMemory(), &scripted{answer: notSent}
			e := offlineEngine(t, m, h.host())
			for cents := range int64(3) {
				authorized(t, e, sale(t, 100+cents))
			}
			h.answer = noAnswer
			time.Sleep(time.Minute)
			e.Settle(t.Context())
			h.answer = notSent
			if p := authorized(t, e, sale(t, 500)); p.State != pos.StateNotSent {
				t.Errorf("a fourth one: %s", p.State)
			}
			sound(t, m)
		})
	})
}

// TestT16ALostOfflineItemIsNotLetGo: where a lost sale is a hold that lapses, nobody captures it. The goods of an offline
// approval are gone, so a person looks.
func TestT16ALostOfflineItemIsNotLetGo(t *testing.T) {
	for name, offline := range map[string]bool{"approved offline": true, "sold online": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{answer: noAnswer}
				host := h.host()
				host.Query, host.TerminalCapture, host.Lost = nil, true, payment.Lost{Lapses: true}
				e := offlineEngine(t, m, host)
				if offline {
					h.answer = notSent
				}
				p := authorized(t, e, sale(t, 1000))
				h.answer = noAnswer
				for range 3 {
					time.Sleep(time.Minute)
					e.Settle(t.Context())
				}
				want := map[bool]pos.State{true: pos.StateNeedsPerson, false: pos.StateHeld}[offline]
				if got := m.get(p.ID); got.State != want {
					t.Errorf("%s, want %s", got.State, want)
				}
				sound(t, m)
			})
		})
	}
}
