package magtek

import (
	"bytes"
	"encoding/hex"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tillpos/till/device/recording"
	"github.com/tillpos/till/pos/card"
)

const playbackDir = "../../testdata/devices"

// playback reads a file of testdata/devices: values by name, and the packets joined.
func playback(t testing.TB, path string) (values map[string]string, report []byte) {
	t.Helper()
	r, err := recording.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return r.Values, r.Bytes()
}

func playbacks(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(playbackDir + "/magtek-*.txt")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d playback files, %v", len(files), err)
	}
	return files
}

var statusNames = map[card.TrackStatus]string{card.Blank: "blank", card.Decoded: "decoded", card.Bad: "bad"}

// TestTracksOfReport reads a card whose tracks are published.
func TestTracksOfReport(t *testing.T) {
	_, report := playback(t, playbackDir+"/magtek-published-card.txt")
	s, err := Parse(report)
	if err != nil {
		t.Fatal(err)
	}
	// The vendor gives 72, 35 and 107 with the LRC, which this device drops.
	for i, length := range []int{71, 34, 106} {
		s.Tracks[i].Lend(func(b []byte) {
			if len(b) != length {
				t.Errorf("track %d has %d characters, want %d", i+1, len(b), length)
			}
		})
	}
	// Both tracks are well formed and agree; the published number just is none.
	if _, err := s.Card(); !errors.Is(err, card.ErrLuhn) {
		t.Errorf("the card gives %v", err)
	}
}

// TestLayoutIsTheDescriptor compares the table with the report descriptor that the vendor published.
func TestLayoutIsTheDescriptor(t *testing.T) {
	values, _ := playback(t, playbackDir+"/magtek-descriptor.txt")
	b, err := hex.DecodeString(values["descriptor"])
	if err != nil {
		t.Fatal(err)
	}
	type field struct {
		usage  byte
		length int
	}
	var got []field
	var usages []byte
	count := 0
	// HID 1.11 section 6.2.2: an item is a prefix (tag, type, size) and 0, 1, 2 or 4 bytes of data.
	for i := 0; i < len(b); {
		size := int(b[i] & 3)
		data := 0
		for k := range size {
			data |= int(b[i+1+k]) << (8 * k)
		}
		switch b[i] &^ 3 {
		case 0x08: // usage
			usages = append(usages, byte(data))
		case 0x94: // report count
			count = data
		case 0xA0: // collection
			usages = nil
		case 0x80: // input
			for k := range usages {
				got = append(got, field{usages[k], count / len(usages)})
			}
			usages = nil
		}
		i += 1 + size
	}
	offset, n := 0, 0
	for _, f := range Layout {
		if f.Optional {
			continue
		}
		if n == len(got) || f.Usage != got[n].usage || f.Length != got[n].length || f.Offset != offset {
			t.Fatalf("field %d of the table is %+v, the descriptor says %+v at %d", n, f, got[n], offset)
		}
		offset += f.Length
		n++
	}
	if n != len(got) || offset != ReportLength {
		t.Errorf("the table has %d fields and %d bytes, the descriptor %d fields", n, offset, len(got))
	}
}

// TestLayoutMatters alters each entry of the table in turn: a report that this code did not make must
// then be read as something else.
func TestLayoutMatters(t *testing.T) {
	_, report := playback(t, playbackDir+"/magtek-published-card.txt")
	_, damaged := playback(t, playbackDir+"/magtek-bad-track-2.txt")
	saved := tracks
	defer func() { tracks = saved }()
	for i, f := range Layout {
		if f.Track == 0 {
			continue
		}
		altered := append([]Field(nil), Layout...)
		altered[i].Offset++
		tracks = saved
		wantA, wantB := contents(t, report), contents(t, damaged)
		tracks = placesOf(altered)
		if contents(t, report) == wantA && contents(t, damaged) == wantB {
			t.Errorf("moving %s changes nothing", f.Name)
		}
	}
}

// contents is what Parse makes of a report, as one string that is compared and never printed.
func contents(t *testing.T, report []byte) string {
	t.Helper()
	s, err := Parse(report)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for i := range s.Status {
		out.WriteString(statusNames[s.Status[i]])
		s.Tracks[i].Lend(func(b []byte) { out.Write(b) })
	}
	return out.String()
}

