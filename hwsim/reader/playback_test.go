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

	"github.com/tillpos/till/hwsim/dukpt"
)

var update = flag.Bool("update", false, "write the recordings anew")

const recordings = "../../testdata/devices/"

// constructed are the recordings that the simulator makes and must go on making. The published ones and
// those of the clear HID reader have files of their own.
var constructed = []struct {
	file, driver, model, form, encrypted, layout string
}{
	{"magnesafe-visa", "magnesafe", "magnesafe", "encrypted", "tdes pin FFFF9876543210E00001", "MagneSafe V5, input report"},
	{"magnesafe-clear-visa", "magnesafe", "magnesafe", "clear", "", "MagneSafe V5, input report of a reader without a key"},
	{"magnesafe-text-visa", "magnesafe-serial", "magtek-serial", "encrypted", "tdes pin FFFF9876543210E00001", "MagneSafe V5, keyboard and serial form"},
	{"rs232-visa", "magtek-serial", "magtek-serial", "framed", "", "MagTek RS-232 readers"},
	{"idtech-visa", "idtech", "idtech", "clear", "", "ID TECH structure of USB HID readers"},
	{"idtech-other-visa", "idtech", "idtech", "other", "", "ID TECH, other structure of USB HID readers"},
	{"idtech-original-visa", "idtech-secure", "idtech", "original", "tdes data FFFF9876543210E00001", "ID TECH, original secure frame over USB HID"},
	{"idtech-enhanced-visa", "idtech-secure", "idtech", "enhanced", "tdes data FFFF9876543210E00001", "ID TECH, enhanced secure frame over USB HID"},
	{"idtech-aes-visa", "idtech-serial-secure", "idtech-serial", "aes", "aes128 data FFFF9876543210E00001", "ID TECH, enhanced secure frame, AES"},
	{"idtech-serial-visa", "idtech-serial", "idtech-serial", "idtech", "", "ID TECH serial style"},
	{"idtech-uic-visa", "idtech-serial", "idtech-serial", "uic", "", "ID TECH, UIC serial style"},
	{"hidpos-visa", "hidpos", "hidpos", "report", "", "HID Usage Tables, page 8E"},
}

func TestConstructed(t *testing.T) {
	for _, c := range constructed {
		b, err := Sample(Config{Model: c.model, Form: c.form, Seed: 1}, Swipe{Card: "visa"})
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		fmt.Fprintf(&text, "source: constructed from the published layout (%s)\n", c.layout)
		fmt.Fprintf(&text, "device: %s\ncard: visa\ntracks: decoded decoded blank\nlast4: 1111\n", c.driver)
		if c.encrypted != "" {
			fmt.Fprintf(&text, "encrypted: %s\n", c.encrypted)
		}
		if c.model == "hidpos" {
			fmt.Fprintf(&text, "descriptor: %x\n", hidposDescriptor)
		}
		for at := 0; at < len(b); at += 8 {
			fmt.Fprintf(&text, "packet: %x\n", b[at:min(at+8, len(b))])
		}
		path := recordings + c.file + ".txt"
		if *update {
			if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil || text.String() != string(want) {
			t.Errorf("%s: the simulator sends something else than what was recorded, %v", c.file, err)
		}
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
	s := settings{values: map[byte][]byte{}}
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
