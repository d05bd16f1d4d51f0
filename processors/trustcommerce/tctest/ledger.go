package tctest

import (
	"slices"
	"time"
)

// State is where a transaction stands in the ledger.
type State string

const (
	held     State = "held"     // approved preauth
	captured State = "captured" // sale or postauth; preauth after its postauth
	accepted State = "accepted" // queued: credit, void, reversal, ACH, offline and wallet sale, store; approved verify
	rejected State = "rejected" // queued first, refused later, or not supported
	declined State = "declined"
	voided   State = "voided"
	reversed State = "reversed"
	settled  State = "settled" // its batch was sent
)

// transaction is one row of the ledger. Amounts are cents. No card data but a mask.
type transaction struct {
	ID       string
	Ticket   string // the merchant's reference; the transid when none was sent (guide)
	CustID   string
	Action   string
	Media    string
	State    State
	Status   string // as answered
	Decline  string `json:",omitempty"` // declinetype as answered
	Demo     bool
	Swiped   bool `json:",omitempty"`
	ByRule   bool `json:",omitempty"` // declined only by our avs or cvv rule: a postauth is allowed (guide)
	Debit    bool `json:",omitempty"` // with a PIN
	Wallet   bool `json:",omitempty"` // authorization or capture that the host makes for a wallet
	Answered bool // what the host did by itself counts as answered: nobody waits

	Requested, Approved int64
	Held                int64 `json:",omitempty"` // what a postauth may still take
	Captured            int64 `json:",omitempty"` // what this row itself brings in
	Refunded            int64 `json:",omitempty"` // taken back by credits that refer to this row
	ChargedBack         int64 `json:",omitempty"` // taken back by the cardholder's bank
	NotGoods            int64 `json:",omitempty"` // surcharge and cash of a PIN debit, which no refund brings back

	Card, Brand      string            `json:",omitempty"` // mask
	AuthCode         string            `json:",omitempty"`
	AVS, CVV         string            `json:",omitempty"`
	Parent, Chain    string            `json:",omitempty"`
	Person           map[string]string `json:",omitempty"` // name and address, for the query
	BillingID        string            `json:",omitempty"`
	DebitData        string            `json:",omitempty"`
	Marks            []string          `json:",omitempty"` // what it was submitted as: moto, recurring, level2, ...
	Batch            int64             `json:",omitempty"`
	BookedAt, Cutoff time.Time
	ShownAt          time.Time // when the query shows it, the profile's lag not counted
	RejectAt         time.Time // when a queued row turns out refused; zero: never
}

// inWallet says that a walletsale waits for its wallet to be captured.
func (t *transaction) inWallet() bool { return t.Action == "walletsale" && t.State == accepted }

// net is what the row adds to the merchant's money.
func (t *transaction) net() int64 {
	if kindOf[t.Action] == "refund" || t.Action == "chargeback" {
		if t.State == accepted || t.State == settled {
			return -t.Approved
		}
		return 0
	}
	return t.Captured
}

// state is all that a snapshot keeps.
type state struct {
	Seed         uint64
	Seq          int64 // of the last change
	Next         int64 // of the identifiers
	NextStored   int64 // of the billingids
	Batch        int64 // number of the open batch
	Transactions []*transaction
	Stored       []*stored
	Batches      []batch // settled ones
}

type batch struct {
	Number int64
	Count  int
	Net    int64 // cents
	At     time.Time
}

// kindOf names an action as the rest of Till does.
var kindOf = map[string]string{
	"sale": "sale", "walletsale": "sale", "preauth": "auth", "postauth": "capture", "credit": "refund", "credit2": "refund",
	"void": "void", "reversal": "reversal", "verify": "verify",
}

// Kind of an action: sale, auth, capture, refund, void, reversal, verify, or the action itself.
func Kind(action string) string {
	if k := kindOf[action]; k != "" {
		return k
	}
	return action
}

// Entry is one transaction of the ledger as others may see it. Amounts are cents; Card is a mask.
type Entry struct {
	TransID, Ticket, CustID, Action, Kind, Card, Parent string
	State                                               State
	Requested, Approved, Captured, Refunded, Net, Held  int64
	ChargedBack                                         int64
	BillingID                                           string
	Marks                                               []string // what it was submitted as: moto, recurring, level2, ...
	Batch                                               int64
	BookedAt                                            time.Time
	Answered                                            bool
}

// Batch is one day's settlement. State is open or settled.
type Batch struct {
	Number int64
	State  string
	Count  int
	Net    int64
}

// Ledger is the whole book. Held counts preauths that have not lapsed.
// Net is Captured less Refunded and ChargedBack.
type Ledger struct {
	Held, Captured, Refunded, ChargedBack, Net int64 // cents
	Entries                                    []Entry
	Batches                                    []Batch
}

// Ledger shows the book, totals over all of it.
func (h *Host) Ledger() Ledger {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.runDue()
	var out Ledger
	open := Batch{Number: h.state.Batch, State: "open"}
	for _, b := range h.state.Batches {
		out.Batches = append(out.Batches, Batch{b.Number, "settled", b.Count, b.Net})
	}
	for _, t := range h.state.Transactions {
		e := Entry{TransID: t.ID, Ticket: t.Ticket, CustID: t.CustID, Action: t.Action, Kind: Kind(t.Action), Card: t.Card,
			Parent: t.Parent, State: t.State, Requested: t.Requested, Approved: t.Approved, Captured: t.Captured,
			Refunded: t.Refunded, Net: t.net(), Batch: t.Batch, BookedAt: t.BookedAt, Answered: t.Answered,
			ChargedBack: t.ChargedBack, BillingID: t.BillingID, Marks: slices.Clone(t.Marks)}
		if !h.lapsed(t) {
			e.Held = t.Held
		}
		if t.Batch == 0 && t.settles() {
			open.Count++
			open.Net += e.Net
			e.Batch = open.Number
		}
		out.Held += e.Held
		out.Captured += e.Captured
		out.Refunded += e.Refunded
		out.ChargedBack += e.ChargedBack
		out.Net += e.Net
		out.Entries = append(out.Entries, e)
	}
	if open.Count > 0 {
		out.Batches = append(out.Batches, open)
	}
	return out
}

// settles says whether the row goes out with the next batch.
func (t *transaction) settles() bool {
	switch kindOf[t.Action] {
	case "sale", "capture":
		return !t.Wallet && !t.inWallet() && (t.State == captured || t.State == accepted)
	case "refund":
		return t.State == accepted
	}
	return false
}

// children are the rows that refer to one, by action, without those that came to nothing.
func (h *Host) children(t *transaction, action string) []*transaction {
	return slices.DeleteFunc(slices.Clone(h.state.Transactions), func(c *transaction) bool {
		return c.Parent != t.ID || c.Action != action || c.State == voided || c.State == rejected || c.State == declined
	})
}
