package main

import (
	"context"
	"errors"
	"time"
)

const (
	swipes = 250
	// armTime is how long the terminal has from the request to the swipe, to arm its reader. A person
	// takes longer; a swipe before that would not count.
	armTime = 15 * time.Millisecond
	// swipeAgain is when a person whose swipe did not count, since the reader was not armed yet, tries again.
	swipeAgain = 5 * time.Second
)

// measureWire times a swipe, from the last byte of the reader's report until a tap before the host sees
// the connection's first byte, and the first byte of the record with the request.
func measureWire(ctx context.Context, r *run) (rows []row, err error) {
	c, err := newCounter(ctx, r, "wire")
	if err != nil {
		return nil, err
	}
	defer c.close()
	t, err := newTap(c.host.text("listen"))
	if err != nil {
		return nil, err
	}
	defer t.close()
	path, err := socketPath(c.dir, "reader")
	if err != nil {
		return nil, err
	}
	s, err := newStripe(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	d, err := c.desk("data", t.addr(), s.uri())
	if err != nil {
		return nil, err
	}
	terminal, err := d.boot(ctx)
	if err != nil {
		return nil, err
	}
	defer terminal.stop()
	w := wireTimes{run: r, terminal: terminal, stripe: s, tap: t}
	if err := w.measure(ctx, d); err != nil {
		return nil, err
	}
	return []row{
		{name: "swipe to first byte (ClientHello) p50", unit: "ms", value: percentile(w.first, 50), floor: percentile(w.commit, 50)},
		{name: "swipe to first byte (ClientHello) p99", unit: "ms", value: percentile(w.first, 99), floor: percentile(w.commit, 99), goal: atMost(4)},
		{name: "swipe to request record p50", unit: "ms", value: percentile(w.request, 50), floor: percentile(w.handshake, 50)},
		{name: "swipe to request record p99", unit: "ms", value: percentile(w.request, 99), floor: percentile(w.handshake, 99)},
	}, nil
}

// wireTimes collects milliseconds, one value a swipe.
type wireTimes struct {
	run      *run
	terminal *process
	stripe   *stripe
	tap      *tap

	first, request    []float64 // ours
	commit, handshake []float64 // floors: the intent's commit alone, a TLS handshake alone
}

func (w *wireTimes) measure(ctx context.Context, d *desk) error {
	e, err := newEcho(ctx, d)
	if err != nil {
		return err
	}
	defer e.close()
	for i := range swipes {
		if err := w.swipe(ctx, i); err != nil {
			return err
		}
		wrote, err := e.again(ctx)
		if err != nil {
			return err
		}
		conn, shook, err := handshake(ctx, w.tap.addr(), e.tls)
		if err != nil {
			return err
		}
		conn.NetConn().Close()                             // without a farewell, which would look like a request to the tap
		w.commit = append(w.commit, milliseconds(wrote/2)) // of two alike
		w.handshake = append(w.handshake, milliseconds(shook))
	}
	return nil
}

// swipeUntil swipes until the sale ends, and says when it did last.
func (w *wireTimes) swipeUntil(ctx context.Context, sold <-chan error) (at time.Time, err error) {
	for {
		at, err = w.stripe.swipe(ctx, w.run.random)
		if err != nil {
			return at, errors.Join(err, <-sold)
		}
		patience := time.NewTimer(swipeAgain)
		select {
		case err := <-sold:
			patience.Stop()
			return at, err
		case <-patience.C:
		}
	}
}

// swipe has the terminal sell on a swiped card.
func (w *wireTimes) swipe(ctx context.Context, n int) error {
	line, err := saleRequest{Amount: amount(w.run.random)}.line(n)
	if err != nil {
		return err
	}
	sold := make(chan error, 1)
	go func() { sold <- sell(ctx, w.terminal.text("socket"), line) }()
	pause := time.NewTimer(armTime)
	defer pause.Stop()
	<-pause.C
	at, err := w.swipeUntil(ctx, sold)
	if err != nil {
		return err
	}
	// The tap reports just after it passes the request on, so the sighting may come after the answer.
	patience := time.NewTimer(time.Second)
	defer patience.Stop()
	select {
	case s := <-w.tap.seen:
		if s.first.Before(at) {
			return errors.New("the tap saw a connection from before the swipe")
		}
		w.first = append(w.first, milliseconds(s.first.Sub(at)))
		w.request = append(w.request, milliseconds(s.request.Sub(at)))
		return nil
	case <-patience.C:
		return errors.New("a sale was approved and nothing came over the wire")
	}
}
