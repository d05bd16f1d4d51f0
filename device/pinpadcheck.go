package device

import (
	"context"
	"time"

	"github.com/tillpos/till/pos"
)

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
