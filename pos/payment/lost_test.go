package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestT9LostAnswerIsSettledByWhatTheHostHas: no usable answer is unknown, never declined, and what becomes of
// it depends on the host's abilities alone.
func TestT9LostAnswerIsSettledByWhatTheHostHas(t *testing.T) {
	terminal := func(s *scripted) payment.Host { h := lapsing(s); h.TerminalCapture = true; return h }
	for _, c := range []struct {
		name  string
		host  func(*scripted) payment.Host
		kind  pos.Kind
		state pos.State
		code  pos.Code
	}{
		{"a query finds it", (*scripted).host, pos.KindSale, pos.StateConfirmed, pos.CodeConfirmed},
		{"a query goes before a reversal", func(s *scripted) payment.Host { h := s.host(); h.Lost.Reverse = s; return h }, pos.KindSale, pos.StateConfirmed, pos.CodeConfirmed},
		{"a reversal undoes it", reversing, pos.KindSale, pos.StateReversed, ""},
		{"a hold is reversed too", reversing, pos.KindAuth, pos.StateReversed, ""},
		{"a hold lapses", lapsing, pos.KindAuth, pos.StateHeld, ""},
		{"a sale does not lapse at a host that captures", lapsing, pos.KindSale, pos.StateNeedsPerson, pos.CodeNeedsPerson},
		{"a sale lapses where the terminal captures", terminal, pos.KindSale, pos.StateHeld, ""},
		{"nothing but a person", helpless, pos.KindSale, pos.StateNeedsPerson, pos.CodeNeedsPerson},
		{"a verify asked for no money", helpless, pos.KindVerify, pos.StateRefused, pos.CodeNoVerify},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				h := &scripted{answer: noAnswer}
				h.finding = func(pos.Payment) pos.Finding {
					return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateApproved}}
				}
				e := newEngine(t, m, c.host(h), nil)
				running(t, e)
				o := sale(t, 700)
				if o.Kind = c.kind; c.kind == pos.KindVerify {
					o.Amount = usd(0)
				}
				p := authorized(t, e, o)
				if p.State != pos.StateUnknown && c.kind != pos.KindVerify {
					t.Fatalf("without an answer: %s", p.State)
				}
				m.after(10 * time.Second)
				got := m.get(p.ID)
				if got.State != c.state || codeOf(got) != c.code || c.state != pos.StateConfirmed && !got.Due.IsZero() {
					t.Errorf("%s %s due %v", got.State, codeOf(got), got.Due)
				}
				if len(h.asked) != 1 {
					t.Errorf("sent %d times", len(h.asked))
				}
				sound(t, m)
			})
		})
	}
}

// TestReversalVerdicts reads each answer to a reversal: what the payment is at once, and what it comes to when
// the host goes on saying the same.
func TestReversalVerdicts(t *testing.T) {
	for _, c := range []struct {
		said  pos.Verdict
		first pos.State
		last  pos.State
		code  pos.Code
		asked int // at least
	}{
		{pos.VerdictReversed, pos.StateReversed, pos.StateReversed, "", 1},
		{pos.VerdictNotFound, pos.StateReversing, pos.StateReversed, "", 2},
		{pos.VerdictRefused, pos.StateNeedsPerson, pos.StateNeedsPerson, pos.CodeReversalRefused, 1},
		{pos.VerdictSettled, pos.StateNeedsPerson, pos.StateNeedsPerson, pos.CodeReversalSettled, 1},
		{pos.VerdictPerson, pos.StateNeedsPerson, pos.StateNeedsPerson, pos.CodeWrongAnswer, 1},
		{pos.VerdictUnavailable, pos.StateReversing, pos.StateReversing, pos.CodeUnknown, 400},
		{"", pos.StateReversing, pos.StateReversing, pos.CodeUnknown, 400},
		{"a word of tomorrow", pos.StateReversing, pos.StateReversing, pos.CodeUnknown, 400},
	} {
		t.Run("said "+string(c.said), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				h := &scripted{answer: noAnswer}
				h.reversal = func(context.Context, pos.Request) pos.ReversalAnswer {
					return pos.ReversalAnswer{Verdict: c.said, Failure: pos.NewError(pos.CodeWrongAnswer)}
				}
				e := newEngine(t, m, reversing(h), nil)
				running(t, e)
				p := authorized(t, e, sale(t, 700))
				m.after(2 * time.Second)
				if got := m.get(p.ID); got.State != c.first {
					t.Errorf("after the first answer: %s", got.State)
				}
				m.after(24 * time.Hour)
				got := m.get(p.ID)
				if got.State != c.last || codeOf(got) != c.code || got.State.Open() == (got.State == pos.StateReversed) {
					t.Errorf("in the end: %s %s", got.State, codeOf(got))
				}
				if h.reversals < c.asked || c.asked < 3 && h.reversals != c.asked {
					t.Errorf("the host was told %d times", h.reversals)
				}
				if c.last == pos.StateReversing && got.Due.IsZero() {
					t.Error("left the queue by age")
				}
				sound(t, m)
			})
		})
	}
}

