package pinpad

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/pos/card"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestPlayback has the simulator answer the host of each file.
func TestPlayback(t *testing.T) {
	files, err := filepath.Glob("../../testdata/devices/pinpad-*.txt")
	if err != nil || len(files) < 9 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) { play(t, string(text)) })
		})
	}
}

func play(t *testing.T, text string) {
	value := map[string]string{}
	for line := range strings.Lines(text) {
		name, v, _ := strings.Cut(strings.TrimSpace(line), ": ")
		value[name] = v
	}
	p, host := connected(t, Config{Dialect: value["dialect"], Keys: value["keys"]})
	if do := value["fault"]; do != "" {
		times, _ := strconv.Atoi(value["times"])
		if err := p.Arm(hwsim.Fault{Do: do, Count: times}); err != nil {
			t.Fatal(err)
		}
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		name, v, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if err := one(t.Context(), p, host, name, v); err != nil {
			t.Fatalf("line %d: %v", number, err)
		}
	}
}

// connected is a pad with a host's end of its line, for a synctest bubble.
func connected(t *testing.T, c Config) (*Pad, net.Conn) {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	near, line := net.Pipe()
	host := &buffered{Conn: near, in: make(chan byte, 4096)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = p.Speak(line)
	}()
	go host.collect()
	t.Cleanup(func() {
		host.Close()
		<-ended
	})
	return p, host
}

// buffered takes what the pad says at once, as a serial line does; a pipe would make the pad wait.
type buffered struct {
	net.Conn
	in chan byte
}

func (b *buffered) collect() {
	defer close(b.in)
	var c [1]byte
	for {
		if _, err := b.Conn.Read(c[:]); err != nil {
			return
		}
		b.in <- c[0]
	}
}

func (b *buffered) Read(p []byte) (int, error) {
	c, ok := <-b.in
	if !ok {
		return 0, io.EOF
	}
	p[0] = c
	return 1, nil
}

// one carries out a line of a playback file.
func one(ctx context.Context, p *Pad, host net.Conn, name, value string) error {
	switch name {
	case "host":
		b, err := hex.DecodeString(value)
		if err != nil {
			return err
		}
		_, err = host.Write(b)
		return err
	case "pad":
		return expect(host, value)
	case "person":
		if value == "pin" {
			return p.TypePIN(ctx, "", false)
		}
		return p.Press(ctx, value)
	}
	return nil
}

type unexpected struct{ got, want int }

func (u unexpected) Error() string {
	return "the pad says something else, of " + strconv.Itoa(u.got) + " bytes"
}

func expect(host net.Conn, value string) error {
	want, err := hex.DecodeString(value)
	if err != nil {
		return err
	}
	got := make([]byte, len(want))
	n, err := io.ReadFull(host, got)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return unexpected{n, len(want)}
	}
	return nil
}

// says writes a frame and checks the answers, hexadecimal.
func says(t *testing.T, host net.Conn, start byte, body string, want ...string) {
	t.Helper()
	if _, err := host.Write(framed(start, body)); err != nil {
		t.Fatal(err)
	}
	for _, w := range want {
		if err := expect(host, w); err != nil {
			t.Fatalf("%q: %v", body, err)
		}
	}
}

func frameHex(start byte, body string) string { return hex.EncodeToString(framed(start, body)) }

const ackByte, eotByte, nakByte = "06", "04", "15"

// TestTimers: what the pad does when nobody does anything.
func TestTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, host := connected(t, Config{})
		began := time.Now()
		says(t, host, stx, "704111111111111111\x1cD1.00\x1c2", ackByte, eotByte)
		if took := time.Since(began); took != time.Minute {
			t.Errorf("a PIN is waited for %v", took)
		}
		began = time.Now()
		says(t, host, stx, "704111111111111111\x1cD1.00", ackByte, eotByte)
		if took := time.Since(began); took != defaultTime {
			t.Errorf("without a time a PIN is waited for %v", took)
		}
		began = time.Now()
		says(t, host, stx, "Z4210", ackByte, frameHex(stx, "Z43?"))
		// Nobody acknowledges: it comes twice more, then EOT.
		for _, want := range []string{frameHex(stx, "Z43?"), frameHex(stx, "Z43?"), eotByte} {
			if err := expect(host, want); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 10*time.Second+3*ackPatience {
			t.Errorf("an answer is repeated for %v", took)
		}
	})
}

// closes acknowledges an answer, after which the pad ends the exchange.
func closes(t *testing.T, host net.Conn) {
	t.Helper()
	if _, err := host.Write([]byte{ack}); err != nil {
		t.Fatal(err)
	}
	if err := expect(host, eotByte); err != nil {
		t.Fatal(err)
	}
}

