package hidpos

import (
	"encoding/hex"
	"errors"
	"testing"

	"github.com/tillpos/till/device/recording"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos/card"
)

// recorded gives the descriptor and the report of the recording.
func recorded(t testing.TB) (descriptor, report []byte) {
	t.Helper()
	r, err := recording.Read("../../testdata/devices/hidpos-visa.txt")
	if err != nil {
		t.Fatal(err)
	}
	if descriptor, err = hex.DecodeString(r.Values["descriptor"]); err != nil {
		t.Fatal(err)
	}
	return descriptor, r.Bytes()
}

func TestLayout(t *testing.T) {
	descriptor, report := recorded(t)
	l, err := LayoutOf(descriptor)
	if err != nil || l.size != len(report) {
		t.Fatalf("the layout has %d bytes of %d, %v", l.size, len(report), err)
	}
	if _, _, err := l.Parse(report[:100]); !errors.Is(err, ErrReport) {
		t.Errorf("a short report gives %v", err)
	}
	report[0] = 80 // beyond the field
	report[1] = 1
	report[3+79] = 'E'
	s, swiped, err := l.Parse(report)
	if err != nil || !swiped || s.Status != [3]card.TrackStatus{card.Bad, card.Bad, card.Blank} {
		t.Errorf("tracks are %v, %v", s.Status, err)
	}
	if _, err := LayoutOf(nil); !errors.Is(err, ErrNoLayout) {
		t.Errorf("no descriptor gives %v", err)
	}
	if _, err := LayoutOf([]byte{0x26}); !errors.Is(err, transport.ErrDescriptor) {
		t.Errorf("a cut descriptor gives %v", err)
	}
}

// TestNumbered: reports with an id, tracks without sentinels and without lengths.
func TestNumbered(t *testing.T) {
	descriptor := []byte{
		0x05, 0x8E, 0x09, 0x01, 0xA1, 0x01, 0x85, 0x02, 0x75, 0x08,
		0x09, 0x22, 0x95, 40, 0x81, 0x02, 0xC0,
	}
	l, err := LayoutOf(descriptor)
	if err != nil {
		t.Fatal(err)
	}
	report := append([]byte{2}, make([]byte, 40)...)
	copy(report[1:], "4111111111111111=2912101")
	s, swiped, err := l.Parse(report)
	if err != nil || !swiped {
		t.Fatal(err)
	}
	if c, err := s.Card(); err != nil || c.PAN.Last4() != "1111" {
		t.Errorf("the track makes no card: %v", err)
	}
	report[0] = 3
	if _, swiped, err := l.Parse(report); swiped || err != nil {
		t.Errorf("another report counts as a swipe, %v", err)
	}
}

func FuzzReport(f *testing.F) {
	descriptor, report := recorded(f)
	f.Add(descriptor, report)
	f.Fuzz(func(t *testing.T, descriptor, report []byte) {
		l, err := LayoutOf(descriptor)
		if err != nil {
			return
		}
		if s, _, err := l.Parse(report); err == nil {
			s.Wipe()
		}
	})
}
