package device

import (
	"context"
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos/card"
)

// played is a device that sends one recorded report and then nothing.
type played struct {
	report     []byte
	descriptor []byte
}

func (p *played) ReadReport(context.Context) (transport.Report, error) {
	if p.report == nil {
		return transport.Report{}, transport.ErrOffline
	}
	r := transport.Report{Data: p.report, Began: time.Now()}
	p.report = nil
	return r, nil
}

func (p *played) Info() transport.HIDInfo { return transport.HIDInfo{Descriptor: p.descriptor} }
func (p *played) Close() error            { return nil }

// TestPlayback plays every recorded reader to its driver.
func TestPlayback(t *testing.T) {
	files, err := filepath.Glob("../testdata/devices/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	drivers := map[string]bool{}
	for _, path := range files {
		values, packets := recording(t, path)
		d, isReader := readerDrivers[values["device"]]
		if !isReader || packets == nil {
			continue
		}
		drivers[values["device"]] = true
		t.Run(filepath.Base(path), func(t *testing.T) {
			if !strings.HasPrefix(values["source"], "published") && !strings.HasPrefix(values["source"], "constructed") {
				t.Error("does not say whether it is published or constructed")
			}
			check(t, values, play(t, d, values, packets))
		})
	}
	for name := range readerDrivers {
		if !drivers[name] {
			t.Errorf("there is no recording for the driver %s", name)
		}
	}
}

func recording(t *testing.T, path string) (values map[string]string, packets [][]byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	values = map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if name != "packet" {
			values[name] = value
			continue
		}
		b, err := hex.DecodeString(value)
		if err != nil {
			t.Fatalf("%s: a packet is no hexadecimal", path)
		}
		packets = append(packets, b)
	}
	return values, packets
}

func play(t *testing.T, d readerDriver, values map[string]string, packets [][]byte) card.Swipe {
	t.Helper()
	var driver swiper
	if d.stream != nil {
		near, far := net.Pipe()
		defer near.Close()
		go func() {
			for _, p := range packets {
				far.Write(p)
			}
		}()
		driver = d.stream(transport.NewStream(near))
	} else {
		p := &played{}
		for _, b := range packets {
			p.report = append(p.report, b...)
		}
		p.descriptor, _ = hex.DecodeString(values["descriptor"])
		driver = d.reports(p)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s, _, err := driver.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func check(t *testing.T, values map[string]string, s card.Swipe) {
	t.Helper()
	names := map[card.TrackStatus]string{card.Blank: "blank", card.Decoded: "decoded", card.Bad: "bad"}
	if got := names[s.Status[0]] + " " + names[s.Status[1]] + " " + names[s.Status[2]]; got != values["tracks"] {
		t.Errorf("tracks are %s, want %s", got, values["tracks"])
	}
	if want, given := values["encrypted"]; given != (s.Encrypted != nil) {
		t.Errorf("encrypted: %v, the recording says %q", s.Encrypted != nil, want)
	}
	if s.Encrypted != nil {
		if got := s.Encrypted.Algorithm + " " + s.Encrypted.Variant + " " + strings.ToUpper(hex.EncodeToString(s.Encrypted.KSN)); got != values["encrypted"] {
			t.Errorf("encrypted as %s, want %s", got, values["encrypted"])
		}
		if got := s.Masked[1].Last4(); got != values["last4"] {
			t.Errorf("the mask ends in %s", got)
		}
		return
	}
	if want := values["last4"]; want != "" {
		c, err := s.Card()
		if err != nil || c.PAN.Last4() != want {
			t.Errorf("the swipe is of another card, %v", err)
		}
	}
}