// TestMaintenance walks through the messages that no driver of ours sends too.
func TestMaintenance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, host := connected(t, Config{})
		says(t, host, si, "11", ackByte, eotByte)
		says(t, host, si, "040", ackByte, frameHex(si, "04F"))
		closes(t, host)
		says(t, host, si, "045", ackByte, frameHex(si, "040"))
		closes(t, host)
		says(t, host, si, "025"+"0011", ackByte, frameHex(si, "02?1"))
		closes(t, host)
		load := "025" + "0011223344556677" + "8899AABBCCDDEEF0"
		says(t, host, si, load, ackByte, frameHex(si, load))
		closes(t, host)
		says(t, host, si, "085", ackByte, frameHex(si, "080"))
		closes(t, host)
		says(t, host, si, "081", ackByte, frameHex(si, "08A"))
		closes(t, host)
		says(t, host, stx, "90"+"6AC292FAA1315B4D858AB3A3D7D5933A"+"FFFF9876543212E00000", ackByte, frameHex(stx, "910"))
		host.Write([]byte{ack})
		says(t, host, stx, "90"+"6AC2", ackByte, frameHex(stx, "911"))
		host.Write([]byte{ack})
		says(t, host, stx, "Z2\x1aHELLO", ackByte)
		says(t, host, stx, "Z32\x1aONE\x1cTWO", ackByte)
		synctest.Wait()
		if got := p.State().Screen; len(got) != 2 || got[1] != "TWO" {
			t.Errorf("the screen shows %v", got)
		}
		says(t, host, stx, "Q9") // unknown: not a word
		says(t, host, stx, "Z1", ackByte)
	})
}

func TestRefusesBrokenFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, host := connected(t, Config{})
		bad := framed(stx, "Z1")
		bad[len(bad)-1] ^= 1
		for range 2 {
			host.Write(bad)
			if err := expect(host, nakByte); err != nil {
				t.Fatal(err)
			}
		}
		says(t, host, stx, "Z1", ackByte)
	})
}

// TestTypesTestCardsOnly: no PIN is ever typed for a card that is not in the list.
func TestTypesTestCardsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, host := connected(t, Config{})
		says(t, host, stx, "704012888888881881\x1cD1.00", ackByte)
		for name, try := range map[string]func() error{
			"its PIN":        func() error { return p.TypePIN(t.Context(), "", false) },
			"another's PIN":  func() error { return p.TypePIN(t.Context(), "visa", false) },
			"a digit":        func() error { return p.Press(t.Context(), "1") },
			"an unknown key": func() error { return p.Press(t.Context(), "F9") },
		} {
			if err := try(); err == nil {
				t.Errorf("%s is typed", name)
			}
		}
		says(t, host, stx, "72", eotByte)
		says(t, host, stx, "72", ackByte)
		if err := p.Press(t.Context(), "1"); err != ErrNobody {
			t.Errorf("an idle pad gives %v", err)
		}
	})
}

// TestErrorCodes: what is wrong with a request, in both dialects.
func TestErrorCodes(t *testing.T) {
	for name, c := range map[string]struct {
		dialect, keys, fault, request, want string
	}{
		"UIC, short number":        {"uic", "dukpt", "", "701234567\x1cD1.00", "712"},
		"UIC, long number":         {"uic", "dukpt", "", "7012345678901234567890\x1cD1.00", "713"},
		"UIC, letter in it":        {"uic", "dukpt", "", "7041111111A1111111\x1cD1.00", "714"},
		"UIC, none":                {"uic", "dukpt", "", "70\x1cD1.00", "710"},
		"UIC, no prompt":           {"uic", "dukpt", "", "Z60.4111111111111111", "718"},
		"UIC, no key":              {"uic", "dukpt", "no_key", "704111111111111111\x1cD1.00", "71A"},
		"UIC, used up":             {"uic", "dukpt", "exhausted", "704111111111111111\x1cD1.00", "71F"},
		"UIC, no key selected":     {"uic", "session", "", "70.4111111111111111\x1c00112233445566771.00", "719"},
		"VeriFone, number":         {"verifone", "dukpt", "", "Z60.1234567\x1cDUKPT ENCRYPTION", "712"},
		"VeriFone, no key":         {"verifone", "dukpt", "no_key", "Z60.4111111111111111\x1cDUKPT ENCRYPTION", "711"},
		"VeriFone, used up":        {"verifone", "dukpt", "exhausted", "Z60.4111111111111111\x1cDUKPT ENCRYPTION", "716"},
		"VeriFone, nothing loaded": {"verifone", "session", "", "Z60.4111111111111111\x1c0011223344556677", "711"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, host := connected(t, Config{Dialect: c.dialect, Keys: c.keys})
				if c.fault != "" {
					if err := p.Arm(hwsim.Fault{Do: c.fault}); err != nil {
						t.Fatal(err)
					}
				}
				says(t, host, stx, c.request, ackByte, frameHex(stx, c.want))
			})
		})
	}
}

// TestLastKey: a pad whose counter is at its end says so.
func TestLastKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, host := connected(t, Config{KSN: "FFFF9876543210FFF800", Auto: true})
		says(t, host, stx, "704111111111111111\x1cD1.00", ackByte, frameHex(stx, "71F"))
	})
}

