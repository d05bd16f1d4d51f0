package main

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/pinpad"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// pinLine runs hwsim pin.
func pinLine(ctx context.Context, args ...string) (string, error) {
	cmd := pinTypeCommand()
	var out strings.Builder
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	err := cmd.ExecuteContext(ctx)
	return strings.TrimSpace(out.String()), err
}

// padOn serves a simulated pad and opens it with the driver.
func padOn(t *testing.T) (sim *pinpad.Pad, ready counter.Ready, pad *device.PINPad) {
	t.Helper()
	sim, err := pinpad.New(pinpad.Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	g := hwsim.NewGroup(t.Context())
	t.Cleanup(func() { g.Stop() })
	if ready, err = counter.StartPINPad(g, sim, counter.Place{Socket: filepath.Join(shortDir(t), "p")}); err != nil {
		t.Fatal(err)
	}
	if pad, err = device.OpenPINPad(t.Context(), ready.URI, "", device.PINPadSettings{Settings: verifone.Settings{}}, device.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pad.Close() })
	return sim, ready, pad
}

// TestPinCommand types on a pad that a terminal asks with.
func TestPinCommand(t *testing.T) {
	sim, ready, pad := padOn(t)
	for _, c := range []struct {
		name string
		args []string
		want pos.Code // empty: a PIN comes
	}{
		{"its PIN", nil, ""},
		{"another card's PIN", []string{"--card", "mastercard"}, ""},
		{"a wrong PIN", []string{"--wrong"}, ""},
		{"cancel", []string{"--key", "cancel"}, pos.CodePINCancelled},
		{"over the control address", []string{"--control", ready.Control}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			pan, err := pinpad.Number("visa")
			if err != nil {
				t.Fatal(err)
			}
			defer pan.Wipe()
			asked := make(chan error, 1)
			go func() {
				entry, err := pad.EnterPIN(t.Context(), pos.PINRequest{PAN: pan, Amount: money.New(100, money.USD)})
				entry.Wipe()
				asked <- err
			}()
			args := c.args
			if len(args) == 0 || args[0] != "--control" {
				args = append([]string{"--to", ready.URI}, args...)
			}
			if out, err := pinLine(t.Context(), args...); err != nil || out != `{"typed":true}` {
				t.Errorf("it prints %q, %v", out, err)
			}
			if err := <-asked; (err == nil) != (c.want == "") || err != nil && pos.CodeOf(err) != c.want {
				t.Errorf("the terminal gets %v", err)
			}
		})
	}
	texts := make(chan string, 1)
	go func() {
		text, _ := pad.Text(t.Context(), verifone.EchoPlain, 6, 0)
		texts <- string(text)
	}()
	if _, err := pinLine(t.Context(), "--to", ready.URI, "--text", "4711"); err != nil || <-texts != "4711" {
		t.Errorf("the text does not come: %v", err)
	}
	for fault, want := range map[string]hwsim.Fault{
		"nak:3": {Do: "nak", Count: 3}, "delay:20": {Do: "delay", Count: 1, MS: 20}, "unplug_in:7": {Do: "unplug_in", Count: 1, Bytes: 7}, "eot": {Do: "eot", Count: 1},
	} {
		if out, err := pinLine(t.Context(), "--to", ready.URI, "--fault", fault); err != nil || out != `{"armed":true}` {
			t.Errorf("%s prints %q, %v", fault, out, err)
		}
		armed := sim.Faulted()
		if got := armed[len(armed)-1]; got.Do != want.Do || got.Count != want.Count || got.MS != want.MS || got.Bytes != want.Bytes {
			text, _ := json.Marshal(got)
			t.Errorf("%s arms %s", fault, text)
		}
	}
}

func TestPinCommandRefuses(t *testing.T) {
	_, ready, _ := padOn(t)
	for _, args := range [][]string{
		{}, {"--to", "tcp:127.0.0.1:1"}, {"--to", "sim:///nowhere/pad"}, {"--to", ready.URI, "--control", ready.Control},
		{"--to", ready.URI, "--key", "F9"}, {"--to", ready.URI, "--fault", "fire"}, {"--to", ready.URI, "--fault", "nak:x"},
		{"--to", ready.URI, "--wrong", "--key", "cancel"}, {"--to", ready.URI},
	} {
		if out, err := pinLine(t.Context(), args...); err == nil {
			t.Errorf("%v is taken and prints %q", args, out)
		}
	}
}
