package host

import (
	"context"
	"net"
	"time"
)

// Simulator is a simulated host, whatever its wire. Its methods may be called from many goroutines.
type Simulator interface {
	// Serve answers the connections of a listener, which gives them with TLS done or about to be done,
	// until ctx ends. It closes the listener and ends with all its goroutines ended.
	Serve(ctx context.Context, l net.Listener) error
	// Book shows the whole ledger in the order of booking.
	Book() Book
	// RunDue does what fell due by the clock.
	RunDue() []Job
	// Reset empties the ledger.
	Reset() error
	// Flush keeps what fell due since the last booking.
	Flush() error
	// Snapshot is the whole state, for the folder that keeps it.
	Snapshot() ([]byte, error)
}

// Book is a ledger as a simulator gives it.
type Book struct {
	Transactions []Transaction
	Batches      []Batch
}

// Transaction is one row of a ledger. Amounts are minor units. NetCents is what the row itself adds to
// the merchant's money, RefundedCents what later rows took back from it.
type Transaction struct {
	HostID         string    `json:"host_id"`
	Ref            string    `json:"ref"`
	Merchant       string    `json:"merchant"`
	Terminal       string    `json:"terminal"`
	Seq            int64     `json:"seq"`
	Kind           string    `json:"kind"`
	State          string    `json:"state"`
	RequestedCents int64     `json:"requested_cents"`
	ApprovedCents  int64     `json:"approved_cents"`
	CapturedCents  int64     `json:"captured_cents"`
	RefundedCents  int64     `json:"refunded_cents"`
	NetCents       int64     `json:"net_cents"`
	Card           string    `json:"card"` // mask
	Parent         string    `json:"parent"`
	Batch          int64     `json:"batch"`
	BookedAt       time.Time `json:"booked_at"`
	Answered       bool      `json:"answered"` // the answer was written whole

	HeldCents int64 `json:"-"` // part of the total only
}

// Batch is one settlement; state open or settled.
type Batch struct {
	Number   int64  `json:"number"`
	State    string `json:"state"`
	Count    int    `json:"count"`
	NetCents int64  `json:"net_cents"`
}

// Job is something that the host did when its time came.
type Job struct {
	Name  string    `json:"name"`
	At    time.Time `json:"at"`
	Count int       `json:"count"`
}

// ledger is the answer to GET /ledger.
type ledger struct {
	Host          string        `json:"host"`
	Now           time.Time     `json:"now"`
	HeldCents     int64         `json:"held_cents"`
	CapturedCents int64         `json:"captured_cents"`
	RefundedCents int64         `json:"refunded_cents"`
	NetCents      int64         `json:"net_cents"`
	Transactions  []Transaction `json:"transactions"`
	Batches       []Batch       `json:"batches"`
}

// newLedger sums up the rows of a reference, or of all when ref is empty.
func newLedger(name string, now time.Time, b Book, ref string) ledger {
	out := ledger{Host: name, Now: now, Transactions: []Transaction{}, Batches: append([]Batch{}, b.Batches...)}
	for _, t := range b.Transactions {
		if ref != "" && t.Ref != ref {
			continue
		}
		out.HeldCents += t.HeldCents
		out.CapturedCents += t.CapturedCents
		out.RefundedCents += t.RefundedCents
		out.NetCents += t.NetCents
		out.Transactions = append(out.Transactions, t)
	}
	return out
}
