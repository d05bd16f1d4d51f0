package device_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/printer"
	"github.com/tillpos/till/hwsim/reader"
	"github.com/tillpos/till/pos"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// socketDir is short: a unix socket's path has room for 107 characters only.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "till")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func TestOpenRefuses(t *testing.T) {
	openReader := func(uri, driver string) error {
		r, err := device.OpenReader(t.Context(), uri, driver, device.Options{})
		if err == nil {
			r.Close()
		}
		return err
	}
	openPrinter := func(o device.Options) func(uri, driver string) error {
		return func(uri, driver string) error {
			p, err := device.OpenPrinter(t.Context(), uri, driver, o)
			if err == nil {
				p.Close()
			}
			return err
		}
	}
	for _, c := range []struct {
		name, uri, driver string
		open              func(uri, driver string) error
		code              pos.Code
	}{
		{"no URI", "reader", "", openReader, pos.CodeDeviceURI},
		{"reader on TCP", "tcp:127.0.0.1:1", "", openReader, pos.CodeDeviceURI},
		{"unknown reader driver", "sim:///x", "acme", openReader, pos.CodeConfig},
		{"wedge with another driver", "wedge:", "magtek", openReader, pos.CodeConfig},
		{"printer on HID", "hid:0801:0002", "", openPrinter(device.Options{}), pos.CodeDeviceURI},
		{"printer on a wedge", "wedge:", "", openPrinter(device.Options{}), pos.CodeDeviceURI},
		{"unknown printer driver", "sim:///x", "acme", openPrinter(device.Options{}), pos.CodeConfig},
		{"too narrow", "sim:///x", "", openPrinter(device.Options{Columns: 3}), pos.CodeConfig},
		{"unknown code page", "sim:///x", "", openPrinter(device.Options{CodePage: 1}), pos.CodeConfig},
	} {
		if err := c.open(c.uri, c.driver); pos.CodeOf(err) != c.code {
			t.Errorf("%s gives %v, want %s", c.name, err, c.code)
		}
	}
}

