package escpos

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestParser tells apart what a printer sends, by the fixed bits that manuals of the family list.
func TestParser(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     string // r real time, t in turn, a automatic
	}{
		{"real time", "\x12\x16\x7E\x52", "rrrr"},
		{"in turn", "\x00\x03\x0C\x6F", "tttt"},
		{"automatic", "\x10\x00\x00\x00\x3C\x08\x0F\x00", "aa"},
		{"in turn behind automatic", "\x10\x00\x00\x00\x03", "at"},
		{"real time inside automatic", "\x18\x00\x12\x0F\x12\x00", "rra"},
		{"handshake anywhere", "\x13\x10\x13\x00\x11\x00\x13\x00\x11\x12", "ar"},
		{"automatic broken off by another", "\x10\x00\x38\x00\x00\x00\x12", "ar"},
		{"automatic broken off by garbage", "\x10\x00\xFF\x00", "t"},
		{"garbage", "\xFF\x80\x97\x15\x01\x12", "tr"},
	} {
		var p parser
		var got strings.Builder
		for _, b := range []byte(c.in) {
			got.WriteString(map[kind]string{realTime: "r", inTurn: "t", automatic: "a"}[p.take(b, time.Unix(0, 0))])
		}
		if got.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, got.String(), c.want)
		}
	}
}

// TestParserWaits: the four bytes come in one go; what comes later is something else.
func TestParserWaits(t *testing.T) {
	var p parser
	at := time.Unix(0, 0)
	p.take(0x10, at)
	if got := p.take(0x00, at.Add(time.Second)); got != inTurn {
		t.Errorf("a second later it is %v", got)
	}
}

func TestStatusOf(t *testing.T) {
	for _, c := range []struct {
		name string
		in   [autoBytes]byte
		want Status
	}{
		{"well", [4]byte{0x10}, Status{}},
		{"drawer", [4]byte{0x14}, Status{Pin3: true}},
		{"cover", [4]byte{0x38}, Status{Offline: true, CoverOpen: true}},
		{"cutter", [4]byte{0x18, 0x08}, Status{Offline: true, Cutter: true}},
		{"fault", [4]byte{0x18, 0x20}, Status{Offline: true, Fault: true}},
		{"hot", [4]byte{0x18, 0x40}, Status{Offline: true, Waits: true}},
		{"near", [4]byte{0x10, 0, 0x03}, Status{PaperNear: true}},
		{"out", [4]byte{0x18, 0, 0x0F}, Status{Offline: true, PaperNear: true, PaperOut: true}},
	} {
		if diff := cmp.Diff(c.want, statusOf(c.in)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func FuzzParser(f *testing.F) {
	f.Add([]byte("\x10\x00\x12\x00\x00\x03\xFF\x13"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var p parser
		answers := 0
		for _, c := range b {
			switch p.take(c, time.Unix(0, 0)) {
			case automatic:
				statusOf(p.auto)
				answers += autoBytes
			case realTime, inTurn:
				answers++
			}
		}
		if answers > len(b) {
			t.Fatal("more answers than bytes")
		}
	})
}
