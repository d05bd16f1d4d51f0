package device_test

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/pinpad"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/register"
)

var _ register.PINPad = (*device.PINPad)(nil)

func quickPad() device.PINPadSettings {
	return device.PINPadSettings{Settings: verifone.Settings{ACK: 400 * time.Millisecond, Quiet: 10 * time.Millisecond}}
}

func TestOpenPINPadRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		uri, driver string
		set         verifone.Settings
		code        pos.Code
	}{
		"no URI":         {"pad", "", verifone.Settings{}, pos.CodeDeviceURI},
		"HID":            {"hid:0801:0002", "", verifone.Settings{}, pos.CodeDeviceURI},
		"unknown driver": {"sim:///x", "acme", verifone.Settings{}, pos.CodeConfig},
		"settings":       {"sim:///x", "", verifone.Settings{Dialect: "x"}, pos.CodeConfig},
	} {
		p, err := device.OpenPINPad(t.Context(), c.uri, c.driver, device.PINPadSettings{Settings: c.set}, device.Options{})
		if err == nil {
			p.Close()
		}
		if pos.CodeOf(err) != c.code {
			t.Errorf("%s gives %v", name, err)
		}
	}
}

// TestPINPadComesBack turns the pad off and on under an open PINPad.
func TestPINPadComesBack(t *testing.T) {
	place := counter.Place{Socket: filepath.Join(socketDir(t), "p")}
	changed := make(chan struct{}, 1)
	p, err := device.OpenPINPad(t.Context(), "sim://"+place.Socket, "", quickPad(), device.Options{Changed: changed})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Idle(t.Context()); pos.CodeOf(err) != pos.CodePINPadOffline || p.Health().State != pos.DeviceOffline {
		t.Errorf("without a pad it gives %v", err)
	}
	for i := range 2 {
		g := hwsim.NewGroup(context.Background())
		sim, err := pinpad.New(pinpad.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := counter.StartPINPad(g, sim, place); err != nil {
			t.Fatal(err)
		}
		for p.Opened() <= i {
			<-changed
		}
		if err := p.Idle(t.Context()); err != nil {
			t.Errorf("it gives %v", err)
		}
		if err := g.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := p.Idle(t.Context()); pos.CodeOf(err) != pos.CodePINPadOffline {
			t.Errorf("after it was turned off it gives %v", err)
		}
	}
}

// TestT7KeysOnlyMoveForward: a key serial number that does not move forward is refused, also after the pad was
// plugged in again.
func TestT7KeysOnlyMoveForward(t *testing.T) {
	place := counter.Place{Socket: filepath.Join(socketDir(t), "p")}
	changed := make(chan struct{}, 1)
	p, err := device.OpenPINPad(t.Context(), "sim://"+place.Socket, "", quickPad(), device.Options{Changed: changed})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i, want := range []pos.Code{"", pos.CodePINPadProtocol} {
		g := hwsim.NewGroup(context.Background())
		sim, err := pinpad.New(pinpad.Config{Auto: true}) // both begin at the same counter
		if err != nil {
			t.Fatal(err)
		}
		if _, err := counter.StartPINPad(g, sim, place); err != nil {
			t.Fatal(err)
		}
		for p.Opened() <= i {
			<-changed
		}
		entry, err := enterPIN(t, p)
		if (err == nil) != (want == "") || err != nil && pos.CodeOf(err) != want {
			t.Errorf("pad %d gives %v", i+1, err)
		}
		if entry.Block.Present() != (err == nil) {
			t.Error("a block stands beside an error")
		}
		entry.Wipe()
		if err := g.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestT7KeysMoveForwardOverARestart: the terminal tells which key was used last.
func TestT7KeysMoveForwardOverARestart(t *testing.T) {
	sim, err := pinpad.New(pinpad.Config{Auto: true})
	if err != nil {
		t.Fatal(err)
	}
	ready, err := counter.StartPINPad(group(t), sim, counter.Place{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	set := quickPad()
	set.After = "FFFF9876543210E00002"
	p, err := device.OpenPINPad(t.Context(), ready.URI, "", set, device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i, good := range []bool{false, false, true} {
		entry, err := enterPIN(t, p)
		if (err == nil) != good || err != nil && pos.CodeOf(err) != pos.CodePINPadProtocol {
			t.Errorf("transaction %d gives %v", i+1, err)
		}
		entry.Wipe()
	}
}

func enterPIN(t *testing.T, p *device.PINPad) (pos.PINEntry, error) {
	t.Helper()
	pan := visa(t)
	defer pan.Wipe()
	return p.EnterPIN(t.Context(), pos.PINRequest{PAN: pan, Amount: money.New(100, money.USD)})
}

func visa(t *testing.T) card.PAN {
	t.Helper()
	pan, err := pinpad.Number("visa")
	if err != nil {
		t.Fatal(err)
	}
	return pan
}

// TestPINPadCheck is the test that a person walks through, on a line whose speed is asked for.
func TestPINPadCheck(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a pty needs Linux")
	}
	sim, err := pinpad.New(pinpad.Config{Auto: true})
	if err != nil {
		t.Fatal(err)
	}
	ready, err := counter.StartPINPad(group(t), sim, counter.Place{PTY: true})
	if err != nil {
		t.Fatal(err)
	}
	set := quickPad()
	set.Probe = true
	var said []string
	p, err := device.OpenPINPad(t.Context(), ready.URI+"?baud=1200&mode=7E1", "", set, device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	type result struct {
		check device.PINPadCheck
		err   error
	}
	out := make(chan result, 1)
	pan := visa(t)
	defer pan.Wipe()
	go func() {
		check, err := device.TestPINPad(t.Context(), p, device.PINPadTest{
			PIN: pos.PINRequest{PAN: pan, Amount: money.New(100, money.USD)}, Limit: time.Minute,
		}, func(text string) { said = append(said, text) })
		out <- result{check, err}
	}()
	if err := sim.Press(t.Context(), "7"); err != nil {
		t.Fatal(err)
	}
	if err := sim.TypeText(t.Context(), "12345"); err != nil {
		t.Fatal(err)
	}
	want := device.PINPadCheck{Line: "baud=1200&mode=7E1", Serial: "1002611220100001", Key: "7", Typed: 5, KSN: "FFFF9876543210E00001", PIN: true}
	if got := <-out; got.err != nil || got.check != want {
		t.Errorf("it gives %+v, %v", got.check, got.err)
	}
	if len(said) != 3 {
		t.Errorf("a person is told %q", said)
	}
}

// TestPINPadMasterKey asks whether the master key is there that the settings name.
func TestPINPadMasterKey(t *testing.T) {
	for slot, want := range map[int]bool{0: true, 3: false} {
		sim, err := pinpad.New(pinpad.Config{Keys: "session"})
		if err != nil {
			t.Fatal(err)
		}
		ready, err := counter.StartPINPad(group(t), sim, counter.Place{Listen: "127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		set := quickPad()
		set.Keys, set.Slot, set.SessionKey = verifone.Session, slot, "0123456789ABCDEF"
		p, err := device.OpenPINPad(t.Context(), ready.URI, "", set, device.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if has, err := p.HasMasterKey(t.Context()); err != nil || has != want {
			t.Errorf("slot %d gives %v, %v", slot, has, err)
		}
		if p.Line() != "" {
			t.Errorf("a socket has the line %q", p.Line())
		}
	}
}

// BenchmarkPINPadExchange is what one question costs beside the pad's own time: a look that it is there and
// a text, over a socket to a simulator that answers at once.
func BenchmarkPINPadExchange(b *testing.B) {
	sim, err := pinpad.New(pinpad.Config{})
	if err != nil {
		b.Fatal(err)
	}
	g := hwsim.NewGroup(context.Background())
	defer g.Stop()
	ready, err := counter.StartPINPad(g, sim, counter.Place{Listen: "127.0.0.1:0"})
	if err != nil {
		b.Fatal(err)
	}
	p, err := device.OpenPINPad(b.Context(), ready.URI, "", quickPad(), device.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Show(b.Context(), "HELLO"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPINPadBare is the floor of BenchmarkPINPadExchange: the same look whether a byte waits and the same bytes
// over the same kind of socket, to a peer that acknowledges without reading them.
func BenchmarkPINPadBare(b *testing.B) {
	const look, text = 200 * time.Microsecond, "\x02Z2\x1aHELLO\x03-"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var peer sync.WaitGroup
	peer.Go(func() { acknowledge(l, len(text)) })
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer peer.Wait()
	defer l.Close()
	defer conn.Close()
	one := make([]byte, 1)
	for b.Loop() {
		_ = conn.SetReadDeadline(time.Now().Add(look))
		if n, err := conn.Read(one); n > 0 || err == nil {
			b.Fatal("something came unasked")
		}
		if _, err := conn.Write([]byte(text)); err != nil {
			b.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := conn.Read(one); err != nil {
			b.Fatal(err)
		}
	}
}

// acknowledge takes one connection and answers every n bytes with one, until it is closed.
func acknowledge(l net.Listener, n int) {
	conn, err := l.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	for b := make([]byte, n); ; {
		if _, err := io.ReadFull(conn, b); err != nil {
			return
		}
		if _, err := conn.Write([]byte{6}); err != nil {
			return
		}
	}
}

func TestPINPadText(t *testing.T) {
	sim, err := pinpad.New(pinpad.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ready, err := counter.StartPINPad(group(t), sim, counter.Place{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := device.OpenPINPad(t.Context(), ready.URI, "", quickPad(), device.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	typed := make(chan error, 1)
	go func() { typed <- sim.TypeText(t.Context(), "85284") }()
	got, err := p.Text(t.Context(), verifone.EchoPlain, 5, time.Minute)
	if err != nil || string(got) != "85284" {
		t.Errorf("it gives %d characters, %v", len(got), err)
	}
	if err := <-typed; err != nil {
		t.Error(err)
	}
}
