package device

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/tillpos/till/device/escpos"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/pos"
)

// supervisor keeps one device open: its goroutine opens it, serves it until it goes, and opens it again,
// until Close. It holds the one state that every device has: closed, offline with a reason, online, or
// online with something to look at.
type supervisor struct {
	opts Options
	// left is called after the device became offline or closed; nil is fine.
	left func(pos.Health)

	run    context.Context // ends with Close
	cancel context.CancelFunc
	ended  chan struct{}
	tried  chan struct{} // closed after the first attempt to open
	once   sync.Once     // closes tried

	// mu guards the fields below, and those of the device that change together with them.
	mu     sync.Mutex
	health pos.Health
	isNew  bool // the connection has not been found working yet
	opened int
}

// session is a device that was opened. serve works with it until it goes or ctx ends, and calls up when it
// has found it working.
type session struct {
	io.Closer
	serve func(ctx context.Context) error
}

// newSupervisor makes a supervisor that has nothing open. ctx bounds nothing but this call: the
// supervision outlives it and ends with Close.
func newSupervisor(ctx context.Context, o Options) (*supervisor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o.Waits = o.Waits.orDefault()
	s := &supervisor{opts: o, ended: make(chan struct{}), tried: make(chan struct{}), health: pos.Health{State: pos.DeviceClosed}}
	s.run, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return s, nil
}

// start begins the supervision. open ends by itself, or with its ctx.
func (s *supervisor) start(open func(ctx context.Context) (session, error)) { go s.supervise(open) }

func (s *supervisor) supervise(open func(context.Context) (session, error)) {
	defer close(s.ended)
	defer s.wasTried()
	defer s.gone(pos.Health{State: pos.DeviceClosed})
	for wait := s.opts.Waits.Shortest; ; {
		began := time.Now()
		opened, worked, err := s.connect(open)
		if s.run.Err() != nil {
			return
		}
		stayed := time.Since(began) >= steady
		if worked && stayed {
			wait = s.opts.Waits.Shortest
		}
		longest := s.opts.Waits.Longest
		if !opened || stayed { // not there, or it was, or says nothing
			longest = min(absent, longest)
		}
		s.gone(pos.Health{State: pos.DeviceOffline, Reason: reason(err)})
		s.wasTried()
		wait = min(wait, longest)
		if !pause(s.run, wait) {
			return
		}
		wait *= 2
	}
}

// connect opens the device and serves it until it goes. worked says that it was found working meanwhile.
func (s *supervisor) connect(open func(context.Context) (session, error)) (opened, worked bool, err error) {
	d, err := open(s.run)
	if err != nil {
		return false, false, err
	}
	defer closeSoon(s.run, d)()
	s.mu.Lock()
	s.isNew = true
	s.mu.Unlock()
	err = d.serve(s.run)
	s.mu.Lock()
	defer s.mu.Unlock()
	return true, !s.isNew, err
}

// up says how a device is that was found working, and counts the connection.
func (s *supervisor) up(h pos.Health) {
	s.mu.Lock()
	changed := s.isNew || s.health != h
	if s.isNew {
		s.isNew = false
		s.opened++
	}
	s.health = h
	s.mu.Unlock()
	s.wasTried()
	if changed {
		s.opts.changed()
	}
}

func (s *supervisor) set(h pos.Health) {
	s.mu.Lock()
	changed := s.health != h
	s.health = h
	s.mu.Unlock()
	if changed {
		s.opts.changed()
	}
}

func (s *supervisor) gone(h pos.Health) {
	s.set(h)
	if s.left != nil {
		s.left(h)
	}
}

func (s *supervisor) wasTried() { s.once.Do(func() { close(s.tried) }) }

// Health says how the device is.
func (s *supervisor) Health() pos.Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.health
}

// Opened counts how often the device was found: once, and once more after each unplug.
func (s *supervisor) Opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// Close ends the supervision and every call under way. A device that is told to stop and does not listen
// is waited for half a second.
func (s *supervisor) Close() error {
	s.cancel()
	<-s.ended
	return nil
}

// closeGrace is how long a device may take to leave its session when the terminal closes it.
const closeGrace = 500 * time.Millisecond

// closeSoon closes conn a while after ctx ended. release closes it at once, and waits until that is done.
func closeSoon(ctx context.Context, conn io.Closer) (release func()) {
	done, closed := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		timer := time.NewTimer(closeGrace)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-done:
		}
		conn.Close()
	})
	return func() {
		close(done)
		if !stop() {
			<-closed
			return
		}
		conn.Close()
	}
}

// reason says in a few words why a device is offline.
func reason(err error) string {
	switch {
	case errors.Is(err, escpos.ErrSilent), errors.Is(err, verifone.ErrSilent), errors.Is(err, verifone.ErrNoLine),
		errors.Is(err, context.DeadlineExceeded):
		return "no answer"
	case errors.Is(err, escpos.ErrUnfinished):
		return "did not print"
	case errors.Is(err, verifone.ErrGarbled):
		return "garbled line"
	case errors.Is(err, transport.ErrOffline), errors.Is(err, transport.ErrClosed):
		return "not connected"
	}
	return err.Error()
}

// steady is how long a device must have been there for its loss to be a loss and not another failed attempt: what is
// behind a TCP address may take every connection and drop it at once.
const steady = time.Second

// absent is the longest wait for a device that is not there: a cashier who puts its plug back finds it working.
const absent = time.Second

// pause waits; false when ctx ended.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
