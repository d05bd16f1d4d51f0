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

// numbered is a scripted host with sequence numbers and an engine of batch 1.
func numbered(t *testing.T, first, last int64) (*memory, *scripted, *payment.Engine, payment.Host) {
	t.Helper()
	m, h := newMemory(), &scripted{}
	hostOf := h.host()
	hostOf.Numbers = payment.Numbers{First: first, Last: last}
	return m, h, newEngine(t, m, hostOf, func(c *payment.Config) { c.Position.Batch = 1 }), hostOf
}

func TestHostNumbersWrapAndSkip(t *testing.T) {
	m, h, e, _ := numbered(t, 3, 6)
	for i, step := range []struct {
		said   pos.State
		number int64
		code   pos.Code
	}{
		{pos.StateNotSent, 3, ""}, // the host never saw it: free again
		{pos.StateApproved, 4, ""},
		{pos.StateUnknown, 5, ""},
		{pos.StateDeclined, 6, ""},
		{pos.StateNotSent, 3, ""},    // wrapped
		{pos.StateReversed, 3, ""},   // 4, 5 and 6 skipped; an answer that is none is unknown
		{"", 0, pos.CodeNumbersUsed}, // the batch is full of them
	} {
		h.answer = func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: step.said} }
		sent := len(h.asked)
		p, err := e.Authorize(t.Context(), sale(t, int64(100+i)))
		if step.code != "" {
			if pos.CodeOf(err) != step.code || len(h.asked) != sent {
				t.Errorf("step %d: %v", i, err)
			}
			continue
		}
		if err != nil || p.HostSeq != step.number {
			t.Errorf("step %d: number %d, want %d, %v", i, p.HostSeq, step.number, err)
		}
	}
	sound(t, m)
}

// TestHostNumbersAfterRestartAndBatch: what is in use is read from the journal; a closed batch frees what is final.
func TestHostNumbersAfterRestartAndBatch(t *testing.T) {
	m, h, e, hostOf := numbered(t, 1, 4)
	hold := authorized(t, e, auth(t, 100))
	authorized(t, e, sale(t, 200))
	h.answer = noAnswer
	lost := authorized(t, e, sale(t, 300))
	h.answer = nil
	e = newEngine(t, m, hostOf, func(c *payment.Config) { c.Position = pos.Position{LastSeq: lost.Seq, Batch: 1} })
	if p := authorized(t, e, sale(t, 400)); p.HostSeq != 4 {
		t.Errorf("after a restart: number %d", p.HostSeq)
	}
	if _, err := e.Authorize(t.Context(), sale(t, 500)); pos.CodeOf(err) != pos.CodeNumbersUsed {
		t.Errorf("all in use: %v", err)
	}
	e.NewBatch(2)
	// 1 is a hold that is not captured, 3 is unknown: only the numbers of the two sales of the closed batch are free.
	var got []int64
	for _, cents := range []int64{600, 700} {
		got = append(got, authorized(t, e, sale(t, cents)).HostSeq)
	}
	if !slices.Equal(got, []int64{2, 4}) {
		t.Errorf("in the next batch: %v beside %d and %d", got, hold.HostSeq, lost.HostSeq)
	}
	if _, err := e.Authorize(t.Context(), sale(t, 800)); pos.CodeOf(err) != pos.CodeNumbersUsed {
		t.Errorf("all in use: %v", err)
	}
	sound(t, m)
}

// TestHostNumberIsFixedInTheIntent, and kept by the payment whatever becomes of it.
func TestHostNumberIsFixedInTheIntent(t *testing.T) {
	m, h, e, _ := numbered(t, 1, 9)
	var atSend int64
	h.answer = func(_ context.Context, r pos.Request) pos.Answer {
		atSend = m.get(r.Payment.ID).HostSeq
		return pos.Answer{}
	}
	p := authorized(t, e, sale(t, 100))
	if atSend != 1 || p.HostSeq != 1 || m.get(p.ID).HostSeq != 1 {
		t.Errorf("in the intent %d, later %d", atSend, p.HostSeq)
	}
}

