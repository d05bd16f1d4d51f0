package verifone_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// scripted is a pad that does exactly what a test says.
type scripted struct {
	net.Conn
	in chan byte // what the host says
}

// script gives a driver whose pad is scripted, for a synctest bubble. The first 72 is answered already.
func script(t *testing.T, s verifone.Settings) (*verifone.Pad, *scripted) {
	t.Helper()
	s, err := s.Check()
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	p := &scripted{far, make(chan byte, 4096)}
	go func() {
		defer close(p.in)
		var c [1]byte
		for {
			if _, err := far.Read(c[:]); err != nil {
				return
			}
			p.in <- c[0]
		}
	}()
	conn := transport.NewStream(near)
	t.Cleanup(func() { conn.Close(); far.Close() })
	return verifone.New(conn, s), p
}

// hears waits for a frame of the host, with its start.
func (p *scripted) hears(t *testing.T, want string) {
	t.Helper()
	for _, w := range []byte(want) {
		if got, ok := <-p.in; !ok || got != w {
			t.Error("the host says something else than it should")
			return
		}
	}
}

func (p *scripted) says(text string) { io.WriteString(p.Conn, text) }

// silent says whether the host has said nothing more.
func (p *scripted) silent() bool {
	synctest.Wait()
	return len(p.in) == 0
}

func stx(body string) string { return string(verifone.AppendFrame(nil, verifone.STX, []byte(body))) }
func si(body string) string  { return string(verifone.AppendFrame(nil, verifone.SI, []byte(body))) }

const (
	ack  = "\x06"
	nak  = "\x15"
	eot  = "\x04"
	stop = "\x0272\x03\x06"
	good = "7109876543210E000011B9C1845EB993A7A"
)

// asking is an EnterPIN under way.
type asking struct {
	entry pos.PINEntry
	err   error
	took  time.Duration
	done  chan struct{}
}

func enter(ctx context.Context, p *verifone.Pad, r pos.PINRequest) *asking {
	a := &asking{done: make(chan struct{})}
	r.PAN = number(0)
	if r.Amount.Currency() == "" {
		r.Amount = money.New(1234, money.USD)
	}
	began := time.Now()
	go func() {
		defer close(a.done)
		a.entry, a.err = p.EnterPIN(ctx, r)
		a.took = time.Since(began)
	}()
	return a
}

const request = "704111111111111111\x1cD12.34\x1c2"

// asked goes with the pad to where the PIN is typed.
func (p *scripted) asked(t *testing.T) {
	t.Helper()
	p.hears(t, stop)
	p.says(ack)
	p.hears(t, stx(request))
	p.says(ack)
}

// TestAnswers is what becomes of everything that a pad can answer, by dialect and scheme.
func TestAnswers(t *testing.T) {
	type row struct {
		answer string
		noPIN  bool
		want   string // code, or ksn, or none
	}
	uic, vf := verifone.Settings{Dialect: verifone.UIC, Ask: "Z62"}, verifone.Settings{Dialect: verifone.VeriFone}
	session := verifone.Settings{Dialect: verifone.VeriFone, Keys: verifone.Session, SessionKey: wrappedKey(), Ask: "Z63"}
	for name, c := range map[string]struct {
		set  verifone.Settings
		rows []row
	}{
		"uic": {uic, []row{
			{good, false, "FFFF9876543210E00001"},
			{"710FFFF9876543210E000011B9C1845EB993A7A", false, "FFFF9876543210E00001"},
			{"73.000009876543210E000011B9C1845EB993A7A", false, "FFFF9876543210E00001"},
			{"710", true, "none"}, {"710", false, "pinpad.protocol"},
			{"712", false, "pinpad.refused"}, {"71A", false, "pinpad.no_key"}, {"71F", false, "pinpad.keys_used_up"},
			{"71Z", false, "pinpad.protocol"}, {"715", false, "pinpad.protocol"},
			{"71.004011B9C1845EB993A7A", false, "pinpad.no_key"},                  // works with session keys
			{"7109876543210E000001B9C1845EB993A7A", false, "pinpad.protocol"},     // counter 0
			{"7109876543210E007FF1B9C1845EB993A7A", false, "pinpad.protocol"},     // eleven bits
			{"7109876543210E000011B9C1845EB993A7", false, "FFFFF9876543210E0000"}, // one digit is lost: the KSN reads shorter
			{"71098765432101B9C1845EB993A", false, "pinpad.protocol"},             // too short for a KSN
			{"7109876543210G000011B9C1845EB993A7A", false, "pinpad.protocol"},     // no hexadecimal
			{"71", false, "pinpad.protocol"}, {"711FFFF9876543210E00001", false, "pinpad.protocol"},
		}},
		"verifone": {vf, []row{
			{"73.000009876543210E000011B9C1845EB993A7A", false, "FFFF9876543210E00001"},
			{good, false, "FFFF9876543210E00001"},
			{"73.00000", true, "none"}, {"73.00000", false, "pinpad.protocol"}, {"710", true, "none"}, {"710", false, "pinpad.protocol"},
			{"711", false, "pinpad.no_key"}, {"716", false, "pinpad.keys_used_up"}, {"712", false, "pinpad.refused"},
			{"73.000019876543210E000011B9C1845EB993A7A", false, "pinpad.protocol"},
		}},
	} {
		for _, r := range c.rows {
			t.Run(fmt.Sprintf("%s %.5s of %d %v", name, r.answer, len(r.answer), r.noPIN), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { answer(t, c.set, r.answer, r.noPIN, r.want, false) })
			})
		}
	}
	for _, r := range []row{
		{"71.004011B9C1845EB993A7A", false, "slot 0"}, {"71.00001", true, "none"}, {"71.00001", false, "pinpad.protocol"},
		{"71.013011B9C1845EB993A7A", false, "pinpad.protocol"}, {"71.00401", false, "pinpad.protocol"},
		{good, false, "pinpad.no_key"}, {"715", false, "pinpad.no_key"}, {"711", false, "pinpad.no_key"},
	} {
		t.Run(fmt.Sprintf("session %.5s of %d %v", r.answer, len(r.answer), r.noPIN), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { answer(t, session, r.answer, r.noPIN, r.want, true) })
		})
	}
}

