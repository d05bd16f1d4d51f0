package register

import (
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

// price goes on with a card that is charged without a PIN. Where the shop takes a surcharge, the customer is told
// of it first: the card is kept while the cashier asks.
func (r *Register) price(c card.Card) {
	policy := r.Policy.Surcharge
	extra := policy.On(r.base())
	total := plus(r.base(), extra)
	if !extra.IsPositive() || !policy.Applies(c) {
		r.charge(pos.Credentials{Card: c}, money.Amount{})
		return
	}
	r.forget()
	r.ask(pos.CodeSurchargeAsk)
	r.tell(ToneAttention, pos.NewError(pos.CodeSurchargeAsk, extra.String(), total.String()))
	r.surcharge = extra
	r.held = &c
	r.until = r.Now().Add(r.Policy.CardEntry)
}

// answerSurcharge charges the card that waits, with the surcharge or without.
func (r *Register) answerSurcharge(extra money.Amount) {
	if r.held == nil {
		return
	}
	c := *r.held
	r.held = nil
	r.charge(pos.Credentials{Card: c}, extra)
}

// giveBack is the amount of a refund that gives back so much of what was sold: the surcharge goes back with it, in
// proportion.
func giveBack(p pos.Payment, goods money.Amount) money.Amount {
	total := remaining(p)
	for {
		next, err := goods.Add(p.SurchargeIn(total))
		if err != nil || next == total {
			return total
		}
		total = next // it only falls, and a surcharge is a small part: it comes to rest at once
	}
}

// remaining is what is left of a payment to give back.
func remaining(p pos.Payment) money.Amount {
	p.Approved = approvedOf(p)
	return p.Returnable()
}
