package magtek

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos/card"
)

// TestSafeLayout: the table covers the report without gap or overlap.
func TestSafeLayout(t *testing.T) {
	at := 0
	for _, f := range SafeLayout {
		if f.Offset != at {
			t.Errorf("%s begins at %d, the field before ends at %d", f.Name, f.Offset, at)
		}
		at = f.Offset + f.Length
	}
	if at != SafeLength {
		t.Errorf("the table ends at %d", at)
	}
}

func TestParseSafe(t *testing.T) {
	_, report := playback(t, playbackDir+"/magnesafe-visa.txt")
	alter := func(change func(b []byte)) []byte {
		b := bytes.Clone(report)
		change(b)
		return b
	}
	for _, c := range []struct {
		name   string
		report []byte
		want   string // statuses; empty when there is no swipe
	}{
		{"as recorded", report, "decoded decoded blank"},
		{"with a newer reader's tail", append(bytes.Clone(report), make([]byte, 80)...), "decoded decoded blank"},
		{"one byte short", report[:855], ""},
		{"a blob that is no whole blocks", alter(func(b []byte) { b[3] = 55 }), "bad decoded blank"},
		{"a length beyond the field", alter(func(b []byte) { b[4] = 113 }), "decoded bad blank"},
		{"an error bit", alter(func(b []byte) { b[0] = 1 }), "bad decoded blank"},
	} {
		s, err := ParseSafe(c.report)
		if c.want == "" {
			var length *LengthError
			if !errors.As(err, &length) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if got := statusNames[s.Status[0]] + " " + statusNames[s.Status[1]] + " " + statusNames[s.Status[2]]; err != nil || got != c.want {
			t.Errorf("%s: tracks are %s, want %s, %v", c.name, got, c.want, err)
		}
		if s.Tracks[0].Present() || s.Tracks[1].Present() || s.Encrypted == nil {
			t.Errorf("%s: an enciphered report gives clear tracks", c.name)
		}
	}
}

// TestSafeFacts reads what is beside the tracks.
func TestSafeFacts(t *testing.T) {
	_, report := playback(t, playbackDir+"/magnesafe-visa.txt")
	copy(report[344:], []byte{1, 0, 0x20, 0})
	report[493] |= 0x08 // the tracks' key is the data variant
	s, err := ParseSafe(report)
	if err != nil {
		t.Fatal(err)
	}
	e := s.Encrypted
	if e.Variant != "data" || e.Swiped != 0x00200001 || e.Serial != "SIM0000001" || e.Lengths != [3]int{53, 36, 0} ||
		len(e.MagnePrint) != 56 || len(e.Session) != 8 || s.Encoding != card.EncodingISO {
		t.Errorf("facts are %+v", *e)
	}
	report[494] = 1
	if s, err = ParseSafe(report); err != nil || !s.Encrypted.Exhausted || s.Encrypted.Tracks[0] != nil {
		t.Errorf("a reader without keys gives a blob, %v", err)
	}
}

// TestCRC takes the check value that catalogues of CRCs give for this one (CRC-16/IBM-3740).
func TestCRC(t *testing.T) {
	if got := CRC([]byte("123456789")); got != 0x29B1 {
		t.Errorf("CRC is %04X", got)
	}
}

func TestParseText(t *testing.T) {
	_, safeText := playback(t, playbackDir+"/magnesafe-text-visa.txt")
	damaged := bytes.Clone(safeText)
	damaged[20]++
	const one, two = "%B4111111111111111^X/Y^2912101?", ";4111111111111111=2912101?"
	for _, c := range []struct {
		name, text, want string
		err              error
	}{
		{"plain", one + two + "\r", "decoded decoded blank", nil},
		{"framed", "\x02\x1b" + one + two + "\r\x03", "decoded decoded blank", nil},
		{"insert reader's card sensor", one + two + "1\r", "decoded decoded blank", nil},
		{"track 2 only", two + "\r", "blank decoded blank", nil},
		{"three tracks", one + two + "+123?\r", "decoded decoded decoded", nil},
		{"a bad track", "%E?" + two + "\r", "bad decoded blank", nil},
		{"a track without its end", two[:10] + "\r", "blank bad blank", nil},
		{"junk before", "ab1" + one + two + "\r", "decoded decoded blank", nil},
		{"blank", "\r", "blank blank blank", nil},
		{"no track", "hello\r", "", ErrText},
		{"encrypted", string(safeText), "decoded decoded blank", nil},
		{"encrypted, a character changed", string(damaged), "", ErrCRC},
		{"a bar and nothing else", "|\r", "", ErrText},
		{"encrypted, its fields without bars", strings.ReplaceAll(string(safeText), "|", ""), "", ErrText},
		{"encrypted, with other bars", strings.ReplaceAll(string(safeText), "|", "~"), "", ErrText},
		{"a postamble", one + two + "OK\r", "decoded decoded blank", nil},
	} {
		s, err := ParseText([]byte(c.text))
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := statusNames[s.Status[0]] + " " + statusNames[s.Status[1]] + " " + statusNames[s.Status[2]]; err == nil && got != c.want {
			t.Errorf("%s: tracks are %s, want %s", c.name, got, c.want)
		}
	}
}

// TestStrippedKSN puts the leading F's back that a reader left out, and takes nothing else for a KSN.
func TestStrippedKSN(t *testing.T) {
	_, whole := playback(t, playbackDir+"/magnesafe-text-visa.txt")
	text := inner(whole)
	for _, c := range []struct{ ksn, want string }{
		{"FFFF9876543210E00001", "ffff9876543210e00001"},
		{"9876543210E00001", "ffff9876543210e00001"},
		{"876543210E00001", "fffff876543210e00001"},
		{"FFFFF9876543210E00001", ""}, {"0E00001", ""}, {"9876543210E0000X", ""}, {"", ""},
	} {
		changed := bytes.Replace(text, []byte("FFFF9876543210E00001"), []byte(c.ksn), 1)
		_, _, crcAt, ok := cutFields(changed)
		if !ok {
			t.Fatal("the recording has no fields")
		}
		crc := CRC(changed[:crcAt])
		copy(changed[crcAt:], strings.ToUpper(hex.EncodeToString([]byte{byte(crc), byte(crc >> 8)})))
		s, err := ParseText(changed)
		if (err == nil) != (c.want != "") || err == nil && hex.EncodeToString(s.Encrypted.KSN) != c.want {
			t.Errorf("KSN %q: %v", c.ksn, err)
		}
	}
}

// TestMaskedTextIsNoCard: a text with blobs makes no card, whatever the reader says of its encryption: an other byte order,
// an older numbering of the bits. Its masked tracks can look like a good card.
func TestMaskedTextIsNoCard(t *testing.T) {
	_, whole := playback(t, playbackDir+"/magnesafe-text-visa.txt")
	for safety := range 1 << 16 {
		text := bytes.Clone(inner(whole))
		_, fields, crcAt, _ := cutFields(text)
		copy(fields[atSafety], fmt.Sprintf("%04X", safety))
		crc := CRC(text[:crcAt])
		copy(text[crcAt:], fmt.Sprintf("%02X%02X", byte(crc), byte(crc>>8)))
		s, err := ParseText(text)
		if s.Tracks[0].Present() || s.Tracks[1].Present() || err == nil && s.Encrypted == nil {
			t.Fatalf("with the encryption status %04X it gives clear tracks", safety)
		}
	}
}

func TestCutText(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		v    transport.Verdict
	}{
		{"%B?\r", 4, transport.Whole},
		{"%B?\r\x03", 4, transport.Whole},
		{"\x03\n%B", 2, transport.Skip},
		{"\x02\x1b%B?\x03", 6, transport.Whole},
		{"xxxx%B?\r", 4, transport.Skip},
		{"%B?", 0, transport.Unfinished},
	} {
		if n, v := CutText([]byte(c.text)); n != c.n || v != c.v {
			t.Errorf("%q: %d, %d", c.text, n, v)
		}
	}
	if !isEvent([]byte("\x02\x1b1\r")) || isEvent([]byte("%E?\r")) || isEvent([]byte("\r")) {
		t.Error("a card's way in and out is not told from a swipe")
	}
}

