package payment_test

import (
	"context"
	"slices"
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/payment"
)

// withPIN is the test card with a PIN block under a key.
func withPIN(t testing.TB, k card.KSN) pos.Credentials {
	t.Helper()
	c := testCard(t)
	c.Card.Entry = card.EntrySwipe
	block, err := card.NewPINBlock(make([]byte, 8), k)
	if err != nil {
		t.Fatal(err)
	}
	c.PINBlock = block
	return c
}

// TestADebitIsMarkedBeforeItIsSent: whoever finds it after a crash knows that it is one, and no other payment has
// its key.
func TestADebitIsMarkedBeforeItIsSent(t *testing.T) {
	m, h := newMemory(), &scripted{}
	var atSend pos.Payment
	h.answer = func(_ context.Context, r pos.Request) pos.Answer {
		atSend = m.get(r.Payment.ID)
		return pos.Answer{State: pos.StateUnknown}
	}
	e := newEngine(t, m, h.host(), nil)
	o := sale(t, 1000)
	o.Credentials = withPIN(t, "FFFF9876543210E00001")
	if _, err := e.Authorize(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if !atSend.Instrument.PIN || atSend.KSN != "FFFF9876543210E00001" {
		t.Errorf("the intent says PIN %v, key %q", atSend.Instrument.PIN, atSend.KSN)
	}
	if o.Credentials.PINBlock.Present() {
		t.Error("the PIN block was not wiped")
	}
}

func TestARefundOfADebitNeedsCardAndPIN(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := newEngine(t, m, h.host(), nil)
	o := sale(t, 1000)
	o.Credentials = withPIN(t, "FFFF9876543210E00001")
	debit, err := e.Authorize(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	credit, err := e.Authorize(t.Context(), sale(t, 2000))
	if err != nil {
		t.Fatal(err)
	}
	another := withPIN(t, "FFFF9876543210E00003")
	if another.Card.PAN, err = card.NewPAN([]byte("5411111111111115")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		of   pos.Payment
		with pos.Credentials
		code pos.Code
	}{
		{"nothing", debit, pos.Credentials{}, pos.CodeRefundPIN},
		{"a card without a PIN", debit, testCard(t), pos.CodeRefundPIN},
		{"another card", debit, another, pos.CodeRefundCard},
		{"a PIN for a credit sale", credit, withPIN(t, "FFFF9876543210E00004"), pos.CodeUnsupported},
	} {
		asked := len(h.asked)
		_, err := e.Refund(t.Context(), payment.Follow{Payment: c.of.ID, Credentials: c.with})
		if pos.CodeOf(err) != c.code || len(h.asked) != asked {
			t.Errorf("%s gives %v, want %s, and the host was asked %d times", c.name, err, c.code, len(h.asked)-asked)
		}
		if c.with.PINBlock.Present() || c.with.Card.PAN.Present() {
			t.Errorf("%s: the credentials were not wiped", c.name)
		}
	}
	p, err := e.Refund(t.Context(), payment.Follow{Payment: debit.ID, Credentials: withPIN(t, "FFFF9876543210E00005")})
	if err != nil || p.State != pos.StateApproved || p.KSN != "FFFF9876543210E00005" || !p.Instrument.PIN {
		t.Errorf("refund %s, key %q, %v", p.State, p.KSN, err)
	}
	if v, err := e.Void(t.Context(), payment.Follow{Payment: credit.ID}); err != nil || v.KSN != "" {
		t.Errorf("void with the key %q, %v", v.KSN, err)
	}
}

// TestADebitThatMustNotStandGoesToAPerson when the host voids it not: the till cannot refund it, since that needs the
// card and its PIN.
func TestADebitThatMustNotStandGoesToAPerson(t *testing.T) {
	m, h := newMemory(), &scripted{}
	h.answer = func(_ context.Context, r pos.Request) pos.Answer {
		if r.Payment.Parent != "" {
			return pos.Answer{State: pos.StateDeclined}
		}
		return pos.Answer{State: pos.StateApproved}
	}
	e := newEngine(t, m, h.host(), nil)
	o := sale(t, 1000)
	o.Credentials = withPIN(t, "FFFF9876543210E00001")
	p := authorized(t, e, o)
	if err := e.Release(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	if err := e.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := m.get(p.ID); got.State != pos.StateNeedsPerson || codeOf(got) != pos.CodeUndoFailed || !slices.Equal(h.order, []string{"sale", "void"}) {
		t.Errorf("%s, %s after %v", got.State, codeOf(got), h.order)
	}
	sound(t, m)
}
