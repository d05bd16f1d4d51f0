package payment_test

import (
	"context"
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

type deed func(*payment.Engine, context.Context, payment.Follow) (pos.Payment, error)

var deeds = map[pos.Kind]deed{
	pos.KindCapture:  (*payment.Engine).Capture,
	pos.KindVoid:     (*payment.Engine).Void,
	pos.KindRefund:   (*payment.Engine).Refund,
	pos.KindReversal: (*payment.Engine).Reverse,
}

func TestFollowUps(t *testing.T) {
	type step struct {
		do    pos.Kind
		on    int // index of the payment it is for
		cents int64
		code  pos.Code // refused so; empty: done
	}
	for _, c := range []struct {
		name  string
		kind  pos.Kind
		steps []step
		state pos.State // of the first payment at the end
		net   int64     // of all
	}{
		{"sale voided", pos.KindSale, []step{{do: pos.KindVoid}}, pos.StateVoided, 0},
		{"voided once only", pos.KindSale, []step{{do: pos.KindVoid}, {do: pos.KindVoid, code: pos.CodeNotAllowed}}, pos.StateVoided, 0},
		{"no refund of a voided sale", pos.KindSale, []step{{do: pos.KindVoid}, {do: pos.KindRefund, code: pos.CodeNotAllowed}}, pos.StateVoided, 0},
		{"refund in two parts", pos.KindSale, []step{{do: pos.KindRefund, cents: 300}, {do: pos.KindRefund}}, pos.StateApproved, 0},
		{"never more than is left", pos.KindSale, []step{{do: pos.KindRefund, cents: 300}, {do: pos.KindRefund, cents: 701, code: pos.CodeOverRefund}}, pos.StateApproved, 700},
		{"nothing left", pos.KindSale, []step{{do: pos.KindRefund}, {do: pos.KindRefund, code: pos.CodeAmountZero}}, pos.StateApproved, 0},
		{"no void after a refund", pos.KindSale, []step{{do: pos.KindRefund, cents: 1}, {do: pos.KindVoid, code: pos.CodeNotAllowed}}, pos.StateApproved, 999},
		{"a voided refund gives its amount back", pos.KindSale, []step{{do: pos.KindRefund}, {do: pos.KindVoid, on: 1}, {do: pos.KindRefund}}, pos.StateApproved, 0},
		{"negative refund", pos.KindSale, []step{{do: pos.KindRefund, cents: -1, code: pos.CodeAmountNegative}}, pos.StateApproved, 1000},
		{"a sale is not captured", pos.KindSale, []step{{do: pos.KindCapture, code: pos.CodeNotAllowed}}, pos.StateApproved, 1000},
		{"capture of all", pos.KindAuth, []step{{do: pos.KindCapture}}, pos.StateCaptured, 1000},
		{"capture of less", pos.KindAuth, []step{{do: pos.KindCapture, cents: 400}}, pos.StateCaptured, 400},
		{"capture of more", pos.KindAuth, []step{{do: pos.KindCapture, cents: 1001, code: pos.CodeOverCapture}}, pos.StateApproved, 0},
		{"captured once", pos.KindAuth, []step{{do: pos.KindCapture}, {do: pos.KindCapture, code: pos.CodeNotAllowed}}, pos.StateCaptured, 1000},
		{"refund of a capture", pos.KindAuth, []step{{do: pos.KindCapture, cents: 400}, {do: pos.KindRefund, on: 1, cents: 100}}, pos.StateCaptured, 300},
		{"an auth is not refunded", pos.KindAuth, []step{{do: pos.KindRefund, code: pos.CodeNotAllowed}}, pos.StateApproved, 0},
		{"reversed", pos.KindAuth, []step{{do: pos.KindReversal}, {do: pos.KindCapture, code: pos.CodeNotAllowed}}, pos.StateReversed, 0},
		{"reversed in part", pos.KindAuth, []step{{do: pos.KindReversal, cents: 400}, {do: pos.KindCapture}}, pos.StateCaptured, 600},
		{"a voided capture leaves the hold", pos.KindAuth, []step{{do: pos.KindCapture}, {do: pos.KindVoid, on: 1}}, pos.StateHeld, 0},
		{"and it can be captured again", pos.KindAuth, []step{{do: pos.KindCapture}, {do: pos.KindVoid, on: 1}, {do: pos.KindCapture, cents: 500}}, pos.StateCaptured, 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, h := newMemory(), &scripted{}
			e := newEngine(t, m, h.host(), nil)
			o := sale(t, 1000)
			o.Kind = c.kind
			first, err := e.Authorize(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			made := []pos.Payment{first}
			for i, s := range c.steps {
				p, err := deeds[s.do](e, t.Context(), payment.Follow{Payment: made[s.on].ID, Amount: usd(s.cents), Clerk: "ann"})
				if s.code != "" {
					if pos.CodeOf(err) != s.code {
						t.Fatalf("step %d: %v, want %s", i, err, s.code)
					}
					continue
				}
				if err != nil {
					t.Fatalf("step %d: %v", i, err)
				}
				made = append(made, p)
			}
			if got := m.get(first.ID).State; got != c.state {
				t.Errorf("state %s, want %s", got, c.state)
			}
			if got := netOf(m); got != c.net {
				t.Errorf("net %d, want %d", got, c.net)
			}
			if len(m.bad) > 0 {
				t.Error(m.bad)
			}
		})
	}
}

func netOf(m *memory) (cents int64) {
	all, _ := m.List(context.Background(), pos.Filter{})
	for _, p := range all {
		cents += p.Net().Minor()
	}
	return cents
}

func TestNoFollowUpWhileOneIsUnsettled(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := newEngine(t, m, h.host(), nil)
	p, err := e.Authorize(t.Context(), sale(t, 1000))
	if err != nil {
		t.Fatal(err)
	}
	h.answer = func(context.Context, pos.Request) pos.Answer { return pos.Answer{} }
	lost, err := e.Refund(t.Context(), payment.Follow{Payment: p.ID, Amount: usd(600)})
	if err != nil || lost.State != pos.StateUnknown {
		t.Fatalf("%s %v", lost.State, err)
	}
	h.answer = nil
	for kind, do := range deeds {
		if kind == pos.KindCapture || kind == pos.KindReversal {
			continue
		}
		if _, err := do(e, t.Context(), payment.Follow{Payment: p.ID}); pos.CodeOf(err) != pos.CodeUnsettled {
			t.Errorf("%s while a refund is unknown: %v", kind, err)
		}
	}
	// A person finds the refund in the host's report: it counts against what is left.
	if _, err := e.Resolve(t.Context(), payment.Resolution{Payment: lost.ID, State: pos.StateConfirmed, Reason: "seen in the report"}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Refund(t.Context(), payment.Follow{Payment: p.ID, Amount: usd(401)}); pos.CodeOf(err) != pos.CodeOverRefund {
		t.Errorf("refund beyond what is left: %v", err)
	}
}

func TestOneFollowUpAtATime(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := newEngine(t, m, h.host(), nil)
	p, err := e.Authorize(t.Context(), sale(t, 1000))
	if err != nil {
		t.Fatal(err)
	}
	inside := make(chan error, 1)
	h.answer = func(context.Context, pos.Request) pos.Answer {
		_, err := e.Refund(context.Background(), payment.Follow{Payment: p.ID})
		inside <- err
		return pos.Answer{State: pos.StateAccepted}
	}
	if _, err := e.Refund(t.Context(), payment.Follow{Payment: p.ID}); err != nil {
		t.Fatal(err)
	}
	if err := <-inside; pos.CodeOf(err) != pos.CodeBusy {
		t.Errorf("a second refund during the first: %v", err)
	}
}
