package payment_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// partly approves sales and auths in part, and does what else is asked.
func partly(_ context.Context, r pos.Request) pos.Answer {
	if r.Payment.Parent == "" {
		return pos.Answer{State: pos.StatePartial, Approved: usd(300), HostID: "h"}
	}
	return pos.Answer{State: pos.StateApproved}
}

// TestT13PartialIsTakenOrTakenBack: the customer accepts a part, or it is undone; never is it kept by itself.
func TestT13PartialIsTakenOrTakenBack(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*payment.Order)
		host   func(*payment.Host)
		state  pos.State
		asked  []string
		told   bool // the host was told that it may approve less
		net    int64
	}{
		{"allowed", nil, nil, pos.StatePartial, []string{"sale"}, true, 300},
		{"not allowed", func(o *payment.Order) { o.AllowPartial = false }, nil, pos.StateVoided, []string{"sale", "void"}, false, 0},
		{"never with cash back", func(o *payment.Order) { o.Cashback = usd(100) }, nil, pos.StateVoided, []string{"sale", "void"}, false, 0},
		{"the host cannot be told", nil, func(h *payment.Host) { h.Partial = false }, pos.StatePartial, []string{"sale"}, false, 300},
		{"a hold is reversed", func(o *payment.Order) { o.AllowPartial, o.Kind = false, pos.KindAuth }, nil, pos.StateReversed, []string{"auth", "reversal"}, false, 0},
		{"or voided where it cannot be", func(o *payment.Order) { o.AllowPartial, o.Kind = false, pos.KindAuth }, func(h *payment.Host) { h.Reverse = nil }, pos.StateVoided, []string{"auth", "void"}, false, 0},
		{"or refunded", func(o *payment.Order) { o.AllowPartial = false }, func(h *payment.Host) { h.Void = nil }, pos.StateConfirmed, []string{"sale", "refund"}, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, h := newMemory(), &scripted{answer: partly}
			hostOf := h.host()
			if c.host != nil {
				c.host(&hostOf)
			}
			o := sale(t, 1000)
			if c.change != nil {
				c.change(&o)
			}
			p := authorized(t, newEngine(t, m, hostOf, nil), o)
			if p.State != c.state || m.get(p.ID).State != c.state || netOf(m) != c.net {
				t.Errorf("%s, in the journal %s, net %d", p.State, m.get(p.ID).State, netOf(m))
			}
			if !slices.Equal(h.order, c.asked) || h.asked[0].AllowPartial != c.told {
				t.Errorf("asked %v, told that less may be: %v", h.order, h.asked[0].AllowPartial)
			}
			sound(t, m)
		})
	}
}

// TestUndoOfAPartialMayBeLost: then it is open, and the background takes it back.
func TestUndoOfAPartialMayBeLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		h.answer = func(ctx context.Context, r pos.Request) pos.Answer {
			if r.Payment.Kind == pos.KindVoid && len(h.asked) < 4 {
				return pos.Answer{State: pos.StateNotSent}
			}
			return partly(ctx, r)
		}
		e := newEngine(t, m, h.host(), nil)
		running(t, e)
		o := sale(t, 1000)
		o.AllowPartial = false
		p := authorized(t, e, o)
		if p.State != pos.StateReversing || p.State.Where(p.Kind) != pos.MoneyUnknown {
			t.Errorf("while it is not undone: %s", p.State)
		}
		m.after(5 * time.Minute)
		if got := m.get(p.ID); got.State != pos.StateVoided {
			t.Errorf("%s after %v", got.State, h.order)
		}
		sound(t, m)
	})
}

// TestRefusedUndoGoesToAPerson, except a hold that lapses by itself.
func TestRefusedUndoGoesToAPerson(t *testing.T) {
	for _, c := range []struct {
		kind  pos.Kind
		state pos.State
		asked []string
	}{
		{pos.KindSale, pos.StateNeedsPerson, []string{"sale", "void", "refund"}},
		{pos.KindAuth, pos.StateHeld, []string{"auth", "reversal", "void"}},
	} {
		m, h := newMemory(), &scripted{}
		h.answer = func(ctx context.Context, r pos.Request) pos.Answer {
			if r.Payment.Parent != "" {
				return pos.Answer{State: pos.StateDeclined}
			}
			return partly(ctx, r)
		}
		hostOf := h.host()
		hostOf.Lost.Lapses = true
		e := newEngine(t, m, hostOf, nil)
		o := sale(t, 1000)
		o.Kind, o.AllowPartial = c.kind, false
		p := authorized(t, e, o)
		if p.State != c.state || !slices.Equal(h.order, c.asked) {
			t.Errorf("%s: %s after %v", c.kind, p.State, h.order)
		}
		if person := c.state == pos.StateNeedsPerson; person != (len(e.Alarms()) == 1) || person && codeOf(p) != pos.CodeUndoFailed {
			t.Errorf("%s: alarms %v, code %s", c.kind, e.Alarms(), codeOf(p))
		}
		sound(t, m)
	}
}

