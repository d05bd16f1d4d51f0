package escpos

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/tillpos/till/device/charset"
	"github.com/tillpos/till/pos"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// sampleSlip has every kind of line.
var sampleSlip = pos.Slip{Drawer: true, Lines: []pos.SlipLine{
	{Text: "CORNER SHOP", Align: pos.AlignCenter, Bold: true, Wide: 2, High: 2},
	{Text: "12 Main Street", Align: pos.AlignCenter, Feed: 1},
	{Left: "2 x Coffee", Right: "7.00"},
	{Left: "A very long name of a thing that does not fit beside its price", Right: "1234.56"},
	{Rule: true},
	{Left: "TOTAL", Right: "1241.56", Bold: true},
	{Text: "flush right", Align: pos.AlignRight},
	{Text: "Crème brûlée 5 € – “thanks” Łódź 日本"},
	{Text: "A text that is longer than the paper is wide and goes on in a second row", Feed: 2},
}}

func TestEncodeGolden(t *testing.T) {
	for name, paper := range map[string]Paper{"858": {42, charset.Page858}, "437-narrow": {32, charset.Page437}} {
		file := "testdata/slip-" + name + ".hex"
		got := []byte(hex.Dump(paper.Encode(sampleSlip)))
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs; -update rewrites it. Now it is\n%s", file, got)
		}
	}
}

// TestCommands compares with commands as the manuals print them, not as this package makes them.
func TestCommands(t *testing.T) {
	for _, c := range []struct {
		name string
		slip pos.Slip
		want string // hexadecimal, between the initialisation and the cut
	}{
		{"empty", pos.Slip{}, ""},
		{"plain", pos.Slip{Lines: []pos.SlipLine{{Text: "A"}}}, "410a"},
		{"bold", pos.Slip{Lines: []pos.SlipLine{{Text: "A", Bold: true}}}, "1b4501 410a 1b4500"},
		{"centre", pos.Slip{Lines: []pos.SlipLine{{Text: "A", Align: pos.AlignCenter}}}, "1b6101 410a 1b6100"},
		{"double", pos.Slip{Lines: []pos.SlipLine{{Text: "A", Wide: 2, High: 2}}}, "1d2111 410a 1d2100"},
		{"wide", pos.Slip{Lines: []pos.SlipLine{{Text: "A", Wide: 2}}}, "1d2110 410a 1d2100"},
		{"high", pos.Slip{Lines: []pos.SlipLine{{Text: "A", High: 3}}}, "1d2102 410a 1d2100"},
		{"as large as can be", pos.Slip{Lines: []pos.SlipLine{{Text: "A", Wide: 9, High: 9}}}, "1d2177 410a 1d2100"},
		{"EAN-8", pos.Slip{Lines: []pos.SlipLine{{Symbol: pos.Symbol{Kind: pos.SymbolEAN8, Text: "96385074"}}}},
			"1d6850 1d7702 1d4802 1d6b4408 3936333835303734 0a"},
		{"feed", pos.Slip{Lines: []pos.SlipLine{{Text: "A", Feed: 3}}}, "410a 1b6403"},
		{"columns", pos.Slip{Lines: []pos.SlipLine{{Left: "A", Right: "B"}}}, "41" + "20202020202020202020202020202020202020202020202020202020202020202020202020202020" + "420a"},
		{"no commands in text", pos.Slip{Lines: []pos.SlipLine{{Text: "A\x1bp\x00\x10\x04\x01B"}}}, "4170420a"},
		{"euro", pos.Slip{Lines: []pos.SlipLine{{Text: "€"}}}, "d50a"},
		{"what the page lacks", pos.Slip{Lines: []pos.SlipLine{{Text: "ő…日"}}}, "6f2e2e2e3f0a"},
		{"composed and not", pos.Slip{Lines: []pos.SlipLine{{Text: "e\u0301\u00e9"}}}, "82820a"},
	} {
		want, err := hex.DecodeString(strings.ReplaceAll("1b40 1d610f 1b7413"+c.want+"1d564200", " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got := DefaultPaper.Encode(c.slip); !bytes.Equal(got, want) {
			t.Errorf("%s: % x, want % x", c.name, got, want)
		}
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("Left", "Right", "Text", 42)
	f.Add("", "\x1b@", "é\u0301", 16)
	f.Fuzz(func(t *testing.T, left, right, text string, columns int) {
		p := Paper{16 + int(uint(columns)%64), charset.Page437}
		for _, l := range []pos.SlipLine{{Left: left, Right: right}, {Text: text}} {
			for _, row := range p.rows(l, p.Columns) {
				if len(row) > p.Columns {
					t.Fatalf("a row of %d characters on paper of %d", len(row), p.Columns)
				}
				for _, b := range row {
					if b < 0x20 || b == 0x7f {
						t.Fatalf("control character %02x in text", b)
					}
				}
			}
		}
	})
}
