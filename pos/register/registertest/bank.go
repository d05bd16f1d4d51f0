package registertest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
)

// Bank is an engine, a host and a journal in one. It approves everything unless told otherwise.
type Bank struct {
	Now func() time.Time
	// Answer, if set, changes an approved payment into what the host says, before it is journaled.
	Answer func(p *pos.Payment)
	// Refuse, if set, is returned by every order; nothing is journaled.
	Refuse error
	// Takes is how long the host works on each order.
	Takes time.Duration

	mu       sync.Mutex
	payments []pos.Payment
	orders   []payment.Order
}

// Authorize books a sale.
func (b *Bank) Authorize(ctx context.Context, o payment.Order) (pos.Payment, error) {
	defer o.Credentials.Wipe()
	c := o.Credentials.Card
	p := pos.Payment{Kind: o.Kind, Sale: o.Sale, SaleTotal: o.SaleTotal, Items: o.Items, Requested: o.Amount, Cashback: o.Cashback, Tip: o.Tip, Surcharge: o.Surcharge, Fee: o.Fee, Approved: o.Amount, AuthCode: "012345", Clerk: o.Clerk, Processor: "bank",
		Instrument: pos.Instrument{Kind: pos.InstrumentCard, Masked: c.PAN.Masked(), Brand: c.PAN.Brand(), Entry: c.Entry,
			PIN: o.Credentials.PINBlock.Present(), Fallback: c.ServiceCode.Chip() && c.Track2.Present()}}
	p.KSN = o.Credentials.PINBlock.KSN
	if !c.PAN.Present() {
		return pos.Payment{}, pos.NewError(pos.CodeCardUnreadable)
	}
	o.Credentials = pos.Credentials{}
	return b.book(ctx, o, p)
}

// Cash books cash, at once.
func (b *Bank) Cash(ctx context.Context, o payment.CashOrder) (pos.Payment, error) {
	p := pos.Payment{Kind: pos.KindSale, Sale: o.Sale, SaleTotal: o.SaleTotal, Items: o.Items, Requested: o.Amount, Approved: o.Amount, Clerk: o.Clerk,
		Instrument: pos.Instrument{Kind: pos.InstrumentCash, Masked: "cash"}}
	return b.book(ctx, payment.Order{Sale: o.Sale, Amount: o.Amount}, p)
}

// ReturnCash marks cash that went back.
func (b *Bank) ReturnCash(ctx context.Context, f payment.Follow) (pos.Payment, error) {
	if refuse := b.refuses(); refuse != nil {
		return pos.Payment{}, refuse
	}
	b.Change(f.Payment, func(p *pos.Payment) { p.State = pos.StateVoided })
	return b.Find(ctx, f.Payment)
}

// Void books a void and marks its payment.
func (b *Bank) Void(ctx context.Context, f payment.Follow) (pos.Payment, error) {
	return b.follow(ctx, pos.KindVoid, f)
}

// Refund books a refund and notes it at its payment.
func (b *Bank) Refund(ctx context.Context, f payment.Follow) (pos.Payment, error) {
	return b.follow(ctx, pos.KindRefund, f)
}

func (b *Bank) follow(ctx context.Context, kind pos.Kind, f payment.Follow) (pos.Payment, error) {
	parent, err := b.Find(ctx, f.Payment)
	if err != nil {
		return pos.Payment{}, err
	}
	defer f.Credentials.Wipe()
	if kind == pos.KindVoid && parent.Waiting() {
		b.Change(parent.ID, func(p *pos.Payment) { p.State = pos.StateVoided })
		return b.Find(ctx, parent.ID)
	}
	if kind == pos.KindRefund && parent.Instrument.PIN && !f.Credentials.PINBlock.Present() {
		return pos.Payment{}, pos.NewError(pos.CodeRefundPIN)
	}
	amount := f.Amount
	if amount.IsZero() {
		amount = parent.Approved
	}
	p, err := b.book(ctx, payment.Order{Kind: kind, Amount: amount}, pos.Payment{Kind: kind, Sale: parent.Sale, Parent: parent.ID,
		Requested: amount, Approved: amount, Instrument: parent.Instrument, KSN: f.Credentials.PINBlock.KSN})
	if err == nil && p.State.Succeeded() {
		b.Change(parent.ID, func(q *pos.Payment) {
			if kind == pos.KindVoid {
				q.State = pos.StateVoided
			} else if sum, err := q.Refunded.Add(amount); err == nil {
				q.Refunded = sum
			}
		})
	}
	return p, err
}

