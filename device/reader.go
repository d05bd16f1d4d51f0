package device

import (
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/device/wedge"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// Reader is a supervised card reader.
type Reader struct {
	*supervisor               // of all but a wedge
	keys        *wedge.Reader // of a wedge, else nil
	armed       *arming
	ignored     int
}

// arming is one Read. Its result is sent once.
type arming struct {
	at     time.Time
	result chan outcome
}

type outcome struct {
	swipe card.Swipe
	err   error
}

// ignoredReason is what the status bar, which has room for a few words, says after a swipe that nobody
// asked for.
const ignoredReason = "swipe ignored"

// OpenReader starts the supervision of a reader and returns at once; a device that is not there is
// offline until it comes. driver "" takes the one that fits the URI. ctx bounds nothing but this call:
// Close ends the reader. It errs with device.uri, device.not_in_this_build or config.invalid.
func OpenReader(ctx context.Context, uri, driver string, o Options) (*Reader, error) {
	u, build, err := findReader(uri, driver)
	if err != nil {
		return nil, err
	}
	if u.Kind == transport.KindWedge {
		return &Reader{keys: wedge.New(o.clock())}, nil
	}
	s, err := newSupervisor(ctx, o)
	if err != nil {
		return nil, err
	}
	r := &Reader{supervisor: s}
	r.left = r.drop
	r.start(func(ctx context.Context) (session, error) {
		d, conn, err := build.open(ctx, u)
		return session{conn, func(ctx context.Context) error { return r.pump(ctx, d) }}, err
	})
	return r, nil
}

// findReader reads a reader's URI and finds its driver; a wedge's is empty.
func findReader(uri, driver string) (u transport.URI, build readerDriver, err error) {
	if u, err = transport.ParseURI(uri); err != nil {
		return u, build, err
	}
	driver = cmp.Or(driver, readerFor(u))
	build, known := readerDrivers[driver]
	switch wedge := u.Kind == transport.KindWedge; {
	case wedge && driver == "wedge":
		return u, build, nil
	case wedge, !known:
		return u, build, unknownDriver("device.reader", driver)
	}
	return u, build, checkKind(u, driver, build.kinds()...)
}

// Keys is the filter that takes a wedge reader's bursts out of the keyboard, nil for other readers.
func (r *Reader) Keys() *wedge.Reader { return r.keys }

func (d readerDriver) open(ctx context.Context, u transport.URI) (swiper, io.Closer, error) {
	if d.stream != nil {
		conn, err := openBytes(ctx, u)
		if err != nil {
			return nil, nil, err
		}
		return d.stream(conn), conn, nil
	}
	conn, err := openReports(ctx, u)
	if err != nil {
		return nil, nil, err
	}
	s, err := d.reports(conn)
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return s, conn, nil
}

// pump takes every swipe until the device goes or ctx ends.
func (r *Reader) pump(ctx context.Context, d swiper) error {
	r.up(pos.Health{State: pos.DeviceOnline})
	for {
		s, began, err := d.Next(ctx)
		var partial *transport.PartialError
		switch {
		case errors.As(err, &partial):
			r.deliver(partial.Began, outcome{err: pos.NewError(pos.CodeCardUnreadable).Because(err)})
		case errors.Is(err, transport.ErrOffline), errors.Is(err, transport.ErrClosed), ctx.Err() != nil:
			return err
		case err != nil:
			r.deliver(began, outcome{err: pos.NewError(pos.CodeCardUnreadable).Because(err)})
		default:
			r.deliver(began, outcome{swipe: s})
		}
	}
}

// deliver gives an outcome to the Read that was armed before it began, or wipes it.
func (r *Reader) deliver(began time.Time, o outcome) {
	r.mu.Lock()
	a := r.armed
	if a == nil || began.Before(a.at) {
		o.swipe.Wipe()
		r.ignored++
		r.health = pos.Health{State: pos.DeviceAttention, Reason: ignoredReason}
		r.mu.Unlock()
		r.opts.changed()
		return
	}
	r.armed = nil
	r.mu.Unlock()
	a.result <- o
}

// drop ends a waiting Read.
func (r *Reader) drop(h pos.Health) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.armed != nil {
		r.armed.result <- outcome{err: pos.NewError(pos.CodeReaderOffline).WithDetail("%s", h.Reason)}
		r.armed = nil
	}
}

// Read arms the reader and waits for one swipe. Only what begins after arming counts; unreadable tracks
// are data of the swipe. It errs with ctx's error, or with code reader.offline when the device is not
// there or goes, card.unreadable when a swipe broke off, register.busy when another Read waits.
func (r *Reader) Read(ctx context.Context) (card.Swipe, error) {
	if r.keys != nil {
		return r.keys.Read(ctx)
	}
	select {
	case <-r.tried:
	case <-ctx.Done():
		return card.Swipe{}, ctx.Err()
	}
	a, err := r.arm()
	if err != nil {
		return card.Swipe{}, err
	}
	select {
	case o := <-a.result:
		return o.swipe, o.err
	case <-ctx.Done():
		r.disarm(a)
		return card.Swipe{}, ctx.Err()
	}
}

func (r *Reader) arm() (*arming, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.armed != nil:
		return nil, pos.NewError(pos.CodeBusy)
	case r.health.State == pos.DeviceOffline, r.health.State == pos.DeviceClosed:
		return nil, pos.NewError(pos.CodeReaderOffline).WithDetail("%s", r.health.Reason)
	}
	r.health = pos.Health{State: pos.DeviceOnline}
	r.armed = &arming{at: time.Now(), result: make(chan outcome, 1)}
	r.opts.changed()
	return r.armed, nil
}

// disarm takes a Read back. A swipe that came together with the cancel is wiped: the cancel counts.
func (r *Reader) disarm(a *arming) {
	r.mu.Lock()
	mine := r.armed == a
	if mine {
		r.armed = nil
	}
	r.mu.Unlock()
	if mine {
		return
	}
	o := <-a.result
	o.swipe.Wipe()
	r.mu.Lock()
	r.ignored++
	r.mu.Unlock()
}

// Health says how the reader is.
func (r *Reader) Health() pos.Health {
	if r.keys != nil {
		return r.keys.Health()
	}
	return r.supervisor.Health()
}

// Opened counts how often the device was opened: once, and once more after each unplug. A wedge is none.
func (r *Reader) Opened() int {
	if r.keys != nil {
		return 0
	}
	return r.supervisor.Opened()
}

// Armed says whether a Read waits for a swipe.
func (r *Reader) Armed() bool {
	if r.keys != nil {
		return r.keys.Armed()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.armed != nil
}

// Ignored counts the swipes that were wiped because no Read waited for them.
func (r *Reader) Ignored() int {
	if r.keys != nil {
		return r.keys.Ignored()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ignored
}

// Close ends the supervision and every waiting Read.
func (r *Reader) Close() error {
	if r.keys != nil {
		r.keys.Close()
		return nil
	}
	return r.supervisor.Close()
}
