package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	sim "github.com/tillpos/till/hwsim"
	simulated "github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/display"
	keypad "github.com/tillpos/till/hwsim/pinpad"
	"github.com/tillpos/till/hwsim/printer"
	"github.com/tillpos/till/hwsim/reader"
	"github.com/tillpos/till/hwsim/scanner"
)

// bench is a counter's devices, and a person who does what a walk tells.
type walkBench struct {
	*testing.T
	reader  *reader.Reader
	printer *printer.Printer
	scanner *scanner.Scanner
	pad     *keypad.Pad
	env     []string
	card    string // of the second swipe
	drawn   func() // ends the drawing of a card and waits for its end
}

func newWalkBench(t *testing.T) *walkBench {
	t.Helper()
	dir, err := os.MkdirTemp("", "till") // short, for the sockets in it
	if err != nil {
		t.Fatal(err)
	}
	g := sim.NewGroup(context.Background())
	b := &walkBench{T: t, printer: printer.New(), scanner: scanner.New(), card: "visa", drawn: func() {}}
	t.Cleanup(func() { b.drawn(); g.Stop(); os.RemoveAll(dir) })
	if b.reader, err = reader.New(reader.Config{}); err != nil {
		t.Fatal(err)
	}
	if b.pad, err = keypad.New(keypad.Config{}); err != nil {
		t.Fatal(err)
	}
	at := func(name string) simulated.Place { return simulated.Place{Socket: filepath.Join(dir, name)} }
	for name, start := range map[string]func() (simulated.Ready, error){
		"READER":  func() (simulated.Ready, error) { return simulated.StartReader(g, b.reader, at("r")) },
		"PINPAD":  func() (simulated.Ready, error) { return simulated.StartPINPad(g, b.pad, at("k")) },
		"PRINTER": func() (simulated.Ready, error) { return simulated.StartPrinter(g, b.printer, at("p")) },
		"DISPLAY": func() (simulated.Ready, error) { return simulated.StartDisplay(g, display.New(""), at("d")) },
		"SCANNER": func() (simulated.Ready, error) { return simulated.StartScanner(g, b.scanner, at("s")) },
	} {
		ready, err := start()
		if err != nil {
			t.Fatal(err)
		}
		b.env = append(b.env, "TILL_DEVICE_"+name+"_URI="+ready.URI)
	}
	b.env = append(b.env, "HOME="+t.TempDir(), "TILL_DEVICE_PRINTER_DRAWER=high")
	return b
}

// Write is the person, who reads what the walk says and does it.
func (b *walkBench) Write(said []byte) (int, error) {
	state := func(change func(*printer.State)) {
		s := b.printer.State()
		change(&s)
		b.printer.Set(s)
	}
	do := func(f func(context.Context) error) {
		go func() {
			if err := f(context.Background()); err != nil {
				b.Errorf("%s: %v", said, err)
			}
		}()
	}
	b.drawn()
	swipe := func(card string) { b.drawn = b.draws(card) }
	for _, act := range []struct {
		when string
		do   func()
	}{
		{"swipe a card", func() { swipe("visa") }},
		{"swipe the same card", func() { swipe(b.card) }},
		{"close the drawer", func() { state(func(s *printer.State) { s.Drawer = "closed" }) }},
		{"open the cover", func() { state(func(s *printer.State) { s.Cover = "open" }) }},
		{"close the cover", func() { state(func(s *printer.State) { s.Cover = "closed" }) }},
		{"scan a", func() {
			do(func(ctx context.Context) error {
				return b.scanner.Scan(ctx, scanner.Scan{Text: "4006381333931", AIM: "E0"})
			})
		}},
		{"press a key", func() { do(func(ctx context.Context) error { return b.pad.Press(ctx, "5") }) }},
		{"type 12345", func() { do(func(ctx context.Context) error { return b.pad.TypeText(ctx, "12345") }) }},
	} {
		if strings.Contains(string(said), act.when) {
			act.do()
		}
	}
	return len(said), nil
}

