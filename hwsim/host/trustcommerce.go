package host

import (
	"context"
	"net"

	"github.com/tillpos/till/processors/trustcommerce/tctest"
)

// trustCommerce puts the TrustCommerce host behind the Simulator interface.
type trustCommerce struct {
	host   *tctest.Host
	server *tctest.Server
}

func newTrustCommerce(h *tctest.Host, f *Faults) trustCommerce {
	return trustCommerce{h, &tctest.Server{Host: h, Bend: bending(f)}}
}

// Serve implements Simulator.
func (t trustCommerce) Serve(ctx context.Context, l net.Listener) error {
	return t.server.Serve(ctx, l)
}

// bending asks the fault rules about each request.
func bending(f *Faults) func(tctest.Seen) tctest.Bend {
	return func(seen tctest.Seen) tctest.Bend {
		m, ok := f.Request(seen.Kind, seen.Ref, seen.AmountCents)
		if !ok {
			return tctest.Bend{}
		}
		inside := tctest.Trouble{NoProcessor: m.NoProcessor(), LostVerdict: m.LostVerdict(), HideFor: m.HideFor()}
		return tctest.Bend{Before: m.Before(), NoBook: m.NoBook(), After: m.After(), Inside: inside,
			Write: func(ctx context.Context, c net.Conn, a tctest.Answer) bool {
				return m.Write(ctx, c, Reply{a.Body, a.Frame, tctest.WrongTransID})
			}}
	}
}

// Book implements Simulator.
func (t trustCommerce) Book() Book {
	t.server.Settle()
	l := t.host.Ledger()
	var out Book
	for _, e := range l.Entries {
		out.Transactions = append(out.Transactions, Transaction{
			HostID: e.TransID, Ref: e.Ticket, Merchant: e.CustID, Kind: e.Kind, State: string(e.State),
			RequestedCents: e.Requested, ApprovedCents: e.Approved, CapturedCents: e.Captured,
			RefundedCents: e.Refunded, NetCents: e.Net, HeldCents: e.Held,
			Card: e.Card, Parent: e.Parent, Batch: e.Batch, BookedAt: e.BookedAt, Answered: e.Answered,
		})
	}
	for _, b := range l.Batches {
		out.Batches = append(out.Batches, Batch{b.Number, b.State, b.Count, b.Net})
	}
	return out
}

// RunDue implements Simulator.
func (t trustCommerce) RunDue() []Job {
	var out []Job
	for _, j := range t.host.RunDue() {
		out = append(out, Job{j.Name, j.At.UTC(), j.Count})
	}
	return out
}

// Reset implements Simulator.
func (t trustCommerce) Reset() error { return t.host.Reset() }

// Flush implements Simulator.
func (t trustCommerce) Flush() error { return t.host.Flush() }

// Snapshot implements Simulator.
func (t trustCommerce) Snapshot() ([]byte, error) { return t.host.Snapshot() }
