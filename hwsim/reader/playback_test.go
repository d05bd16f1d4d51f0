package reader

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tillpos/till/device/recording"
	"github.com/tillpos/till/hwsim/dukpt"
)

var update = flag.Bool("update", false, "write the constructed recordings anew")

const recordings = "../../testdata/devices/"

// recorded are the playback files of readers.
func recorded(t *testing.T) []recording.Recording {
	t.Helper()
	list, err := recording.Readers(recordings)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// told is what a recording says that the simulator is told.
func told(r recording.Recording) (Config, Swipe) {
	v := r.Values
	return Config{Model: v["model"], Form: v["form"], Seed: 1, BDK: v["bdk"], KSN: v["ksn"]},
		Swipe{Card: v["card"], Track1: v["track1"], Track2: v["track2"], Track3: v["track3"], Fault: v["fault"]}
}

// TestPlayback makes what every playback file holds: byte by byte, the undefined ones by the same seed.
func TestPlayback(t *testing.T) {
	for _, r := range recorded(t) {
		c, s := told(r)
		b, err := Sample(c, s)
		if err != nil {
			t.Errorf("%s: %v", r.Name, err)
			continue
		}
		descriptor := ""
		if m, form, err := find(c.Model, c.Form); err == nil && m.hello != nil {
			descriptor = m.hello(form).Descriptor
		}
		if *update && r.Values["published"] != "frame" {
			write(t, r, descriptor, b)
			continue
		}
		if !bytes.Equal(b, r.Bytes()) {
			t.Errorf("%s: the simulator sends %d bytes, something else than the %d that were recorded", r.Name, len(b), len(r.Bytes()))
		}
		if descriptor != r.Values["descriptor"] {
			t.Errorf("%s: the simulator shows another descriptor", r.Name)
		}
	}
}

// write writes a constructed recording anew, below what its head says.
func write(t *testing.T, r recording.Recording, descriptor string, b []byte) {
	path := recordings + r.Name + ".txt"
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for line := range strings.Lines(string(old)) {
		if name, _, _ := strings.Cut(line, ": "); name != "packet" && name != "descriptor" {
			text.WriteString(line)
		}
	}
	if descriptor != "" {
		fmt.Fprintf(&text, "descriptor: %s\n", descriptor)
	}
	for at := 0; at < len(b); at += 8 {
		fmt.Fprintf(&text, "packet: %x\n", b[at:min(at+8, len(b))])
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestEveryFormIsRecorded: a form that nobody recorded would drive no driver's test.
func TestEveryFormIsRecorded(t *testing.T) {
	have := map[string]bool{}
	for _, r := range recorded(t) {
		have[r.Values["model"]+" "+r.Values["form"]] = true
	}
	models, forms := Models()
	for _, m := range models {
		for _, form := range forms[m] {
			if !have[m+" "+form] {
				t.Errorf("there is no recording of %s, form %s", m, form)
			}
		}
	}
}

// TestDescriptorIsPublished: the simulated clear reader shows what its vendor published.
func TestDescriptorIsPublished(t *testing.T) {
	r, err := recording.Read(recordings + "magtek-descriptor.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.EqualFold(r.Values["descriptor"], sureSwipeDescriptor) {
		t.Error("the simulator shows another descriptor than the published one")
	}
}

// golden is the published ID TECH frame, with the tracks that it decrypts to.
type golden struct {
	BDK, KSN, Frame, Track1, Track2 string
	DataKey                         string `json:"data_key"`
}

func goldenFrame(t *testing.T) (g golden, frame []byte) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(recordings, "hardware_vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Frame golden `json:"idtech_original"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if frame, err = hex.DecodeString(all.Frame.Frame); err != nil {
		t.Fatal(err)
	}
	return all.Frame, frame
}

// TestGoldenFrame makes the published frame from its tracks, keys and KSN, byte by byte.
func TestGoldenFrame(t *testing.T) {
	g, frame := goldenFrame(t)
	third := string(frame[8+72+35 : 8+72+35+107])
	withoutLRC := func(s string) string { return s[:len(s)-1] }
	got, err := Sample(
		Config{Model: "idtech-serial", Form: "original", BDK: g.BDK, KSN: g.KSN},
		Swipe{Track1: withoutLRC(g.Track1), Track2: withoutLRC(g.Track2), Track3: withoutLRC(third)},
	)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, frame) {
		t.Errorf("the simulator's frame of %d bytes is not the published one of %d", len(got), len(frame))
	}
}

// TestGoldenFrameDecrypts takes the published frame the other way.
func TestGoldenFrameDecrypts(t *testing.T) {
	g, frame := goldenFrame(t)
	bdk, err := dukpt.ParseKey(g.BDK)
	if err != nil {
		t.Fatal(err)
	}
	ksn, err := dukpt.ParseKSN(dukpt.TDES, g.KSN)
	if err != nil {
		t.Fatal(err)
	}
	key, err := dukpt.KeyFor(bdk, ksn, dukpt.DataRequest)
	if err != nil || key.Hex() != g.DataKey {
		t.Fatalf("the data key is another one, %v", err)
	}
	at := 8 + 72 + 35 + 107
	clear, err := dukpt.Decrypt(key, dukpt.TDES, frame[at:at+112])
	if err != nil || string(bytes.TrimRight(clear, "\x00")) != g.Track1+g.Track2 {
		t.Errorf("the blob does not decrypt to the published tracks, %v", err)
	}
}

// TestSealed decrypts what each encrypting form sends, with the key that its receiver would derive.
func TestSealed(t *testing.T) {
	visa, err := Find("visa")
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(Config{Model: "magnesafe"})
	if err != nil {
		t.Fatal(err)
	}
	for n, fault := range []string{"", "", "wrong_key"} {
		before := r.keys.ksn
		d, err := r.plan(Swipe{Card: "visa", Fault: fault})
		if err != nil {
			t.Fatal(err)
		}
		b := d.reports[0]
		if got := strings.ToUpper(hex.EncodeToString(b[495:505])); got != before.String() || r.keys.ksn.String() == before.String() {
			t.Errorf("swipe %d has KSN %s, want %s", n, got, before)
		}
		key, err := dukpt.KeyFor(r.keys.bdk, before, dukpt.PIN)
		if err != nil {
			t.Fatal(err)
		}
		clear, err := dukpt.Decrypt(key, dukpt.TDES, b[7:7+int(b[3])])
		if err != nil {
			t.Fatal(err)
		}
		if same := string(bytes.TrimRight(clear, "\x00")) == visa.Track1; same != (fault == "") {
			t.Errorf("swipe %d, fault %q: decrypts to the card's track: %v", n, fault, same)
		}
	}
	d, err := r.plan(Swipe{Card: "visa", Fault: "exhausted"})
	if err != nil || d.reports[0][494] != 1 || d.reports[0][3] != 0 {
		t.Errorf("a reader without keys still sends tracks, %v", err)
	}
	if d, err = r.plan(Swipe{Card: "visa"}); err != nil || d.reports[0][494] != 1 {
		t.Errorf("a reader has keys again, %v", err)
	}
}

func TestSettings(t *testing.T) {
	m, form, err := find("idtech-serial", "")
	if err != nil {
		t.Fatal(err)
	}
	s := newSettings(m, form)
	for _, c := range []struct{ name, request, answer string }{
		{"read the serial number", "02524e031d", "06024e0a53494d303030303030310323"},
		{"set", "025385013103e7", "06"},
		{"read what was set", "02528503d6", "060285013103b4"},
		{"wrong check", "0253850131039f", "15"},
		{"garbage", "414243", ""},
	} {
		request, err := hex.DecodeString(c.request)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(s.take(request)); got != c.answer {
			t.Errorf("%s: answer %s, want %s", c.name, got, c.answer)
		}
	}
}
