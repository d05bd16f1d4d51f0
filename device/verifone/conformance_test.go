package verifone_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/padtest"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/conform"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/dukpt"
	"github.com/tillpos/till/hwsim/pinblock"
	"github.com/tillpos/till/hwsim/pinpad"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

var cards = [2]string{"visa", "mastercard"}

func number(which int) card.PAN {
	pan, err := pinpad.Number(cards[which])
	if err != nil {
		panic(err)
	}
	return pan
}

// sessionKey is the working key of the tests in clear, and as it is under the pad's master key.
const sessionKey = "1122334455667788A1A2A3A4A5A6A7A8"

func wrappedKey() string {
	master, _ := dukpt.ParseKey(pinpad.TestMaster)
	c, err := master.Cipher(dukpt.TDES)
	if err != nil {
		panic(err)
	}
	b, _ := hex.DecodeString(sessionKey)
	for at := 0; at < len(b); at += 8 {
		c.Encrypt(b[at:at+8], b[at:at+8])
	}
	return strings.ToUpper(hex.EncodeToString(b))
}

// opens deciphers a block with the test keys and compares it with the card's PIN.
func opens(e pos.PINEntry, which int) bool { return opensAs(e, cards[which]) }

func opensAs(e pos.PINEntry, name string) bool {
	key, err := dukpt.ParseKey(sessionKey)
	if e.Block.KSN != "" {
		bdk, _ := dukpt.ParseKey(pinpad.TestBDK)
		ksn, err2 := dukpt.ParseKSN(dukpt.TDES, string(e.Block.KSN))
		if err2 != nil {
			return false
		}
		key, err = dukpt.KeyFor(bdk, ksn, dukpt.PIN)
	}
	if err != nil {
		return false
	}
	c, err := key.Cipher(dukpt.TDES)
	if err != nil {
		return false
	}
	pan, err := pinpad.Number(name)
	if err != nil {
		return false
	}
	defer pan.Wipe()
	want, _ := pinpad.PINOf(pan)
	defer want.Wipe()
	var got pinblock.PIN
	e.Block.Lend(func(block []byte) { got, err = pinblock.Decrypt(pinblock.ISO0, c, block, pan) })
	defer got.Wipe()
	return err == nil && got.Equal(want)
}

// quick are settings whose waits are short: the simulator answers at once.
func quick(s verifone.Settings) device.PINPadSettings {
	s.ACK, s.Quiet, s.InterByte = 400*time.Millisecond, 10*time.Millisecond, 200*time.Millisecond
	return device.PINPadSettings{Settings: s}
}

// form is one way to ask for a PIN.
type form struct {
	name string
	set  verifone.Settings
}

func forms() []form {
	var out []form
	for _, d := range []verifone.Dialect{verifone.UIC, verifone.VeriFone} {
		for _, k := range []verifone.Scheme{verifone.DUKPT, verifone.Session} {
			for _, ask := range []string{"70", "Z60", "Z62", "Z63"} {
				s := verifone.Settings{Dialect: d, Keys: k, Ask: ask}
				if k == verifone.Session {
					s.SessionKey = wrappedKey()
				}
				out = append(out, form{fmt.Sprintf("%s %s %s", d, k, ask), s})
			}
		}
	}
	return out
}

// socketDir is short: a unix socket's path has room for 107 characters only.
func socketDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "till")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func group(t testing.TB, stays bool) *hwsim.Group {
	t.Helper()
	g := hwsim.NewGroup(context.Background())
	t.Cleanup(func() {
		if err := g.Stop(); err != nil && stays {
			t.Error(err)
		}
	})
	return g
}

func bench(sim *pinpad.Pad, ready counter.Ready, s verifone.Settings) padtest.Bench {
	return padtest.Bench{
		URI: ready.URI, Settings: quick(s), Card: number, Opens: opens,
		Type:  func(ctx context.Context) error { return sim.TypePIN(ctx, "", false) },
		Press: sim.Press,
		Fault: func(_ context.Context, do string, count, after int) error {
			return sim.Arm(hwsim.Fault{Do: do, Count: count, Bytes: after})
		},
	}
}

