package register

import (
	"strings"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// terms are what was agreed with the customer for the next payment. They end with it, and with its customer.
type terms struct {
	debit    bool         // the card is charged with a PIN
	cashback money.Amount // what the card pays on top and the customer gets in cash; only with debit
	part     money.Amount // what the payment is for; zero: all that is due
	tip      money.Amount // on top of that
	voice    string       // the code with which the issuer approved it by telephone
}

// base is what the next payment is for, with its tip and before what comes on top for the card.
func (r *Register) base() money.Amount { return plus(r.owing(), r.tip) }

// asked is what the card is to pay or to get.
func (r *Register) asked() money.Amount {
	switch {
	case r.returning != nil:
		return r.returning.Amount
	case r.debit:
		return plus(plus(r.base(), r.cashback), r.Policy.DebitFee)
	}
	return r.base()
}

// askTip asks for a tip on what the card pays.
func (r *Register) askTip() {
	r.disarm()
	r.forget()
	r.to(ScreenTip)
	r.form = form{fields: []*field{amountInput("Tip", r.phrase("on top of {1}; nothing typed: none", r.owing().String()), "")}}
}

func (r *Register) setTip() {
	r.tip = money.Amount{}
	if text := r.form.current().String(); text != "" {
		amount, problem := parseAmount(text, r.Currency, r.owing()) // a tip above the bill is a slip of the hand
		if problem != nil {
			r.tell(ToneAttention, problem)
			return
		}
		r.tip = amount
	}
	r.askCard()
}

// The characters of an approval code that an issuer gives by telephone.
const (
	shortestVoice = 2
	longestVoice  = 6
)

// offersVoice says that the issuer wants to be called about the card on the screen, and that the host takes the code.
func (r *Register) offersVoice() bool {
	f := r.result.payment.Failure
	return r.Policy.Voice && r.result.retry && f != nil && f.Code == pos.CodeCallIssuer && r.result.payment.Kind == pos.KindSale
}

// askVoice asks for the code that the issuer gave.
func (r *Register) askVoice() {
	r.forget()
	r.to(ScreenVoice)
	r.form = form{fields: []*field{input("Approval code", "as the bank said it on the telephone", longestVoice, "")}}
}

func (r *Register) setVoice() {
	code := strings.ToUpper(r.form.current().String())
	plain := func(c rune) bool { return (c < '0' || c > '9') && (c < 'A' || c > 'Z') }
	if len(code) < shortestVoice || strings.ContainsFunc(code, plain) {
		r.tell(ToneAttention, pos.NewError(pos.CodeVoiceCode))
		return
	}
	r.voice = code
	r.askCard()
}
