package device

import (
	"context"
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
	// After is the key serial number of the last PIN that was sent before the pad was opened; empty for none.
	After card.KSN
}

// PINPad is a supervised PIN pad. Of several calls one is served; the others err with register.busy.
type PINPad struct {
	*lender[*verifone.Pad]
	uri transport.URI // its line is the supervisor's alone
	set PINPadSettings

	line transport.Line // the one that answers, of a serial line
	busy bool           // a call is under way
	last card.KSN       // of the last PIN
}

// OpenPINPad starts the supervision of a PIN pad and returns at once; see OpenReader. driver "" is
// verifone. It errs with device.uri or config.invalid.
func OpenPINPad(ctx context.Context, uri, driver string, set PINPadSettings, o Options) (*PINPad, error) {
	u, err := openable("device.pinpad", uri, &driver, []string{"verifone"}, transport.KindSim, transport.KindSerial, transport.KindTCP)
	if err != nil {
		return nil, err
	}
	if set.Settings, err = set.Check(); err != nil {
		return nil, err
	}
	l, err := newLender[*verifone.Pad](ctx, o)
	if err != nil {
		return nil, err
	}
	p := &PINPad{lender: l, uri: u, set: set, last: set.After}
	p.look = func(ctx context.Context, d *verifone.Pad) (pos.Health, error) {
		return pos.Health{State: pos.DeviceOnline}, d.Test(ctx)
	}
	p.absent, p.lost = pos.CodePINPadOffline, func(err error) bool { return pos.CodeOf(err) == pos.CodePINPadOffline }
	p.start(func(ctx context.Context) (session, error) {
		conn, err := p.open(ctx)
		if err != nil {
			return session{}, err
		}
		d := verifone.New(conn, p.set.Settings)
		return session{conn, func(ctx context.Context) error { return p.serve(ctx, d) }}, nil
	})
	return p, nil
}

func (p *PINPad) open(ctx context.Context) (transport.ByteConn, error) {
	if !p.set.Probe || p.uri.Kind != transport.KindSerial {
		p.speaks(p.uri.Line)
		return openBytes(ctx, p.uri)
	}
	lines := append([]transport.Line{p.uri.Line}, verifone.LineSettings()...)
	line, conn, err := verifone.Probe(ctx, lines, p.set.Settings, func(ctx context.Context, line transport.Line) (transport.ByteConn, error) {
		line.DTR, line.RTS = p.uri.Line.DTR, p.uri.Line.RTS
		return transport.OpenSerial(ctx, p.uri.Path, line)
	})
	if err == nil {
		line.DTR, line.RTS = p.uri.Line.DTR, p.uri.Line.RTS
		p.uri.Line = line // the next time it is asked first
		p.speaks(line)
	}
	return conn, err
}

// EnterPIN asks the shopper for a PIN. It errs as register.PINPad says, and with amount.too_large. A block
// whose key serial number does not come after the last one of the same pad is refused as pinpad.protocol:
// it was made for an earlier payment.
func (p *PINPad) EnterPIN(ctx context.Context, r pos.PINRequest) (entry pos.PINEntry, err error) {
	err = p.ask(ctx, func(ctx context.Context, d *verifone.Pad) error {
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
		return pos.NewError(pos.CodePINPadProtocol).WithDetail("the pad's transaction %d does not come after %d", k.Counter(), p.last.Counter())
	}
	p.last = k
	return nil
}

func (p *PINPad) speaks(l transport.Line) {
	p.mu.Lock()
	p.line = l
	p.mu.Unlock()
}

// Line is how the serial line is set on which the pad was last opened, as a URI writes it; empty for other
// transports.
func (p *PINPad) Line() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.line == (transport.Line{}) {
		return ""
	}
	return p.line.String()
}

// Serial gives the pad's serial number; see verifone.Pad.Serial.
func (p *PINPad) Serial(ctx context.Context) (serial string, err error) {
	err = p.ask(ctx, func(ctx context.Context, d *verifone.Pad) error {
		serial, err = d.Serial(ctx)
		return err
	})
	return serial, err
}

// HasMasterKey says whether the master key is loaded that PINs are asked for under; DUKPT has none.
func (p *PINPad) HasMasterKey(ctx context.Context) (has bool, err error) {
	if p.set.Keys != verifone.Session {
		return false, nil
	}
	err = p.ask(ctx, func(ctx context.Context, d *verifone.Pad) error {
		has, err = d.HasMasterKey(ctx, p.set.Slot)
		return err
	})
	return has, err
}

// Show puts one to seven lines on the pad's screen.
func (p *PINPad) Show(ctx context.Context, lines ...string) error {
	return p.ask(ctx, func(ctx context.Context, d *verifone.Pad) error { return d.Show(ctx, lines...) })
}

// Idle takes the pad back to its own prompt.
func (p *PINPad) Idle(ctx context.Context) error {
	return p.ask(ctx, func(ctx context.Context, d *verifone.Pad) error { return d.Idle(ctx) })
}

// Key waits for one key; see verifone.Pad.Key.
func (p *PINPad) Key(ctx context.Context, limit time.Duration) (key byte, err error) {
	err = p.ask(ctx, func(ctx context.Context, d *verifone.Pad) error {
		key, err = d.Key(ctx, limit)
		return err
	})
	return key, err
}

// Text waits for a string; see verifone.Pad.Text. The caller wipes it.
func (p *PINPad) Text(ctx context.Context, echo verifone.Echo, most int, limit time.Duration) (text []byte, err error) {
	err = p.ask(ctx, func(ctx context.Context, d *verifone.Pad) error {
		text, err = d.Text(ctx, echo, most, limit)
		return err
	})
	return text, err
}

// ask calls f with the open pad. One call at a time is served.
func (p *PINPad) ask(ctx context.Context, f func(context.Context, *verifone.Pad) error) error {
	select {
	case <-p.tried:
	case <-ctx.Done():
		return ctx.Err()
	}
	if !p.claim() {
		return pos.NewError(pos.CodeBusy)
	}
	defer p.release()
	return p.with(ctx, time.Duration(p.set.Tries+1)*p.set.ACK, f)
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

// Busy says whether a call is under way.
func (p *PINPad) Busy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.busy
}
