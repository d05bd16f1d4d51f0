package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"
)

// echo writes what a terminal journaled once more, into a second file beside its journal.
type echo struct {
	source *original
	floor  *replayer
	tls    *tls.Config
}

func newEcho(ctx context.Context, d *desk) (e *echo, err error) {
	e = &echo{}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	beside := d.data + "-floor"
	if err = bornJournal(ctx, beside); err != nil {
		return e, err
	}
	if e.floor, err = openReplayer(ctx, journalIn(beside)); err != nil {
		return e, err
	}
	if e.source, err = openOriginal(journalIn(d.data)); err != nil {
		return e, err
	}
	e.tls, err = d.clientTLS()
	return e, err
}

func (e *echo) close() {
	if e.source != nil {
		e.source.close()
	}
	if e.floor != nil {
		e.floor.close()
	}
}

// sale has the terminal sell on a typed card.
func (e *echo) sale(ctx context.Context, r *run, terminal *process, n int) (time.Duration, error) {
	typed, err := typedCard(r.random)
	if err != nil {
		return 0, err
	}
	line, err := saleRequest{Amount: amount(r.random), Card: typed}.line(n)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	err = sell(ctx, terminal.text("socket"), line)
	return time.Since(began), err
}

// again replays the commits since the last call and says how long writing them took.
func (e *echo) again(ctx context.Context) (time.Duration, error) {
	commits, err := e.source.fresh(ctx)
	if err != nil {
		return 0, err
	}
	if len(commits) != 2 {
		return 0, fmt.Errorf("a sale made %d commits, not two", len(commits))
	}
	began := time.Now()
	for _, c := range commits {
		if err := e.floor.write(c); err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}
