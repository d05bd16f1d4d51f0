package device

import (
	"context"
	"errors"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/pos"
)

// padReason says in a few words why a pad is offline.
func padReason(err error) string {
	switch {
	case errors.Is(err, transport.ErrOffline), errors.Is(err, transport.ErrClosed):
		return "not connected"
	case errors.Is(err, verifone.ErrSilent), errors.Is(err, verifone.ErrNoLine):
		return "no answer"
	case errors.Is(err, verifone.ErrGarbled):
		return "garbled line"
	}
	return reason(err)
}

// closeGrace is how long a pad may take to leave its session when the terminal closes it.
const closeGrace = 500 * time.Millisecond

// closeSoon closes conn a while after ctx ended. release closes it at once, and waits until that is done.
func closeSoon(ctx context.Context, conn transport.ByteConn) (release func()) {
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

// PINPadCheck is what a test of a pad showed. It holds no secret.
type PINPadCheck struct {
	Key string `json:"key"` // the one that was pressed
	KSN string `json:"ksn"` // of a PIN that was asked for
	PIN bool   `json:"pin"` // a block came
}

// TestPINPad shows a text and waits for one key; with a card number it also asks for a PIN, whose block is
// wiped. It errs as PINPad.EnterPIN.
func TestPINPad(ctx context.Context, p *PINPad, r pos.PINRequest, limit time.Duration) (PINPadCheck, error) {
	if err := p.Show(ctx, "PRESS ANY KEY"); err != nil {
		return PINPadCheck{}, err
	}
	key, err := p.Key(ctx, limit)
	if err != nil {
		return PINPadCheck{}, err
	}
	out := PINPadCheck{Key: string(rune(key))}
	if r.PAN.Present() {
		entry, err := p.EnterPIN(ctx, r)
		if err != nil {
			return out, err
		}
		out.PIN, out.KSN = entry.Block.Present(), string(entry.Block.KSN)
		entry.Wipe()
	}
	return out, p.Idle(ctx)
}
