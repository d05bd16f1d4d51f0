package escpos_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tillpos/till/pos"
)

// TestSymbols prints codes and reads them on the simulated paper; what a code cannot hold comes as text.
func TestSymbols(t *testing.T) {
	for _, c := range []struct {
		name   string
		symbol pos.Symbol
		want   string
	}{
		{"EAN-13", pos.Symbol{Kind: pos.SymbolEAN13, Text: "4006381333931"}, "[EAN-13 4006381333931]"},
		{"EAN-13 without its check digit", pos.Symbol{Kind: pos.SymbolEAN13, Text: "400638133393"}, "[EAN-13 400638133393]"},
		{"wrong check digit", pos.Symbol{Kind: pos.SymbolEAN13, Text: "4006381333932"}, "4006381333932"},
		{"letters in an EAN", pos.Symbol{Kind: pos.SymbolEAN13, Text: "40063813339a"}, "40063813339a"},
		{"EAN-8", pos.Symbol{Kind: pos.SymbolEAN8, Text: "96385074"}, "[EAN-8 96385074]"},
		{"EAN-8 without its check digit", pos.Symbol{Kind: pos.SymbolEAN8, Text: "9638507"}, "[EAN-8 9638507]"},
		{"EAN-8, wrong check digit", pos.Symbol{Kind: pos.SymbolEAN8, Text: "96385075"}, "96385075"},
		{"EAN-8, too long", pos.Symbol{Kind: pos.SymbolEAN8, Text: "4006381333931"}, "4006381333931"},
		{"UPC-A", pos.Symbol{Kind: pos.SymbolUPCA, Text: "036000291452"}, "[UPC-A 036000291452]"},
		{"Code 128", pos.Symbol{Kind: pos.SymbolCode128, Text: "L1-261122{7"}, "[CODE128 L1-261122{7]"},
		{"Code 128, too long", pos.Symbol{Kind: pos.SymbolCode128, Text: strings.Repeat("9", 25)}, strings.Repeat("9", 25)},
		{"QR", pos.Symbol{Kind: pos.SymbolQR, Text: "https://127.0.0.1/r/7"}, "[QR https://127.0.0.1/r/7]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, sim := bench(t)
				err := p.Print(t.Context(), pos.Slip{Lines: []pos.SlipLine{{Symbol: c.symbol}, {Text: "after"}}})
				if err != nil {
					t.Fatal(err)
				}
				text, _ := sim.Paper()
				if !strings.HasPrefix(text, c.want+"\nafter\n") || sim.State().Unknown != 0 {
					t.Errorf("the paper says %q, %d unknown commands", text, sim.State().Unknown)
				}
			})
		})
	}
}
