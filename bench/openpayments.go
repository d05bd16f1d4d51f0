package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

const (
	openPayments = 10_000
	openRounds   = 20
	openBatch    = 500 // payments a commit
)

// unknownPayments makes a journal with payments whose outcome is unknown and which are due to be asked about.
func unknownPayments(ctx context.Context, dir string, n int) (err error) {
	j, err := openJournal(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	created := time.Now().Add(-time.Hour)
	for from := 0; from < n; from += openBatch {
		for _, s := range []struct {
			state pos.State
			kind  pos.EventKind
		}{{pos.StateSending, pos.EventIntent}, {pos.StateUnknown, pos.EventOutcome}} {
			var changes []pos.Change
			for i := from; i < min(n, from+openBatch); i++ {
				p := unknownPayment(i+1, created)
				p.State = s.state
				if s.state == pos.StateUnknown {
					p.Due, p.Failure = created.Add(time.Minute), pos.NewError(pos.CodeUnknown)
				}
				changes = append(changes, pos.Change{Payment: p, Event: pos.Event{Kind: s.kind, Payment: p.ID, At: created}})
			}
			if err := j.Append(ctx, changes...); err != nil {
				return err
			}
		}
	}
	return nil
}

func unknownPayment(seq int, created time.Time) pos.Payment {
	zero := money.New(0, money.USD)
	return pos.Payment{
		ID: fmt.Sprintf("bench-%d", seq), Ref: fmt.Sprintf("1-261122-BENCH-%d", seq), Seq: int64(seq), Kind: pos.KindSale,
		Sale: fmt.Sprintf("s-bench-%d", seq), Requested: money.New(int64(100+seq), money.USD), Approved: zero, Refunded: zero,
		Instrument: pos.Instrument{Kind: pos.InstrumentCard, Masked: "400000******0000", Brand: card.Visa, Entry: card.EntrySwipe,
			Fingerprint: card.Fingerprint{byte(seq), byte(seq >> 8), 1}},
		Processor: "trustcommerce", Batch: 1, Created: created, Updated: created,
	}
}
