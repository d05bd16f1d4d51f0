package register_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
)

// TestATipGoesOnTop: the sale is paid with the bill, the card with both, and the surcharge counts both.
func TestATipGoesOnTop(t *testing.T) {
	var display *registertest.Display
	open(t, func(s *till) {
		s.charge("10000")
		s.expect(s.do(register.VerbTip), register.ScreenTip)
		s.write("100.01")
		s.says(s.do(register.VerbEnter), pos.CodeAmountTooLarge, "100.00")
		for range "100.01" {
			s.do(register.VerbErase)
		}
		s.write("15.00")
		v := s.do(register.VerbEnter)
		s.expect(v, register.ScreenCard)
		if v.Amount != "115.00" || v.Tip != "15.00" {
			t.Errorf("%s with %q", v.Amount, v.Tip)
		}
		v = s.swipe(good)
		s.expect(v, register.ScreenQuestion)
		if v.Amount != "115.00" || v.SurchargeTotal != "118.45" {
			t.Errorf("%s, with surcharge %s", v.Amount, v.SurchargeTotal)
		}
		if got, want := display.Lines(), [2]string{"Card surcharge  3.45", "TOTAL         118.45"}; got[1] != want[1] {
			t.Errorf("the customer reads %q", got)
		}
		v = s.do(register.VerbSurcharge)
		if o := s.lastOrder(); o.Amount != usd(11845) || o.Tip != usd(1500) || o.Surcharge != usd(345) || o.AllowPartial {
			t.Errorf("%s, tip %s, surcharge %s", o.Amount, o.Tip, o.Surcharge)
		}
		if v.Word != "APPROVED" || v.Due != "0.00" {
			t.Errorf("%s, due %s", v.Word, v.Due)
		}
		s.do(register.VerbEnter)
		s.charge("500")
		if v := s.view(); v.Tip != "" || v.Amount != "5.00" {
			t.Errorf("the next customer: %s with %q", v.Amount, v.Tip)
		}
	}, func(c *register.Config) {
		display = &registertest.Display{}
		c.Display = display
		c.Policy.Tips = true
		c.Policy.Surcharge = &payment.Surcharge{Percent: decimal.NewFromInt(3), Cap: decimal.NewFromInt(3)}
	})
}

// TestTheIssuerIsCalled: the code of its telephone desk goes with the next card, once.
func TestTheIssuerIsCalled(t *testing.T) {
	call := func(p *pos.Payment) { p.State, p.Failure = pos.StateDeclined, pos.NewError(pos.CodeCallIssuer) }
	for _, voice := range []bool{true, false} {
		open(t, func(s *till) {
			s.bank.Script(call, nil, 0)
			s.charge("2500")
			v := s.swipe(good)
			s.says(v, pos.CodeCallIssuer)
			if v.Can(register.VerbVoice) != voice {
				t.Fatalf("a code is taken: %v", v.Can(register.VerbVoice))
			}
			if !voice {
				return
			}
			s.expect(s.do(register.VerbVoice), register.ScreenVoice)
			s.write("a")
			s.says(s.do(register.VerbEnter), pos.CodeVoiceCode)
			s.write("7b9")
			v = s.do(register.VerbEnter)
			s.expect(v, register.ScreenCard)
			if v.Voice != "A7B9" {
				t.Errorf("%q", v.Voice)
			}
			s.swipe(good)
			if o := s.lastOrder(); o.OfflineCode != "A7B9" || o.Amount != usd(2500) {
				t.Errorf("%q for %s", o.OfflineCode, o.Amount)
			}
			s.bank.Script(nil, nil, 0)
			s.do(register.VerbRetry)
			s.swipe(good)
			if o := s.lastOrder(); o.OfflineCode != "" {
				t.Error("a code went out twice")
			}
		}, func(c *register.Config) { c.Policy.Voice = voice })
	}
}
