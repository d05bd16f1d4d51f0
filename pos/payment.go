package pos

import (
	"encoding/json"
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
	Surcharge money.Amount // part of Requested

	Instrument Instrument
	Processor  string // "trustcommerce"
	HostID     string // the host's own identifier of the transaction
	AuthCode   string
	AVS, CVV   string // result codes of the host, not card data
	Batch      int64  // the terminal's batch
	Clerk      string
	Failure    *Error // why it is not approved, or what to watch; nil when all is well

	Created time.Time
	Updated time.Time
	// Due is when the background queue looks at an open payment again; zero: not by itself.
	Due      time.Time
	Attempts int // looks of the background queue so far
}

// Net is what the payment adds to the merchant's money, negative for a refund, zero while nothing moved.
func (p Payment) Net() money.Amount {
	zero := money.New(0, p.Requested.Currency())
	if p.State.Where(p.Kind) != MoneyMoved {
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

// InstrumentKind is what was paid with.
type InstrumentKind string

const (
	InstrumentCard       InstrumentKind = "card"
	InstrumentBank       InstrumentKind = "bank_account"
	InstrumentStoredCard InstrumentKind = "stored_card"
	InstrumentCash       InstrumentKind = "cash"
)

// Instrument is what a payment was made with, as far as it may be kept.
type Instrument struct {
	Kind        InstrumentKind
	Masked      string // 411111******1111, or the id of a stored card
	Brand       card.Brand
	Entry       card.Entry
	Fingerprint card.Fingerprint // keyed; finds the same card again
	Fallback    bool             // a chip card that was swiped
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
	Data      json.RawMessage
}

// Request is what a processor is asked to do.
type Request struct {
	Payment     Payment // as journaled: id, ref, amounts
	Parent      Payment // what a capture, void, refund or reversal refers to; zero otherwise
	Credentials Credentials
	Extra       Extra
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
	Failure  *Error
	Extra    Extra
}

// Verdict is what a host says of a payment whose outcome is unknown.
type Verdict string

const (
	VerdictFound       Verdict = "found"       // Answer says what it is
	VerdictAbsent      Verdict = "absent"      // the host answered and does not know it (yet)
	VerdictUnavailable Verdict = "unavailable" // no usable answer; ask again
)

// Finding is the answer to a query.
type Finding struct {
	Verdict Verdict
	Answer  Answer
	Failure *Error
}
