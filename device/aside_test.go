package device_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/display"
	"github.com/tillpos/till/hwsim/scanner"
	"github.com/tillpos/till/pos"
)

// aside is a simulator's, ended with the test; dir is short enough for sockets.
func aside(t *testing.T) (g *hwsim.Group, dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "till")
	if err != nil {
		t.Fatal(err)
	}
	g = hwsim.NewGroup(context.Background())
	t.Cleanup(func() {
		if err := g.Stop(); err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	return g, dir
}

// until waits for a state, with no assertion on how long that takes.
func until(t *testing.T, changed <-chan struct{}, is func() bool) {
	t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for !is() {
		select {
		case <-changed:
		case <-poll.C:
		case <-limit.C:
			t.Fatal("never came to it")
		}
	}
}

func TestScanner(t *testing.T) {
	g, dir := aside(t)
	sim := scanner.New()
	ready, err := counter.StartScanner(g, sim, counter.Place{Socket: filepath.Join(dir, "s")})
	if err != nil {
		t.Fatal(err)
	}
	s, err := device.OpenScanner(t.Context(), ready.URI, "", device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, c := range []scanner.Scan{
		{Text: "4006381333931", AIM: "E0"}, {Text: "SECOND"},
		{Text: "THIRD", Fault: "garbage"}, {Text: "FOURTH"}, {Text: "FIFTH", Fault: "unplug"}, {Text: "SIXTH"},
	} {
		if err := sim.Scan(ctx, c); err != nil {
			t.Fatal(err)
		}
		if c.Fault != "" {
			continue
		}
		if got, err := s.Next(ctx); err != nil || got.Text != c.Text || got.AIM != c.AIM {
			t.Errorf("scanned %+v, %v, want %s", got, err, c.Text)
		}
	}
}

func TestDisplay(t *testing.T) {
	g, dir := aside(t)
	sim := display.New("epson-display")
	path := filepath.Join(dir, "d")
	first := hwsim.NewGroup(context.Background())
	ready, err := counter.StartDisplay(first, sim, counter.Place{Socket: path})
	if err != nil {
		t.Fatal(err)
	}
	changed := make(chan struct{}, 1)
	d, err := device.OpenDisplay(t.Context(), ready.URI, "", device.Options{Changed: changed})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	d.Show("COFFEE", "2.50")
	until(t, changed, func() bool { return sim.Text().Lines == [2]string{"COFFEE", "2.50"} })

	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	until(t, changed, func() bool { return d.Health().State == pos.DeviceOffline })
	d.Show("TOTAL", "5.00") // while it is away
	again := display.New("epson-display")
	if _, err := counter.StartDisplay(g, again, counter.Place{Socket: path}); err != nil {
		t.Fatal(err)
	}
	until(t, changed, func() bool { return again.Text().Lines == [2]string{"TOTAL", "5.00"} })
}

func TestAsideDriversAndKinds(t *testing.T) {
	if _, err := device.OpenDisplay(t.Context(), "sim:///tmp/x", "nixie", device.Options{}); pos.CodeOf(err) != pos.CodeConfig {
		t.Errorf("an unknown display gives %v", err)
	}
	if _, err := device.OpenDisplay(t.Context(), "wedge:", "", device.Options{}); pos.CodeOf(err) != pos.CodeDeviceURI {
		t.Errorf("a display on the keyboard gives %v", err)
	}
}

// TestScannerThatTypes takes a burst of keys out of what a person types.
func TestScannerThatTypes(t *testing.T) {
	s, err := device.OpenScanner(t.Context(), "wedge:", "", device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	passed, at := "", time.Unix(0, 0)
	for _, r := range "12]E04006381333931\r34" {
		at = at.Add(time.Millisecond)
		if s.Rune(r, at) {
			passed += string(r)
		}
	}
	if got, err := s.Next(t.Context()); err != nil || got.Text != "4006381333931" || passed != "1234" {
		t.Errorf("scanned %+v, %v, and passed %q", got, err, passed)
	}
	s.Close()
	if _, err := s.Next(t.Context()); pos.CodeOf(err) != pos.CodeScannerOffline {
		t.Errorf("closed, it gives %v", err)
	}
}
