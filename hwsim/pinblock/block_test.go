package pinblock

import (
	"bytes"
	"crypto/cipher"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	_ "github.com/tillpos/till/ci/seed"
	"github.com/tillpos/till/hwsim/dukpt"
	"github.com/tillpos/till/pos/card"
)

type vectors struct {
	TDES struct {
		BDK, PAN, PIN string
		Clear         string `json:"clear_pin_block"`
		Rows          []struct {
			KSN   string
			Block string `json:"encrypted_pin_block"`
		}
	} `json:"tdes_dukpt"`
	ISO4 struct{ Key, PIN, PAN, Random, Block string } `json:"iso4_pin_block"`
}

func read(t *testing.T) (v vectors) {
	t.Helper()
	text, err := os.ReadFile("../../testdata/devices/hardware_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func upper(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

func TestPublishedFormat0(t *testing.T) {
	v := read(t).TDES
	pan, pin := must(card.NewPAN([]byte(v.PAN))), must(New([]byte(v.PIN)))
	if upper(must(Clear(ISO0, pin, pan, nil))) != v.Clear {
		t.Error("the clear block is wrong")
	}
	if len(v.Rows) < 20 {
		t.Fatalf("only %d rows", len(v.Rows))
	}
	for _, row := range v.Rows {
		c := pinCipher(dukpt.TDES, v.BDK, row.KSN)
		block := must(Encrypt(ISO0, c, pin, pan, nil))
		if upper(block) != row.Block {
			t.Errorf("%s: the block is wrong", row.KSN)
		}
		if got, err := Decrypt(ISO0, c, block, pan); err != nil || !got.Equal(pin) {
			t.Errorf("%s: the PIN does not come back: %v", row.KSN, err)
		}
	}
}

func pinCipher(a dukpt.Algorithm, bdk, ksn string) cipher.Block {
	key := must(dukpt.KeyFor(must(dukpt.ParseKey(bdk)), must(dukpt.ParseKSN(a, ksn)), dukpt.PIN))
	return must(key.Cipher(a))
}

func TestPublishedFormat4(t *testing.T) {
	v := read(t).ISO4
	c := must(must(dukpt.ParseKey(v.Key)).Cipher(dukpt.AES128))
	pan, pin := must(card.NewPAN([]byte(v.PAN))), must(New([]byte(v.PIN)))
	random := bytes.NewReader(must(hex.DecodeString(v.Random)))
	if upper(must(Encrypt(ISO4, c, pin, pan, random))) != v.Block {
		t.Error("the block is wrong")
	}
	if got, err := Decrypt(ISO4, c, must(hex.DecodeString(v.Block)), pan); err != nil || !got.Equal(pin) {
		t.Errorf("the PIN does not come back: %v", err)
	}
}

// ciphers are one of each kind.
func ciphers() (tdes, aes cipher.Block) {
	tdes = pinCipher(dukpt.TDES, "0123456789ABCDEFFEDCBA9876543210", "FFFF9876543210E00001")
	return tdes, pinCipher(dukpt.AES128, "FEDCBA9876543210F1F1F1F1F1F1F1F1", "123456789012345600000001")
}

func digitsOf(t *rapid.T, label string, least, most int) []byte {
	return []byte(rapid.StringMatching(fmt.Sprintf("[0-9]{%d,%d}", least, most)).Draw(t, label))
}

// TestRoundTrip: what goes in comes out, for its own card only.
func TestRoundTrip(t *testing.T) {
	tdes, aes := ciphers()
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]Format{ISO0, ISO1, ISO3, ISO4}).Draw(t, "format")
		pin := must(New(digitsOf(t, "pin", 4, 12)))
		pan := must(card.NewPAN(digitsOf(t, "pan", 8, 19)))
		random := rand.NewChaCha8([32]byte{1})
		c := tdes
		if f == ISO4 {
			c = aes
		}
		block, err := Encrypt(f, c, pin, pan, random)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decrypt(f, c, block, pan)
		if err != nil || !got.Equal(pin) || got.Len() != pin.Len() {
			t.Fatalf("format %d does not come back: %v", f, err)
		}
		if again := must(Encrypt(f, c, pin, pan, random)); bytes.Equal(again, block) && (f == ISO1 && pin.Len() < 10 || f == ISO4) {
			t.Fatalf("two blocks of format %d are the same", f)
		}
	})
}

// TestNothingElsePasses: a block that reads well has the form of its format.
func TestNothingElsePasses(t *testing.T) {
	pan := must(card.NewPAN([]byte("4111111111111111")))
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]Format{ISO0, ISO1, ISO3}).Draw(t, "format")
		block := []byte(rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "block"))
		pin, err := Read(f, block, pan)
		if err != nil {
			if !errors.Is(err, ErrBlock) {
				t.Fatal(err)
			}
			return
		}
		if block[0]>>4 != byte(f) || int(block[0]&15) != pin.Len() {
			t.Fatal("control digit or length do not fit")
		}
	})
}

