package idtech

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/tillpos/till/device/recording"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos/card"
)

const playbackDir = "../../testdata/devices/"

// recorded reads the packets of a file of testdata/devices, joined.
func recorded(t testing.TB, file string) []byte {
	t.Helper()
	r, err := recording.Read(playbackDir + file)
	if err != nil {
		t.Fatal(err)
	}
	return r.Bytes()
}

// TestPublishedFrame reads the vendor's sample: what it says of it must come out.
func TestPublishedFrame(t *testing.T) {
	frame := recorded(t, "idtech-published.txt")
	s, err := ParseFrame(frame)
	if err != nil {
		t.Fatal(err)
	}
	e := s.Encrypted
	if e == nil || !e.Joined || e.Algorithm != "tdes" || e.Variant != "data" || e.Lengths != [3]int{72, 35, 107} ||
		len(e.Tracks[0]) != 112 || e.Tracks[1] != nil || len(e.Hashes[0]) != 20 || len(e.Hashes[1]) != 20 || e.Session != nil {
		t.Fatalf("the frame is cut otherwise than published")
	}
	if got := strings.ToUpper(hex.EncodeToString(e.KSN)); got != "62994901190000000001" {
		t.Errorf("KSN %s", got)
	}
	if s.Masked[0].Last4() != "9999" || s.Masked[1].Last4() != "9999" || s.Encoding != card.EncodingISO {
		t.Error("the masks are of another card")
	}
	if s.Tracks[0].Present() || s.Tracks[1].Present() || !s.Tracks[2].Present() {
		t.Error("tracks 1 and 2 come masked only, track 3 in clear")
	}
	s.Tracks[2].Lend(func(b []byte) {
		if len(b) != 106 || b[len(b)-1] != '?' {
			t.Errorf("track 3 has %d characters", len(b))
		}
	})
}

// reframe mends the checks after a change of the card data.
func reframe(frame []byte, change func(data []byte) []byte) []byte {
	data := change(bytes.Clone(frame[3 : len(frame)-3]))
	lrc, sum := Checks(data)
	return append(append([]byte{2, byte(len(data)), byte(len(data) >> 8)}, data...), lrc, sum, 3)
}

func TestFrames(t *testing.T) {
	original := recorded(t, "idtech-published.txt")
	aes := recorded(t, "idtech-aes-visa.txt")
	same := func(d []byte) []byte { return d }
	at := func(i int, b byte) func([]byte) []byte {
		return func(d []byte) []byte { d[i] = b; return d }
	}
	for _, c := range []struct {
		name  string
		frame []byte
		err   error
	}{
		{"as it is", reframe(original, same), nil},
		{"something behind it", append(bytes.Clone(original), 1, 2, 3), nil},
		{"a byte changed", append([]byte{original[0], original[1], original[2], original[3] ^ 1}, original[4:]...), ErrCheck},
		{"cut", original[:200], ErrFrame},
		{"no ETX", append(bytes.Clone(original[:386]), 4), ErrFrame},
		{"a track longer than the data", reframe(original, at(2, 255)), ErrFrame},
		{"no room for the KSN", reframe(original, func(d []byte) []byte { return d[:340] }), ErrFrame},
		{"a session id", reframe(original, func(d []byte) []byte {
			return append(append(bytes.Clone(d[:331]), 1, 2, 3, 4, 5, 6, 7, 8), d[331:]...)
		}), nil},
		{"one hash for two tracks", reframe(original, func(d []byte) []byte { return append(bytes.Clone(d[:351]), d[371:]...) }), ErrFrame},
		{"AES", aes, nil},
		{"optional bytes", reframe(aes, at(1, 0x5B)), ErrOptional},
		{"unknown cipher", reframe(aes, at(5, 0xA7)), ErrFrame},
		{"a blob too many", reframe(aes, at(6, 0)), ErrFrame},
		{"empty", nil, ErrFrame},
	} {
		if _, err := ParseFrame(c.frame); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		}
	}
}

// TestClearFrame: a card that is not ISO is sent in clear, with nothing behind the tracks.
func TestClearFrame(t *testing.T) {
	one := "%AX1234567890^?*"
	for _, c := range []struct {
		text    string
		present bool
	}{{one[:15] + "+", true}, {"%A**34567890^??+", false}} {
		data := append([]byte{3, 0x0F, byte(len(c.text)), 0, 0}, c.text...)
		lrc, sum := Checks(data)
		s, err := ParseFrame(append(append([]byte{2, byte(len(data)), 0}, data...), lrc, sum, 3))
		if err != nil || s.Tracks[0].Present() != c.present || s.Encoding != card.EncodingOther || s.Status[1] != card.Blank {
			t.Errorf("%d characters: clear track %v, %v", len(c.text), s.Tracks[0].Present(), err)
		}
		if (s.Encrypted == nil) != c.present {
			t.Error("a masked track counts as clear")
		}
	}
}