// draws draws a card, and once more after a while, until it is ended: a swipe before the reader is armed is none.
func (b *walkBench) draws(card string) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var person sync.WaitGroup
	person.Go(func() {
		for wait := 50 * time.Millisecond; ; wait = 2 * time.Second { // a person reads first
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return
			}
			if err := b.reader.Swipe(ctx, reader.Swipe{Card: card}); err != nil && ctx.Err() == nil {
				b.Errorf("the swipe: %v", err)
				return
			}
		}
	})
	return func() { cancel(); person.Wait() }
}

func TestWalk(t *testing.T) {
	for _, c := range []struct {
		device, answers string
		card            string // of the second swipe
		exit            int
		steps           string
	}{
		{"reader", "", "visa", exitDone, "swipe again"},
		{"reader", "", "mastercard", exitDevice, "swipe AGAIN"},
		{"printer", "y\n\n", "", exitDone, "slip drawer drawer switch drawer closed cover cover closed"},
		{"printer", "n\ny\n", "", exitDevice, "SLIP drawer drawer switch drawer closed cover cover closed"},
		{"display", "yes\ny\n", "", exitDone, "cells letters"},
		{"display", "y\n", "", exitDevice, "cells LETTERS"},
		{"scanner", "", "", exitDone, "scan again"},
		{"pinpad", "y\n", "", exitDone, "pad"},
	} {
		t.Run(c.device+" "+c.answers+c.card, func(t *testing.T) {
			b := newWalkBench(t)
			b.card = c.card
			var out bytes.Buffer
			exit := run(t.Context(), []string{"device", "test", c.device, "--walk", "--json"}, strings.NewReader(c.answers), &out, b, b.env)
			var units []unitJSON
			if err := json.Unmarshal(out.Bytes(), &units); err != nil || len(units) != 1 {
				t.Fatalf("it prints %s", out.Bytes())
			}
			var steps []string
			for _, st := range units[0].Steps {
				name := st.Step
				if !st.OK {
					name = strings.ToUpper(name)
				}
				steps = append(steps, name)
			}
			if got := strings.Join(steps, " "); exit != c.exit || got != c.steps {
				t.Errorf("exit %d, steps %q, %+v", exit, got, units[0])
			}
		})
	}
}

// TestWalkIsCancelled ends a walk while a person is waited for.
func TestWalkIsCancelled(t *testing.T) {
	for _, device := range []string{"reader", "printer", "display", "scanner", "pinpad"} {
		t.Run(device, func(t *testing.T) {
			b := newWalkBench(t)
			ctx, cancel := context.WithCancel(t.Context())
			said := &canceller{cancel: cancel}
			in, hold, err := os.Pipe() // nobody answers
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			defer hold.Close()
			var out bytes.Buffer
			if exit := run(ctx, []string{"device", "test", device, "--walk"}, in, &out, said, b.env); exit != exitNotSent || !strings.Contains(out.String(), "cancelled") {
				t.Errorf("exit %d, it prints %s", exit, out.String())
			}
		})
	}
}

// canceller presses Ctrl-C at the first thing that is said.
type canceller struct{ cancel context.CancelFunc }

func (c *canceller) Write(b []byte) (int, error) {
	c.cancel()
	return len(b), nil
}

func TestWalkNeedsADevice(t *testing.T) {
	for _, args := range [][]string{{"device", "test", "--walk"}, {"device", "test", "printer", "--walk"}, {"device", "test", "scanner", "--walk"}} {
		var out bytes.Buffer
		if exit := run(t.Context(), args, strings.NewReader(""), &out, &out, []string{"HOME=" + t.TempDir(), "TILL_DEVICE_SCANNER_URI=wedge:"}); exit != exitUsage {
			t.Errorf("%v ends with %d: %s", args, exit, out.String())
		}
	}
}