func answer(t *testing.T, s verifone.Settings, body string, noPIN bool, want string, selects bool) {
	pad, p := script(t, s)
	a := enter(t.Context(), pad, pos.PINRequest{NoPIN: noPIN})
	p.hears(t, stop)
	p.says(ack)
	if selects {
		p.hears(t, si("080"))
		p.says(ack + eot)
	}
	p.hears(t, "\x02") // the request, whatever its form
	p.says(ack + stx(body))
	<-a.done
	defer a.entry.Wipe()
	got := string(a.entry.Block.KSN)
	switch {
	case a.err != nil:
		got = string(pos.CodeOf(a.err))
	case !a.entry.Block.Present():
		got = "none"
	case got == "":
		got = fmt.Sprintf("slot %d", a.entry.Slot)
	}
	if got != want {
		t.Errorf("it gives %s (%v), want %s", got, a.err, want)
	}
	if a.err != nil && strings.Contains(a.err.Error(), "1B9C") {
		t.Error("the error shows the block")
	}
}

// TestTimes is how long the driver waits for everything, on a clock that only waits move.
func TestTimes(t *testing.T) {
	for name, c := range map[string]struct {
		pad  func(t *testing.T, p *scripted)
		code pos.Code
		took time.Duration
	}{
		"a dead line": {func(*testing.T, *scripted) {}, pos.CodePINPadOffline, 9 * time.Second},
		"the request is not heard": {func(t *testing.T, p *scripted) {
			p.hears(t, stop)
			p.says(ack)
		}, pos.CodePINPadOffline, 9*time.Second + 100*time.Millisecond},
		"the pad's time runs out": {func(t *testing.T, p *scripted) {
			p.asked(t)
			time.Sleep(time.Minute)
			p.says(eot)
		}, pos.CodePINTimeout, time.Minute + 100*time.Millisecond},
		"cancel is pressed": {func(t *testing.T, p *scripted) {
			p.asked(t)
			time.Sleep(20 * time.Second)
			p.says(eot)
		}, pos.CodePINCancelled, 20*time.Second + 100*time.Millisecond},
		"the pad forgets": {func(t *testing.T, p *scripted) {
			p.asked(t)
			p.hears(t, stop)
			p.says(eot)
		}, pos.CodePINTimeout, 65*time.Second + 100*time.Millisecond},
		"the pad dies in the middle": {func(t *testing.T, p *scripted) {
			p.asked(t)
		}, pos.CodePINTimeout, 68*time.Second + 100*time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pad, p := script(t, verifone.Settings{})
				a := enter(t.Context(), pad, pos.PINRequest{Timeout: time.Minute})
				c.pad(t, p)
				<-a.done
				if pos.CodeOf(a.err) != c.code {
					t.Errorf("it gives %v, want %s", a.err, c.code)
				}
				// A look at what has arrived takes 0.2 ms.
				if d := a.took - c.took; d < 0 || d > 10*time.Millisecond {
					t.Errorf("it takes %v, want %v", a.took, c.took)
				}
			})
		})
	}
}