func TestParseOddReports(t *testing.T) {
	_, report := playback(t, playbackDir+"/magtek-visa.txt")
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
		{"with a card status byte", append(bytes.Clone(report), 1), "decoded decoded blank"},
		{"one byte short", report[:336], ""},
		{"two bytes long", append(bytes.Clone(report), 1, 2), ""},
		{"empty", nil, ""},
		{"length beyond the field", alter(func(b []byte) { b[3] = 111 }), "bad decoded blank"},
		{"error bit beside a length", alter(func(b []byte) { b[1] = 1 }), "decoded bad blank"},
		{"other status bits", alter(func(b []byte) { b[0] = 0xFE }), "decoded decoded blank"},
		{"unknown encode type", alter(func(b []byte) { b[6] = 0xEE }), "decoded decoded blank"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Parse(c.report)
			if c.want == "" {
				if err == nil {
					t.Error("no error")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := statusNames[s.Status[0]] + " " + statusNames[s.Status[1]] + " " + statusNames[s.Status[2]]
			if got != c.want {
				t.Errorf("tracks are %s, want %s", got, c.want)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	_, visa := playback(t, playbackDir+"/magtek-visa.txt")
	_, bad := playback(t, playbackDir+"/magtek-bad-track-2.txt")
	frames, werr := Explain(append(bytes.Clone(visa), bad...))
	if werr != nil || len(frames) != 2 {
		t.Fatalf("%d frames, %v", len(frames), werr)
	}
	if frames[1].Offset != ReportLength || frames[0].LRC != "absent" || frames[0].Parity != "none" {
		t.Errorf("frame is at %d, LRC %s, parity %s", frames[1].Offset, frames[0].LRC, frames[0].Parity)
	}
	want := map[string]string{
		"decode_status_1": "0", "data_length_2": "36", "card_encode_type": "0 ISO/ABA",
		"track_1": "%B411111******1111^*********^***********************?",
		"track_2": ";411111******1111=*****************?",
		"track_3": "",
	}
	for _, f := range frames[0].Fields {
		if w, ok := want[f.Name]; ok && f.Value != w {
			t.Errorf("%s is %q, want %q", f.Name, f.Value, w)
		}
	}
	for _, f := range frames[1].Fields {
		if f.Name == "decode_status_2" && f.Value != "1 error" || f.Name == "track_2" && f.Value != "" {
			t.Errorf("of a bad track %s is %q", f.Name, f.Value)
		}
	}
	if _, werr := Explain(visa[:100]); werr == nil || werr.Offset != 100 {
		t.Errorf("a cut report gives %v", werr)
	}
	if _, werr := Explain(nil); werr == nil {
		t.Error("no bytes give no error")
	}
}

// TestMask keeps the digits of tracks that are no cards covered too.
func TestMask(t *testing.T) {
	for text, want := range map[string]string{
		";1234?":                    ";****?",
		"%A1234567890123456^X^123?": "%*****************^*^***?",
		"%B^?":                      "%B^?",
		"":                          "",
		"%":                         "%",
		";4266********9999=*****?":  ";4266********9999=*****?",
		"266841088889999=0809101?":  "***************=*******?",
		";426612*****19999=1234?":   ";****************=****?",
	} {
		if got := MaskTrack([]byte(text)); got != want {
			t.Errorf("mask is %q, want %q", got, want)
		}
	}
}

func FuzzReport(f *testing.F) {
	for _, path := range playbacks(f) {
		_, report := playback(f, path)
		f.Add(report)
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err == nil {
			for i := range s.Status {
				if s.Tracks[i].Present() && s.Status[i] != card.Decoded {
					t.Fatal("a track that was not decoded holds data")
				}
			}
			if c, err := s.Card(); err == nil {
				c.Wipe()
			}
			s.Wipe()
		}
		frames, werr := Explain(b)
		if werr == nil && len(frames) == 0 {
			t.Fatal("neither frames nor an error")
		}
	})
}
