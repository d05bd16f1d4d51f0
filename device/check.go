package device

import (
	"context"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// ReaderCheck is what one test swipe showed. It holds no card data but the mask.
type ReaderCheck struct {
	Tracks [3]string `json:"tracks"` // blank, decoded or bad
	Card   string    `json:"card"`   // masked, empty when no card could be made of the tracks
	Brand  string    `json:"brand"`
	Chip   bool      `json:"chip"`
	Fault  string    `json:"fault"` // why no card could be made
}

// TestReader waits for one swipe, says what it showed and wipes it. It errs as Reader.Read.
func TestReader(ctx context.Context, r *Reader) (ReaderCheck, error) {
	s, err := r.Read(ctx)
	if err != nil {
		return ReaderCheck{}, err
	}
	defer s.Wipe()
	var out ReaderCheck
	names := map[card.TrackStatus]string{card.Blank: "blank", card.Decoded: "decoded", card.Bad: "bad"}
	for i, status := range s.Status {
		out.Tracks[i] = names[status]
	}
	c, err := s.Card()
	if err != nil {
		out.Fault = err.Error()
		return out, nil
	}
	defer c.Wipe()
	out.Card, out.Brand, out.Chip = c.PAN.Masked(), string(c.PAN.Brand()), c.ServiceCode.Chip()
	return out, nil
}

// TestPrinter prints a slip that shows every kind of line; drawer also opens the drawer. It errs as
// Printer.Print.
func TestPrinter(ctx context.Context, p *Printer, drawer bool, now time.Time) error {
	return p.Print(ctx, pos.Slip{Drawer: drawer, Lines: []pos.SlipLine{
		{Text: "TEST SLIP", Align: pos.AlignCenter, Wide: 2, High: 2},
		{Text: now.Format(time.RFC3339), Align: pos.AlignCenter},
		{Rule: true},
		{Left: "left", Right: "right"},
		{Text: "bold", Bold: true},
		{Text: "flush right", Align: pos.AlignRight},
		{Text: "wide", Wide: 2},
		{Text: "high", High: 2},
		{Text: "3 times", Wide: 3, High: 3},
		{Text: "accents: é ü ñ ç, euro: €", Feed: 1},
		{Text: "EAN-13, EAN-8, UPC-A, Code 128, QR:"},
		{Symbol: pos.Symbol{Kind: pos.SymbolEAN13, Text: "4006381333931"}, Align: pos.AlignCenter},
		{Symbol: pos.Symbol{Kind: pos.SymbolEAN8, Text: "96385074"}, Align: pos.AlignCenter},
		{Symbol: pos.Symbol{Kind: pos.SymbolUPCA, Text: "036000291452"}, Align: pos.AlignCenter},
		{Symbol: pos.Symbol{Kind: pos.SymbolCode128, Text: "TILL-128"}, Align: pos.AlignCenter},
		{Symbol: pos.Symbol{Kind: pos.SymbolQR, Text: "TILL QR"}, Align: pos.AlignCenter},
	}})
}
