package payment_test

import (
	"testing"
	"testing/synctest"

	"github.com/shopspring/decimal"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestTheSameGoodsAreGuardedWhateverComesOnTop: the goods of a payment whose outcome was not known could be charged again with
// or without a tip or surcharge, or as a hold, since the amounts differed.
func TestTheSameGoodsAreGuardedWhateverComesOnTop(t *testing.T) {
	for _, c := range []struct {
		name          string
		first, second func(*payment.Order)
		want          pos.Code
	}{
		{"without the surcharge", func(o *payment.Order) { o.Amount, o.Surcharge = usd(1030), usd(30) }, nil, pos.CodeSameUnknown},
		{"with the surcharge", nil, func(o *payment.Order) { o.Amount, o.Surcharge = usd(1030), usd(30) }, pos.CodeSameUnknown},
		{"with another tip", func(o *payment.Order) { o.Amount, o.Tip = usd(1200), usd(200) }, func(o *payment.Order) { o.Amount, o.Tip = usd(1100), usd(100) }, pos.CodeSameUnknown},
		{"the same amount, a part of it a tip", nil, func(o *payment.Order) { o.Tip = usd(200) }, pos.CodeSameUnknown},
		{"as a hold", nil, func(o *payment.Order) { o.Kind = pos.KindAuth }, pos.CodeSameUnknown},
		{"a refund is another thing", nil, func(o *payment.Order) { o.Kind, o.Manager = pos.KindRefund, "bea" }, ""},
		{"tips without goods", func(o *payment.Order) { o.Tip = usd(1000) }, func(o *payment.Order) { o.Amount, o.Tip = usd(300), usd(300) }, ""},
		{"other goods", nil, func(o *payment.Order) { o.Amount, o.Tip = usd(1200), usd(100) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, h := newMemory(), &scripted{answer: noAnswer}
			e := newEngine(t, m, h.host(), func(cfg *payment.Config) {
				cfg.Surcharge = &payment.Surcharge{Percent: decimal.NewFromInt(3), Cap: decimal.NewFromInt(4), Fixed: usd(0)}
			})
			first, second := sale(t, 1000), sale(t, 1000)
			if c.first != nil {
				c.first(&first)
			}
			if c.second != nil {
				c.second(&second)
			}
			authorized(t, e, first)
			second.AllowDuplicate = true
			if _, err := e.Authorize(t.Context(), second); pos.CodeOf(err) != c.want && (err != nil || c.want != "") {
				t.Errorf("%v, want %q", err, c.want)
			}
			sound(t, m)
		})
	}
}

// TestManyPaymentsOfOneCardHideNoUnknown: behind fifty later payments of the same card an unknown one was not seen.
func TestManyPaymentsOfOneCardHideNoUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: noAnswer}
		e := newEngine(t, m, h.host(), nil)
		authorized(t, e, sale(t, 1000))
		h.answer = nil
		for i := range int64(60) {
			authorized(t, e, sale(t, 2000+i))
		}
		if _, err := e.Authorize(t.Context(), sale(t, 1000)); pos.CodeOf(err) != pos.CodeSameUnknown {
			t.Errorf("%v", err)
		}
		if _, err := e.Authorize(t.Context(), sale(t, 2000)); pos.CodeOf(err) != pos.CodeDuplicate {
			t.Errorf("an approved one of a moment ago: %v", err)
		}
		sound(t, m)
	})
}

// TestAPartOfABillWithATipIsNotAskedFor: nobody could say how much of a part is the tip.
func TestAPartOfABillWithATipIsNotAskedFor(t *testing.T) {
	m, h := newMemory(), &scripted{}
	o := sale(t, 1200)
	o.Tip, o.AllowPartial = usd(200), true
	authorized(t, newEngine(t, m, h.host(), nil), o)
	if r := h.asked[0]; r.AllowPartial || r.Payment.PartialOK {
		t.Error("the host may approve a part")
	}
}

// TestAReferenceIsUsedOnce: the journal refused the second one, and the cashier was told to check the disk.
func TestAReferenceIsUsedOnce(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := newEngine(t, m, h.host(), nil)
	o := sale(t, 1000)
	o.Ref = "INVOICE-7"
	authorized(t, e, o)
	again := sale(t, 2000)
	again.Ref = o.Ref
	if _, err := e.Authorize(t.Context(), again); pos.CodeOf(err) != pos.CodeRefused || len(h.asked) != 1 {
		t.Errorf("%v, asked %d times", err, len(h.asked))
	}
	sound(t, m)
}
