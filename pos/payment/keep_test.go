package payment_test

import (
	"context"
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

const kept = "kept 411111******1111"

// keeping is an engine whose processor keeps something until the payment is final.
func keeping(t *testing.T, h *scripted) (*memory, *payment.Engine) {
	t.Helper()
	m := newMemory()
	hostOf := reversing(h)
	hostOf.Keep = h
	return m, newEngine(t, m, hostOf, func(c *payment.Config) { c.Vault = m })
}

// TestKeptIsSealedWithTheIntent: what a reversal after a crash will need is durable before the first byte.
func TestKeptIsSealedWithTheIntent(t *testing.T) {
	h := &scripted{}
	m, e := keeping(t, h)
	h.answer = func(_ context.Context, r pos.Request) pos.Answer {
		if string(m.sealed[r.Payment.ID]) != kept {
			t.Error("when the request went out nothing was sealed")
		}
		return pos.Answer{}
	}
	p := authorized(t, e, sale(t, 700))
	h.reversal = func(_ context.Context, r pos.Request) pos.ReversalAnswer {
		if string(r.Kept) != kept || r.Payment.ID != p.ID {
			t.Errorf("the reversal was given %d bytes", len(r.Kept))
		}
		return pos.ReversalAnswer{Verdict: pos.VerdictReversed}
	}
	h.answer = nil
	authorized(t, e, sale(t, 800)) // the gate reverses
	if m.get(p.ID).State != pos.StateReversed || m.sealed[p.ID] != nil {
		t.Errorf("%s and sealed: %v", m.get(p.ID).State, m.sealed[p.ID] != nil)
	}
}

func TestKeptGoesWhenThePaymentIsFinal(t *testing.T) {
	for _, c := range []struct {
		said pos.State
		left bool
	}{
		{pos.StateApproved, true}, {pos.StateUnknown, true}, {pos.StateDeclined, false}, {pos.StateNotSent, false}, {pos.StateRefused, false},
	} {
		h := &scripted{answer: func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: c.said} }}
		m, e := keeping(t, h)
		p := authorized(t, e, sale(t, 700))
		if (m.sealed[p.ID] != nil) != c.left {
			t.Errorf("%s: sealed %v", c.said, m.sealed[p.ID] != nil)
		}
		if m.commits != 2 {
			t.Errorf("%s: %d commits", c.said, m.commits)
		}
	}
}

// TestFollowUpsGetWhatWasKept, and what the host's answer added, from however far up.
func TestFollowUpsGetWhatWasKept(t *testing.T) {
	h := &scripted{}
	m, e := keeping(t, h)
	h.answer = func(_ context.Context, r pos.Request) pos.Answer {
		if r.Payment.Parent != "" && string(r.Kept) != kept {
			t.Errorf("a %s was given %d bytes", r.Payment.Kind, len(r.Kept))
		}
		if r.Payment.Kind == pos.KindCapture && r.ParentExtra.Processor != "scripted" {
			t.Error("the parent's extra is missing")
		}
		return pos.Answer{State: pos.StateApproved, Extra: pos.Extra{Processor: "scripted", Data: []byte(`{}`)}}
	}
	p := authorized(t, e, auth(t, 700))
	capture, err := e.Capture(t.Context(), payment.Follow{Payment: p.ID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Refund(t.Context(), payment.Follow{Payment: capture.ID}); err != nil {
		t.Fatal(err)
	}
	if len(h.asked) != 3 {
		t.Errorf("asked %d times", len(h.asked))
	}
	void := authorized(t, e, sale(t, 300))
	if _, err := e.Void(t.Context(), payment.Follow{Payment: void.ID}); err != nil || m.sealed[void.ID] != nil {
		t.Errorf("after a void: sealed %v %v", m.sealed[void.ID] != nil, err)
	}
}

func TestKeepNeedsAVault(t *testing.T) {
	h := &scripted{}
	hostOf := h.host()
	hostOf.Keep = h
	if _, err := payment.New(payment.Config{Journal: newMemory(), Host: hostOf, Lane: "1", Currency: "USD", Now: clock()}); err == nil {
		t.Error("an engine that seals without a vault")
	}
}

type panics struct{}

func (panics) Keep(pos.Request) []byte { panic("4111111111111111") }

// TestNoIntentWithoutWhatIsKept: a payment that could not be settled later is not sent.
func TestNoIntentWithoutWhatIsKept(t *testing.T) {
	m, h := newMemory(), &scripted{}
	hostOf := h.host()
	hostOf.Keep = panics{}
	_, err := newEngine(t, m, hostOf, func(c *payment.Config) { c.Vault = m }).Authorize(t.Context(), sale(t, 700))
	if pos.CodeOf(err) != pos.CodeInternal || len(h.asked) != 0 || m.commits != 0 {
		t.Errorf("%s, asked %d times, %d commits", pos.CodeOf(err), len(h.asked), m.commits)
	}
}
