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
	accepted State = "accepted" // queued: credit, void, reversal, ACH and offline sale; approved verify
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
	Answered bool

	Requested, Approved int64
	Held                int64 `json:",omitempty"` // what a postauth may still take
	Captured            int64 `json:",omitempty"` // what this row itself brings in
	Refunded            int64 `json:",omitempty"` // taken back by credits that refer to this row

	Card, Brand      string            `json:",omitempty"` // mask
	AuthCode         string            `json:",omitempty"`
	AVS, CVV         string            `json:",omitempty"`
	Parent, Chain    string            `json:",omitempty"`
	Person           map[string]string `json:",omitempty"` // name and address, for the query
	Batch            int64             `json:",omitempty"`
	BookedAt, Cutoff time.Time
	RejectAt         time.Time // when a queued row turns out refused; zero: never
}

// net is what the row adds to the merchant's money.
func (t *transaction) net() int64 {
	if kindOf[t.Action] == "refund" {
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
	Next         int64 // of the identifiers
	Batch        int64 // number of the open batch
	Transactions []*transaction
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
type Ledger struct {
	Held, Captured, Refunded, Net int64 // cents
	Entries                       []Entry
	Batches                       []Batch
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
			Refunded: t.Refunded, Net: t.net(), Batch: t.Batch, BookedAt: t.BookedAt, Answered: t.Answered}
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
		return t.State == captured || t.State == accepted
	case "refund":
		return t.State == accepted
	}
	return false
}

// lapsed says whether a preauth is too old for a postauth.
func (h *Host) lapsed(t *transaction) bool {
	return h.cfg.Now().After(t.BookedAt.AddDate(0, 0, h.cfg.Profile.Switches.PreauthDays))
}

// Job is something that the host did by itself when its time came.
type Job struct {
	Name  string    // settle or reject
	At    time.Time // when it fell due
	Count int       // rows concerned
}

// RunDue does what fell due since the last call: queued rows that turn out refused, batches that settle.
// Every request does it too.
func (h *Host) RunDue() []Job {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.runDue()
}

func (h *Host) runDue() []Job {
	now := h.cfg.Now()
	var jobs []Job
	for {
		next, ok := h.nextDue()
		if !ok || next.After(now) {
			return jobs
		}
		if n := h.rejectDue(next); n > 0 {
			jobs = append(jobs, Job{"reject", next, n})
		}
		if n := h.settleDue(next); n > 0 {
			jobs = append(jobs, Job{"settle", next, n})
		}
	}
}

// nextDue is the earliest moment at which a row changes by itself.
func (h *Host) nextDue() (at time.Time, ok bool) {
	for _, t := range h.state.Transactions {
		due := t.RejectAt
		if due.IsZero() && t.settles() {
			due = t.Cutoff
		}
		if !due.IsZero() && (!ok || due.Before(at)) {
			at, ok = due, true
		}
	}
	return at, ok
}

func (h *Host) rejectDue(at time.Time) (n int) {
	for _, t := range h.state.Transactions {
		if !t.RejectAt.IsZero() && !t.RejectAt.After(at) {
			t.State, t.Status, t.RejectAt = rejected, "rejected", time.Time{}
			n++
		}
	}
	return n
}

// settleDue closes the batch of a day: 20:00 Pacific (guide, voids).
func (h *Host) settleDue(at time.Time) int {
	b := batch{Number: h.state.Batch, At: at}
	for _, t := range h.state.Transactions {
		if t.RejectAt.IsZero() && t.settles() && !t.Cutoff.After(at) {
			b.Count++
			b.Net += t.net()
			t.State, t.Batch = settled, b.Number
		}
	}
	if b.Count > 0 {
		h.state.Batches = append(h.state.Batches, b)
		h.state.Batch++
	}
	return b.Count
}

// cutoff is the next 20:00 Pacific after a time: until then a transaction can be voided. The guide says
// "on the day of submission"; one submitted after 20:00 goes with the next day's batch (ours).
func (h *Host) cutoff(t time.Time) time.Time {
	p := t.In(h.pacific)
	at := time.Date(p.Year(), p.Month(), p.Day(), 20, 0, 0, 0, h.pacific)
	if !at.After(t) {
		at = time.Date(p.Year(), p.Month(), p.Day()+1, 20, 0, 0, 0, h.pacific)
	}
	return at
}

// children are the rows that refer to one, by action, without those that came to nothing.
func (h *Host) children(t *transaction, action string) []*transaction {
	return slices.DeleteFunc(slices.Clone(h.state.Transactions), func(c *transaction) bool {
		return c.Parent != t.ID || c.Action != action || c.State == voided || c.State == rejected || c.State == declined
	})
}
