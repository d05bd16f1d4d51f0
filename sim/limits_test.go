package sim

import (
	"slices"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// offline is what the merchant lets the terminal approve alone, if anything: so little that an outage meets every limit.
func (w *world) offline() *payment.Offline {
	if !w.plan.offline || w.wire != nil {
		return nil
	}
	d := newStream(w.seed, "offline")
	return &payment.Offline{PerSale: cents(70_00), Total: cents(pick[int64](d, 80_00, 250_00)), Count: pick(d, 3, 6), Age: pick(d, 2*time.Minute, 30*time.Minute), Brands: brands}
}

// approvedAlone holds an offline approval that is about to be durable to the merchant's limits. What was forwarded and is
// not settled is the merchant's risk as much as what waits.
func (w *world) approvedAlone(p pos.Payment, e pos.Event) {
	limits := w.offline()
	if limits == nil || !p.Waiting() || e.Kind != pos.EventOutcome {
		return // what is off altogether, checkOffline finds
	}
	rows := w.disk.peek(pos.Filter{Ref: p.Ref})
	if len(rows) != 1 || rows[0].State != pos.StateSending {
		return // forwarded, and not sent
	}
	if !slices.Contains(limits.Brands, p.Instrument.Brand) || p.Instrument.PIN || p.Surcharge.IsPositive() {
		w.violate("%s: approved offline with a card that is not for it", p.Ref)
	}
	sum, count := p.Requested.Minor(), 1
	for _, q := range w.disk.peek(pos.Filter{}) {
		if !q.Offline || !q.Waiting() && !q.State.Open() {
			continue
		}
		sum, count = sum+q.Requested.Minor(), count+1
		if age := p.Updated.Sub(q.Created); q.Waiting() && q.Updated.Before(p.Updated) && age > limits.Age {
			w.violate("%s: approved offline while %s has been waiting for %s", p.Ref, q.Ref, age)
		}
	}
	if sum > limits.Total.Minor() || count > limits.Count {
		w.violate("%s: approved offline, now %d of %d, in all", p.Ref, sum, count)
	}
}

// forwarded wants the oldest offline approval to go first, of those that go for the first time.
func (w *world) forwarded(p pos.Payment) {
	if !p.Offline {
		return
	}
	w.mu.Lock()
	before := w.wentOut[p.Ref]
	w.wentOut[p.Ref] = true
	w.mu.Unlock()
	if before {
		return // back from where nobody had it, say
	}
	for _, q := range w.disk.peek(pos.Filter{State: pos.StateAccepted}) {
		w.mu.Lock()
		out := w.wentOut[q.Ref]
		w.mu.Unlock()
		if q.Waiting() && q.Seq < p.Seq && !out {
			w.violate("%s is forwarded before %s, which is older", p.Ref, q.Ref)
		}
	}
}