// TestCancelTellsThePad: a caller who gives up waits until the pad has stopped, at most the time for an ACK.
func TestCancelTellsThePad(t *testing.T) {
	for name, c := range map[string]struct {
		says string
		took time.Duration
	}{
		"during entry": {eot, 0}, "already idle": {ack, 0}, "a block crosses": {stx(good) + ack, 0}, "dead": {"", 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pad, p := script(t, verifone.Settings{})
				ctx, cancel := context.WithCancel(t.Context())
				a := enter(ctx, pad, pos.PINRequest{})
				p.asked(t)
				synctest.Wait()
				cancel()
				began := time.Now()
				p.hears(t, stop)
				if c.says != "" {
					p.says(c.says)
				}
				<-a.done
				if !errors.Is(a.err, context.Canceled) || time.Since(began) != c.took || a.entry.Block.Present() {
					t.Errorf("after %v it gives %v", time.Since(began), a.err)
				}
			})
		})
	}
}

// TestLateBytes: nothing that an earlier session left on the line is taken for an answer.
func TestLateBytes(t *testing.T) {
	for name, late := range map[string]string{
		"a block": stx(good), "a block and its EOT": stx(good) + eot, "half a block": stx(good)[:20], "two": stx(good) + stx(good),
		"an ACK": ack, "an ACK and a block": ack + stx(good), "EOT": eot, "noise": "\x00\xff~~",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pad, p := script(t, verifone.Settings{Ask: "Z62"})
				go p.says(late) // before anything is asked
				a := enter(t.Context(), pad, pos.PINRequest{})
				p.answersStops(t, late) // and behind the cancel
				if !strings.HasPrefix(late, ack) {
					p.says(late) // and before the ACK of the request
					time.Sleep(time.Second)
				}
				p.says(ack)
				time.Sleep(10 * time.Second)
				select {
				case <-a.done:
					t.Fatalf("it gives %v before anything was typed", a.err)
				default:
				}
				p.says(stx("7109876543210E000020000000000000000"))
				<-a.done
				if a.err != nil || a.entry.Block.KSN.Counter() != 2 {
					t.Errorf("it gives %v", a.err)
				}
			})
		})
	}
}

// TestBlockSentAgain: a pad that did not hear the ACK of a block sends it again, when the next PIN is asked for at the
// latest. It is told to stop first, and the block counts once: under session keys it has no key serial number.
func TestBlockSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := verifone.Settings{Dialect: verifone.VeriFone, Keys: verifone.Session, SessionKey: wrappedKey(), Ask: "Z63"}
		pad, p := script(t, s)
		const first, second = "71.004011B9C1845EB993A7A", "71.0040110A01C8D02C69107"
		for i, block := range []string{first, second} {
			a := enter(t.Context(), pad, pos.PINRequest{})
			p.hears(t, stop)
			if i == 0 {
				p.says(ack)
			} else {
				p.says(ack + stx(first)) // and no more of it: the session is over
			}
			p.hears(t, si("080"))
			p.says(ack + eot)
			p.hears(t, stx("Z63.4111111111111111\x1c"+wrappedKey()+"0412N*"))
			p.says(ack + stx(block))
			<-a.done
			if a.err != nil {
				t.Fatal(a.err)
			}
			a.entry.Block.Lend(func(b []byte) {
				if !strings.HasSuffix(block, strings.ToUpper(hex.EncodeToString(b))) {
					t.Errorf("PIN %d is the block of another", i+1)
				}
			})
			a.entry.Wipe()
			p.hears(t, ack)
		}
	})
}

// answersStops acknowledges each cancel, the first one behind other bytes, until a PIN is asked for.
func (p *scripted) answersStops(t *testing.T, first string) {
	t.Helper()
	var heard []byte
	for range 1000 {
		b, ok := <-p.in
		if heard = append(heard, b); !ok {
			break
		}
		switch {
		case bytes.HasSuffix(heard, []byte(stop)):
			p.says(first + ack)
			first = ""
		case bytes.Contains(heard, []byte("Z62.")) && bytes.HasSuffix(heard, []byte("PROCESSING\x1c2\x03")):
			<-p.in // the LRC
			return
		}
	}
	t.Fatal("no PIN is ever asked for")
}

// TestBrokenAnswers: NAK, again, and the third time EOT.
func TestBrokenAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pad, p := script(t, verifone.Settings{})
		a := enter(t.Context(), pad, pos.PINRequest{})
		p.asked(t)
		for _, bad := range []string{"\x0271\x03\x00", stx(good)[:12]} { // wrong LRC; stops in the middle
			p.says(bad)
			p.hears(t, nak)
		}
		p.says(stx(good))
		p.hears(t, ack)
		<-a.done
		if a.err != nil {
			t.Errorf("it gives %v", a.err)
		}
		a = enter(t.Context(), pad, pos.PINRequest{})
		p.asked(t)
		for _, want := range []string{nak, nak, eot} {
			p.says("\x0271\x03\x00")
			p.hears(t, want)
		}
		<-a.done
		if pos.CodeOf(a.err) != pos.CodePINPadProtocol {
			t.Errorf("it gives %v", a.err)
		}
	})
}

