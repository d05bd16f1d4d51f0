package card

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	_ "github.com/tillpos/till/ci/seed"
)

func TestKSNOnWires(t *testing.T) {
	for name, row := range map[string]struct {
		ksn  string
		wire Wire
		want string
		err  error
	}{
		"TSYS drops F's":              {"FFFF9876543210E00001", WireTSYS, "9876543210E00001", nil},
		"Paymentech drops F's":        {"FFFF9876543210E00001", WirePaymentech, "9876543210E00001", nil},
		"TrustCommerce keeps them":    {"FFFF9876543210E00001", WireTrustCommerce, "FFFF9876543210E00001", nil},
		"as the pad strips it":        {"9876543210E00001", WireTrustCommerce, "FFFF9876543210E00001", nil},
		"more F's than there is room": {"FFFFFF76543210E00001", WireTSYS, "FF76543210E00001", nil},
		"a key set without F's":       {"62994901190000000001", WireTSYS, "", ErrKSNWide},
		"three F's":                   {"FFF09876543210E00001", WirePaymentech, "", ErrKSNWide},
		"without F's where it fits":   {"62994901190000000001", WireTrustCommerce, "62994901190000000001", nil},
		"no such wire":                {"FFFF9876543210E00001", "telex", "", ErrWire},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := made(ParseKSN(row.ksn)).On(row.wire)
			if got != row.want || !errors.Is(err, row.err) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	if _, err := KSN("9876543210E00001").On(WireTSYS); !errors.Is(err, ErrKSN) {
		t.Errorf("one that was not parsed gives %v", err)
	}
}

// TestWiresLoseNothing: what goes over any wire reads as the same KSN again.
func TestWiresLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, err := ParseKSN(rapid.StringMatching("F{0,6}[0-9A-F]{10,14}").Draw(t, "ksn"))
		if err != nil {
			t.Fatal(err)
		}
		for w := range pinWires {
			text, err := k.On(w)
			if errors.Is(err, ErrKSNWide) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if back, err := ParseKSN(text); err != nil || back != k || len(text) != pinWires[w].ksn {
				t.Fatalf("on %s it becomes %s, %v", w, back, err)
			}
		}
	})
}

func TestPINBlockOnWires(t *testing.T) {
	ksn := made(ParseKSN("9876543210E00001"))
	eight := made(NewPINBlock([]byte{0x1B, 0x9C, 0x18, 0x45, 0xEB, 0x99, 0x3A, 0x7A}, ksn))
	for wire, want := range map[Wire]string{
		WireTSYS:          "1B9C1845EB993A7A" + "9876543210E00001",
		WirePaymentech:    "9876543210E00001" + "1B9C1845EB993A7A",
		WireTrustCommerce: "1B9C1845EB993A7A" + "FFFF9876543210E00001",
	} {
		var held []byte
		err := eight.On(wire, func(text []byte) {
			held = text
			if string(text) != want {
				t.Errorf("%s: the text is another one", wire)
			}
		})
		if err != nil || !bytes.Equal(held, make([]byte, len(want))) {
			t.Errorf("%s: %v, or the text is not wiped", wire, err)
		}
	}
	wiped := made(NewPINBlock(make([]byte, 8), ksn))
	wiped.Wipe()
	for name, row := range map[string]struct {
		block PINBlock
		wire  Wire
		err   error
	}{
		"no KSN":      {made(NewPINBlock(make([]byte, 8), "")), WireTSYS, ErrNoKSN},
		"AES block":   {made(NewPINBlock(make([]byte, 16), ksn)), WireTSYS, ErrPINBlock},
		"wiped":       {wiped, WireTSYS, ErrPINBlock},
		"no room":     {made(NewPINBlock(make([]byte, 8), "62994901190000000001")), WireTSYS, ErrKSNWide},
		"unknown one": {eight, "telex", ErrWire},
	} {
		if err := row.block.On(row.wire, func([]byte) { t.Errorf("%s is written", name) }); !errors.Is(err, row.err) {
			t.Errorf("%s gives %v", name, err)
		}
	}
}

func TestKSNCheck(t *testing.T) {
	for text, want := range map[string]error{
		"FFFF9876543210E00001": nil, "FFFF9876543210F00000": nil, "FFFF9876543210EFFC00": nil,
		"FFFF9876543210E00000": ErrCounter, "FFFF9876543210E007FF": ErrCounter, "FFFF9876543210FFFFFF": ErrCounter,
	} {
		if err := made(ParseKSN(text)).Check(); !errors.Is(err, want) {
			t.Errorf("%s gives %v", text, err)
		}
	}
	if err := KSN("").Check(); !errors.Is(err, ErrKSN) {
		t.Errorf("no KSN gives %v", err)
	}
	a, b := made(ParseKSN("9876543210E00001")), made(ParseKSN("9876543210F00000"))
	if !a.SameKey(b) || a.SameKey(made(ParseKSN("9876543212E00001"))) || KSN("").SameKey("") {
		t.Error("the same key is told wrongly")
	}
}

// TestWireTableIsUsed: each entry of the table decides what goes out.
func TestWireTableIsUsed(t *testing.T) {
	for w, form := range pinWires {
		if form.block != 16 || form.ksn > 20 || form.source == "" || strings.ToLower(string(w)) != string(w) {
			t.Errorf("%s: the entry is incomplete", w)
		}
	}
}

func FuzzParseKSN(f *testing.F) {
	for _, seed := range []string{"FFFF9876543210E00001", "9876543210e00001", "62994901190000000001", "", "9876543210G00002"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k, err := ParseKSN(text)
		if err != nil {
			return
		}
		if len(k) != 20 || !strings.HasSuffix(string(k), strings.ToUpper(text)) || k.After(k) || !k.SameKey(k) {
			t.Fatalf("%q becomes %s", text, k)
		}
		for w := range pinWires {
			if on, err := k.On(w); err == nil && !strings.HasSuffix(string(k), on) {
				t.Fatalf("on %s %s becomes %s", w, k, on)
			}
		}
	})
}
