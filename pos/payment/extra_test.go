package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

func asked(text string) pos.Extra {
	return pos.Extra{Processor: "scripted", Data: []byte(text)}
}

// TestExtraIsSealedWithTheIntent: what only the processor knows of a request goes out as it was asked, and
// is in the vault before the first byte, so that it is there after a crash too.
func TestExtraIsSealedWithTheIntent(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := newEngine(t, m, h.host(), func(c *payment.Config) { c.Vault = m })
	h.answer = func(_ context.Context, r pos.Request) pos.Answer {
		_, sealed, _ := m.Unseal(t.Context(), r.Payment.ID)
		if string(sealed.Data) != string(r.Extra.Data) || len(sealed.Data) == 0 {
			t.Errorf("a %s went out with %s while %s was sealed", r.Payment.Kind, r.Extra.Data, sealed.Data)
		}
		return pos.Answer{State: pos.StateApproved, HostID: "1"}
	}
	hold := auth(t, 700)
	hold.Extra = asked(`{"moto":true}`)
	p := authorized(t, e, hold)
	if _, err := e.Capture(t.Context(), payment.Follow{Payment: p.ID, Extra: asked(`{"shipdate":"soon"}`)}); err != nil {
		t.Fatal(err)
	}
	if len(h.asked) != 2 || string(h.asked[0].Extra.Data) != `{"moto":true}` || string(h.asked[1].Extra.Data) != `{"shipdate":"soon"}` {
		t.Fatalf("asked %d times", len(h.asked))
	}
	if string(h.asked[1].ParentExtra.Data) != `{"moto":true}` {
		t.Errorf("the capture was told of its hold: %s", h.asked[1].ParentExtra.Data)
	}
}

// TestFollowUpsAskForNothingByThemselves: the extra of a payment is no request of what comes after it.
func TestFollowUpsAskForNothingByThemselves(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := newEngine(t, m, h.host(), func(c *payment.Config) { c.Vault = m })
	order := sale(t, 700)
	order.Extra = asked(`{"moto":true}`)
	p := authorized(t, e, order)
	if _, err := e.Void(t.Context(), payment.Follow{Payment: p.ID}); err != nil {
		t.Fatal(err)
	}
	if x := h.asked[1].Extra; x.Processor != "" || len(x.Data) > 0 {
		t.Errorf("a void asked for %s", x.Data)
	}
}

func TestExtraOfAnotherProcessorIsNotSent(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := newEngine(t, m, h.host(), nil)
	order := sale(t, 700)
	order.Extra = pos.Extra{Processor: "another", Data: []byte(`{}`)}
	if _, err := e.Authorize(t.Context(), order); pos.CodeOf(err) != pos.CodeUnsupported || m.commits != 0 || len(h.asked) != 0 {
		t.Errorf("%v, %d commits, asked %d times", pos.CodeOf(err), m.commits, len(h.asked))
	}
}

// TestForwardedSaleKeepsItsExtra: an offline approval is sent later with what it was asked with.
func TestForwardedSaleKeepsItsExtra(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: notSent}
		e := offlineEngine(t, m, h.host())
		order := sale(t, 700)
		order.Extra = asked(`{"moto":true}`)
		p := authorized(t, e, order)
		if !p.Waiting() {
			t.Fatalf("an offline approval is %s", p.State)
		}
		h.answer = nil
		time.Sleep(time.Hour)
		if err := e.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if last := h.asked[len(h.asked)-1]; len(h.asked) != 2 || string(last.Extra.Data) != `{"moto":true}` {
			t.Errorf("asked %d times, the last time with %s", len(h.asked), last.Extra.Data)
		}
	})
}
