package device

import (
	"context"
	"sync"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// PINPadSettings are how a pad is spoken to; the zero value takes every reference value.
type PINPadSettings struct {
	verifone.Settings
	// Probe asks all line settings of the family, the URI's first, when the pad does not answer. Only for
	// serial lines.
	Probe bool
}

// PINPad is a supervised PIN pad. Of several calls one is served; the others err with register.busy.
type PINPad struct {
	uri  transport.URI
	set  PINPadSettings
	opts Options

	run    context.Context // ends with Close
	cancel context.CancelFunc
	ended  chan struct{}
	tried  chan struct{} // closed after the first attempt to open
	broken chan struct{} // a call found the connection useless

	// turn holds the connection: it is taken out by whoever talks to the pad. It holds nil while there is
	// no connection.
	turn chan *verifone.Pad

	mu     sync.Mutex
	health pos.Health
	busy   bool // a call is under way
	opened int
	last   card.KSN // of the last PIN
}

// OpenPINPad starts the supervision of a PIN pad and returns at once; see OpenReader. driver "" is
// verifone. It errs with device.uri or config.invalid.
func OpenPINPad(ctx context.Context, uri, driver string, set PINPadSettings, o Options) (*PINPad, error) {
	u, err := transport.ParseURI(uri)
	if err != nil {
		return nil, err
	}
	if driver == "" {
		driver = "verifone"
	}
	if driver != "verifone" {
		return nil, unknownDriver("device.pinpad", driver)
	}
	if err := checkKind(u, driver, transport.KindSim, transport.KindSerial, transport.KindTCP); err != nil {
		return nil, err
	}
	if set.Settings, err = set.Check(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := &PINPad{
		uri: u, set: set, opts: o,
		ended:  make(chan struct{}),
		tried:  make(chan struct{}),
		broken: make(chan struct{}, 1),
		turn:   make(chan *verifone.Pad, 1),
		health: pos.Health{State: pos.DeviceClosed},
	}
	p.turn <- nil
	// The supervision outlives the call that started it.
	p.run, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go p.supervise(p.run)
	return p, nil
}

// supervise opens the pad, looks at it until it goes, and opens it again.
func (p *PINPad) supervise(ctx context.Context) {
	defer close(p.ended)
	first := sync.OnceFunc(func() { close(p.tried) })
	defer first()
	for wait := shortestWait; ; {
		conn, err := p.open(ctx)
		if err == nil {
			release := closeSoon(ctx, conn)
			err = p.watch(ctx, verifone.New(conn, p.set.Settings), func() { wait = shortestWait; first() })
			release()
		}
		if ctx.Err() != nil {
			p.setHealth(pos.Health{State: pos.DeviceClosed})
			return
		}
		p.setHealth(pos.Health{State: pos.DeviceOffline, Reason: padReason(err)})
		first()
		var ok bool
		if wait, ok = pause(ctx, wait); !ok {
			p.setHealth(pos.Health{State: pos.DeviceClosed})
			return
		}
	}
}

func (p *PINPad) open(ctx context.Context) (transport.ByteConn, error) {
	if !p.set.Probe || p.uri.Kind != transport.KindSerial {
		limited, cancel := context.WithTimeout(ctx, openLimit)
		defer cancel()
		return openBytes(limited, p.uri)
	}
	lines := append([]transport.Line{p.uri.Line}, verifone.LineSettings()...)
	line, conn, err := verifone.Probe(ctx, lines, p.set.Settings, func(ctx context.Context, line transport.Line) (transport.ByteConn, error) {
		return transport.OpenSerial(ctx, p.uri.Path, line)
	})
	if err == nil {
		p.uri.Line = line // the next time it is asked first
	}
	return conn, err
}

// watch lends the open pad to callers and looks at it in between, until it goes or ctx ends. up is called
// after each look that was answered.
func (p *PINPad) watch(ctx context.Context, d *verifone.Pad, up func()) error {
	<-p.turn // nil: nobody asks without a connection
	select {
	case <-p.broken: // that was the last connection
	default:
	}
	for isNew := true; ; isNew = false {
		if err := d.Test(ctx); err != nil {
			p.turn <- nil
			return err
		}
		p.online(isNew)
		p.turn <- d
		up()
		err := p.rest(ctx)
		<-p.turn // a call under way ends within its limit, or with its caller's ctx
		if err != nil {
			p.turn <- nil
			return err
		}
	}
}

// rest waits for the next look. It errs when the connection is not to be used any more.
func (p *PINPad) rest(ctx context.Context) error {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-p.broken:
		return transport.ErrOffline
	case <-ctx.Done():
		return ctx.Err()
	}
}

// EnterPIN asks the shopper for a PIN. It errs as register.PINPad says, and with amount.too_large. A block
// whose key serial number does not come after the last one of the same pad is refused as pinpad.protocol:
// it was made for an earlier payment.
func (p *PINPad) EnterPIN(ctx context.Context, r pos.PINRequest) (entry pos.PINEntry, err error) {
	err = p.with(ctx, func(ctx context.Context, d *verifone.Pad) error {
		entry, err = d.EnterPIN(ctx, r)
		return err
	})
	if err != nil {
		entry.Wipe()
		return pos.PINEntry{}, err
	}
	if err := p.forward(entry.Block.KSN); err != nil {
		entry.Wipe()
		return pos.PINEntry{}, err
	}
	return entry, nil
}

// forward keeps the key serial numbers moving forward (rule T7).
func (p *PINPad) forward(k card.KSN) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k == "" {
		return nil
	}
	if k.SameKey(p.last) && !k.After(p.last) {
		return pos.NewError(pos.CodePINPadProtocol).WithDetail("the key serial number %s does not come after %s", k, p.last)
	}
	p.last = k
	return nil
}