func newSim(t testing.TB, s verifone.Settings) *pinpad.Pad {
	t.Helper()
	sim, err := pinpad.New(pinpad.Config{Dialect: string(s.Dialect), Keys: string(s.Keys), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return sim
}

// bytesOf counts what the pad sends and gets for one PIN of a form, from the first byte of the request.
func bytesOf(t *testing.T, s verifone.Settings) (sent, taken int) {
	t.Helper()
	near, far := net.Pipe()
	sim := newSim(t, s)
	ended := make(chan error, 1)
	go func() { ended <- sim.Speak(far) }()
	checked, err := quick(s).Check()
	if err != nil {
		t.Fatal(err)
	}
	line := &counted{ByteConn: transport.NewStream(near)}
	pad := verifone.New(line, checked)
	typed := make(chan error, 1)
	go func() { typed <- sim.TypePIN(t.Context(), "", false) }()
	pan := number(0)
	defer pan.Wipe()
	e, err := pad.EnterPIN(t.Context(), pos.PINRequest{PAN: pan, Amount: money.New(1234, money.USD), Timeout: time.Minute})
	e.Wipe()
	if err := errors.Join(err, <-typed); err != nil {
		t.Fatal(err)
	}
	near.Close()
	<-ended
	return int(line.read.Load()), int(line.written.Load())
}

// counted counts the bytes of a line.
type counted struct {
	transport.ByteConn
	read, written atomic.Int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.ByteConn.Read(b)
	c.read.Add(int64(n))
	return n, err
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.ByteConn.Write(b)
	c.written.Add(int64(n))
	return n, err
}

// whole are the forms that the whole suite is run with; TestForms asks once in each other one.
func whole() []form {
	f := forms()
	return []form{f[0], f[6], f[9], f[15]}
}

// TestForms asks for a PIN in every form, and for none.
func TestForms(t *testing.T) {
	for _, f := range forms() {
		t.Run(f.name, func(t *testing.T) {
			sim := newSim(t, f.set)
			ready, err := counter.StartPINPad(group(t, true), sim, counter.Place{Socket: filepath.Join(socketDir(t), "p")})
			if err != nil {
				t.Fatal(err)
			}
			pad, err := device.OpenPINPad(t.Context(), ready.URI, "", quick(f.set), device.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer pad.Close()
			for which := range cards {
				e, err := ask(t, pad, which, func() error { return sim.TypePIN(t.Context(), "", false) })
				if err != nil || !opens(e, which) {
					t.Errorf("%s: the PIN does not come: %v", cards[which], err)
				}
				e.Wipe()
			}
			if f.set.Ask != "Z62" && f.set.Ask != "Z63" {
				return
			}
			e, err := askFor(t, pad, pos.PINRequest{PAN: number(0), NoPIN: true}, func() error { return sim.Press(t.Context(), "enter") })
			if err != nil || e.Block.Present() {
				t.Errorf("no PIN gives %v", err)
			}
		})
	}
}

func ask(t *testing.T, pad *device.PINPad, which int, do func() error) (pos.PINEntry, error) {
	t.Helper()
	return askFor(t, pad, pos.PINRequest{PAN: number(which), Amount: money.New(1234, money.USD)}, do)
}

func askFor(t *testing.T, pad *device.PINPad, r pos.PINRequest, do func() error) (pos.PINEntry, error) {
	t.Helper()
	type result struct {
		e   pos.PINEntry
		err error
	}
	out := make(chan result, 1)
	go func() {
		defer r.PAN.Wipe()
		e, err := pad.EnterPIN(t.Context(), r)
		out <- result{e, err}
	}()
	if err := do(); err != nil {
		t.Error(err)
	}
	got := <-out
	return got.e, got.err
}

func TestConformance(t *testing.T) {
	for _, f := range whole() {
		t.Run(f.name, func(t *testing.T) {
			padtest.Run(t, func(t *testing.T) padtest.Bench {
				sim := newSim(t, f.set)
				ready, err := counter.StartPINPad(group(t, true), sim, counter.Place{Socket: filepath.Join(socketDir(t), "p")})
				if err != nil {
					t.Fatal(err)
				}
				b := bench(sim, ready, f.set)
				b.Sent, b.Taken = bytesOf(t, f.set)
				return b
			})
		})
	}
}

func TestConformanceTCP(t *testing.T) {
	f := forms()[5]
	padtest.Run(t, func(t *testing.T) padtest.Bench {
		sim := newSim(t, f.set)
		ready, err := counter.StartPINPad(group(t, true), sim, counter.Place{Listen: "127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		b := bench(sim, ready, f.set)
		b.Sent, b.Taken = bytesOf(t, f.set)
		return b
	})
}

func TestConformanceSerial(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a pty needs Linux")
	}
	for _, f := range []form{forms()[0], forms()[6]} {
		t.Run(f.name, func(t *testing.T) {
			padtest.Run(t, func(t *testing.T) padtest.Bench {
				sim := newSim(t, f.set)
				ready, err := counter.StartPINPad(group(t, true), sim, counter.Place{PTY: true, Link: filepath.Join(socketDir(t), "p")})
				if err != nil {
					t.Fatal(err)
				}
				b := bench(sim, ready, f.set)
				b.Sent, b.Taken = bytesOf(t, f.set)
				return b
			})
		})
	}
}

// TestConformanceOtherProcess runs the suite against a hwsim process of its own: both dialects, both kinds of keys, on a
// socket and on a serial line that can be plugged in again.
func TestConformanceOtherProcess(t *testing.T) {
	program := conform.Program(t)
	session := wrappedKey()
	for name, c := range map[string]struct {
		set    verifone.Settings
		serial bool
	}{
		"uic dukpt":                {set: verifone.Settings{Dialect: verifone.UIC}},
		"verifone dukpt":           {set: verifone.Settings{Dialect: verifone.VeriFone}},
		"uic session":              {set: verifone.Settings{Dialect: verifone.UIC, Keys: verifone.Session, SessionKey: session}},
		"verifone session":         {set: verifone.Settings{Dialect: verifone.VeriFone, Keys: verifone.Session, SessionKey: session}},
		"uic dukpt, serial":        {set: verifone.Settings{Dialect: verifone.UIC}, serial: true},
		"verifone session, serial": {set: verifone.Settings{Dialect: verifone.VeriFone, Keys: verifone.Session, SessionKey: session}, serial: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it mostly waits
			if c.serial && runtime.GOOS != "linux" {
				t.Skip("a pty needs Linux")
			}
			checked, err := c.set.Check()
			if err != nil {
				t.Fatal(err)
			}
			padtest.Run(t, func(t *testing.T) padtest.Bench {
				at := []string{"--socket", filepath.Join(socketDir(t), "p")}
				if c.serial {
					at = []string{"--pty", "--link", filepath.Join(socketDir(t), "p")}
				}
				ready := conform.Start(t, program, append([]string{"pinpad", "verifone", "--dialect", string(checked.Dialect), "--keys", string(checked.Keys)}, at...)...)
				b := padtest.Bench{
					URI: ready.URI, Settings: quick(c.set), Card: number, Opens: opens,
					Type:  func(ctx context.Context) error { return counter.TypePIN(ctx, ready.Control, "", false) },
					Press: func(ctx context.Context, key string) error { return counter.PressKey(ctx, ready.Control, key) },
					Fault: func(ctx context.Context, do string, count, after int) error {
						return counter.ArmPINPad(ctx, ready.Control, hwsim.Fault{Do: do, Count: count, Bytes: after})
					},
				}
				b.Sent, b.Taken = bytesOf(t, c.set)
				return b
			})
		})
	}
}
