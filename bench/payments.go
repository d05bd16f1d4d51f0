package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/storage"
)

// Rounds of the engine and of its floor, short ones, so that both see the same noise; one more warms up.
const (
	paymentRounds   = 40
	paymentsARound  = 125
	duplicateWindow = 5 * time.Minute // as the terminal has it
)

// yes is a host that approves at once and costs nothing.
type yes struct{}

func (yes) Authorize(_ context.Context, r pos.Request) pos.Answer {
	return pos.Answer{State: pos.StateApproved, Approved: r.Payment.Requested, HostID: "011-0000000000", AuthCode: "123456"}
}

// measurePayments compares the engine on the journal with the same rows, written again by the same
// prepared statements in the same transactions into a second file, with no code of ours between.
func measurePayments(ctx context.Context, r *run) ([]row, error) {
	d, err := newDuel(ctx, filepath.Join(r.dir, "payments"))
	if err != nil {
		return nil, err
	}
	defer d.close()
	for round := range paymentRounds + 1 {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := d.round(ctx, r.random, round > 0); err != nil {
			return nil, err
		}
	}
	if err := d.finish(ctx); err != nil {
		return nil, err
	}
	return []row{
		{name: "durable payments, no-op host", unit: "/s", value: median(d.ours.rates), floor: median(d.floors.rates), goal: ratioAtLeast(0.9)},
		{name: "durable payment p50", unit: "ms", value: percentile(d.ours.took, 50), floor: percentile(d.floors.took, 50)},
		{name: "durable payment p99", unit: "ms", value: percentile(d.ours.took, 99), floor: percentile(d.floors.took, 99)},
	}, nil
}

// series is what the rounds of one side gave.
type series struct {
	rates []float64 // payments a second, one a round
	took  []float64 // milliseconds, one a payment
}

// time has one payment made after the other and takes the times if they count.
func (s *series) time(n int, counts bool, one func(i int) error) error {
	runtime.GC() // no side pays for what the other left
	began := time.Now()
	for i := range n {
		at := time.Now()
		if err := one(i); err != nil {
			return err
		}
		if counts {
			s.took = append(s.took, milliseconds(time.Since(at)))
		}
	}
	if counts && n > 0 {
		s.rates = append(s.rates, float64(n)/time.Since(began).Seconds())
	}
	return nil
}

// duel is an engine with its journal, and the floor that writes the same again.
type duel struct {
	journal      *storage.Journal
	engine       *payment.Engine
	source       *original
	floor        *replayer
	behind       []commit // of the engine's latest round, replayed in the next
	stopQueue    context.CancelFunc
	queue        sync.WaitGroup
	ours, floors series
}

func newDuel(ctx context.Context, dir string) (d *duel, err error) {
	d = &duel{}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if err = bornJournal(ctx, filepath.Join(dir, "floor")); err != nil {
		return d, err
	}
	if d.floor, err = openReplayer(ctx, journalIn(filepath.Join(dir, "floor"))); err != nil {
		return d, err
	}
	if d.journal, err = openJournal(ctx, filepath.Join(dir, "engine")); err != nil {
		return d, err
	}
	if d.source, err = openOriginal(journalIn(filepath.Join(dir, "engine"))); err != nil {
		return d, err
	}
	d.engine, err = payment.New(payment.Config{
		Journal: d.journal, Vault: d.journal, Host: payment.Host{Name: "none", Authorize: yes{}}, Position: d.journal.Position(),
		Lane: "1", Currency: money.USD, Now: time.Now, DuplicateWindow: duplicateWindow, FingerprintKey: d.journal.FingerprintKey(),
	})
	if err != nil {
		return d, err
	}
	// As the terminal does before its first sale, and beside its sales.
	if _, err = d.engine.Recover(ctx); err != nil {
		return d, err
	}
	ctx, d.stopQueue = context.WithCancel(ctx)
	d.queue.Go(func() { d.engine.Run(ctx) })
	return d, nil
}

func (d *duel) close() {
	if d.stopQueue != nil {
		d.stopQueue()
		d.queue.Wait()
	}
	if d.source != nil {
		d.source.close()
	}
	if d.floor != nil {
		d.floor.close()
	}
	if d.journal != nil {
		d.journal.Close()
	}
}

// round lets both sides write, in an order that is drawn. The floor writes what the engine wrote a round
// earlier, so the first round is the engine's alone and counts for neither.
func (d *duel) round(ctx context.Context, random *rand.Rand, counts bool) error {
	orders := make([]payment.Order, paymentsARound)
	for i := range orders {
		var err error
		if orders[i], err = order(random); err != nil {
			return err
		}
	}
	behind := d.behind
	sides := []func() error{
		func() error {
			return d.ours.time(len(orders), counts, func(i int) error {
				p, err := d.engine.Authorize(ctx, orders[i])
				if err == nil && p.State != pos.StateApproved {
					err = fmt.Errorf("a payment became %s", p.State)
				}
				return err
			})
		},
		func() error { return d.replay(behind, counts) },
	}
	random.Shuffle(len(sides), func(i, j int) { sides[i], sides[j] = sides[j], sides[i] })
	for _, side := range sides {
		if err := side(); err != nil {
			return err
		}
	}
	var err error
	d.behind, err = d.source.fresh(ctx)
	if err == nil && len(d.behind) != 2*paymentsARound {
		err = fmt.Errorf("%d payments made %d commits, not two each", paymentsARound, len(d.behind))
	}
	return err
}

func (d *duel) replay(commits []commit, counts bool) error {
	return d.floors.time(len(commits)/2, counts, func(i int) error {
		if err := d.floor.write(commits[2*i]); err != nil {
			return err
		}
		return d.floor.write(commits[2*i+1])
	})
}

// finish replays the last round and compares both files.
func (d *duel) finish(ctx context.Context) error {
	if err := d.replay(d.behind, false); err != nil {
		return err
	}
	return sameRows(ctx, d.source, d.floor)
}

// order is a sale on a card of its own, as most sales are.
func order(random *rand.Rand) (payment.Order, error) {
	digits := digitsOfCard(random)
	defer clear(digits)
	pan, err := card.NewPAN(digits)
	return payment.Order{
		Kind: pos.KindSale, Sale: "s-bench", Amount: amount(random),
		Credentials: pos.Credentials{Card: card.Card{PAN: pan, Entry: card.EntryKeyed}},
	}, err
}

func journalIn(dir string) string { return filepath.Join(dir, "journal.db") }

// openJournal opens the journal of a data folder as the terminal does, or makes one.
func openJournal(ctx context.Context, dir string) (*storage.Journal, error) {
	return storage.Open(ctx, storage.Options{Path: journalIn(dir), KeyFile: filepath.Join(dir, "terminal.key"), Lane: "1"})
}

// bornJournal makes an empty journal and closes it.
func bornJournal(ctx context.Context, dir string) error {
	j, err := openJournal(ctx, dir)
	if err != nil {
		return err
	}
	return j.Close()
}
