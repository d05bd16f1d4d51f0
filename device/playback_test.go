package device

import (
	"context"
	"encoding/hex"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/device/recording"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/device/wedge"
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

func recordings(t *testing.T) []recording.Recording {
	t.Helper()
	list, err := recording.Readers("../testdata/devices")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestPlayback plays every recorded reader to its driver.
func TestPlayback(t *testing.T) {
	recorded, published := map[string]bool{}, map[string]bool{}
	for _, r := range recordings(t) {
		driver := r.Values["device"]
		recorded[driver] = true
		family, _, _ := strings.Cut(driver, "-")
		published[family] = published[family] || r.Values["published"] != ""
		t.Run(r.Name, func(t *testing.T) {
			source := r.Values["source"]
			if !strings.HasPrefix(source, "published") && !strings.HasPrefix(source, "constructed") ||
				strings.Contains(source, "published (") != (r.Values["published"] != "") {
				t.Error("does not say whether it is published or constructed")
			}
			s := play(t, driver, r)
			defer s.Wipe()
			check(t, r.Values, s)
		})
	}
	for _, driver := range ReaderDrivers() {
		if !recorded[driver] {
			t.Errorf("there is no recording for the driver %s", driver)
		}
		if family, _, _ := strings.Cut(driver, "-"); !published[family] {
			t.Errorf("no recording of the family %s holds anything that was published", family)
		}
	}
}

func play(t *testing.T, driver string, r recording.Recording) card.Swipe {
	t.Helper()
	if driver == "wedge" {
		return typed(t, string(r.Bytes()))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d, known := readerDrivers[driver]
	if !known {
		t.Fatalf("there is no driver %q", driver)
	}
	var swipes swiper
	if d.stream != nil {
		near, far := net.Pipe()
		defer near.Close()
		go func() {
			for _, p := range r.Packets {
				far.Write(p)
			}
		}()
		swipes = d.stream(transport.NewStream(near))
	} else {
		p := &played{report: r.Bytes()}
		p.descriptor, _ = hex.DecodeString(r.Values["descriptor"])
		var err error
		if swipes, err = d.reports(p); err != nil {
			t.Fatal(err)
		}
	}
	s, _, err := swipes.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// typed types a recording on the keyboard, in a burst.
func typed(t *testing.T, text string) (s card.Swipe) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		keys := wedge.New(time.Now)
		var err error
		go func() { s, err = keys.Read(t.Context()) }()
		synctest.Wait()
		for _, key := range text {
			keys.Rune(key, time.Now())
		}
		synctest.Wait()
		if err != nil {
			t.Error(err)
		}
	})
	return s
}

var statusNames = map[card.TrackStatus]string{card.Blank: "blank", card.Decoded: "decoded", card.Bad: "bad"}

func check(t *testing.T, values map[string]string, s card.Swipe) {
	t.Helper()
	if got := statusNames[s.Status[0]] + " " + statusNames[s.Status[1]] + " " + statusNames[s.Status[2]]; got != values["tracks"] {
		t.Errorf("tracks are %s, want %s", got, values["tracks"])
	}
	for i, status := range s.Status {
		if s.Tracks[i].Present() && status != card.Decoded {
			t.Errorf("track %d holds data but is not decoded", i+1)
		}
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
	for i, separator := range []string{"^", "="} {
		if s.Status[i] != card.Decoded {
			continue
		}
		s.Tracks[i].Lend(func(b []byte) {
			if number, _, _ := strings.Cut(string(b), separator); !strings.HasSuffix(number, values["last4"]) {
				t.Errorf("track %d is of another card", i+1)
			}
		})
	}
}
