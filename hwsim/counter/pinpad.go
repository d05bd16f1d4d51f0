package counter

import (
	"context"
	"errors"
	"io"

	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/pinpad"
)

// StartPINPad serves a simulated PIN pad, in g.
func StartPINPad(g *hwsim.Group, p *pinpad.Pad, at Place) (Ready, error) {
	return start(g, at, p.Serve, func(line io.ReadWriteCloser) { _ = p.Speak(line) }, p.Control())
}

// TypePIN tells the pad at a control address that a shopper types a test card's PIN: the one's that is asked
// for, or the named one's; wrong types another.
func TypePIN(ctx context.Context, control, card string, wrong bool) error {
	return tell(ctx, control, "/pin", map[string]any{"card": card, "wrong": wrong})
}

// TypeText tells the pad at a control address that a shopper types digits and enter.
func TypeText(ctx context.Context, control, text string) error {
	return tell(ctx, control, "/text", map[string]string{"text": text})
}

// PressKey tells the pad at a control address that a key is pressed.
func PressKey(ctx context.Context, control, key string) error {
	return tell(ctx, control, "/key", map[string]string{"key": key})
}

// ArmPINPad tells the pad at a control address to make a fault.
func ArmPINPad(ctx context.Context, control string, f hwsim.Fault) error {
	return tell(ctx, control, "/faults", f)
}

func tell(ctx context.Context, control, path string, in any) error {
	var answer struct {
		Error string `json:"error"`
	}
	if err := Call(ctx, control, "POST", path, in, &answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	return nil
}
