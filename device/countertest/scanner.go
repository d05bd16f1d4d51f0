package countertest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/scanner"
	"github.com/tillpos/till/device/suite"
	"github.com/tillpos/till/pos"
)

// Scanner is the suite of barcode scanners.
func Scanner(t *testing.T, start func(*testing.T) Bench) {
	run(t, start, []part{
		{"scan", scanOne}, {"many in a row", scanMany}, {"twice", scanTwice}, {"cancel", scanCancelled}, {"deadline", scanDeadline},
		{"garbage", scanGarbage}, {"half a code", scanHalf}, {"wrong check digit", scanCheck}, {"late", scanLate},
		{"close while reading", closeWhileScanning}, {"unplug at every byte sent", scannerUnplug},
	})
}

const pencil = "4006381333931"

type scanned struct {
	scan scanner.Scan
	err  error
}

func (r *rig) scanner() *device.Scanner {
	r.Helper()
	s, err := device.OpenScanner(r.ctx, r.URI, r.Driver, device.Options{Waits: suite.Waits, Changed: r.changed})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { s.Close() })
	r.online(s)
	return s
}

func (r *rig) scan(text, fault string) {
	r.Helper()
	var answer struct {
		Delivered bool   `json:"delivered"`
		Error     string `json:"error"`
	}
	r.ask("POST", "/scan", map[string]string{"text": text, "aim": "E0", "fault": fault}, &answer)
	if !answer.Delivered {
		r.Fatalf("the scan of %s: %s", text, answer.Error)
	}
}

func (r *rig) next(ctx context.Context, s *device.Scanner) <-chan scanned {
	out := make(chan scanned, 1)
	go func() {
		scan, err := s.Next(ctx)
		out <- scanned{scan, err}
	}()
	return out
}

func (r *rig) wants(s *device.Scanner, text string) {
	r.Helper()
	if got := within(r, r.next(r.ctx, s)); got.err != nil || got.scan.Text != text || got.scan.Symbology != scanner.EAN {
		r.Fatalf("scanned %+v, %v, not %s", got.scan, got.err, text)
	}
}

func scanOne(r *rig) {
	s := r.scanner()
	reading := r.next(r.ctx, s)
	r.scan(pencil, "")
	if got := within(r, reading); got.err != nil || got.scan != (scanner.Scan{Text: pencil, AIM: "E0", Symbology: scanner.EAN}) {
		r.Errorf("scanned %+v, %v", got.scan, got.err)
	}
}

// codes are numbers with their check digits.
var codes = []string{pencil, "4006381333948", "4006381333955", "4006381333962", "4006381333979"}

// scanMany: codes that nobody waits for wait themselves, in their order.
func scanMany(r *rig) {
	s := r.scanner()
	for _, c := range codes {
		r.scan(c, "")
	}
	for _, c := range codes {
		r.wants(s, c)
	}
}

func scanTwice(r *rig) {
	s := r.scanner()
	r.scan(pencil, "twice")
	r.wants(s, pencil)
	r.wants(s, pencil)
}

func scanCancelled(r *rig) {
	s := r.scanner()
	ctx, cancel := context.WithCancel(r.ctx)
	reading := r.next(ctx, s)
	cancel()
	if got := within(r, reading); !errors.Is(got.err, context.Canceled) {
		r.Errorf("it gives %v", got.err)
	}
	r.scan(pencil, "")
	r.wants(s, pencil)
}

func scanDeadline(r *rig) {
	s := r.scanner()
	ctx, cancel := context.WithTimeout(r.ctx, time.Millisecond)
	defer cancel()
	if got := within(r, r.next(ctx, s)); !errors.Is(got.err, context.DeadlineExceeded) {
		r.Errorf("it gives %v", got.err)
	}
	r.scan(pencil, "")
	r.wants(s, pencil)
}

// scanGarbage: what holds other bytes is no code, and takes none of the next ones with it.
func scanGarbage(r *rig) {
	s := r.scanner()
	for range 5 {
		r.scan(codes[1], "garbage")
		r.scan(pencil, "")
		r.wants(s, pencil)
	}
}

// scanHalf: half a code is none. It may have to fall silent before the next one is one.
func scanHalf(r *rig) {
	s := r.scanner()
	r.scan(codes[1], "partial")
	time.Sleep(600 * time.Millisecond) // silence is what the driver waits for
	r.scan(pencil, "")
	r.wants(s, pencil)
}

func scanCheck(r *rig) {
	s := r.scanner()
	r.scan(codes[1], "check")
	r.scan(pencil, "")
	r.wants(s, pencil)
}

func scanLate(r *rig) {
	s := r.scanner()
	reading := r.next(r.ctx, s)
	r.scan(pencil, "late:30")
	if got := within(r, reading); got.err != nil || got.scan.Text != pencil {
		r.Errorf("scanned %+v, %v", got.scan, got.err)
	}
}

func closeWhileScanning(r *rig) {
	s := r.scanner()
	reading := r.next(r.ctx, s)
	s.Close()
	if got := within(r, reading); pos.CodeOf(got.err) != pos.CodeScannerOffline {
		r.Errorf("it gives %v", got.err)
	}
	if h := s.Health(); h.State != pos.DeviceClosed {
		r.Errorf("health is %+v", h)
	}
	s.Close()
}

// scannerUnplug: a code that was cut off is none; one that came whole is one. The next one is never mixed with it.
func scannerUnplug(r *rig) {
	s := r.scanner()
	line := len("]E0" + pencil + "\r\n")
	for n := range line + 1 {
		opened := s.Opened()
		r.scan(pencil, fmt.Sprintf("unplug:%d", n))
		r.until("plugged in again", func() bool { return s.Opened() > opened && s.Health().State == pos.DeviceOnline })
		r.scan(codes[1], "")
		got := within(r, r.next(r.ctx, s))
		if got.scan.Text == pencil && n > len("]E0"+pencil) {
			got = within(r, r.next(r.ctx, s)) // the end of the line came before the plug was pulled
		}
		if got.err != nil || got.scan.Text != codes[1] {
			r.Fatalf("after %d bytes and a new plug it scans %+v, %v", n, got.scan, got.err)
		}
	}
}