// TestExplainText keeps what must not be shown out of the explanation.
func TestExplainText(t *testing.T) {
	for _, file := range []string{"/magnesafe-text-visa.txt", "/rs232-visa.txt"} {
		_, text := playback(t, playbackDir+file)
		frames, bad := ExplainText(text)
		if bad != nil || len(frames) != 1 || len(frames[0].Fields) < 2 {
			t.Fatalf("%s: %d frames, %v", file, len(frames), bad)
		}
		for _, f := range frames[0].Fields {
			if strings.HasPrefix(f.Name, "track") && !strings.Contains(f.Value, "******1111") {
				t.Errorf("%s: %s is not masked", file, f.Name)
			}
		}
	}
	_, report := playback(t, playbackDir+"/magnesafe-clear-visa.txt")
	frames, bad := Explain(report)
	if bad != nil || len(frames) != 1 {
		t.Fatalf("%d frames, %v", len(frames), bad)
	}
	clear := hex.EncodeToString(report[7+2 : 7+2+16])
	pan, _ := hex.DecodeString(clear)
	for _, f := range frames[0].Fields {
		if strings.Contains(f.Value, string(pan)) {
			t.Errorf("%s shows the number", f.Name)
		}
	}
}

func FuzzSafe(f *testing.F) {
	for _, name := range []string{"/magnesafe-visa.txt", "/magnesafe-clear-visa.txt"} {
		_, report := playback(f, playbackDir+name)
		f.Add(report)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseSafe(b)
		if err == nil && s.Encrypted != nil && (s.Tracks[0].Present() || s.Tracks[1].Present()) {
			t.Fatal("an enciphered swipe holds clear tracks")
		}
		s.Wipe()
		Explain(b)
	})
}

func FuzzText(f *testing.F) {
	for _, name := range []string{"/magnesafe-text-visa.txt", "/rs232-visa.txt"} {
		_, text := playback(f, playbackDir+name)
		f.Add(text)
	}
	f.Add([]byte("%E?;E?\r"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 0 {
			if n, v := CutText(b); n > len(b) || n == 0 && v != transport.Unfinished {
				t.Fatalf("cut after %d of %d", n, len(b))
			}
		}
		s, err := ParseText(b)
		if err == nil && s.Encrypted != nil && (s.Tracks[0].Present() || s.Tracks[1].Present()) {
			t.Fatal("an enciphered swipe holds clear tracks")
		}
		s.Wipe()
		ExplainText(b)
	})
}
