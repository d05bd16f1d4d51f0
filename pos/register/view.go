package register

import (
	"time"

	"github.com/tillpos/till/pos"
)

// Screen names what the cashier is looking at.
type Screen string

// The screens. The order is that of the help page.
const (
	ScreenAmount   Screen = "amount"    // typing an amount, or looking at the items
	ScreenItems    Screen = "items"     // typing items
	ScreenCard     Screen = "card"      // the reader is armed, or says why it is not
	ScreenPIN      Screen = "pin"       // the shopper types the PIN on the pad
	ScreenCashback Screen = "cash back" // typing what a debit pays out in cash
	ScreenPart     Screen = "part"      // typing how much of what is due the next payment is for
	ScreenTip      Screen = "tip"       // typing a tip
	ScreenVoice    Screen = "voice"     // typing the code that the issuer gave by telephone
	ScreenKeyed    Screen = "keyed"     // typing a card by hand
	ScreenCash     Screen = "cash"      // typing what the customer gave
	ScreenQuestion Screen = "question"  // yes or no before something is sent
	ScreenSending  Screen = "sending"   // the host is working; no way back
	ScreenResult   Screen = "result"    // what became of it, and of the receipt
	ScreenPartial  Screen = "partial"   // paid in part, the rest is due
	ScreenPayments Screen = "payments"  // the list
	ScreenDetail   Screen = "detail"    // one payment
	ScreenVoid     Screen = "void"
	ScreenRefund   Screen = "refund"
	ScreenUnknown  Screen = "unknown"   // payments whose outcome is not known
	ScreenResolve  Screen = "resolve"   // a person decides about one of them
	ScreenRecover  Screen = "recovered" // what happened when the power went
)

// Tone is the meaning of a colour.
type Tone string

const (
	TonePlain     Tone = ""
	ToneGood      Tone = "good"      // approved
	ToneBad       Tone = "bad"       // declined
	ToneAttention Tone = "attention" // unknown, or a person must look
)

// View is one snapshot of the till. Whoever receives it may keep it; nothing in it changes later.
// It holds no card data but masks.
type View struct {
	Screen   Screen
	Currency string // ISO 4217 code
	Amount   string // the big number: what is typed, asked or approved
	Total    string // of the sale
	Paid     string // so far, empty when nothing is
	Due      string // empty when nothing was paid yet
	Lines    []CartLine
	Fields   []Field
	Caption  string // of the big word: what the amount is
	Word     string // APPROVED, DECLINED, NOT SENT, UNKNOWN and the like
	Tone     Tone   // of Word and Message
	Message  Message
	Elapsed  time.Duration // since sending began
	Left     time.Duration // until the reader is disarmed, or the PIN pad; zero: it is not armed
	Cashback string        // part of Amount, empty when there is none
	Part     string        // what is due in all, while Amount is a part of it
	Tip      string        // likewise a part of Amount
	Voice    string        // the code of the issuer's telephone desk that goes with the card
	Fee      string        // likewise: what a debit pays to the terminal
	// Surcharge is what a credit card pays on top of Amount, SurchargeTotal both; empty: it is not asked about.
	Surcharge, SurchargeTotal string
	Debit                     bool // the card is charged with a PIN
	Rows                      []Row
	Selected                  int
	// Interrupted says that some of Rows were under way when the till stopped.
	Interrupted bool
	// Answered says that the outcome of one of Rows became known while they were shown.
	Answered bool
	Details  []Detail
	Receipt  string // what became of the receipt, one sentence
	Verbs    []Verb // what can be done now, in the order of the hints
	Status   Status
}

// Message is what a person is told: what happened, where the money is, what to do next.
type Message struct{ Happened, Money, Next string }

// CartLine is one item, as text for aligned columns.
type CartLine struct{ Text, Quantity, Price, Amount string }

// Field is one input of a form. Text of a masked field holds stars only.
type Field struct {
	Label string
	Text  string
	Hint  string
	Focus bool
}

// Row is one payment of a list.
type Row struct {
	When   time.Time
	Kind   pos.Kind
	State  pos.State
	Tone   Tone
	Card   string // masked
	Brand  string
	Amount string
	Ref    string
	What   string // what is the matter and since when, in the list of what has to be settled
	Plan   string // what the till does about it, in lists of open payments
}

// Detail is one named value of a payment.
type Detail struct{ Name, Value string }

// Status is the bar that every screen shows.
type Status struct {
	Reader, Printer, Host pos.Health
	PINPad                pos.Health // closed: there is none
	Display, Scanner      pos.Health // likewise
	Batch                 int64      // the open batch; zero: not known yet
	BatchCount            int
	BatchNet              string
	Unknowns              int // counted up to MaxUnknowns
	Alarms                int // payments at which a person should look
	Losses                int // payments of the last days that were given out as approved and refused later
	Receipts              int // waiting for the printer
	Training              bool
}

// Can says whether a verb is offered.
func (v View) Can(verb Verb) bool {
	for _, w := range v.Verbs {
		if w == verb {
			return true
		}
	}
	return false
}
