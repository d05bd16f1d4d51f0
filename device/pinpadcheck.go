package device

import (
	"context"
	"time"

	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/pos"
)

// PINPadTest says what a person checks of a pad.
type PINPadTest struct {
	Limit time.Duration  // for a key, and for a string
	PIN   pos.PINRequest // with a card number: a PIN too
}

// PINPadCheck is what a test of a pad showed. It holds no secret.
type PINPadCheck struct {
	Line      string `json:"line"`       // of a serial line, as a URI writes it
	Serial    string `json:"serial"`     // number of the pad
	MasterKey bool   `json:"master_key"` // it is loaded, of a pad with master and session keys
	Key       string `json:"key"`        // the one that was pressed
	Typed     int    `json:"typed"`      // digits of the string
	KSN       string `json:"ksn"`        // of a PIN that was asked for
	PIN       bool   `json:"pin"`        // a block came
}

// TestPINPad asks who the pad is, shows a text and waits for one key, then for a string of digits; with a card number it
// also asks for a PIN, whose block is wiped. say tells a person what to do next. It errs as PINPad.EnterPIN.
func TestPINPad(ctx context.Context, p *PINPad, t PINPadTest, say func(string)) (out PINPadCheck, err error) {
	if out.Serial, err = p.Serial(ctx); err != nil {
		return out, err
	}
	out.Line = p.Line()
	if out.MasterKey, err = p.HasMasterKey(ctx); err != nil {
		return out, err
	}
	if err := p.Show(ctx, "PRESS ANY KEY"); err != nil {
		return out, err
	}
	say("press a key of the PIN pad now")
	key, err := p.Key(ctx, t.Limit)
	if err != nil {
		return out, err
	}
	out.Key = string(rune(key))
	if err := p.Show(ctx, "TYPE 12345", "THEN ENTER"); err != nil {
		return out, err
	}
	say("type 12345 and enter")
	text, err := p.Text(ctx, verifone.EchoPlain, 12, t.Limit)
	if err != nil {
		return out, err
	}
	out.Typed = len(text)
	clear(text)
	if t.PIN.PAN.Present() {
		say("type the card's PIN and enter")
		entry, err := p.EnterPIN(ctx, t.PIN)
		if err != nil {
			return out, err
		}
		out.PIN, out.KSN = entry.Block.Present(), string(entry.Block.KSN)
		entry.Wipe()
	}
	return out, p.Idle(ctx)
}
