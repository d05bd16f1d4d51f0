package verifone_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/pos"
)

func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		says, want string
		code       pos.Code
	}{
		"typed": {stx("Z5112345"), "12345", ""}, "nothing": {stx("Z51"), "", ""}, "cancel": {eot, "", pos.CodePINCancelled},
		"too long": {stx("Z51123456"), "", pos.CodePINPadProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pad, p := script(t, verifone.Settings{})
				go func() {
					p.hears(t, stop)
					p.says(ack)
					p.hears(t, stx("Z5010305"))
					p.says(ack + c.says)
				}()
				got, err := pad.Text(t.Context(), verifone.EchoPlain, 5, 30*time.Second)
				if string(got) != c.want || (err == nil) != (c.code == "") || err != nil && pos.CodeOf(err) != c.code {
					t.Errorf("it gives %q, %v", got, err)
				}
			})
		})
	}
}

func TestShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pad, p := script(t, verifone.Settings{})
		go func() {
			p.hears(t, stop)
			p.says(ack)
			for _, want := range []string{"Z2\x1aHELLO", "Z32\x1aONE\x1cTWO", "Z1", "7A1", "7A0"} {
				p.hears(t, stx(want))
				p.says(ack)
			}
		}()
		for i, err := range []error{
			pad.Show(t.Context(), "HELLO"), pad.Show(t.Context(), "ONE", "TWO"), pad.Idle(t.Context()),
			pad.LeadingFs(t.Context(), true), pad.LeadingFs(t.Context(), false),
		} {
			if err != nil {
				t.Errorf("call %d gives %v", i, err)
			}
		}
		for name, lines := range map[string][]string{"nothing": nil, "eight lines": make([]string, 8), "accents": {"é"}, "a control": {"a\x03b", "c"}, "too long": {strings.Repeat("x", 65)}} {
			if err := pad.Show(t.Context(), lines...); pos.CodeOf(err) != pos.CodePINPadProtocol {
				t.Errorf("%s gives %v", name, err)
			}
		}
	})
}

// TestProbe finds the one setting on which the pad answers.
func TestProbe(t *testing.T) {
	right := transport.Line{Baud: 4800, DataBits: 7, Parity: "E", StopBits: 1}
	synctest.Test(t, func(t *testing.T) {
		opened := 0
		open := func(_ context.Context, line transport.Line) (transport.ByteConn, error) {
			opened++
			near, far := net.Pipe()
			go func() {
				defer far.Close()
				buf := make([]byte, 64)
				for {
					n, err := far.Read(buf)
					if err != nil {
						return
					}
					if line == right && bytes.Equal(buf[:n], []byte(si("11"))) {
						far.Write([]byte(ack + eot))
					} else if line.Baud > right.Baud {
						far.Write([]byte("\xfe\x80")) // what another speed makes of it
					}
				}
			}()
			return transport.NewStream(near), nil
		}
		set, _ := verifone.Settings{}.Check()
		got, conn, err := verifone.Probe(t.Context(), verifone.LineSettings(), set, open)
		if err != nil || got != right {
			t.Fatalf("it finds %+v, %v", got, err)
		}
		conn.Close()
		if opened != 4 {
			t.Errorf("%d settings were tried", opened)
		}
		if _, _, err := verifone.Probe(t.Context(), []transport.Line{{Baud: 300}}, set, open); !errors.Is(err, verifone.ErrNoLine) {
			t.Errorf("no pad gives %v", err)
		}
		broken := errors.New("busy")
		_, _, err = verifone.Probe(t.Context(), verifone.LineSettings(), set, func(context.Context, transport.Line) (transport.ByteConn, error) { return nil, broken })
		if !errors.Is(err, broken) {
			t.Errorf("a port that does not open gives %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := verifone.Probe(ctx, verifone.LineSettings(), set, open); !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled probe gives %v", err)
		}
		synctest.Wait()
	})
}

func TestSettings(t *testing.T) {
	got, err := verifone.Settings{}.Check()
	if err != nil || got.Dialect != verifone.UIC || got.Ask != "70" || got.ACK != 3*time.Second || got.PIN != time.Minute || got.InterByte != 500*time.Millisecond {
		t.Errorf("the reference values are %+v, %v", got, err)
	}
	if got, _ := (verifone.Settings{Dialect: verifone.VeriFone}).Check(); got.Ask != "Z60" {
		t.Errorf("VeriFone's pads are asked by %s", got.Ask)
	}
	for name, s := range map[string]verifone.Settings{
		"dialect": {Dialect: "x"}, "keys": {Keys: "x"}, "ask": {Ask: "71"}, "slot": {Slot: 10},
		"no session key": {Keys: verifone.Session}, "odd session key": {Keys: verifone.Session, SessionKey: "0123456789ABCDE"},
		"session key with DUKPT": {SessionKey: wrappedKey()}, "PIN of 3": {Shortest: 3}, "PIN of 13": {Longest: 13}, "upside down": {Shortest: 8, Longest: 6},
		"prompt": {Prompt: "é"}, "processing": {Processing: strings.Repeat("x", 65)}, "tries": {Tries: 10}, "negative time": {ACK: -1}, "long time": {Reply: time.Hour},
	} {
		if _, err := s.Check(); pos.CodeOf(err) != pos.CodeConfig {
			t.Errorf("%s gives %v", name, err)
		}
	}
	if strings.Contains(fmt.Sprint(verifone.Settings{SessionKey: wrappedKey()}), wrappedKey()) {
		t.Error("settings print their session key")
	}
}
