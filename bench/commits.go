package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
)

const countedSales = 100

// commitsOfASale are its intent and its outcome: with fewer, something would be sent or shown that is not durable.
const commitsOfASale = 2

// countingJournal counts commits.
type countingJournal struct {
	payment.Journal
	commits int
}

func (j *countingJournal) Append(ctx context.Context, changes ...pos.Change) error {
	j.commits++
	return j.Journal.Append(ctx, changes...)
}

// measureCommits counts how often the engine has the journal commit for a sale.
func measureCommits(ctx context.Context, r *run) (rows []row, err error) {
	stored, err := openJournal(ctx, filepath.Join(r.dir, "commits"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stored.Close()) }()
	journal := &countingJournal{Journal: stored}
	engine, err := payment.New(payment.Config{
		Journal: journal, Vault: stored, Host: payment.Host{Name: "none", Authorize: yes{}}, Position: stored.Position(),
		Lane: "1", Currency: money.USD, Now: time.Now, DuplicateWindow: duplicateWindow, FingerprintKey: stored.FingerprintKey(),
	})
	if err != nil {
		return nil, err
	}
	if _, err := engine.Recover(ctx); err != nil {
		return nil, err
	}
	var counts []float64
	for range countedSales {
		o, err := order(r.random)
		if err != nil {
			return nil, err
		}
		before := journal.commits
		if p, err := engine.Authorize(ctx, o); err != nil || p.State != pos.StateApproved {
			return nil, errors.Join(err, fmt.Errorf("a payment became %q", p.State))
		}
		counts = append(counts, float64(journal.commits-before))
	}
	return []row{
		{name: "commits a payment, mean of 100", value: mean(counts), floor: commitsOfASale, goal: atMost(3)},
		{name: "commits of the worst payment", value: slices.Max(counts), floor: commitsOfASale, goal: atMost(3)},
	}, nil
}
