package pos

import (
	"math/big"
	"time"

	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

// Payment is one movement of money (or the attempt), as the journal knows it. It holds no card data but
// a mask. ID, Ref and Seq are fixed before the first byte is sent and kept for ever.
type Payment struct {
	ID     string // the terminal's own, never reused
	Ref    string // what the host sees: ticket, retrieval number; at most 30 characters
	Seq    int64  // the terminal's running number
	Kind   Kind
	State  State
	Sale   string // id of the sale that it pays
	Parent string // id of the payment that a capture, void, refund, reversal or adjustment is for

	Requested money.Amount // what was asked of the host, extras included
	Approved  money.Amount // what the host said yes to
	Refunded  money.Amount // refunded so far by later payments
	Tip       money.Amount // part of Requested
	Cashback  money.Amount // part of Requested
	Surcharge money.Amount // part of Requested: for paying with a credit card
	Fee       money.Amount // part of Requested: of the terminal, for debit
	Replaces  money.Amount // of an adjustment: the parent's approved amount before it
	SaleTotal money.Amount // what its whole sale comes to; without a currency: not said
	Balance   money.Amount // left on the card, as the host said; without a currency: not said

	Items Items // of the sale that it pays, as far as they were known

	Instrument Instrument
	Processor  string // "trustcommerce"
	HostID     string // the host's own identifier of the transaction
	AuthCode   string
	AVS, CVV   string // result codes of the host, not card data
	HostSeq    int64  // the number that this host counts messages by; 0: it does not
	Batch      int64  // the terminal's batch
	Clerk      string
	Manager    string // who allowed it, where somebody has to
	Failure    *Error // why it is not approved, or what to watch; nil when all is well

	Created time.Time
	Updated time.Time
	// Due is when the background queue looks at the payment again; zero: not by itself.
	Due      time.Time
	Attempts int // looks of the background queue, or tries to take it back, so far

	PartialOK bool      // the customer may be charged less than Requested
	Released  bool      // its sale was closed or paid another way: it must not stand
	Offline   bool      // approved by the terminal alone while the host was away
	KSN       card.KSN  // of the PIN block it was sent with: no other payment may have it; empty: none
	Forwarded time.Time // when an offline approval was sent to the host; zero: it waits
	NotFound  time.Time // when the host first did not find it to reverse; zero: it never said so
}

// Net is what the payment adds to the merchant's money, negative for a refund, zero while nothing moved.
func (p Payment) Net() money.Amount {
	zero := money.New(0, p.Requested.Currency())
	if p.Where() != MoneyMoved {
		return zero
	}
	switch p.Kind {
	case KindSale, KindCapture:
		return p.Approved
	case KindRefund:
		return p.Approved.Neg()
	}
	return zero
}

// Where says where the money of this payment is. What increased a hold or changed a tip counts at the payment
// that it was for.
func (p Payment) Where() Money {
	where := p.State.Where(p.Kind)
	if where == MoneyHeld && p.Kind == KindAuth && p.Parent != "" && p.State != StateHeld {
		return MoneyNotMoved
	}
	return where
}

// SurchargeIn is the part of the surcharge in so much of a payment that is given back or captured after what was
// given back before: no cent beyond its proportion, and all of it with the whole (rule T17).
func (p Payment) SurchargeIn(amount money.Amount) money.Amount {
	whole, before, all := p.Approved.Minor(), p.Refunded.Minor(), p.Surcharge.Minor()
	upTo := func(sum int64) int64 {
		if whole <= 0 || sum <= 0 {
			return 0
		}
		of := new(big.Int).Mul(big.NewInt(all), big.NewInt(min(sum, whole)))
		return of.Quo(of, big.NewInt(whole)).Int64()
	}
	return money.New(upTo(before+amount.Minor())-upTo(before), p.Requested.Currency())
}

// Pays is what a payment that succeeded pays of its sale: not a tip, not what the customer got in cash, and not
// what was asked for paying with this card.
func (p Payment) Pays() money.Amount {
	pays := p.Approved
	for _, extra := range []money.Amount{p.Tip, p.Cashback, p.Surcharge, p.Fee} {
		if left, err := pays.Sub(extra); err == nil && !left.IsNegative() {
			pays = left
		}
	}
	return pays
}

// Returnable is what of a payment that succeeded a refund can still give back, tip and surcharge with it: neither the cash
// that the customer got nor the terminal's fee.
func (p Payment) Returnable() money.Amount {
	left := p.Approved
	for _, kept := range []money.Amount{p.Cashback, p.Fee, p.Refunded} {
		next, err := left.Sub(kept)
		if err != nil || next.IsNegative() {
			return money.New(0, p.Requested.Currency())
		}
		left = next
	}
	return left
}

// GivenBack says that it stands and refunds gave all of it back.
func (p Payment) GivenBack() bool {
	return p.State.Succeeded() && p.Approved.IsPositive() && p.Refunded == p.Approved
}

// Waiting says that it is an offline approval which the host has not been sent.
func (p Payment) Waiting() bool { return p.Offline && p.State == StateAccepted && p.Forwarded.IsZero() }

// InstrumentKind is what was paid with.
type InstrumentKind string

const (
	InstrumentCard       InstrumentKind = "card"
	InstrumentBank       InstrumentKind = "bank_account"
	InstrumentStoredCard InstrumentKind = "stored_card"
	InstrumentCash       InstrumentKind = "cash"
	InstrumentEBTFood    InstrumentKind = "ebt_food" // food stamps (SNAP)
	InstrumentEBTCash    InstrumentKind = "ebt_cash" // cash benefits
)

// EBT says that it is electronic benefits, whose card numbers stand nowhere, not even masked (rule T18).
func (k InstrumentKind) EBT() bool { return k == InstrumentEBTFood || k == InstrumentEBTCash }

// Instrument is what a payment was made with, as far as it may be kept.
type Instrument struct {
	Kind        InstrumentKind
	Masked      string // 411111******1111, or the id of a stored card
	Brand       card.Brand
	Entry       card.Entry
	Fingerprint card.Fingerprint // keyed; finds the same card again
	Fallback    bool             // a chip card that was swiped
	PIN         bool             // debit: the shopper typed a PIN
}

// Credentials are the secrets of one request. They live from the swipe to the answer and are then wiped;
// no type of the journal holds them.
type Credentials struct {
	Card     card.Card
	Bank     BankAccount
	Stored   string // id of a stored card at the processor
	PINBlock card.PINBlock
	Address  Address
}

// Wipe clears every secret.
func (c Credentials) Wipe() {
	c.Card.Wipe()
	c.Bank.Number.Wipe()
	c.PINBlock.Wipe()
}

// BankAccount is a checking or savings account for ACH.
type BankAccount struct {
	Routing string // 9 digits, public
	Number  card.AccountNumber
	Savings bool
}

// Address is what address verification compares.
type Address struct{ Line1, Zip string }

// Extra is what only one processor knows, as that processor encoded it. It is sealed by the journal and
// read by that processor alone.
type Extra struct {
	Processor string
	Data      Secret // JSON, or whatever the processor likes; it may hold card data
}

// Request is what a processor is asked to do.
type Request struct {
	Payment     Payment // as journaled: id, ref, amounts
	Parent      Payment // what a capture, void, refund or reversal refers to; zero otherwise
	Credentials Credentials
	Extra       Extra // what was asked of this processor beyond what every one knows
	// ParentExtra is the newest that is sealed for Parent: what the host's answer left, or, if that left nothing,
	// what had been asked.
	ParentExtra Extra

	Attempt      int    // 0, or how often this same message was sent before (Lost.Resends)
	OfflineCode  string // the code that the issuer gave by telephone
	AllowPartial bool   // the host may approve less
	Unattended   bool   // nobody stands at the terminal
	// Kept is what Keeper kept of the payment that this is about: Payment itself when a lost answer is
	// reversed, the one at the end of the chain of parents otherwise.
	Kept Secret
}

// Answer is what became of a request. It always is an answer: a host method has no second way to
// report, so a lost reply cannot be dropped on an error path.
type Answer struct {
	// State is one of approved, partial, accepted, declined, refused, not_sent or unknown; anything
	// else, the zero value too, counts as unknown.
	State    State
	Approved money.Amount // zero amount with state approved: all that was asked
	HostID   string
	AuthCode string
	AVS, CVV string
	Balance  money.Amount // left on the card; without a currency: not said
	Failure  *Error
	Extra    Extra
}

// Verdict is what a host says of a payment whose outcome is unknown.
type Verdict string

const (
	VerdictFound       Verdict = "found"       // Answer says what it is
	VerdictAbsent      Verdict = "absent"      // the host answered and does not know it (yet)
	VerdictUnavailable Verdict = "unavailable" // no usable answer; ask again
	VerdictPerson      Verdict = "person"      // the processor's rules leave it to a person at once; Failure says why

	// The answers to a reversal of a lost payment.
	VerdictReversed Verdict = "reversed"  // it is gone, or was before
	VerdictNotFound Verdict = "not_found" // the host does not know it; its original may still be on the way
	VerdictRefused  Verdict = "refused"   // the host will not
	VerdictSettled  Verdict = "settled"   // too late
)

// Finding is the answer to a query.
type Finding struct {
	Verdict Verdict
	Answer  Answer
	Failure *Error
}

// ReversalAnswer is what a host says of the reversal of a lost payment.
type ReversalAnswer struct {
	Verdict Verdict // the zero value counts as unavailable
	Failure *Error
}