// TestThreeNAKs: the host says EOT and gives up.
func TestThreeNAKs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pad, p := script(t, verifone.Settings{})
		a := enter(t.Context(), pad, pos.PINRequest{})
		p.hears(t, stop)
		p.says(ack)
		for range 3 {
			p.hears(t, stx(request))
			p.says(nak)
		}
		p.hears(t, eot)
		<-a.done
		if pos.CodeOf(a.err) != pos.CodePINPadProtocol || !p.silent() {
			t.Errorf("it gives %v", a.err)
		}
	})
}

// TestUnknownAnswers are acknowledged and passed over.
func TestUnknownAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pad, p := script(t, verifone.Settings{})
		a := enter(t.Context(), pad, pos.PINRequest{})
		p.asked(t)
		p.says(stx("Z43#"))
		p.hears(t, ack)
		p.says(ack + nak) // strays
		p.says(stx(good))
		p.hears(t, ack)
		<-a.done
		if a.err != nil || pad.Stale() != 1 {
			t.Errorf("it gives %v, %d stale", a.err, pad.Stale())
		}
	})
}

func TestKeySelection(t *testing.T) {
	set := verifone.Settings{Keys: verifone.Session, SessionKey: wrappedKey(), Slot: 3}
	for name, c := range map[string]struct {
		says string
		code pos.Code
	}{"refused": {ack + si("08A") + eot, pos.CodePINPadNoKey}, "no end": {ack + si("080"), pos.CodePINPadOffline}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pad, p := script(t, set)
				a := enter(t.Context(), pad, pos.PINRequest{})
				p.hears(t, stop)
				p.says(ack)
				p.hears(t, si("083"))
				p.says(c.says)
				<-a.done
				if pos.CodeOf(a.err) != c.code {
					t.Errorf("it gives %v", a.err)
				}
			})
		})
	}
}

func TestRequestsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pad, p := script(t, verifone.Settings{})
		for name, r := range map[string]pos.PINRequest{
			"too large": {Amount: money.New(10_000_000, money.USD)}, "negative": {Amount: money.New(-100, money.USD)},
		} {
			a := enter(t.Context(), pad, r)
			<-a.done
			if pos.CodeOf(a.err) != pos.CodeAmountTooLarge {
				t.Errorf("an amount that is %s gives %v", name, a.err)
			}
		}
		wiped := number(0)
		wiped.Wipe()
		if _, err := pad.EnterPIN(t.Context(), pos.PINRequest{PAN: wiped, Amount: money.New(100, money.USD)}); pos.CodeOf(err) != pos.CodePINPadProtocol {
			t.Errorf("a wiped number gives %v", err)
		}
		if !p.silent() {
			t.Error("something was sent")
		}
	})
}

// TestInquire asks for the serial number and for a master key, and takes what makes no sense for what it is.
func TestInquire(t *testing.T) {
	serial := func(ctx context.Context, p *verifone.Pad) (string, error) { return p.Serial(ctx) }
	key := func(ctx context.Context, p *verifone.Pad) (string, error) {
		has, err := p.HasMasterKey(ctx, 3)
		return fmt.Sprint(has), err
	}
	for name, c := range map[string]struct {
		ask        func(context.Context, *verifone.Pad) (string, error)
		asks, says string
		want       string
		code       pos.Code
	}{
		"serial":        {serial, "06", ack + si("061002611220100001") + eot, "1002611220100001", ""},
		"without EOT":   {serial, "06", ack + si("061002611220100001"), "1002611220100001", ""},
		"too short":     {serial, "06", ack + si("0612") + eot, "", pos.CodePINPadProtocol},
		"not known":     {serial, "06", ack + eot, "", pos.CodePINPadProtocol},
		"no answer":     {serial, "06", ack, "", pos.CodePINPadProtocol},
		"key there":     {key, "043", ack + si("04F") + eot, "true", ""},
		"with more":     {key, "043", ack + si("04F0123") + eot, "true", ""},
		"key not there": {key, "043", ack + si("040") + eot, "false", ""},
		"another state": {key, "043", ack + si("04X") + eot, "false", pos.CodePINPadProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pad, p := script(t, verifone.Settings{})
				type result struct {
					text string
					err  error
				}
				out := make(chan result, 1)
				go func() {
					text, err := c.ask(t.Context(), pad)
					out <- result{text, err}
				}()
				p.hears(t, stop)
				p.says(ack)
				p.hears(t, si(c.asks))
				p.says(c.says)
				got := <-out
				if got.text != c.want || (got.err == nil) != (c.code == "") || got.err != nil && pos.CodeOf(got.err) != c.code {
					t.Errorf("it gives %q, %v", got.text, got.err)
				}
			})
		})
	}
}