func TestOutputLengthEitherWay(t *testing.T) {
	report := recorded(t, "idtech-original-visa.txt")
	n := int(report[7]) | int(report[8])<<8
	report[7], report[8] = report[8], report[7]
	if got := len(outputOf(report)); got != n {
		t.Errorf("high byte first gives %d bytes, want %d", got, n)
	}
	if _, err := ParseReport(report); err != nil {
		t.Error(err)
	}
	if _, err := ParseReport(report[:500]); err == nil {
		t.Error("a short report is taken")
	}
}

func TestCut(t *testing.T) {
	frame := recorded(t, "idtech-published.txt")
	for _, c := range []struct {
		name, text string
		n          int
		v          transport.Verdict
	}{
		{"a track", "%B?\r", 4, transport.WholeIfQuiet},
		{"two tracks", "%B?\r;1?\r", 8, transport.WholeIfQuiet},
		{"two swipes", "%B?\r;1?\r%B?\r", 8, transport.Whole},
		{"inside a track", "%B?\r;1", 0, transport.Unfinished},
		{"UIC", "\x02%B?!\x10\x02;1?0\x03", 12, transport.Whole},
		{"UIC, one of two tracks", "\x02%B?!\x10", 0, transport.Unfinished},
		{"UIC, blank", "\x02\x03", 2, transport.WholeIfQuiet},
		{"MagTek", "\x02\x1b%B?;1?\r\x03", 10, transport.Whole},
		{"an answer to a setting", "\x06%B", 1, transport.Skip},
		{"a frame", string(frame), len(frame), transport.Whole},
		{"a frame under way", string(frame[:300]), 0, transport.Unfinished},
		{"two frames", string(frame) + string(frame), len(frame), transport.Whole},
	} {
		if n, v := Cut([]byte(c.text)); n != c.n || v != c.v {
			t.Errorf("%s: %d, %d, want %d, %d", c.name, n, v, c.n, c.v)
		}
	}
}

func TestExplain(t *testing.T) {
	for file, lrc := range map[string]string{
		"idtech-published.txt": "ok", "idtech-aes-visa.txt": "ok", "idtech-enhanced-visa.txt": "ok",
		"idtech-visa.txt": "absent", "idtech-serial-visa.txt": "absent", "idtech-uic-visa.txt": "absent",
	} {
		b := recorded(t, file)
		frames, bad := Explain(b)
		if bad != nil || len(frames) != 1 || frames[0].LRC != lrc {
			t.Errorf("%s: %d frames, %v", file, len(frames), bad)
			continue
		}
		for _, f := range frames[0].Fields {
			if f.Pos < 0 || f.Pos+f.Len > len(b) || strings.Contains(f.Value, "11111111") {
				t.Errorf("%s: %s stands at %d or shows too much", file, f.Name, f.Pos)
			}
		}
	}
	frame := recorded(t, "idtech-published.txt")
	frame[100] ^= 1
	if frames, bad := Explain(frame); bad != nil || frames[0].LRC != "bad" {
		t.Errorf("wrong checks give %v", bad)
	}
	if _, bad := Explain([]byte("hello")); bad == nil {
		t.Error("text without a track is explained")
	}
}

func FuzzReport(f *testing.F) {
	for _, file := range []string{"idtech-visa.txt", "idtech-other-visa.txt", "idtech-original-visa.txt", "idtech-enhanced-visa.txt"} {
		f.Add(recorded(f, file))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := ParseReport(b); err == nil {
			s.Wipe()
		}
	})
}

func FuzzMessage(f *testing.F) {
	for _, file := range []string{"idtech-published.txt", "idtech-aes-visa.txt", "idtech-serial-visa.txt", "idtech-uic-visa.txt"} {
		f.Add(recorded(f, file))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		if n, v := Cut(b); n > len(b) || n == 0 && v != transport.Unfinished {
			t.Fatalf("cut after %d of %d", n, len(b))
		}
		if s, err := ParseMessage(b); err == nil {
			s.Wipe()
		}
		Explain(b)
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte{6, 2, 0x4E, 1, '1', 3, 0x7E})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 0 {
			CutAnswer(true)(b)
		}
		ParseAnswer(FnSerial, b)
	})
}
