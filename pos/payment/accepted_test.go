package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestAcceptedIsFollowed until the host says what became of it; a late no gives the parents back what was taken.
func TestAcceptedIsFollowed(t *testing.T) {
	type state struct {
		state              pos.State
		approved, refunded int64
	}
	for _, c := range []struct {
		name    string
		kind    pos.Kind
		deeds   []pos.Kind // the last one is queued at the host
		said    pos.State
		last    pos.State
		parents []state // the first payment and the ones between
		net     int64
	}{
		{"a sale confirmed", pos.KindSale, nil, pos.StateApproved, pos.StateConfirmed, nil, 1000},
		{"a sale refused late", pos.KindSale, nil, pos.StateDeclined, pos.StateRejectedLate, nil, 0},
		{"a refund confirmed", pos.KindSale, []pos.Kind{pos.KindRefund}, pos.StateApproved, pos.StateConfirmed, []state{{pos.StateApproved, 1000, 1000}}, 0},
		{"a refund refused late", pos.KindSale, []pos.Kind{pos.KindRefund}, pos.StateDeclined, pos.StateRejectedLate, []state{{pos.StateApproved, 1000, 0}}, 1000},
		{"a void refused late", pos.KindSale, []pos.Kind{pos.KindVoid}, pos.StateDeclined, pos.StateRejectedLate, []state{{pos.StateConfirmed, 1000, 0}}, 1000},
		{"a capture refused late", pos.KindAuth, []pos.Kind{pos.KindCapture}, pos.StateDeclined, pos.StateRejectedLate, []state{{pos.StateConfirmed, 1000, 0}}, 0},
		{"a reversal refused late", pos.KindAuth, []pos.Kind{pos.KindReversal}, pos.StateDeclined, pos.StateRejectedLate, []state{{pos.StateConfirmed, 1000, 0}}, 0},
		{"a tip refused late", pos.KindSale, []pos.Kind{pos.KindAdjust}, pos.StateDeclined, pos.StateRejectedLate, []state{{pos.StateAdjusted, 1000, 0}}, 1000},
		{"the void of a capture refused late", pos.KindAuth, []pos.Kind{pos.KindCapture, pos.KindVoid}, pos.StateDeclined, pos.StateRejectedLate,
			[]state{{pos.StateCaptured, 1000, 0}, {pos.StateConfirmed, 1000, 0}}, 1000},
		{"the void of a refund refused late", pos.KindSale, []pos.Kind{pos.KindRefund, pos.KindVoid}, pos.StateDeclined, pos.StateRejectedLate,
			[]state{{pos.StateApproved, 1000, 1000}, {pos.StateConfirmed, 1000, 0}}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{}
				h.answer = func(context.Context, pos.Request) pos.Answer {
					if len(h.asked) == len(c.deeds)+1 {
						return pos.Answer{State: pos.StateAccepted}
					}
					return pos.Answer{State: pos.StateApproved}
				}
				queued := true
				h.finding = func(pos.Payment) pos.Finding {
					if queued {
						return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateAccepted}}
					}
					return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: c.said}}
				}
				e := newEngine(t, m, h.host(), nil)
				running(t, e)
				o := sale(t, 1000)
				o.Kind = c.kind
				made := []pos.Payment{authorized(t, e, o)}
				for _, d := range c.deeds {
					do := deeds[d]
					f := payment.Follow{Payment: made[len(made)-1].ID}
					if d == pos.KindAdjust {
						do, f.Tip = (*payment.Engine).Adjust, usd(150)
					}
					p, err := do(e, t.Context(), f)
					if err != nil {
						t.Fatal(err)
					}
					made = append(made, p)
				}
				last := made[len(made)-1]
				m.after(20 * time.Minute)
				if got := m.get(last.ID); got.State != pos.StateAccepted || h.queries == 0 {
					t.Errorf("while it is queued: %s after %d looks", got.State, h.queries)
				}
				queued = false
				m.after(24 * time.Hour / 2)
				if got := m.get(last.ID); got.State != c.last {
					t.Errorf("in the end: %s", got.State)
				}
				for i, want := range c.parents {
					p := m.get(made[i].ID)
					if got := (state{p.State, p.Approved.Minor(), p.Refunded.Minor()}); got != want {
						t.Errorf("payment %d is %v, want %v", i, got, want)
					}
				}
				if netOf(m) != c.net {
					t.Errorf("net %d", netOf(m))
				}
				looks := h.queries
				m.after(time.Hour)
				if h.queries != looks {
					t.Error("asked about what is settled")
				}
				sound(t, m)
			})
		})
	}
}

// TestAcceptedIsNotFollowedWithoutQuery: nothing to ask, nothing in the calendar.
func TestAcceptedIsNotFollowedWithoutQuery(t *testing.T) {
	m := newMemory()
	h := &scripted{answer: func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: pos.StateAccepted} }}
	p := authorized(t, newEngine(t, m, helpless(h), nil), sale(t, 100))
	if !m.get(p.ID).Due.IsZero() {
		t.Error("due to be asked about")
	}
}

// TestAcceptedIsConfirmedByTime: a host that never says more than accepted is asked until it could not refuse
// any more, and no longer.
func TestAcceptedIsConfirmedByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: pos.StateAccepted} }}
		h.finding = func(pos.Payment) pos.Finding {
			return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateAccepted}}
		}
		hostOf := h.host()
		hostOf.Settling.AcceptedFor = 72 * time.Hour
		e := newEngine(t, m, hostOf, nil)
		running(t, e)
		p := authorized(t, e, sale(t, 1000))
		m.after(70 * time.Hour)
		if got := m.get(p.ID); got.State != pos.StateAccepted {
			t.Errorf("while it can be refused: %s", got.State)
		}
		m.after(10 * time.Hour)
		if got := m.get(p.ID); got.State != pos.StateConfirmed || got.Approved.Minor() != 1000 {
			t.Errorf("then: %s of %s", got.State, got.Approved)
		}
		looks := h.queries
		m.after(24 * time.Hour)
		if h.queries != looks {
			t.Error("asked about what is settled")
		}
		sound(t, m)
	})
}
