package payment

import (
	"context"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// Cash journals cash that was taken for a sale. There is no host and so no intent: one commit, and the
// payment is approved. An error means that it is not in the journal.
func (e *Engine) Cash(ctx context.Context, o CashOrder) (pos.Payment, error) {
	if err := e.positive(o.Amount); err != nil {
		return pos.Payment{}, err
	}
	now := e.Now()
	p := pos.Payment{
		Kind: pos.KindSale, State: pos.StateApproved, Sale: o.Sale, Clerk: o.Clerk,
		Requested: o.Amount, Approved: o.Amount, Refunded: money.New(0, e.Currency),
		Instrument: pos.Instrument{Kind: pos.InstrumentCash, Masked: "cash"},
		Batch:      e.openBatch(), Created: now, Updated: now,
	}
	if err := e.number(&p); err != nil {
		return pos.Payment{}, err
	}
	event := pos.Event{Kind: pos.EventOutcome, Payment: p.ID, At: now, Clerk: o.Clerk, Detail: outcomeDetail(p)}
	err := e.commit(ctx, pos.Change{Payment: p, Event: event})
	if pos.CodeOf(err) == pos.CodeJournalUnknown && e.stands(ctx, p.ID) {
		err = nil
	}
	if err != nil {
		return pos.Payment{}, err
	}
	return p, nil
}

// stands looks whether a payment is in the journal although its commit did not say so. Cash that counted as not
// taken would be taken down twice.
func (e *Engine) stands(ctx context.Context, id string) bool {
	_, err := e.Journal.Find(context.WithoutCancel(ctx), id)
	return err == nil
}