// TestNumbersBelongToOneAtATime: two orders at once get two numbers.
func TestNumbersBelongToOneAtATime(t *testing.T) {
	m, h, e, _ := numbered(t, 1, 9)
	h.answer = func(ctx context.Context, r pos.Request) pos.Answer {
		if r.Payment.HostSeq == 1 {
			e.NewBatch(1) // reads the numbers again while this one is out
			if p := authorized(t, e, sale(t, 200)); p.HostSeq != 2 {
				t.Errorf("the second one: %d", p.HostSeq)
			}
		}
		return pos.Answer{State: pos.StateApproved}
	}
	authorized(t, e, sale(t, 100))
	sound(t, m)
}

// TestLapsingHoldKeepsItsNumber: the host may still hold what nobody will capture, and knows it by its number.
func TestLapsingHoldKeepsItsNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: noAnswer}
		hostOf := lapsing(h)
		hostOf.Numbers = payment.Numbers{First: 1, Last: 2}
		e := newEngine(t, m, hostOf, func(c *payment.Config) { c.Position.Batch = 1 })
		lost := authorized(t, e, auth(t, 100))
		time.Sleep(2 * time.Second)
		if err := e.Settle(t.Context()); err != nil || m.get(lost.ID).State != pos.StateHeld {
			t.Fatalf("%s %v", m.get(lost.ID).State, err)
		}
		h.answer = nil
		e.NewBatch(2)
		if p := authorized(t, e, sale(t, 200)); p.HostSeq != 2 {
			t.Errorf("beside a hold: number %d", p.HostSeq)
		}
		time.Sleep(40 * 24 * time.Hour)
		e.NewBatch(3)
		if p := authorized(t, e, sale(t, 300)); p.HostSeq != 1 {
			t.Errorf("after it has lapsed: number %d", p.HostSeq)
		}
		sound(t, m)
	})
}

// TestCapturedHoldKeepsItsNumber while its capture can be voided, and while nobody knows whether it was: then the hold
// stands again at the host.
func TestCapturedHoldKeepsItsNumber(t *testing.T) {
	m, h, e, hostOf := numbered(t, 1, 5)
	hold := authorized(t, e, auth(t, 100)) // 1
	e.NewBatch(2)
	captured, err := e.Capture(t.Context(), payment.Follow{Payment: hold.ID}) // 2
	if err != nil || captured.HostSeq != 2 {
		t.Fatalf("%d %v", captured.HostSeq, err)
	}
	h.answer = noAnswer
	void, err := e.Void(t.Context(), payment.Follow{Payment: captured.ID}) // 3
	if err != nil || void.State != pos.StateUnknown {
		t.Fatalf("%s %v", void.State, err)
	}
	h.answer = nil
	next := func(e *payment.Engine, cents int64, want int64) {
		t.Helper()
		if p := authorized(t, e, sale(t, cents)); p.HostSeq != want {
			t.Errorf("number %d, want %d", p.HostSeq, want)
		}
	}
	next(e, 200, 4)
	e.NewBatch(3)
	next(e, 300, 5)
	next(e, 400, 2) // 1 is the hold's still, 2 was the capture's
	e = newEngine(t, m, hostOf, func(c *payment.Config) {
		c.Position = pos.Position{LastSeq: m.get(m.order[len(m.order)-1]).Seq, Batch: 4}
	})
	next(e, 500, 4)
	if _, err := e.Resolve(t.Context(), payment.Resolution{Payment: void.ID, State: pos.StateNotSent, Reason: "the bank said so"}); err != nil {
		t.Fatal(err)
	}
	e.NewBatch(5)
	next(e, 600, 5)
	next(e, 700, 1)
	sound(t, m)
}
