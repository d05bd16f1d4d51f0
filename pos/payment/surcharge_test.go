package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// threePercent and ten cents, at most 4 percent; cards that begin with 4000 are debit.
func threePercent() *payment.Surcharge {
	return &payment.Surcharge{Percent: decimal.NewFromInt(3), Fixed: usd(10), Cap: decimal.NewFromInt(4), Exempt: []string{"4000", "411112"}}
}

// TestT17SurchargeAndFee: a surcharge is inside the amount, capped, of credit cards only and off by default; a fee
// of the terminal is another thing, of debit with PIN only and off by default too; neither goes with a part approval.
func TestT17SurchargeAndFee(t *testing.T) {
	pin := func(o *payment.Order) { o.Credentials = withPIN(t, "FFFF9876543210E00001") }
	for _, c := range []struct {
		name   string
		policy *payment.Surcharge
		fee    int64 // the most that is taken
		order  func(*payment.Order)
		code   pos.Code // refused so, nothing sent
	}{
		{"off: none", nil, 0, func(*payment.Order) {}, ""},
		{"off: a cent is too much", nil, 0, func(o *payment.Order) { o.Surcharge = usd(1) }, pos.CodeSurchargeOff},
		{"on, and none is taken", threePercent(), 0, func(*payment.Order) {}, ""},
		{"all that is asked", threePercent(), 0, func(o *payment.Order) { o.Amount, o.Surcharge = usd(10310), usd(310) }, ""},
		{"a cent more", threePercent(), 0, func(o *payment.Order) { o.Amount, o.Surcharge = usd(10311), usd(311) }, pos.CodeSurchargeCap},
		{"the cap counts before the fixed part", threePercent(), 0, func(o *payment.Order) { o.Amount, o.Surcharge = usd(510), usd(10) }, ""},
		{"a cent above the cap", threePercent(), 0, func(o *payment.Order) { o.Amount, o.Surcharge = usd(121), usd(5) }, pos.CodeSurchargeCap},
		{"of a hold", threePercent(), 0, func(o *payment.Order) { o.Kind, o.Amount, o.Surcharge = pos.KindAuth, usd(10310), usd(310) }, ""},
		{"of a debit with PIN", threePercent(), 0, func(o *payment.Order) { pin(o); o.Surcharge = usd(10) }, pos.CodeSurchargeCard},
		{"of a card known as debit", &payment.Surcharge{Percent: decimal.NewFromInt(3), Cap: decimal.NewFromInt(4), Exempt: []string{"4111"}}, 0,
			func(o *payment.Order) { o.Surcharge = usd(10) }, pos.CodeSurchargeCard},
		{"of a stored card", threePercent(), 0, func(o *payment.Order) {
			o.Credentials = pos.Credentials{Stored: "B01234"}
			o.Surcharge = usd(10)
		}, pos.CodeSurchargeCard},
		{"of a refund", threePercent(), 0, func(o *payment.Order) { o.Kind, o.Manager, o.Surcharge = pos.KindRefund, "bea", usd(10) }, pos.CodeSurchargeCard},
		{"below zero", threePercent(), 0, func(o *payment.Order) { o.Surcharge = usd(-1) }, pos.CodeAmountNegative},
		{"fee off", nil, 0, func(o *payment.Order) { pin(o); o.Fee = usd(1) }, pos.CodeFee},
		{"fee of a debit", nil, 50, func(o *payment.Order) { pin(o); o.Fee = usd(50) }, ""},
		{"fee a cent higher", nil, 50, func(o *payment.Order) { pin(o); o.Fee = usd(51) }, pos.CodeFee},
		{"fee of a credit card", nil, 50, func(o *payment.Order) { o.Fee = usd(50) }, pos.CodeFee},
		{"both", threePercent(), 50, func(o *payment.Order) { pin(o); o.Surcharge, o.Fee = usd(1), usd(1) }, pos.CodeRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, h := newMemory(), &scripted{}
			e := newEngine(t, m, h.host(), func(x *payment.Config) { x.Surcharge, x.DebitFee = c.policy, usd(c.fee) })
			o := sale(t, 1000)
			c.order(&o)
			p, err := e.Authorize(t.Context(), o)
			if c.code != "" {
				if pos.CodeOf(err) != c.code || len(h.asked) != 0 || m.commits != 0 {
					t.Errorf("%v, asked %d times, %d commits", err, len(h.asked), m.commits)
				}
				return
			}
			if err != nil || p.Surcharge != o.Surcharge || p.Fee != o.Fee || p.Requested != o.Amount {
				t.Fatalf("%+v %v", p, err)
			}
			extra := o.Surcharge.IsPositive() || o.Fee.IsPositive()
			if h.asked[0].AllowPartial == extra || p.PartialOK == extra {
				t.Errorf("a part may be approved: %v", h.asked[0].AllowPartial)
			}
		})
	}
}

