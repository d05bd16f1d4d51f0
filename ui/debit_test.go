package ui_test

import (
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
	"github.com/tillpos/till/ui"
)

func TestADebitSale(t *testing.T) {
	var pad *registertest.PINPad
	story(t, func(s *till) {
		s.Expect("PIN pad ready")
		s.Type("1234")
		s.Press("Enter")
		s.Expect("SWIPE THE CARD NOW", "Debit")
		s.Press("D")
		s.Expect("SWIPE THE DEBIT CARD NOW")
		s.golden("card-debit")
		s.swipe(visa)
		s.Expect("THE CUSTOMER TYPES THE PIN", "60 s")
		s.golden("pin")
		pad.Type(pos.NewError(pos.CodePINCancelled))
		s.wait(0)
		s.Expect("The customer pressed cancel", "SWIPE THE DEBIT CARD NOW")
		s.golden("pin-cancelled")
		s.swipe(visa)
		pad.Type(nil)
		s.wait(0)
		s.Expect("APPROVED")
		s.Press("Enter", "F5", "Enter")
		s.Expect("with PIN")
		s.Press("R")
		s.Type("came back")
		s.Press("Enter")
		s.Expect("SWIPE THE DEBIT CARD NOW", "12.34")
		s.swipe(visa)
		s.Expect("THE CUSTOMER TYPES THE PIN")
		pad.Type(nil)
		s.wait(0)
		s.Expect("REFUNDED")
	}, func(c *register.Config, _ *ui.Options) {
		pad = registertest.NewPINPad()
		c.PINPad = pad
	})
}

func TestADebitWithCashBack(t *testing.T) {
	story(t, func(s *till) {
		s.Type("1234")
		s.Press("Enter", "D", "B")
		s.Expect("Cash back", "at most 50.00")
		s.Type("20.00")
		s.golden("cash-back")
		s.Press("Enter")
		s.Expect("USD 32.34", "with 20.00 cash back")
		s.golden("card-cash-back")
	}, func(c *register.Config, _ *ui.Options) {
		c.PINPad, c.Policy.Cashback = registertest.NewPINPad(), money.New(5000, money.USD)
	})
}

// TestAQuestionNamesAllThatTheCardPays: with the cash back, as the screens before and after it do.
func TestAQuestionNamesAllThatTheCardPays(t *testing.T) {
	var pad *registertest.PINPad
	story(t, func(s *till) {
		s.Type("700")
		s.Press("Enter", "D", "B")
		s.Type("20.00")
		s.Press("Enter")
		s.bank.Script(nil, pos.NewError(pos.CodeDuplicate, ""), 0)
		s.swipe(visa)
		pad.Type(nil)
		s.wait(0)
		s.Expect("USD 27.00", "with 20.00 cash back", "has just paid the same amount", "Go on?")
		s.golden("question-debit")
	}, func(c *register.Config, _ *ui.Options) {
		pad = registertest.NewPINPad()
		c.PINPad, c.Policy.Cashback = pad, money.New(5000, money.USD)
	})
}

func TestALostDebitGoesToAPerson(t *testing.T) {
	var pad *registertest.PINPad
	story(t, func(s *till) {
		s.host(state(pos.StateNeedsPerson, pos.CodeDebitUnknown))
		s.Type("1234")
		s.Press("Enter", "D")
		s.swipe(visa)
		pad.Type(nil)
		s.wait(0)
		s.Expect("UNKNOWN", "The account may have been charged", "Do not charge again")
		s.golden("debit-unknown")
	}, func(c *register.Config, _ *ui.Options) {
		pad = registertest.NewPINPad()
		c.PINPad = pad
	})
}
