package register_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
)

// surcharging opens a till of a shop that takes 3 percent, and 0.50 of a debit.
func surcharging(t *testing.T, tell func(s *till, pad *registertest.PINPad)) {
	t.Helper()
	var pad *registertest.PINPad
	open(t, func(s *till) { tell(s, pad) }, func(c *register.Config) {
		pad = registertest.NewPINPad()
		c.PINPad, c.Policy.DebitFee = pad, usd(50)
		c.Policy.Surcharge = &payment.Surcharge{Percent: decimal.NewFromInt(3), Fixed: usd(0), Cap: decimal.NewFromInt(3), Exempt: []string{"5411"}}
	})
}

func (s *till) lastOrder() payment.Order {
	s.t.Helper()
	orders := s.bank.Orders()
	if len(orders) == 0 {
		s.t.Fatal("nothing was ordered")
	}
	return orders[len(orders)-1]
}

// TestT17TheCustomerIsToldFirst: nothing is sent before the cashier has answered for the kind of card.
func TestT17TheCustomerIsToldFirst(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer register.Verb
		asked  int64
		extra  int64
	}{
		{"a credit card", register.VerbSurcharge, 10300, 300},
		{"a debit or prepaid card", register.VerbWithout, 10000, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			surcharging(t, func(s *till, _ *registertest.PINPad) {
				s.charge("10000")
				v := s.swipe(good)
				s.expect(v, register.ScreenQuestion)
				s.says(v, pos.CodeSurchargeAsk, "3.00", "103.00")
				if v.Surcharge != "3.00" || v.SurchargeTotal != "103.00" || len(s.bank.Orders()) != 0 {
					t.Errorf("shown %q %q, %d orders", v.Surcharge, v.SurchargeTotal, len(s.bank.Orders()))
				}
				s.expect(s.do(c.answer), register.ScreenResult)
				if o := s.lastOrder(); o.Amount != usd(c.asked) || o.Surcharge.Minor() != c.extra || o.AllowPartial != (c.extra == 0) {
					t.Errorf("ordered %s with %s, part allowed %v", o.Amount, o.Surcharge, o.AllowPartial)
				}
				if v := s.view(); v.Word != "APPROVED" || v.Due != "0.00" {
					t.Errorf("%s, due %s", v.Word, v.Due)
				}
			})
		})
	}
}

func TestNoAnswerToTheSurchargeSendsNothing(t *testing.T) {
	surcharging(t, func(s *till, _ *registertest.PINPad) {
		s.charge("10000")
		s.expect(s.swipe(good), register.ScreenQuestion)
		s.expect(s.do(register.VerbBack), register.ScreenAmount)
		s.expect(s.do(register.VerbEnter), register.ScreenCard)
		s.expect(s.swipe(good), register.ScreenQuestion)
		s.expect(s.wait(61*time.Second), register.ScreenAmount)
		if n := len(s.bank.Orders()); n != 0 {
			t.Errorf("%d orders", n)
		}
	})
}

func TestACardKnownAsDebitIsNotAsked(t *testing.T) {
	surcharging(t, func(s *till, _ *registertest.PINPad) {
		s.charge("10000")
		s.expect(s.swipe(other), register.ScreenResult)
		if o := s.lastOrder(); o.Amount != usd(10000) || !o.Surcharge.IsZero() {
			t.Errorf("ordered %s with %s", o.Amount, o.Surcharge)
		}
	})
}

func TestADebitPaysTheFeeAndNoSurcharge(t *testing.T) {
	surcharging(t, func(s *till, pad *registertest.PINPad) {
		s.charge("10000")
		if v := s.do(register.VerbDebit); v.Fee != "0.50" || v.Amount != "100.50" {
			t.Errorf("shown %s with %s", v.Amount, v.Fee)
		}
		s.expect(s.swipe(good), register.ScreenPIN)
		if asked := pad.Asked(); len(asked) != 1 || asked[0].Amount != usd(10050) {
			t.Error("the pad does not show the fee")
		}
		v := s.typePIN(pad, nil)
		if o := s.lastOrder(); o.Amount != usd(10050) || o.Fee != usd(50) || !o.Surcharge.IsZero() || o.AllowPartial {
			t.Errorf("ordered %s, fee %s, surcharge %s", o.Amount, o.Fee, o.Surcharge)
		}
		if v.Due != "0.00" || v.Screen != register.ScreenResult {
			t.Errorf("%s, due %s", v.Screen, v.Due)
		}
	})
}

// TestT17TheSurchargeGoesBackWithTheGoods: half of the goods, half of the surcharge.
func TestT17TheSurchargeGoesBackWithTheGoods(t *testing.T) {
	surcharging(t, func(s *till, _ *registertest.PINPad) {
		s.charge("10000")
		s.swipe(good)
		s.do(register.VerbSurcharge, register.VerbEnter, register.VerbPayments, register.VerbEnter)
		v := s.do(register.VerbRefund)
		if v.Fields[0].Text != "100.00" {
			t.Errorf("offers %q", v.Fields[0].Text)
		}
		s.do(register.VerbUp)
		for range "100.00" {
			s.do(register.VerbErase)
		}
		s.write("50.00")
		s.do(register.VerbDown)
		s.write("came back")
		s.expect(s.do(register.VerbEnter), register.ScreenResult)
		if o := s.lastOrder(); o.Amount != usd(5150) {
			t.Errorf("gave back %s", o.Amount)
		}
	})
}
