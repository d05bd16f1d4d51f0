package payment

import (
	"context"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// Cash journals cash that was taken for a sale. There is no host and so no intent: one commit, and the
// payment is approved. An error means that it is not in the journal, or will be there as voided.
func (e *Engine) Cash(ctx context.Context, o CashOrder) (pos.Payment, error) {
	if err := e.positive(o.Amount); err != nil {
		return pos.Payment{}, err
	}
	now := e.Now()
	p := pos.Payment{
		Kind: pos.KindSale, State: pos.StateApproved, Sale: o.Sale, SaleTotal: o.SaleTotal, Items: o.Items, Clerk: o.Clerk,
		Requested: o.Amount, Approved: o.Amount, Refunded: money.New(0, e.Currency),
		Instrument: pos.Instrument{Kind: pos.InstrumentCash, Masked: "cash"},
		Batch:      e.openBatch(), Created: now, Updated: now,
	}
	if err := e.number(&p); err != nil {
		return pos.Payment{}, err
	}
	event := pos.Event{Kind: pos.EventOutcome, Payment: p.ID, At: now, Clerk: o.Clerk, Detail: outcomeDetail(p)}
	change := pos.Change{Payment: p, Event: event}
	err := e.commit(ctx, change)
	if pos.CodeOf(err) == pos.CodeJournalUnknown {
		// The person is told that it was not taken, and the journal is made to say the same.
		voided := change
		voided.Payment.State = pos.StateVoided
		voided.Event.Detail = outcomeDetail(voided.Payment)
		err = e.insist(ctx, change, err, change, voided)
	}
	if err != nil {
		return pos.Payment{}, err
	}
	return p, nil
}

// ReturnCash says that cash goes back over the counter: the payment is voided. There is no host, so it is one commit.
func (e *Engine) ReturnCash(ctx context.Context, f Follow) (pos.Payment, error) {
	chain, release, err := e.hold(ctx, f.Payment)
	if err != nil {
		return pos.Payment{}, err
	}
	defer release()
	if err := checkTexts(f.Clerk, f.Reason); err != nil {
		return pos.Payment{}, err
	}
	p := chain[0]
	if p.Instrument.Kind != pos.InstrumentCash || p.State != pos.StateApproved {
		return pos.Payment{}, notAllowed(pos.KindVoid, p)
	}
	p.State, p.Updated = pos.StateVoided, e.Now()
	event := pos.Event{Kind: pos.EventOutcome, Payment: p.ID, At: p.Updated, Clerk: f.Clerk, Reason: f.Reason, Detail: outcomeDetail(p)}
	change := pos.Change{Payment: p, Event: event}
	err = e.commit(ctx, change)
	if pos.CodeOf(err) == pos.CodeJournalUnknown {
		err = e.insist(ctx, change, err, change)
	}
	if err != nil {
		return pos.Payment{}, err
	}
	return p, nil
}

// insistFor is how long a person waits for a journal that does not know whether it has written.
const insistFor = 20 * time.Second

// insist writes a change again and again that may be in the journal: cash is counted once, so nobody may
// type it a second time while the first is in doubt. If that leads to nothing, the background writes what is to stand
// in the end.
func (e *Engine) insist(ctx context.Context, change pos.Change, err error, end ...pos.Change) error {
	limited, cancel := context.WithTimeout(ctx, insistFor)
	defer cancel()
	for err != nil {
		select {
		case <-limited.Done():
			e.later(end...)
			return err
		case <-time.After(afterFailure):
		}
		err = e.commit(limited, change)
	}
	return nil
}