func TestBadBlocks(t *testing.T) {
	pan := must(card.NewPAN([]byte("4111111111111111"))) // the twelve digits are 111111111111
	for name, c := range map[string]struct {
		format Format
		block  string
		ok     bool
	}{
		"format 0":                 {ISO0, "041225EEEEEEEEEE", true},
		"control digit":            {ISO0, "141225EEEEEEEEEE", false},
		"three digits":             {ISO0, "0312DEEEEEEEEEEE", false},
		"thirteen digits":          {ISO0, "0D1225252525252E", false},
		"a letter in the PIN":      {ISO0, "0412B5EEEEEEEEEE", false},
		"fill":                     {ISO0, "041225EEEEEEEEEA", false},
		"format 1, any fill":       {ISO1, "1412340123456789", true},
		"format 3":                 {ISO3, "341225BABABABABA", true},
		"format 3, digits in fill": {ISO3, "341225BABABABAB8", false},
		"seven bytes":              {ISO0, "041225EEEEEEEE", false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(c.format, must(hex.DecodeString(c.block)), pan)
			if c.ok != (err == nil) || err != nil && !errors.Is(err, ErrBlock) {
				t.Errorf("it gives %v", err)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	tdes, aes := ciphers()
	pan, pin := must(card.NewPAN([]byte("4111111111111111"))), must(New([]byte("9731")))
	wiped := must(New([]byte("9731")))
	wiped.Wipe()
	empty := bytes.NewReader(nil)
	for name, c := range map[string]struct{ got, want error }{
		"format 2":           {second(Encrypt(2, tdes, pin, pan, nil)), ErrFormat},
		"format 0 with AES":  {second(Encrypt(ISO0, aes, pin, pan, nil)), ErrCipher},
		"format 4 with TDES": {second(Decrypt(ISO4, tdes, make([]byte, 8), pan)), ErrCipher},
		"no card number":     {second(Encrypt(ISO0, tdes, pin, card.PAN{}, nil)), ErrPAN},
		"none with format 4": {second(Encrypt(ISO4, aes, pin, card.PAN{}, rand.NewChaCha8([32]byte{}))), ErrPAN},
		"wiped PIN":          {second(Encrypt(ISO0, tdes, wiped, pan, nil)), ErrPIN},
		"wiped, format 4":    {second(Encrypt(ISO4, aes, wiped, pan, nil)), ErrPIN},
		"half a block":       {second(Decrypt(ISO0, tdes, make([]byte, 7), pan)), ErrBlock},
		"clear format 4":     {second(Clear(ISO4, pin, pan, nil)), ErrFormat},
		"read format 4":      {second(Read(ISO4, nil, pan)), ErrFormat},
		"read without PAN":   {second(Read(ISO3, make([]byte, 8), card.PAN{})), ErrPAN},
		"three digits":       {second(New([]byte("123"))), ErrPIN},
		"thirteen digits":    {second(New([]byte("1234567890123"))), ErrPIN},
		"a letter":           {second(New([]byte("12a4"))), ErrPIN},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s gives %v, want %v", name, c.got, c.want)
		}
	}
	for _, f := range []Format{ISO1, ISO3, ISO4} {
		c := tdes
		if f == ISO4 {
			c = aes
		}
		if _, err := Encrypt(f, c, pin, pan, empty); err == nil {
			t.Errorf("format %d is made without randomness", f)
		}
	}
	for name, other := range map[string]string{"wrong card": "6011000990139424"} {
		for _, f := range []Format{ISO0, ISO4} {
			c := tdes
			if f == ISO4 {
				c = aes
			}
			block := must(Encrypt(f, c, pin, pan, rand.NewChaCha8([32]byte{})))
			if got, err := Decrypt(f, c, block, must(card.NewPAN([]byte(other)))); err == nil && got.Equal(pin) {
				t.Errorf("%s: format %d gives the PIN", name, f)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestPINPrintsAsMask(t *testing.T) {
	pin := must(New([]byte("9731")))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		if fmt.Sprintf(verb, pin) != mask || strings.Contains(fmt.Sprintf(verb, struct{ p PIN }{pin}), "9731") {
			t.Errorf("%s shows something else than the mask", verb)
		}
	}
	if b := must(json.Marshal(pin)); string(b) != `"`+mask+`"` {
		t.Error("JSON shows something else than the mask")
	}
	var held []byte
	pin.Lend(func(d []byte) { held = d })
	pin.Wipe()
	if !bytes.Equal(held, make([]byte, 4)) || pin.Len() != 0 {
		t.Error("the digits are still there")
	}
	PIN{}.Wipe()
}

func FuzzRead(f *testing.F) {
	f.Add(0, []byte{0x04, 0x12, 0x74, 0xED, 0xCB, 0xA9, 0x87, 0x6F})
	f.Add(1, []byte{0x14, 0x12, 0x34, 1, 2, 3, 4, 5})
	f.Add(4, make([]byte, 16))
	pan := must(card.NewPAN([]byte("4012345678909")))
	f.Fuzz(func(t *testing.T, format int, block []byte) {
		pin, err := Read(Format(format), block, pan)
		if err != nil {
			return
		}
		if again, err := Clear(Format(format), pin, pan, rand.NewChaCha8([32]byte{})); err != nil || !bytes.Equal(again[:1], block[:1]) {
			t.Fatal("what was read cannot be written again")
		}
	})
}