// Show puts one to seven lines on the pad's screen.
func (p *PINPad) Show(ctx context.Context, lines ...string) error {
	return p.with(ctx, func(ctx context.Context, d *verifone.Pad) error { return d.Show(ctx, lines...) })
}

// Idle takes the pad back to its own prompt.
func (p *PINPad) Idle(ctx context.Context) error {
	return p.with(ctx, func(ctx context.Context, d *verifone.Pad) error { return d.Idle(ctx) })
}

// Key waits for one key; see verifone.Pad.Key.
func (p *PINPad) Key(ctx context.Context, limit time.Duration) (key byte, err error) {
	err = p.with(ctx, func(ctx context.Context, d *verifone.Pad) error {
		key, err = d.Key(ctx, limit)
		return err
	})
	return key, err
}

// Text waits for a string; see verifone.Pad.Text. The caller wipes it.
func (p *PINPad) Text(ctx context.Context, echo verifone.Echo, most int, limit time.Duration) (text []byte, err error) {
	err = p.with(ctx, func(ctx context.Context, d *verifone.Pad) error {
		text, err = d.Text(ctx, echo, most, limit)
		return err
	})
	return text, err
}

// with calls f with the open pad. One call at a time is served.
func (p *PINPad) with(ctx context.Context, f func(context.Context, *verifone.Pad) error) error {
	select {
	case <-p.tried:
	case <-ctx.Done():
		return ctx.Err()
	}
	if !p.claim() {
		return pos.NewError(pos.CodeBusy)
	}
	defer p.release()
	d, err := p.take(ctx)
	if err != nil {
		return err
	}
	defer func() { p.turn <- d }()
	if d == nil {
		return pos.NewError(pos.CodePINPadOffline).WithDetail("%s", p.Health().Reason)
	}
	return p.call(ctx, d, f)
}

func (p *PINPad) claim() bool {
	p.mu.Lock()
	mine := !p.busy
	p.busy = true
	p.mu.Unlock()
	if mine {
		p.opts.changed()
	}
	return mine
}

func (p *PINPad) release() {
	p.mu.Lock()
	p.busy = false
	p.mu.Unlock()
}

// take waits for the connection, which a look at the pad may hold.
func (p *PINPad) take(ctx context.Context) (*verifone.Pad, error) {
	limit := time.NewTimer(time.Duration(p.set.Tries+1) * p.set.ACK)
	defer limit.Stop()
	select {
	case d := <-p.turn:
		return d, nil
	case <-limit.C:
		return nil, pos.NewError(pos.CodePINPadOffline).WithDetail("no answer")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// call ends early when the pad is closed under it.
func (p *PINPad) call(ctx context.Context, d *verifone.Pad, f func(context.Context, *verifone.Pad) error) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.run, cancel)()
	err := f(inner, d)
	if err != nil && ctx.Err() == nil && p.run.Err() != nil {
		return pos.NewError(pos.CodePINPadOffline).WithDetail("closed")
	}
	if pos.CodeOf(err) == pos.CodePINPadOffline {
		p.setHealth(pos.Health{State: pos.DeviceOffline, Reason: padReason(err)}) // until the next look says more
		select {
		case p.broken <- struct{}{}:
		default:
		}
	}
	return err
}

// online counts the connection and says that the pad is there.
func (p *PINPad) online(isNew bool) {
	p.mu.Lock()
	changed := isNew || p.health.State != pos.DeviceOnline
	if isNew {
		p.opened++
	}
	p.health = pos.Health{State: pos.DeviceOnline}
	p.mu.Unlock()
	if changed {
		p.opts.changed()
	}
}

func (p *PINPad) setHealth(h pos.Health) {
	p.mu.Lock()
	changed := p.health != h
	p.health = h
	p.mu.Unlock()
	if changed {
		p.opts.changed()
	}
}

// Health says how the pad is.
func (p *PINPad) Health() pos.Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.health
}

// Busy says whether a call is under way.
func (p *PINPad) Busy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.busy
}

// Opened counts how often the pad was found: once, and once more after each unplug.
func (p *PINPad) Opened() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened
}

// Close ends the supervision and every call under way. The pad is told to stop asking; one that does not
// listen is waited for half a second.
func (p *PINPad) Close() error {
	p.cancel()
	<-p.ended
	return nil
}
