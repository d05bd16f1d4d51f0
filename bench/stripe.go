package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/reader"
)

// stripe is a simulated card reader in this process, which knows when the last byte of a report left.
type stripe struct {
	path   string
	reader *reader.Reader
	last   atomic.Int64 // when the latest frame was about to be written, nanoseconds since began
	began  time.Time
	stop   context.CancelFunc
	ended  chan error
}

func newStripe(ctx context.Context, path string) (*stripe, error) {
	r, err := reader.New(reader.Config{})
	if err != nil {
		return nil, err
	}
	l, err := hwsim.ListenUnix(path)
	if err != nil {
		return nil, err
	}
	s := &stripe{path: path, reader: r, began: time.Now(), ended: make(chan error, 1)}
	ctx, s.stop = context.WithCancel(ctx)
	go func() { s.ended <- r.Serve(ctx, stampedListener{l, s}) }()
	return s, nil
}

func (s *stripe) uri() string { return "sim://" + s.path }

func (s *stripe) close() error {
	s.stop()
	err := <-s.ended
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// swipe sends the report of a card of its own and says when the last byte of it was about to be written.
func (s *stripe) swipe(ctx context.Context, random *rand.Rand) (time.Time, error) {
	track1, track2 := tracks(random)
	err := s.reader.Swipe(ctx, reader.Swipe{Track1: track1, Track2: track2})
	return s.began.Add(time.Duration(s.last.Load())), err
}

type stampedListener struct {
	net.Listener
	stripe *stripe
}

func (l stampedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return stampedConn{c, l.stripe}, err
}

type stampedConn struct {
	net.Conn
	stripe *stripe
}

func (c stampedConn) Write(b []byte) (int, error) {
	c.stripe.last.Store(int64(time.Since(c.stripe.began)))
	return c.Conn.Write(b)
}