// TestT17NeverMoreThanItsPart: whatever is given back of a payment in whatever steps, the surcharge goes with it in
// proportion, never beyond, and the whole of it with the whole.
func TestT17NeverMoreThanItsPart(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m, h := newMemory(), &scripted{}
		policy := threePercent()
		e := newEngine(t, m, h.host(), func(x *payment.Config) { x.Surcharge = policy })
		goods := usd(rapid.Int64Range(1, 50_000).Draw(r, "goods"))
		extra := policy.On(goods)
		o := sale(t, goods.Minor()+extra.Minor())
		o.Surcharge = extra
		p, err := e.Authorize(context.Background(), o)
		if err != nil {
			r.Fatal(err)
		}
		back := int64(0)
		for m.get(p.ID).Refunded != p.Approved {
			left := p.Approved.Minor() - m.get(p.ID).Refunded.Minor()
			part := min(left, rapid.Int64Range(left/3+1, left).Draw(r, "part"))
			refund, err := e.Refund(context.Background(), payment.Follow{Payment: p.ID, Amount: usd(part)})
			if err != nil {
				r.Fatal(err)
			}
			back += refund.Surcharge.Minor()
			if back*p.Approved.Minor() > extra.Minor()*m.get(p.ID).Refunded.Minor() || refund.Surcharge.IsNegative() {
				r.Fatalf("%d of %s surcharge went back with %s of %s", back, extra, m.get(p.ID).Refunded, p.Approved)
			}
		}
		if back != extra.Minor() {
			r.Fatalf("with the whole went %d of %s", back, extra)
		}
	})
}

// TestT17AHoldThatShrinksHasItsPart: what is given back of a hold takes its surcharge with it, and brings it back if the host
// refuses later.
func TestT17AHoldThatShrinksHasItsPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		e := newEngine(t, m, h.host(), func(x *payment.Config) { x.Surcharge = threePercent() })
		o := auth(t, 10300)
		o.Surcharge = usd(300)
		held := authorized(t, e, o)
		if _, err := e.Reverse(t.Context(), payment.Follow{Payment: held.ID, Amount: usd(5150)}); err != nil {
			t.Fatal(err)
		}
		if got := m.get(held.ID); got.Surcharge != usd(150) || got.Approved != usd(5150) {
			t.Errorf("of half a hold: %s of %s", got.Surcharge, got.Approved)
		}
		h.answer = func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: pos.StateAccepted} }
		if _, err := e.Reverse(t.Context(), payment.Follow{Payment: held.ID, Amount: usd(1030)}); err != nil {
			t.Fatal(err)
		}
		if got := m.get(held.ID); got.Surcharge != usd(120) {
			t.Errorf("of two fifths: %s of %s", got.Surcharge, got.Approved)
		}
		h.finding = func(pos.Payment) pos.Finding {
			return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateDeclined}}
		}
		time.Sleep(time.Hour)
		if err := e.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := m.get(held.ID); got.Surcharge != usd(150) || got.Approved != usd(5150) {
			t.Errorf("refused later: %s of %s", got.Surcharge, got.Approved)
		}
		half, err := e.Capture(t.Context(), payment.Follow{Payment: held.ID})
		if err != nil || half.Surcharge != usd(150) {
			t.Errorf("captured with %s, %v", half.Surcharge, err)
		}
		sound(t, m)
	})
}

// TestT17ACaptureOfLessHasItsPart: what is not taken of a hold has its surcharge with it.
func TestT17ACaptureOfLessHasItsPart(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := newEngine(t, m, h.host(), func(x *payment.Config) { x.Surcharge = threePercent() })
	o := auth(t, 10300)
	o.Surcharge = usd(300)
	held := authorized(t, e, o)
	half, err := e.Capture(t.Context(), payment.Follow{Payment: held.ID, Amount: usd(5150)})
	if err != nil || half.Surcharge != usd(150) {
		t.Errorf("surcharge %s of a capture of half, %v", half.Surcharge, err)
	}
}
