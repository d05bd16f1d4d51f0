package verifone_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/hwsim/pinpad"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// step is one line of a playback file: who does what.
type step struct {
	who  string // host or pad
	what []byte
}

type playback struct {
	value map[string]string
	steps []step
}

func readPlayback(t *testing.T, path string) playback {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := playback{value: map[string]string{}}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if name != "host" && name != "pad" {
			p.value[name] = value
			continue
		}
		b, err := hex.DecodeString(value)
		if err != nil {
			t.Fatal(err)
		}
		p.steps = append(p.steps, step{name, b})
	}
	return p
}

// play is the pad's side: it checks each byte of the host and answers as the file says.
func (p playback) play(conn net.Conn) error {
	for i, s := range p.steps {
		if s.who == "pad" {
			if _, err := conn.Write(s.what); err != nil {
				return fmt.Errorf("step %d: %w", i+1, err)
			}
			continue
		}
		got := make([]byte, len(s.what))
		if _, err := io.ReadFull(conn, got); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		if !bytes.Equal(got, s.what) {
			return fmt.Errorf("step %d: the host says something else", i+1)
		}
	}
	return nil
}

// TestPlayback has the driver talk to each file.
func TestPlayback(t *testing.T) {
	files, err := filepath.Glob("../../testdata/devices/pinpad-*.txt")
	if err != nil || len(files) < 9 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			p := readPlayback(t, path)
			if !strings.HasPrefix(p.value["source"], "constructed") && !strings.HasPrefix(p.value["source"], "published") {
				t.Error("it does not say where its bytes come from")
			}
			synctest.Test(t, func(t *testing.T) { p.drive(t) })
		})
	}
}

func (p playback) drive(t *testing.T) {
	near, far := net.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- p.play(far); io.Copy(io.Discard, far) }()
	defer far.Close()
	conn := transport.NewStream(near)
	defer conn.Close()
	set, err := verifone.Settings{
		Dialect: verifone.Dialect(p.value["dialect"]), Keys: verifone.Scheme(p.value["keys"]),
		Ask: p.value["ask"], SessionKey: p.value["session_key"],
	}.Check()
	if err != nil {
		t.Fatal(err)
	}
	pan, err := pinpad.Number(p.value["card"])
	if err != nil {
		t.Fatal(err)
	}
	defer pan.Wipe()
	amount := money.New(0, money.USD)
	if p.value["amount"] != "" {
		if amount, err = money.Parse(p.value["amount"], money.USD); err != nil {
			t.Fatal(err)
		}
	}
	entry, err := verifone.New(conn, set).EnterPIN(t.Context(), pos.PINRequest{PAN: pan, Amount: amount})
	defer entry.Wipe()
	if failed := <-ended; failed != nil {
		t.Error(failed)
	}
	got := string(entry.Block.KSN)
	switch {
	case err != nil:
		got = string(pos.CodeOf(err))
	case got == "":
		got = fmt.Sprintf("slot %d", entry.Slot)
	}
	if got != p.value["result"] {
		t.Errorf("it gives %s (%v), want %s", got, err, p.value["result"])
	}
	if entry.Block.Present() && p.value["result"] != "slot 0" && !opensAs(entry, p.value["card"]) {
		t.Error("the block does not hold the card's PIN")
	}
}
