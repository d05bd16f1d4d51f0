package ui_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
	"github.com/tillpos/till/ui"
)

func TestACreditCardPaysASurcharge(t *testing.T) {
	story(t, func(s *till) {
		s.Type("10000")
		s.Press("Enter")
		s.swipe(visa)
		s.Expect("A credit card pays a surcharge of 3.00", "103.00", "prepaid")
		s.golden("surcharge")
		s.Press("N")
		s.Expect("APPROVED", "USD 100.00")
		s.Press("Enter")
		s.Type("20000")
		s.Press("Enter")
		s.swipe(visa)
		s.Press("Y")
		s.Expect("APPROVED", "USD 206.00", "Surcharge")
		s.golden("surcharge-approved")
	}, func(c *register.Config, _ *ui.Options) {
		c.Policy.Surcharge = &payment.Surcharge{Percent: decimal.NewFromInt(3), Cap: decimal.NewFromInt(3)}
	})
}

func TestADebitShowsItsFee(t *testing.T) {
	story(t, func(s *till) {
		s.Type("1234")
		s.Press("Enter", "D")
		s.Expect("USD 12.84", "with 0.50 terminal fee")
		s.golden("card-debit-fee")
	}, func(c *register.Config, _ *ui.Options) {
		c.PINPad, c.Policy.DebitFee = registertest.NewPINPad(), money.New(50, money.USD)
	})
}
