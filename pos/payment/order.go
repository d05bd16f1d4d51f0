package payment

import (
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// Order asks for a new sale or auth.
type Order struct {
	Kind        pos.Kind     // KindSale or KindAuth
	Sale        string       // id of the sale it pays
	Amount      money.Amount // all that is asked of the card, extras included; more than zero
	Tip         money.Amount // part of Amount
	Cashback    money.Amount // part of Amount
	Surcharge   money.Amount // part of Amount
	Credentials pos.Credentials
	Ref         string // a reference of the caller's own, at most 30 characters; empty: the engine makes one
	Clerk       string
	// AllowDuplicate sends although the same card paid the same amount to the same clerk a moment ago.
	AllowDuplicate bool
}

// CashOrder records money that changed hands at the till.
type CashOrder struct {
	Sale   string
	Amount money.Amount // what the sale keeps, change already given back
	Clerk  string
}

// Follow asks for something to be done to an earlier payment: capture, void, refund or reversal.
type Follow struct {
	Payment string       // its id
	Amount  money.Amount // zero: all that is left
	Clerk   string
	Reason  string
}

// Resolution is a person's decision on a payment that no machine could settle.
type Resolution struct {
	Payment string
	State   pos.State // confirmed, declined, not_sent, reversed or voided
	Reason  string    // required; journaled
	Clerk   string
}
