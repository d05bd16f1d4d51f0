package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/tillpos/till/device/idtech"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/hwsim/dukpt"
	"github.com/tillpos/till/hwsim/pinblock"
	"github.com/tillpos/till/pos/card"
)

// vectors are the leaves of hardware_vectors.json, by their path: tdes_dukpt.rows[3].pin_key. take uses one up, so
// that a vector which no check takes is found in the end.
type vectors struct {
	*testing.T
	left map[string]string
}

func readVectors(t *testing.T) *vectors {
	t.Helper()
	text, err := os.ReadFile("../../testdata/devices/hardware_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	v := &vectors{t, map[string]string{}}
	v.grow("", tree)
	delete(v.left, "about")
	return v
}

func (v *vectors) grow(path string, node any) {
	switch n := node.(type) {
	case map[string]any:
		for key, child := range n {
			v.grow(strings.TrimPrefix(path+"."+key, "."), child)
		}
	case []any:
		for i, child := range n {
			v.grow(fmt.Sprintf("%s[%d]", path, i), child)
		}
	default:
		v.left[path] = fmt.Sprint(n)
	}
}

func (v *vectors) take(path string) string {
	v.Helper()
	text, ok := v.left[path]
	if !ok {
		v.Fatalf("there is no vector %s", path)
	}
	delete(v.left, path)
	return text
}

// rows are the paths of a list's elements.
func (v *vectors) rows(list string) []string {
	found := map[string]bool{}
	for path := range v.left {
		if rest, ok := strings.CutPrefix(path, list+"["); ok {
			number, _, _ := strings.Cut(rest, "]")
			found[list+"["+number+"]"] = true
		}
	}
	var out []string
	for path := range found {
		out = append(out, path)
	}
	sort.Strings(out)
	if len(out) == 0 {
		v.Fatalf("the list %s is empty", list)
	}
	return out
}

// is takes a vector and compares it with what hwsim dukpt prints; neither is shown.
func (v *vectors) is(path, got string, err error) {
	v.Helper()
	if want := v.take(path); err != nil || !strings.EqualFold(got, want) {
		v.Errorf("%s is another value (%v)", path, err)
	}
}

// line is what hwsim dukpt prints without --json.
func line(format string, args ...any) (string, error) {
	return dukptLine(strings.Fields(fmt.Sprintf(format, args...))...)
}

// TestEveryVector checks every value of hardware_vectors.json, the keys and blocks on the command line as anybody can,
// and fails for one that no check takes.
func TestEveryVector(t *testing.T) {
	v := readVectors(t)
	v.tdes()
	v.aes()
	v.format4()
	v.padFrames()
	v.readerFrame()
	v.trackLRCs()
	v.descriptor()
	for path := range v.left {
		t.Errorf("no check takes the vector %s", path)
	}
}

func (v *vectors) tdes() {
	bdk, pin, pan := v.take("tdes_dukpt.bdk"), v.take("tdes_dukpt.pin"), v.take("tdes_dukpt.pan")
	clear := v.take("tdes_dukpt.clear_pin_block")
	first := true
	for _, row := range v.rows("tdes_dukpt.rows") {
		start := fmt.Sprintf("--bdk %s --ksn %s", bdk, v.take(row+".ksn"))
		if first {
			got, err := line("ipek %s", start)
			v.is("tdes_dukpt.ipek", got, err)
			first = false
		}
		for field, usage := range map[string]string{"transaction_key": "transaction", "pin_key": "pin", "mac_request_key": "mac-request"} {
			got, err := line("key --usage %s %s", usage, start)
			v.is(row+"."+field, got, err)
		}
		block, err := line("pin --pin %s --pan %s --format 0 %s", pin, pan, start)
		v.is(row+".encrypted_pin_block", block, err)
		v.decrypts(start, block, clear)
		mac, err := line("mac --text 4012345678909D987 %s", start)
		v.is(row+".mac_request_4012345678909D987", mac, err)
		mac, err = line("mac --text %s %s", strings.Repeat("1234567890", 4), start)
		v.is(row+".mac4_of_40_digits_1234567890x4", mac[:min(8, len(mac))], err)
	}
}

// decrypts checks a block against the clear one that the vectors give, which no command prints.
func (v *vectors) decrypts(start, block, clear string) {
	v.Helper()
	key, err := line("key --usage pin %s", start)
	if err != nil {
		v.Fatal(err)
	}
	parsed, err := dukpt.ParseKey(key)
	if err != nil {
		v.Fatal(err)
	}
	c, err := parsed.Cipher(dukpt.TDES)
	if err != nil {
		v.Fatal(err)
	}
	b, err := hex.DecodeString(block)
	if err != nil || len(b) != 8 {
		v.Fatalf("the block has %d bytes", len(b))
	}
	c.Decrypt(b, b)
	if !strings.EqualFold(hex.EncodeToString(b), clear) {
		v.Error("the block holds another one")
	}
}

func (v *vectors) aes() {
	bdk, id := v.take("aes_dukpt.bdk"), v.take("aes_dukpt.initial_key_id")
	got, err := line("ipek --algo aes128 --bdk %s --ksn %s00000001", bdk, id)
	v.is("aes_dukpt.initial_key", got, err)
	for _, row := range v.rows("aes_dukpt.rows") {
		var counter uint32
		if _, err := fmt.Sscan(v.take(row+".counter"), &counter); err != nil {
			v.Fatal(err)
		}
		for field, usage := range map[string]string{
			"derivation_key": "transaction", "pin_key": "pin", "mac_gen_key": "mac-request", "data_enc_key": "data-request",
		} {
			got, err := line("key --algo aes128 --usage %s --bdk %s --ksn %s%08X", usage, bdk, id, counter)
			v.is(row+"."+field, got, err)
		}
	}
}

// format4 is a block under a key that is given, so it is made by the package that the command uses.
func (v *vectors) format4() {
	key, err := dukpt.ParseKey(v.take("iso4_pin_block.key"))
	if err != nil {
		v.Fatal(err)
	}
	c, err := key.Cipher(dukpt.AES128)
	if err != nil {
		v.Fatal(err)
	}
	pin, err := pinblock.New([]byte(v.take("iso4_pin_block.pin")))
	if err != nil {
		v.Fatal(err)
	}
	pan, err := card.NewPAN([]byte(v.take("iso4_pin_block.pan")))
	if err != nil {
		v.Fatal(err)
	}
	fill, err := hex.DecodeString(v.take("iso4_pin_block.random"))
	if err != nil {
		v.Fatal(err)
	}
	got, err := pinblock.Encrypt(pinblock.ISO4, c, pin, pan, strings.NewReader(string(fill)))
	v.is("iso4_pin_block.block", upperHex(got), err)
}

// padFrames are taken apart by the table, and put together again.
func (v *vectors) padFrames() {
	for _, row := range v.rows("pinpad_frames") {
		name := v.take(row + ".name")
		b, err := hex.DecodeString(v.take(row + ".hex"))
		if err != nil {
			v.Fatal(err)
		}
		frames, bad := verifone.Explain(b)
		if bad != nil || len(frames) != 1 || frames[0].LRC != "ok" || frames[0].Record == "unknown message" {
			v.Errorf("%s is not understood (%v)", name, bad)
			continue
		}
		if made := verifone.AppendFrame(nil, verifone.Envelope(b[0]), b[1:len(b)-2]); string(made) != string(b) {
			v.Errorf("%s is framed otherwise", name)
		}
	}
}

func (v *vectors) readerFrame() {
	start := fmt.Sprintf("--bdk %s --ksn %s", v.take("idtech_original.bdk"), v.left["idtech_original.ksn"])
	got, err := line("key --usage data-request %s", start)
	v.is("idtech_original.data_key", got, err)
	frame, err := hex.DecodeString(v.take("idtech_original.frame"))
	if err != nil {
		v.Fatal(err)
	}
	swipe, err := idtech.ParseFrame(frame)
	if err != nil {
		v.Fatal(err)
	}
	v.is("idtech_original.ksn", upperHex(swipe.Encrypted.KSN), nil)
	text, err := line("data --decrypt --data %X %s", swipe.Encrypted.Tracks[0], start) // both tracks in one run
	if err != nil {
		v.Fatal(err)
	}
	b, err := hex.DecodeString(text)
	if err != nil || strings.TrimRight(string(b), "\x00") != v.take("idtech_original.track1")+v.take("idtech_original.track2") {
		v.Error("the frame holds other tracks")
	}
}

func (v *vectors) trackLRCs() {
	for _, row := range v.rows("track_lrc") {
		track := v.take(row + ".track")
		number := 2
		if track[0] == '%' {
			number = 1
		}
		v.is(row+".lrc", string(rune(card.LRC([]byte(track), number))), nil)
	}
}

func (v *vectors) descriptor() {
	b, err := hex.DecodeString(v.take("sureswipe_hid_descriptor"))
	if err != nil {
		v.Fatal(err)
	}
	if _, length, err := transport.InputFields(b); err != nil || length != 337 {
		v.Errorf("the published descriptor's report has %d bytes (%v)", length, err)
	}
}
