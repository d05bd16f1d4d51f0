package payment

import (
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

// Order asks for a new payment with a card, bank account or stored card.
type Order struct {
	Kind        pos.Kind     // sale, auth, verify or refund (unlinked)
	Sale        string       // id of the sale it pays
	SaleTotal   money.Amount // what that sale comes to, if more is known than Amount
	Items       pos.Items    // of that sale
	Amount      money.Amount // all that is asked of the card, extras included; zero for a verify only
	Tip         money.Amount // part of Amount
	Cashback    money.Amount // part of Amount
	Surcharge   money.Amount // part of Amount: for paying with a credit card
	Fee         money.Amount // part of Amount: of the terminal, for debit
	Credentials pos.Credentials
	Ref         string // a reference of the caller's own, at most 30 characters; empty: the engine makes one
	Clerk       string
	// AllowDuplicate sends although the same card paid the same amount to the same clerk a moment ago.
	AllowDuplicate bool
	// AllowPartial takes an approval of less. Without it, and always where something comes on top, a tip or cash back
	// say, such an approval is taken back at once.
	AllowPartial bool
	// EBT is what a sale or balance inquiry is for, ebt_food or ebt_cash, with card and PIN; empty: no EBT.
	EBT         pos.InstrumentKind
	OfflineCode string // a sale that the issuer approved by telephone with this code
	Manager     string // who allowed an unlinked refund
	Reason      string // of an unlinked refund
	// Extra is for this processor alone. It is sealed with the intent, and gives way to what the host's answer leaves.
	Extra pos.Extra
}

// CashOrder records money that changed hands at the till.
type CashOrder struct {
	Sale string
	// SaleTotal is as Order.SaleTotal.
	SaleTotal money.Amount
	Items     pos.Items    // likewise
	Amount    money.Amount // what the sale keeps, change already given back
	Clerk     string
}

// Follow asks for something to be done to an earlier payment: capture, void, refund, reversal, tip
// adjustment or increment.
type Follow struct {
	Payment string       // its id
	Amount  money.Amount // zero: all that is left. Of a capture: all that is captured, tip included
	Tip     money.Amount // capture: part of Amount, on top if Amount is zero. Adjust: the tip as it shall be
	Clerk   string
	Reason  string
	Extra   pos.Extra // as Order.Extra
	// Credentials are for the refund of a debit sale, which needs the same card and a new PIN.
	Credentials pos.Credentials
}

// Resolution is a person's decision on a payment that no machine could settle.
type Resolution struct {
	Payment string
	State   pos.State // confirmed, declined, not_sent, reversed or voided
	Reason  string    // required; journaled
	Clerk   string
}

// checkTexts refuses what a person or program wrote if it holds a card number: it would stand in the journal for good.
func checkTexts(texts ...string) error {
	for _, text := range texts {
		if card.InText(text) {
			return pos.NewError(pos.CodeCardInText)
		}
	}
	return nil
}