// TestNotFoundCountsAfterTwoTimeouts: a reversal can overtake its original, so it is sent again.
func TestNotFoundCountsAfterTwoTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		h := &scripted{answer: noAnswer}
		var told []time.Time
		h.reversal = func(context.Context, pos.Request) pos.ReversalAnswer {
			if told = append(told, time.Now()); len(told) > 1 {
				return pos.ReversalAnswer{Verdict: pos.VerdictReversed} // the original came after all
			}
			return pos.ReversalAnswer{Verdict: pos.VerdictNotFound}
		}
		hostOf := reversing(h)
		e := newEngine(t, m, hostOf, nil)
		p := authorized(t, e, sale(t, 700))
		time.Sleep(time.Second)
		if err := e.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		// A restart in between forgets nothing: the second life knows when the host did not find it.
		second := newEngine(t, m, hostOf, func(c *payment.Config) { c.Position.LastSeq = p.Seq })
		if _, err := second.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		running(t, second)
		m.after(59 * time.Second)
		if got := m.get(p.ID); got.State != pos.StateReversing || len(told) != 1 {
			t.Errorf("inside two timeouts: %s, told %d times", got.State, len(told))
		}
		m.after(2 * time.Second)
		if got := m.get(p.ID); got.State != pos.StateReversed || len(told) != 2 {
			t.Errorf("after two timeouts: %s, told %d times", got.State, len(told))
		}
		sound(t, m)
	})
}

func TestAbsentHoldLapses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		h := &scripted{answer: noAnswer}
		h.finding = func(pos.Payment) pos.Finding { return pos.Finding{Verdict: pos.VerdictAbsent} }
		hostOf := h.host()
		hostOf.Lost.Lapses = true
		e := newEngine(t, m, hostOf, nil)
		running(t, e)
		hold, taken := authorized(t, e, auth(t, 700)), authorized(t, e, sale(t, 800))
		m.after(10 * time.Minute)
		if got := m.get(hold.ID).State; got != pos.StateHeld {
			t.Errorf("the hold: %s", got)
		}
		if got := m.get(taken.ID).State; got != pos.StateNeedsPerson {
			t.Errorf("the sale: %s", got)
		}
		sound(t, m)
	})
}

