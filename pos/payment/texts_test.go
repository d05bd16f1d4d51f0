package payment_test

import (
	"context"
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestNoTextHoldsACardNumber: a reason, a name or a reference that holds one is refused before anything is written or
// sent; the journal would keep it for good.
func TestNoTextHoldsACardNumber(t *testing.T) {
	const number = "paid with 4111 1111 1111 1111"
	m, h := newMemory(), &scripted{}
	h.answer = func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: pos.StateApproved} }
	e := newEngine(t, m, h.host(), nil)
	paid, err := e.Authorize(t.Context(), sale(t, 1000))
	if err != nil {
		t.Fatal(err)
	}
	h.answer = func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: pos.StateUnknown} }
	lost, err := e.Authorize(t.Context(), sale(t, 2000))
	if err != nil || !lost.State.Open() {
		t.Fatalf("%s %v", lost.State, err)
	}
	h.answer = func(context.Context, pos.Request) pos.Answer {
		t.Error("something was sent")
		return pos.Answer{State: pos.StateApproved}
	}
	ordered := func(change func(*payment.Order)) func() (pos.Payment, error) {
		return func() (pos.Payment, error) {
			o := sale(t, 3000)
			change(&o)
			return e.Authorize(t.Context(), o)
		}
	}
	follow := payment.Follow{Payment: paid.ID, Reason: number}
	for _, c := range []struct {
		name string
		do   func() (pos.Payment, error)
	}{
		{"reference", ordered(func(o *payment.Order) { o.Ref = "4111111111111111" })},
		{"clerk", ordered(func(o *payment.Order) { o.Clerk = number })},
		{"manager", ordered(func(o *payment.Order) { o.Manager = number })},
		{"reason of an order", ordered(func(o *payment.Order) { o.Reason = number })},
		{"reason of a void", func() (pos.Payment, error) { return e.Void(t.Context(), follow) }},
		{"reason of a refund", func() (pos.Payment, error) { return e.Refund(t.Context(), follow) }},
		{"reason of a decision", func() (pos.Payment, error) {
			return e.Resolve(t.Context(), payment.Resolution{Payment: lost.ID, State: pos.StateConfirmed, Reason: number})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := c.do(); pos.CodeOf(err) != pos.CodeCardInText {
				t.Errorf("refused with %q", pos.CodeOf(err))
			}
		})
	}
}
