package device

import (
	"context"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos"
)

// lookEvery is the time between two looks at a device that nobody uses.
const lookEvery = 2 * time.Second

// lender supervises a device that answers: it lends its driver to one call at a time, and looks at it in
// between. D is a driver.
type lender[D comparable] struct {
	*supervisor
	// look says how the device is; an error of it ends the connection.
	look func(ctx context.Context, d D) (pos.Health, error)
	// news gets something when the device is to be looked at before its time; nil is fine.
	news func(d D) <-chan struct{}
	// absent is the code of a call that found no device, lost says that a call's error ends the connection.
	absent pos.Code
	lost   func(error) bool

	// turn holds the driver: it is taken out by whoever talks to the device. It holds the zero value while
	// there is no connection.
	turn   chan D
	broken chan struct{} // a call found the connection useless
}

// newLender is newSupervisor for a device that answers.
func newLender[D comparable](ctx context.Context, o Options) (*lender[D], error) {
	s, err := newSupervisor(ctx, o)
	if err != nil {
		return nil, err
	}
	l := &lender[D]{supervisor: s, turn: make(chan D, 1), broken: make(chan struct{}, 1)}
	l.give(*new(D))
	return l, nil
}

func (l *lender[D]) give(d D) { l.turn <- d }

// serve lends the driver of an open device and looks at it in between, until it goes or ctx ends.
func (l *lender[D]) serve(ctx context.Context, d D) (err error) {
	<-l.turn // the zero value: nobody talks without a connection
	defer func() {
		if ctx.Err() == nil {
			l.set(pos.Health{State: pos.DeviceOffline, Reason: reason(err)}) // before a call finds nothing
		}
		l.give(*new(D))
	}()
	l.useless() // that was the last connection
	for err == nil {
		var h pos.Health
		if h, err = l.look(ctx, d); err != nil {
			return err
		}
		l.up(h)
		l.give(d)
		err = l.rest(ctx, d)
		<-l.turn // a call under way ends within its limit, or with its caller's ctx
		if err == nil && l.useless() {
			err = transport.ErrOffline
		}
	}
	return err
}

// useless says once whether a call found that the connection is.
func (l *lender[D]) useless() bool {
	select {
	case <-l.broken:
		return true
	default:
		return false
	}
}

// rest waits for the next look. It errs when the connection is not to be used any more.
func (l *lender[D]) rest(ctx context.Context, d D) error {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	var news <-chan struct{}
	if l.news != nil {
		news = l.news(d)
	}
	select {
	case <-timer.C:
		return nil
	case <-news:
		return nil
	case <-l.broken:
		return transport.ErrOffline
	case <-ctx.Done():
		return ctx.Err()
	}
}

// with calls f with the driver of the open device. One that another call or a look holds is waited for as
// long as patience.
func (l *lender[D]) with(ctx context.Context, patience time.Duration, f func(context.Context, D) error) error {
	d, err := l.take(ctx, patience)
	if err != nil {
		return err
	}
	defer l.give(d)
	if d == *new(D) {
		return pos.NewError(l.absent).WithDetail("%s", l.Health().Reason)
	}
	return l.call(ctx, d, f)
}

func (l *lender[D]) take(ctx context.Context, patience time.Duration) (d D, err error) {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-l.tried:
	case <-ctx.Done():
		return d, ctx.Err()
	}
	select {
	case d = <-l.turn:
		return d, nil
	case <-limit.C:
		return d, pos.NewError(l.absent).WithDetail("the device is busy")
	case <-ctx.Done():
		return d, ctx.Err()
	}
}

// call ends early when the device is closed under it.
func (l *lender[D]) call(ctx context.Context, d D, f func(context.Context, D) error) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.run, cancel)()
	err := f(inner, d)
	if err != nil && ctx.Err() == nil && l.run.Err() != nil {
		return pos.NewError(l.absent).WithDetail("closed while it worked")
	}
	if err != nil && l.lost(err) {
		l.set(pos.Health{State: pos.DeviceOffline, Reason: reason(err)}) // until the next look says more
		select {
		case l.broken <- struct{}{}:
		default:
		}
	}
	return err
}
