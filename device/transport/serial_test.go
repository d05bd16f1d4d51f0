package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/hwsim/pty"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serialPair opens a serial line over a pty, which has no modem lines to set; dev is the device's end.
func serialPair(t *testing.T) (conn transport.ByteConn, dev *pty.Line) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("a pty as a serial line needs Linux")
	}
	dev, err := pty.Open()
	if err != nil {
		t.Skipf("no pty here: %v", err)
	}
	t.Cleanup(func() { dev.Close() })
	conn, err = transport.OpenSerial(t.Context(), dev.Path, transport.Line{Baud: 9600, DataBits: 8, Parity: "N", StopBits: 1, DTR: transport.SignalOn, RTS: transport.SignalOff})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, dev
}

func TestSerialCarriesEveryByte(t *testing.T) {
	conn, dev := serialPair(t)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, way := range []struct {
		name     string
		from, to io.ReadWriter
	}{{"to the device", conn, dev}, {"from the device", dev, conn}} {
		if _, err := way.from.Write(all); err != nil {
			t.Fatalf("%s: %v", way.name, err)
		}
		got := make([]byte, len(all))
		if _, err := io.ReadFull(way.to, got); err != nil || !bytes.Equal(got, all) {
			t.Errorf("%s: bytes changed, %v", way.name, err)
		}
	}
}

// TestSerialOpensEmpty: what the line brought before it was opened belongs to nobody: a swipe of then would pay a sale of
// now.
func TestSerialOpensEmpty(t *testing.T) {
	conn, dev := serialPair(t)
	conn.Close()
	if _, err := dev.Write([]byte("old")); err != nil {
		t.Fatal(err)
	}
	conn, err := transport.OpenSerial(t.Context(), dev.Path, transport.Line{Baud: 9600, DataBits: 8, Parity: "N", StopBits: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := dev.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 3)
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "new" {
		t.Errorf("it reads %q, %v", got, err)
	}
}

func TestSerialReadDeadline(t *testing.T) {
	conn, dev := serialPair(t)
	conn.SetReadDeadline(time.Now().Add(-time.Second))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a past deadline gives %v", err)
	}
	conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a deadline gives %v", err)
	}
	conn.SetReadDeadline(time.Time{})
	dev.Write([]byte("x"))
	b := make([]byte, 1)
	if n, err := conn.Read(b); n != 1 || err != nil || b[0] != 'x' {
		t.Errorf("after the deadline was taken off: %d, %v", n, err)
	}
}

func TestSerialCancelEndsRead(t *testing.T) {
	conn, _ := serialPair(t)
	ctx, cancel := context.WithCancel(t.Context())
	stop := transport.Bound(ctx, conn)
	defer stop()
	ended := make(chan error)
	go func() {
		_, err := conn.Read(make([]byte, 1))
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a cancelled read gives %v", err)
	}
}

func TestSerialUnplugIsNoClose(t *testing.T) {
	conn, dev := serialPair(t)
	dev.Close()
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, transport.ErrOffline) {
		t.Errorf("unplug gives %v", err)
	}
	if _, err := conn.Write([]byte("x")); !errors.Is(err, transport.ErrOffline) {
		t.Errorf("a write to it gives %v", err)
	}
	conn.Close()
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("after close it gives %v", err)
	}
}

// TestSerialCloseEndsAll blocks a write in a full line and a read in an empty one.
func TestSerialCloseEndsAll(t *testing.T) {
	conn, _ := serialPair(t)
	results := make(chan error, 2)
	started := make(chan struct{})
	go func() {
		// The line takes some 16 KB that nobody reads. On a busy machine one deadline may pass before the write begins.
		for full := 0; full < 3; {
			conn.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
			n, err := conn.Write(make([]byte, 4096))
			switch {
			case n > 0:
				full = 0
			case errors.Is(err, os.ErrDeadlineExceeded):
				full++
			}
		}
		conn.SetWriteDeadline(time.Time{})
		close(started)
		_, err := conn.Write([]byte("more"))
		results <- err
	}()
	go func() {
		_, err := conn.Read(make([]byte, 1))
		results <- err
	}()
	<-started
	conn.Close()
	for range 2 {
		if err := <-results; !errors.Is(err, transport.ErrClosed) {
			t.Errorf("close gives %v", err)
		}
	}
	if _, err := conn.Write([]byte("x")); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("write after close gives %v", err)
	}
}

func TestSerialMissing(t *testing.T) {
	_, err := transport.OpenSerial(t.Context(), t.TempDir()+"/tty", transport.Line{Baud: 9600, DataBits: 8, Parity: "N", StopBits: 1})
	if !errors.Is(err, transport.ErrOffline) {
		t.Errorf("a missing line gives %v", err)
	}
}
