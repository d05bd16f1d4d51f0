package main

import (
	"context"
	"fmt"
	"time"

	"github.com/tillpos/till/cmd/till/internal/config"
	"github.com/tillpos/till/device"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// Times of a test of the PIN pad.
const (
	keyWait     = 20 * time.Second // for a key, and for a string
	pinTestTime = 2 * time.Minute  // for all of it with a PIN
	probeWait   = 30 * time.Second // for a pad whose speed is looked for
)

// testPINPad opens the pad and says how it is; key has a person press keys and type, pin a card's PIN as well.
func (s *shell) testPINPad(ctx context.Context, u *unitJSON, cfg config.Config, key, pin bool) error {
	pad := cfg.Device.PINPad
	limit := openWait
	if pad.Probe {
		limit = probeWait
	}
	p, err := look(ctx, u, pos.CodePINPadOffline, limit, device.Options{}, func(o device.Options) (*device.PINPad, error) {
		return device.OpenPINPad(ctx, u.URI, u.Driver, pad.Settings(), o)
	})
	if err != nil {
		return err
	}
	defer p.Close()
	if u.Reason = p.Line(); !key {
		return nil
	}
	test := device.PINPadTest{Limit: keyWait}
	if pin {
		c, err := s.testCard(ctx, cfg)
		if err != nil {
			return err
		}
		defer c.Wipe()
		test.PIN = pos.PINRequest{PAN: c.Card.PAN, Amount: money.New(100, cfg.Terminal.Currency), Timeout: pinTime}
	}
	got, err := device.TestPINPad(ctx, p, test, func(text string) { fmt.Fprintln(s.err, text) })
	if err != nil {
		return err
	}
	u.Pad = &got
	u.Reason = fmt.Sprintf("pad %s, key %s, %d digits typed", got.Serial, got.Key, got.Typed)
	if got.PIN {
		u.Reason += ", a PIN block came"
	}
	return nil
}

// testCard takes a card at the configured reader. The caller wipes it.
func (s *shell) testCard(ctx context.Context, cfg config.Config) (pos.Credentials, error) {
	reader := cfg.Device.Reader
	if reader.URI == "" {
		return pos.Credentials{}, pos.NewError(pos.CodeReaderOffline).WithDetail("no reader is configured")
	}
	r, err := device.OpenReader(ctx, reader.URI, reader.Driver, device.Options{Now: time.Now})
	if err != nil {
		return pos.Credentials{}, err
	}
	defer r.Close()
	fmt.Fprintln(s.err, "swipe a card now")
	t := terminal{reader: r, now: time.Now}
	return t.swiped(ctx, cardTime, true)
}