// Resolve writes a person's decision.
func (b *Bank) Resolve(ctx context.Context, o payment.Resolution) (pos.Payment, error) {
	if refuse := b.refuses(); refuse != nil {
		return pos.Payment{}, refuse
	}
	b.Change(o.Payment, func(p *pos.Payment) { p.State = o.State })
	return b.Find(ctx, o.Payment)
}

// Release marks a payment whose sale went on without it.
func (b *Bank) Release(_ context.Context, id string) error {
	if refuse := b.refuses(); refuse != nil {
		return refuse
	}
	b.Change(id, func(p *pos.Payment) { p.Released = true })
	return nil
}

func (b *Bank) refuses() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Refuse
}

func (b *Bank) book(ctx context.Context, o payment.Order, p pos.Payment) (pos.Payment, error) {
	b.mu.Lock()
	b.orders = append(b.orders, o)
	refuse, answer, takes := b.Refuse, b.Answer, b.Takes
	b.mu.Unlock()
	if refuse != nil {
		return pos.Payment{}, refuse
	}
	p.State, p.Batch, p.Created = pos.StateApproved, 3, b.Now()
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			p.State = pos.StateUnknown
		}
	}
	if answer != nil {
		answer(&p)
	}
	if !p.State.Succeeded() {
		p.Approved, p.AuthCode = money.New(0, p.Requested.Currency()), ""
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p.Seq = int64(len(b.payments) + 1)
	p.ID, p.Ref = fmt.Sprintf("pay-%d", p.Seq), fmt.Sprintf("L1-261122-DEMO-%d", p.Seq)
	b.payments = append(b.payments, p)
	return p, nil
}

// Put journals a payment as it is.
func (b *Bank) Put(p pos.Payment) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.payments = append(b.payments, p)
}

// Find is the journal's.
func (b *Bank) Find(_ context.Context, id string) (pos.Payment, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.payments {
		if p.ID == id {
			return p, nil
		}
	}
	return pos.Payment{}, pos.NewError(pos.CodeNotFound, id)
}

// Change alters a payment behind the register's back.
func (b *Bank) Change(id string, how func(*pos.Payment)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.payments {
		if b.payments[i].ID == id {
			how(&b.payments[i])
		}
	}
}

// Orders are those that were given, their credentials taken out.
func (b *Bank) Orders() []payment.Order {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]payment.Order(nil), b.orders...)
}

// Script sets what the bank does from now on.
func (b *Bank) Script(answer func(*pos.Payment), refuse error, takes time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Answer, b.Refuse, b.Takes = answer, refuse, takes
}

// List is the journal's.
func (b *Bank) List(_ context.Context, f pos.Filter) ([]pos.Payment, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []pos.Payment
	for i := range b.payments {
		p := b.payments[i]
		if f.Newest {
			p = b.payments[len(b.payments)-1-i]
		}
		if f.Open && !p.State.Open() || f.Batch != 0 && p.Batch != f.Batch || f.Ref != "" && p.Ref != f.Ref || f.Sale != "" && p.Sale != f.Sale ||
			f.State != "" && p.State != f.State || p.Created.Before(f.Since) {
			continue
		}
		if out = append(out, p); f.Limit > 0 && len(out) == f.Limit {
			break
		}
	}
	return out, nil
}
