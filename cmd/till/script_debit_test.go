package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// pinpad starts a simulated PIN pad, with these flags or --serial for one on a line, and has the terminal use it; pinpad off pulls its plug,
// pinpad found waits until a running terminal has it.
func pinpad(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	switch strings.Join(args, " ") {
	case "off":
		w.endPad()
		return
	case "found":
		padFound(ts, w)
		return
	}
	at, query := []string{"--socket", filepath.Join(w.dir, "k")}, ""
	if i := slices.Index(args, "--serial"); i >= 0 {
		args = slices.Delete(args, i, i+1)
		at, query = []string{"--pty", "--link", filepath.Join(w.dir, "l")}, "?baud=1200&mode=7E1"
	}
	w.endPad = hwsim(ts, &w.pad, append(append([]string{"pinpad", "verifone"}, at...), args...)...)
	ts.Setenv("TILL_DEVICE_PINPAD_URI", w.pad.URI+query)
}

func padFound(ts *testscript.TestScript, w *scriptWorld) {
	pad := newControlClient(w.pad.Control)
	defer pad.close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		var state struct{ Connected bool }
		ts.Check(pad.call(ctx, "GET", "/state", nil, &state))
		if state.Connected {
			return
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			ts.Fatalf("the terminal does not find the pad")
		}
	}
}

// debit runs till while a card is drawn, types where the pad asks for a key or for digits, and once it asks for the PIN
// does something, once:
// debit CARD ACT CODE till sale --debit …
// where ACT is pin, wrong, a key of the pad (cancel, timeout), unplug, signal (SIGINT to till), kill (of till; the
// code is -1), close (SIGTERM to the running terminal that was started under that name) or nothing.
func debit(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	cmd := exec.Command(filepath.Join(binaries, args[3]), args[4:]...)
	cmd.Env = scriptEnviron(ts)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	ts.Check(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	err = shopper{w, args[0], args[1], cmd.Process}.pays(ended)
	ts.Stdout().Write(stdout.Bytes())
	ts.Stderr().Write(stderr.Bytes())
	exits(ts, want, err)
}

// shopper draws a card and stands at the pad.
type shopper struct {
	world     *scriptWorld
	card, act string
	till      *os.Process
}

// pays gives how the program ended.
func (s shopper) pays(ended <-chan error) error {
	ctx := context.Background()
	reader, pad := newControlClient(s.world.reader.Control), newControlClient(s.world.pad.Control)
	defer reader.close()
	defer pad.close()
	look, again := time.NewTicker(20*time.Millisecond), time.NewTicker(swipeEvery)
	defer look.Stop()
	defer again.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-again.C:
			reader.call(ctx, "POST", "/swipe", map[string]string{"card": s.card}, nil)
		case <-look.C:
			var state struct{ Waits string }
			pad.call(ctx, "GET", "/state", nil, &state)
			switch state.Waits {
			case "key":
				pad.call(ctx, "POST", "/key", map[string]string{"key": "5"}, nil)
			case "text":
				pad.call(ctx, "POST", "/text", map[string]string{"text": "12345"}, nil)
			case "pin":
				if err := s.atPad(ctx, pad); err != nil {
					s.till.Kill()
					<-ended
					return err
				}
				return <-ended
			}
		}
	}
}

func (s shopper) atPad(ctx context.Context, pad controlClient) error {
	switch s.act {
	case "nothing":
		return nil
	case "pin", "wrong":
		return pad.call(ctx, "POST", "/pin", map[string]bool{"wrong": s.act == "wrong"}, nil)
	case "unplug":
		s.world.endPad()
		return nil
	case "signal":
		return s.till.Signal(os.Interrupt)
	case "kill":
		return s.till.Kill()
	case "close":
		return s.world.started["terminal"].Process.Signal(syscall.SIGTERM)
	}
	return pad.call(ctx, "POST", "/key", map[string]string{"key": s.act}, nil)
}

// drawer wants the printer's cash drawer to be open or closed: drawer open
func drawer(ts *testscript.TestScript, _ bool, args []string) {
	printer := newControlClient(worldOf(ts).printer.Control)
	defer printer.close()
	var state struct{ Drawer string }
	ts.Check(printer.call(context.Background(), "GET", "/state", nil, &state))
	if state.Drawer != args[0] {
		ts.Fatalf("the drawer is %s", state.Drawer)
	}
}
