package verifone_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/pos"
)

// explained is one line for each frame, and its fields.
func explained(frames []pos.WireFrame) string {
	var out strings.Builder
	for _, f := range frames {
		fmt.Fprintf(&out, "%s@%d+%d %s %s", f.Record, f.Offset, f.Length, f.Parity, f.LRC)
		for _, v := range f.Fields {
			fmt.Fprintf(&out, " %s=%s@%d+%d", v.Name, v.Value, v.Pos, v.Len)
		}
		out.WriteString("\n")
	}
	return out.String()
}

func TestExplain(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"a conversation": {stop + ack + stx("704111111111111111\x1cD12.34\x1c2") + nak + eot,
			"cancel@0+5 none ok id=72@1+2\nack@5+1 none absent\n" +
				"70 dukpt@6+30 none ok id=70@1+2 pan=411111******1111@3+16 debit or credit=D@20+1 amount=12.34@21+5 timeout in 30 s=2@27+1\n" +
				"nak@36+1 none absent\neot@37+1 none absent\n"},
		"a block":        {stx(good), "71 dukpt@0+38 none ok id=71@1+2 flag=0@3+1 ksn=9876543210E00001@4+16 pin block=[16 characters]@20+16\n"},
		"bad LRC":        {"\x0272\x03\x00", "cancel@0+5 none bad id=72@1+2\n"},
		"a screen":       {stx("Z2\x1aHELLO"), "show@0+11 none ok id=Z2@1+2 text=<SUB>HELLO@3+6\n"},
		"unknown":        {stx("Q94111111111111111"), "unknown message@0+21 none ok id=Q9@1+2 data=[16 characters]@3+16\n"},
		"a typed string": {stx("Z5112345"), "string@0+11 none ok id=Z51@1+3 typed=[5 characters]@4+5\n"},
		"parity":         {even(stop), "cancel@0+5 even ok id=72@1+2\n"},
	} {
		t.Run(name, func(t *testing.T) {
			frames, bad := verifone.Explain([]byte(c.in))
			if got := explained(frames); bad != nil || got != c.want {
				t.Errorf("it says %v\n%s", bad, got)
			}
		})
	}
}

// even sets the parity bit as a 7E1 line does.
func even(text string) string {
	out := []byte(text)
	for i, c := range out {
		ones := 0
		for b := c; b > 0; b &= b - 1 {
			ones++
		}
		out[i] = c | byte(ones%2)<<7
	}
	return string(out)
}

func TestExplainErrors(t *testing.T) {
	for name, c := range map[string]struct {
		in     string
		offset int
	}{
		"nothing": {"", 0}, "noise": {ack + "x", 1}, "no end": {ack + "\x0272", 4}, "no LRC": {"\x0272\x03", 4},
		"empty": {"\x02\x03\x03", 1}, "a control inside": {"\x027\x052\x03\x00", 2},
	} {
		if _, bad := verifone.Explain([]byte(c.in)); bad == nil || bad.Offset != c.offset {
			t.Errorf("%s gives %v", name, bad)
		}
	}
}

// TestExplainHides: no vector's card number, key or block comes out.
func TestExplainHides(t *testing.T) {
	text, err := os.ReadFile("../../testdata/devices/hardware_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Frames []struct{ Hex, Name string } `json:"pinpad_frames"`
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	for _, f := range v.Frames {
		b, err := hex.DecodeString(f.Hex)
		if err != nil {
			t.Fatal(err)
		}
		frames, bad := verifone.Explain(b)
		if bad != nil || len(frames) != 1 || frames[0].LRC != "ok" {
			t.Errorf("%s: %v", f.Name, bad)
		}
		got := explained(frames)
		for _, secret := range []string{"401234567890", "1B9C1845", "0123456789ABCDEF", "6AC292FA"} {
			if strings.Contains(got, secret) {
				t.Errorf("%s shows a secret", f.Name)
			}
		}
	}
}