// TestResends: the same message goes out again only inside the same Authorize and batch, and only what the
// host says to the copy is believed.
func TestResends(t *testing.T) {
	type answers []pos.State
	for _, c := range []struct {
		name    string
		resends int
		said    answers
		state   pos.State
		sent    int
	}{
		{"not where the host has no such thing", 0, answers{pos.StateUnknown}, pos.StateUnknown, 1},
		{"the second answer counts", 2, answers{pos.StateUnknown, pos.StateApproved}, pos.StateApproved, 2},
		{"a no to the copy is a no", 2, answers{pos.StateUnknown, pos.StateDeclined}, pos.StateDeclined, 2},
		{"a copy that was not sent says nothing of the first", 1, answers{pos.StateUnknown, pos.StateNotSent}, pos.StateUnknown, 2},
		{"nor does one that was refused", 2, answers{pos.StateUnknown, pos.StateRefused, pos.StateApproved}, pos.StateApproved, 3},
		{"no more than that", 2, answers{pos.StateUnknown, pos.StateUnknown, pos.StateUnknown}, pos.StateUnknown, 3},
		{"an answer ends it", 2, answers{pos.StateDeclined}, pos.StateDeclined, 1},
		{"not sent is not lost", 2, answers{pos.StateNotSent}, pos.StateNotSent, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, h := newMemory(), &scripted{}
			h.answer = func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: c.said[len(h.asked)-1]} }
			hostOf := h.host()
			hostOf.Lost.Resends = c.resends
			p := authorized(t, newEngine(t, m, hostOf, nil), sale(t, 700))
			if p.State != c.state || len(h.asked) != c.sent {
				t.Errorf("%s after %d requests", p.State, len(h.asked))
			}
			for i, r := range h.asked {
				if r.Attempt != i || r.Payment.Ref != p.Ref {
					t.Errorf("request %d: attempt %d, ref %q", i, r.Attempt, r.Payment.Ref)
				}
			}
			sound(t, m)
		})
	}
}

func TestNoResendOnceBatchOrCustomerIsGone(t *testing.T) {
	for name, gone := range map[string]func(*payment.Engine, context.CancelFunc){
		"batch closed":  func(e *payment.Engine, _ context.CancelFunc) { e.NewBatch(8) },
		"customer gone": func(_ *payment.Engine, cancel context.CancelFunc) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			m, h := newMemory(), &scripted{}
			hostOf := h.host()
			hostOf.Lost.Resends = 3
			e := newEngine(t, m, hostOf, func(c *payment.Config) { c.Position.Batch = 7 })
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			h.answer = func(context.Context, pos.Request) pos.Answer { gone(e, cancel); return pos.Answer{} }
			p, err := e.Authorize(ctx, sale(t, 700))
			if err != nil || p.State != pos.StateUnknown || len(h.asked) != 1 {
				t.Errorf("%s after %d requests %v", p.State, len(h.asked), err)
			}
		})
	}
}

func TestBackgroundNeverSendsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, host := range []func(*scripted) payment.Host{(*scripted).host, reversing, lapsing, helpless} {
			m, h := newMemory(), &scripted{answer: noAnswer}
			hostOf := host(h)
			hostOf.Lost.Resends = 1
			h.reversal = func(context.Context, pos.Request) pos.ReversalAnswer { return pos.ReversalAnswer{} }
			e := newEngine(t, m, hostOf, nil)
			running(t, e)
			authorized(t, e, sale(t, 700))
			m.after(48 * time.Hour)
			if len(h.asked) != 2 {
				t.Errorf("sent %d times", len(h.asked))
			}
		}
	})
}

// TestT10OnlyATrueNotSentIsSafe: that no byte left can be tried again at once; a timeout cannot.
func TestT10OnlyATrueNotSentIsSafe(t *testing.T) {
	for _, c := range []struct {
		name  string
		said  pos.State
		again pos.Code
	}{
		{"no byte left", pos.StateNotSent, ""},
		{"no answer came", pos.StateUnknown, pos.CodeSameUnknown},
		{"the processor says nothing at all", "", pos.CodeSameUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMemory()
			h := &scripted{answer: func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: c.said} }}
			e := newEngine(t, m, h.host(), nil)
			p := authorized(t, e, sale(t, 700))
			h.answer = nil
			_, err := e.Authorize(t.Context(), sale(t, 700))
			if c.again == "" && (err != nil || p.State != pos.StateNotSent) {
				t.Errorf("%s, then %v", p.State, err)
			}
			if c.again != "" && (pos.CodeOf(err) != c.again || p.State != pos.StateUnknown) {
				t.Errorf("%s, then %v", p.State, err)
			}
		})
	}
}