func TestReaderThatIsNotThere(t *testing.T) {
	r, err := device.OpenReader(t.Context(), "sim://"+socketDir(t)+"/none", "", device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Read(t.Context()); pos.CodeOf(err) != pos.CodeReaderOffline {
		t.Errorf("read gives %v", err)
	}
	if h := r.Health(); h.State != pos.DeviceOffline || h.Reason == "" {
		t.Errorf("health is %+v", h)
	}
	r.Close()
	if h := r.Health(); h.State != pos.DeviceClosed {
		t.Errorf("closed, health is %+v", h)
	}
}

// TestReaderOfAnotherKind: a reader whose descriptor shows no track is not there for the driver, and is not tried in a
// hurry.
func TestReaderOfAnotherKind(t *testing.T) {
	sim, err := reader.New(reader.Config{Model: "magtek"})
	if err != nil {
		t.Fatal(err)
	}
	ready, err := counter.StartReader(group(t), sim, counter.Place{Socket: filepath.Join(socketDir(t), "r")})
	if err != nil {
		t.Fatal(err)
	}
	changed := make(chan struct{}, 1)
	r, err := device.OpenReader(t.Context(), ready.URI, "hidpos", device.Options{Changed: changed})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Read(t.Context()); pos.CodeOf(err) != pos.CodeReaderOffline {
		t.Errorf("read gives %v", err)
	}
	if h := r.Health(); h.State != pos.DeviceOffline || !strings.Contains(h.Reason, "descriptor") || r.Opened() != 0 {
		t.Errorf("it was found %d times and is %+v", r.Opened(), h)
	}
}

func TestWedgeByURI(t *testing.T) {
	r, err := device.OpenReader(t.Context(), "wedge:", "", device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Keys() == nil || r.Keys().Rune('%', time.Unix(0, 0)) || r.Health().State != pos.DeviceOnline {
		t.Error("a wedge has no key filter, or lets a sentinel pass")
	}
}

func TestReaderCheck(t *testing.T) {
	sim, err := reader.New(reader.Config{})
	if err != nil {
		t.Fatal(err)
	}
	g := group(t)
	ready, err := counter.StartReader(g, sim, counter.Place{Socket: filepath.Join(socketDir(t), "r")})
	if err != nil {
		t.Fatal(err)
	}
	changed := make(chan struct{}, 1)
	r, err := device.OpenReader(t.Context(), ready.URI, "magtek", device.Options{Changed: changed})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, c := range []struct {
		swipe reader.Swipe
		want  device.ReaderCheck
	}{
		{reader.Swipe{Card: "visa-chip"}, device.ReaderCheck{Tracks: [3]string{"decoded", "decoded", "blank"}, Card: "411111******1111", Brand: "visa", Chip: true}},
		{reader.Swipe{Card: "visa", Fault: "lrc:1"}, device.ReaderCheck{Tracks: [3]string{"bad", "decoded", "blank"}, Card: "411111******1111", Brand: "visa"}},
		{reader.Swipe{Card: "visa", Fault: "blank"}, device.ReaderCheck{Tracks: [3]string{"blank", "blank", "blank"}, Fault: "card: no track could be read"}},
		{reader.Swipe{Card: "visa-disagree"}, device.ReaderCheck{Tracks: [3]string{"decoded", "decoded", "blank"}, Fault: "card: track 1 and track 2 name different cards"}},
		{reader.Swipe{Card: "visa-badluhn"}, device.ReaderCheck{Tracks: [3]string{"decoded", "decoded", "blank"}, Fault: "card: the check digit does not fit"}},
	} {
		type result struct {
			check device.ReaderCheck
			err   error
		}
		out := make(chan result, 1)
		go func() {
			check, err := device.TestReader(t.Context(), r)
			out <- result{check, err}
		}()
		for !r.Armed() {
			<-changed
		}
		if err := sim.Swipe(t.Context(), c.swipe); err != nil {
			t.Fatal(err)
		}
		if got := <-out; got.err != nil || got.check != c.want {
			t.Errorf("%+v gives %+v, %v", c.swipe, got.check, got.err)
		}
	}
}

func group(t *testing.T) *hwsim.Group {
	t.Helper()
	g := hwsim.NewGroup(context.Background())
	t.Cleanup(func() {
		if err := g.Stop(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// printers are the ways a printer hangs on the terminal.
func printers(t *testing.T) map[string]counter.Place {
	places := map[string]counter.Place{
		"socket": {Socket: filepath.Join(socketDir(t), "p")},
		"tcp":    {Listen: "127.0.0.1:0"},
	}
	if runtime.GOOS == "linux" {
		places["serial"] = counter.Place{PTY: true}
	}
	return places
}

func TestPrinterTransports(t *testing.T) {
	for name, place := range printers(t) {
		t.Run(name, func(t *testing.T) {
			sim := printer.New()
			ready, err := counter.StartPrinter(group(t), sim, place)
			if err != nil {
				t.Fatal(err)
			}
			p, err := device.OpenPrinter(t.Context(), ready.URI, "escpos", device.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if err := device.TestPrinter(t.Context(), p, true, time.Unix(0, 0).UTC()); err != nil {
				t.Fatal(err)
			}
			text, cuts := sim.Paper()
			if !strings.Contains(text, "1970-01-01T00:00:00Z") || !strings.Contains(text, "euro: €") || cuts != 1 || sim.State().Kicks != 1 {
				t.Errorf("%d cuts, %d kicks, paper:\n%s", cuts, sim.State().Kicks, text)
			}
			if h := p.Health(); h.State != pos.DeviceOnline {
				t.Errorf("health is %+v", h)
			}
			s := sim.State()
			s.Paper = "out"
			if err := sim.Set(s); err != nil {
				t.Fatal(err)
			}
			if err := p.Print(t.Context(), pos.Slip{}); pos.CodeOf(err) != pos.CodePrinterPaper {
				t.Errorf("without paper print gives %v", err)
			}
			if h := p.Health(); h.State != pos.DeviceOffline || h.Reason != "no paper" {
				t.Errorf("health is %+v", h)
			}
			s.Paper = "ok"
			if err := sim.Set(s); err != nil {
				t.Fatal(err)
			}
			if err := p.Print(t.Context(), pos.Slip{}); err != nil {
				t.Errorf("with new paper print gives %v", err)
			}
		})
	}
}

// TestPrinterOnASlowLine prints a slip of two thousand bytes over a line of 9600 baud, which takes two seconds: the
// printer is not taken for silent while its answers wait behind the slip.
func TestPrinterOnASlowLine(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a pty needs Linux")
	}
	sim := printer.New()
	ready, err := counter.StartPrinter(group(t), sim, counter.Place{PTY: true, Baud: 9600})
	if err != nil {
		t.Fatal(err)
	}
	p, err := device.OpenPrinter(t.Context(), ready.URI+"?baud=9600", "", device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var slip pos.Slip
	for i := range 45 {
		slip.Lines = append(slip.Lines, pos.SlipLine{Left: strings.Repeat("x", 30), Right: strconv.Itoa(i)})
	}
	if err := p.Print(t.Context(), slip); err != nil {
		t.Fatal(err)
	}
	if text, cuts := sim.Paper(); cuts != 1 || strings.Count(text, "\n") != 46 {
		t.Errorf("%d cuts, %d lines", cuts, strings.Count(text, "\n"))
	}
}

// TestPrinterComesBack turns the printer off and on under an open Printer.
func TestPrinterComesBack(t *testing.T) {
	place := counter.Place{Socket: filepath.Join(socketDir(t), "p")}
	changed := make(chan struct{}, 1)
	p, err := device.OpenPrinter(t.Context(), "sim://"+place.Socket, "", device.Options{Changed: changed})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Print(t.Context(), pos.Slip{}); pos.CodeOf(err) != pos.CodePrinterOffline {
		t.Errorf("without a printer print gives %v", err)
	}
	for range 2 {
		g := hwsim.NewGroup(context.Background())
		if _, err := counter.StartPrinter(g, printer.New(), place); err != nil {
			t.Fatal(err)
		}
		awaitState(p, changed, pos.DeviceOnline)
		if err := p.Print(t.Context(), pos.Slip{}); err != nil {
			t.Errorf("print gives %v", err)
		}
		if err := g.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := p.Print(t.Context(), pos.Slip{}); pos.CodeOf(err) != pos.CodePrinterOffline {
			t.Errorf("after it was turned off print gives %v", err)
		}
	}
}

func awaitState(p *device.Printer, changed <-chan struct{}, want pos.DeviceState) {
	for p.Health().State != want {
		<-changed
	}
}

// TestPrinterCloseEndsPrint closes a printer that is stalled in the middle of a slip.
func TestPrinterCloseEndsPrint(t *testing.T) {
	sim := printer.New()
	ready, err := counter.StartPrinter(group(t), sim, counter.Place{Socket: filepath.Join(socketDir(t), "p")})
	if err != nil {
		t.Fatal(err)
	}
	s := sim.State()
	s.Stall = true
	if err := sim.Set(s); err != nil {
		t.Fatal(err)
	}
	p, err := device.OpenPrinter(t.Context(), ready.URI, "", device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Print(t.Context(), pos.Slip{Lines: []pos.SlipLine{{Text: "X"}}}) }()
	p.Close()
	if err := <-ended; pos.CodeOf(err) != pos.CodePrinterOffline {
		t.Errorf("a print that was closed gives %v", err)
	}
}