// TestUndo takes back what a person wants back: the way depends on what it is and what the host does.
func TestUndo(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   pos.Kind
		refuse pos.Kind
		asked  []string
		state  pos.State
	}{
		{"a sale is voided", pos.KindSale, "", []string{"sale", "void"}, pos.StateVoided},
		{"and never refunded instead", pos.KindSale, pos.KindVoid, []string{"sale", "void"}, pos.StateApproved},
		{"a hold is reversed", pos.KindAuth, "", []string{"auth", "reversal"}, pos.StateReversed},
		{"or voided where the host refuses", pos.KindAuth, pos.KindReversal, []string{"auth", "reversal", "void"}, pos.StateVoided},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, h := newMemory(), &scripted{}
			h.answer = func(_ context.Context, r pos.Request) pos.Answer {
				if r.Payment.Kind == c.refuse {
					return pos.Answer{State: pos.StateDeclined}
				}
				return pos.Answer{State: pos.StateApproved}
			}
			e := newEngine(t, m, h.host(), nil)
			o := sale(t, 1000)
			o.Kind = c.kind
			p := authorized(t, e, o)
			if _, err := e.Undo(t.Context(), payment.Follow{Payment: p.ID}); err != nil {
				t.Fatal(err)
			}
			if got := m.get(p.ID); got.State != c.state || !slices.Equal(h.order, c.asked) {
				t.Errorf("%s after %v", got.State, h.order)
			}
			sound(t, m)
		})
	}
}

// TestConfirmedAfterReleaseIsTakenBack: a payment whose sale was paid another way is never kept in silence.
func TestConfirmedAfterReleaseIsTakenBack(t *testing.T) {
	for _, c := range []struct {
		name   string
		refuse []pos.Kind
		state  pos.State
		net    int64
	}{
		{"voided", nil, pos.StateVoided, 0},
		{"refunded", []pos.Kind{pos.KindVoid}, pos.StateConfirmed, 0},
		{"a person", []pos.Kind{pos.KindVoid, pos.KindRefund}, pos.StateNeedsPerson, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &scripted{}
				m, e, p := lostSale(t, h, 700)
				if err := e.Release(t.Context(), p.ID); err != nil {
					t.Fatal(err)
				}
				if got := m.get(p.ID); !got.Released || got.State != pos.StateUnknown {
					t.Fatalf("released: %v %s", got.Released, got.State)
				}
				h.answer = func(_ context.Context, r pos.Request) pos.Answer {
					if slices.Contains(c.refuse, r.Payment.Kind) {
						return pos.Answer{State: pos.StateDeclined}
					}
					return pos.Answer{State: pos.StateApproved}
				}
				h.finding = func(pos.Payment) pos.Finding {
					return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateApproved, HostID: "x"}}
				}
				m.after(time.Minute)
				if got := m.get(p.ID); got.State != c.state || netOf(m) != c.net {
					t.Errorf("%s, net %d: %v", got.State, netOf(m), m.seen(p.ID))
				}
				sound(t, m)
			})
		})
	}
}

func TestReleaseOfWhatStandsAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		e := newEngine(t, m, h.host(), nil)
		running(t, e)
		stands := authorized(t, e, sale(t, 700))
		h.answer = func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: pos.StateDeclined} }
		never := authorized(t, e, sale(t, 701))
		h.answer = nil
		for _, p := range []pos.Payment{stands, never} {
			if err := e.Release(t.Context(), p.ID); err != nil {
				t.Fatal(err)
			}
		}
		m.after(time.Second)
		if got := m.get(stands.ID); got.State != pos.StateVoided || !got.Released {
			t.Errorf("the one that stood: %s", got.State)
		}
		if got := m.get(never.ID); got.State != pos.StateDeclined || got.Released {
			t.Errorf("the one that never did: %s", got.State)
		}
		if err := e.Release(t.Context(), "nope"); pos.CodeOf(err) != pos.CodeNotFound {
			t.Errorf("no such payment: %v", err)
		}
		sound(t, m)
	})
}