func TestPinsAreOfTestCards(t *testing.T) {
	withPIN := 0
	for _, c := range cardList() {
		if !c.PIN {
			continue
		}
		withPIN++
		pan, err := Number(c.Name)
		if err != nil {
			t.Fatal(err)
		}
		pin, ok := PINOf(pan)
		if !ok || pin.Len() < 4 {
			t.Errorf("%s has no PIN", c.Name)
		}
		pin.Wipe()
	}
	if withPIN < 8 {
		t.Errorf("only %d cards have a PIN", withPIN)
	}
	stranger, err := card.NewPAN([]byte("4012888888881881"))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := PINOf(stranger); ok {
		t.Error("a stranger's card has a PIN")
	}
}

func TestControl(t *testing.T) {
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"cards", "GET", "/cards", "", 200},
		{"state", "GET", "/state", "", 200},
		{"fault", "POST", "/faults", `{"do":"late"}`, 200},
		{"faults", "GET", "/faults", "", 200},
		{"unknown fault", "POST", "/faults", `{"do":"fire"}`, 400},
		{"unknown field", "POST", "/faults", `{"doo":"late"}`, 400},
		{"disarm", "DELETE", "/faults", "", 200},
		{"unknown key", "POST", "/key", `{"key":"F9"}`, 400},
		{"nobody asks for a PIN", "POST", "/pin", `{}`, 409},
		{"nobody asks for a text", "POST", "/text", `{"text":"1"}`, 409},
	} {
		w := httptest.NewRecorder()
		p.Control().ServeHTTP(w, httptest.NewRequestWithContext(gone, c.method, c.path, strings.NewReader(c.body)))
		if body, _ := io.ReadAll(w.Body); w.Code != c.status || !json.Valid(body) {
			t.Errorf("%s: status %d, %s", c.name, w.Code, body)
		}
		if w.Code == http.StatusOK && c.name == "disarm" && len(p.Faulted()) != 0 {
			t.Error("the faults are still armed")
		}
	}
}

func TestConfigRefuses(t *testing.T) {
	for name, c := range map[string]Config{
		"dialect": {Dialect: "klingon"}, "keys": {Keys: "rsa"}, "BDK": {BDK: "00"}, "KSN": {KSN: "x"}, "master key": {Master: map[int]string{0: "00"}},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("a wrong %s is taken", name)
		}
	}
}

// TestPace: forty-odd characters at 1200 baud take a third of a second.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, host := connected(t, Config{Baud: 1200, Auto: true})
		began := time.Now()
		says(t, host, stx, "704111111111111111\x1cD1.00", ackByte)
		first := time.Since(began)
		if _, err := io.ReadFull(host, make([]byte, 38)); err != nil {
			t.Fatal(err)
		}
		if first != 10*time.Second/1200 || time.Since(began) != 39*(10*time.Second/1200) {
			t.Errorf("one character takes %v, all %v", first, time.Since(began))
		}
	})
}

// nowhere is a line that takes everything and gives nothing.
type nowhere struct{ bytes.Buffer }

func (*nowhere) Close() error { return nil }

// FuzzHost feeds the pad what no host says.
func FuzzHost(f *testing.F) {
	for _, body := range []string{"11", "080", "02x", "04", "13"} {
		f.Add(framed(si, body))
	}
	for _, body := range []string{
		"72", "704111111111111111\x1cD1.00\x1c2", "70.4111111111111111\x1c00112233445566771.00", "Z60.4111111111111111\x1c1",
		"Z62.4111111111111111\x1c0412YA\x1cB\x1cC", "Z63.\x1c", "Z6", "Z3", "Z42", "Z5010305", "9", "90", "7A1", "70", "76", "70.\x1c",
	} {
		f.Add(framed(stx, body))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, c := range []Config{{Auto: true}, {Dialect: "verifone", Keys: "session", Auto: true}} {
			p, err := New(c)
			if err != nil {
				t.Fatal(err)
			}
			line := &nowhere{}
			s := &session{pad: p, stream: line, slot: -1, entry: stopped(), patience: stopped(), delayed: stopped()}
			s.take(in)
			// Whatever the pad says is control characters and frames whose LRC is right.
			var check intake
			for _, b := range line.Bytes() {
				if got, ok := check.take(b); ok && got.control == 0 && !got.good {
					t.Fatal("the pad sends a broken frame")
				}
			}
			for _, timer := range []*time.Timer{s.entry, s.patience, s.delayed} {
				timer.Stop()
			}
		}
	})
}

// TestMixDrawsEveryFault: in the long run.
func TestMixDrawsEveryFault(t *testing.T) {
	m, err := hwsim.NewMix(1, 50, chances())
	if err != nil {
		t.Fatal(err)
	}
	for range 600 {
		m.Name()
	}
	for _, verb := range Faults() {
		if m.Fired()[verb] == 0 {
			t.Errorf("%s never came", verb)
		}
	}
	if _, err := New(Config{FaultsShare: 101}); err == nil {
		t.Error("more than all PINs go wrong")
	}
}
