package payment

import (
	"bytes"

	"github.com/shopspring/decimal"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

// Surcharge is what the merchant asks for paying with a credit card (rule T17). A nil one is none. What debit and
// prepaid cards are, no number tells for sure: whoever orders a payment with a surcharge has looked at the card,
// which says so on its face, and has told the customer.
type Surcharge struct {
	Percent decimal.Decimal // of what is paid
	Fixed   money.Amount    // on top of it
	Cap     decimal.Decimal // percent of what is paid that both together never exceed
	// Exempt are the first digits of card numbers that are known to be debit or prepaid.
	Exempt []string
}

var hundred = decimal.NewFromInt(100)

// On is the surcharge for so much, the cap rounded down; zero if there is none.
func (s *Surcharge) On(paid money.Amount) money.Amount {
	none := money.New(0, paid.Currency())
	if s == nil || !paid.IsPositive() {
		return none
	}
	asked, err := paid.Times(s.Percent.Div(hundred))
	if err != nil {
		return none
	}
	if asked, err = asked.Add(s.Fixed); err != nil {
		return none
	}
	limit, err := money.FromDecimal(paid.Decimal().Mul(s.Cap).Div(hundred).RoundDown(paid.Currency().Exponent()), paid.Currency())
	if err != nil {
		return none
	}
	if over, err := asked.Cmp(limit); err != nil || over > 0 {
		return limit
	}
	return asked
}

// Applies says that a card may be asked for it, if it is a credit card.
func (s *Surcharge) Applies(c card.Card) bool {
	if s == nil || !c.PAN.Present() {
		return false
	}
	exempt := false
	c.PAN.Lend(func(digits []byte) {
		for _, first := range s.Exempt {
			exempt = exempt || bytes.HasPrefix(digits, []byte(first))
		}
	})
	return !exempt
}

// checkCharges takes a surcharge of credit cards only and a fee of debit cards only, each no more than the merchant
// asks for.
func (e *Engine) checkCharges(o Order) error {
	switch {
	case !o.Surcharge.IsZero() && !o.Fee.IsZero():
		return pos.NewError(pos.CodeRefused, "fee").WithDetail("a surcharge is for credit and a fee for debit; a payment is one of them")
	case o.Surcharge.IsPositive():
		return e.checkSurcharge(o)
	case o.Fee.IsPositive():
		most := e.inCurrency(e.DebitFee)
		if over, err := o.Fee.Cmp(most); err != nil || over > 0 || !o.Credentials.PINBlock.Present() || o.Kind != pos.KindSale || o.EBT != "" {
			return pos.NewError(pos.CodeFee, most.String())
		}
	}
	return nil
}

func (e *Engine) checkSurcharge(o Order) error {
	if e.Surcharge == nil {
		return pos.NewError(pos.CodeSurchargeOff)
	}
	order := o.Kind == pos.KindSale || o.Kind == pos.KindAuth
	if !order || o.EBT != "" || o.Credentials.PINBlock.Present() || !e.Surcharge.Applies(o.Credentials.Card) {
		return pos.NewError(pos.CodeSurchargeCard)
	}
	paid, err := o.Amount.Sub(o.Surcharge)
	if err != nil {
		return pos.NewError(pos.CodeAmountSyntax).Because(err)
	}
	most := e.Surcharge.On(paid)
	if over, err := o.Surcharge.Cmp(most); err != nil || over > 0 {
		return pos.NewError(pos.CodeSurchargeCap, most.String())
	}
	return nil
}