// TestReleaseThatIsNotDurableIsAnError: only then may the sale be paid another way.
func TestReleaseThatIsNotDurableIsAnError(t *testing.T) {
	m, h := newMemory(), &scripted{answer: noAnswer}
	e := newEngine(t, m, h.host(), nil)
	p := authorized(t, e, sale(t, 700))
	m.fail = func([]pos.Change) (error, bool) { return pos.NewError(pos.CodeJournalWrite), true }
	if err := e.Release(t.Context(), p.ID); pos.CodeOf(err) != pos.CodeJournalWrite {
		t.Errorf("error %v", err)
	}
}

// TestT12AbandonedHoldIsGivenBack: alarm at half time, and at the end it is reversed, voided or left to lapse.
func TestT12AbandonedHoldIsGivenBack(t *testing.T) {
	keyed := func(o *payment.Order) {}
	swiped := func(o *payment.Order) { o.Credentials.Card.Entry = "swipe" }
	for _, c := range []struct {
		name  string
		card  func(*payment.Order)
		host  func(*payment.Host)
		end   time.Duration
		state pos.State
	}{
		{"card present", swiped, nil, 24 * time.Hour, pos.StateReversed},
		{"card absent", keyed, nil, 72 * time.Hour, pos.StateReversed},
		{"voided where the host cannot reverse", swiped, func(h *payment.Host) { h.Reverse = nil }, 24 * time.Hour, pos.StateVoided},
		{"left to lapse where it can do neither", swiped, func(h *payment.Host) { h.Reverse, h.Void = nil, nil }, 24 * time.Hour, pos.StateHeld},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{}
				hostOf := h.host()
				if c.host != nil {
					c.host(&hostOf)
				}
				e := newEngine(t, m, hostOf, nil)
				running(t, e)
				o := auth(t, 700)
				c.card(&o)
				abandoned := authorized(t, e, o)
				o = auth(t, 900)
				c.card(&o)
				captured := authorized(t, e, o)
				if _, err := e.Capture(t.Context(), payment.Follow{Payment: captured.ID}); err != nil {
					t.Fatal(err)
				}
				m.after(c.end/2 - time.Minute)
				if len(e.Alarms()) != 0 {
					t.Errorf("alarmed too early: %v", e.Alarms())
				}
				m.after(2 * time.Minute)
				if a := e.Alarms(); len(a) != 1 || a[0].Payment != abandoned.ID || a[0].Failure.Code != pos.CodeAbandoned {
					t.Errorf("at half time: alarms %v", a)
				}
				m.after(c.end/2 - 2*time.Minute)
				if got := m.get(abandoned.ID); got.State != pos.StateApproved {
					t.Errorf("a minute before its end: %s", got.State)
				}
				m.after(2 * time.Minute)
				if got := m.get(abandoned.ID); got.State != c.state || len(e.Alarms()) != 0 {
					t.Errorf("at its end: %s, alarms %v, asked %v", got.State, e.Alarms(), h.order)
				}
				if got := m.get(captured.ID); got.State != pos.StateCaptured {
					t.Errorf("the captured one: %s", got.State)
				}
				looks := len(m.events)
				m.after(100 * time.Hour)
				if len(m.events) != looks {
					t.Errorf("%d more events about what is settled", len(m.events)-looks)
				}
				sound(t, m)
			})
		})
	}
}

// TestUndoRefusedLate: a void that the host queued first and refused later leaves nothing standing in silence;
// the next way is tried, and after the last one a person is called.
func TestUndoRefusedLate(t *testing.T) {
	for _, c := range []struct {
		name  string
		late  []pos.Kind // refused late
		asked []string
		state pos.State
		net   int64
	}{
		{"refunded instead", []pos.Kind{pos.KindVoid}, []string{"sale", "void", "void", "refund"}, pos.StateConfirmed, 0},
		{"a person", []pos.Kind{pos.KindVoid, pos.KindRefund}, []string{"sale", "void", "void", "refund", "refund"}, pos.StateNeedsPerson, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &scripted{}
				m, e, p := lostSale(t, h, 700)
				if err := e.Release(t.Context(), p.ID); err != nil {
					t.Fatal(err)
				}
				h.answer = func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: pos.StateAccepted} }
				h.finding = func(q pos.Payment) pos.Finding {
					if slices.Contains(c.late, q.Kind) {
						return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateDeclined}}
					}
					return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateApproved, HostID: "x"}}
				}
				m.after(24 * time.Hour)
				if got := m.get(p.ID); got.State != c.state || netOf(m) != c.net || !slices.Equal(h.order, c.asked) {
					t.Errorf("%s, net %d, asked %v", got.State, netOf(m), h.order)
				}
				sound(t, m)
			})
		})
	}
}
