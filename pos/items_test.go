package pos_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

func TestItemsComeBack(t *testing.T) {
	usd := func(cents int64) money.Amount { return money.New(cents, money.USD) }
	lines := []pos.Line{
		{Text: `Té "grande" <1>`, Quantity: decimal.RequireFromString("2"), Price: usd(250), Amount: usd(500)},
		{Text: "", Quantity: decimal.RequireFromString("0.375"), Price: usd(1999), Amount: usd(750)},
	}
	items := pos.ItemsOf(lines)
	got := items.Lines(money.USD)
	if len(got) != len(lines) {
		t.Fatalf("%s", items)
	}
	for i, l := range lines {
		if g := got[i]; g.Text != l.Text || !g.Quantity.Equal(l.Quantity) || g.Price != l.Price || g.Amount != l.Amount {
			t.Errorf("%+v, want %+v", g, l)
		}
	}
	if pos.ItemsOf(nil) != "" || pos.Items("").Lines(money.USD) != nil {
		t.Error("no items are some")
	}
	for _, broken := range []pos.Items{"x", "[[]]", `[["a","b",1,2]]`, `[["a","1","x",2]]`, `{"a":1}`, "null", `[["a","1e999999999",1,2]]`} {
		if lines := broken.Lines(money.USD); lines != nil {
			t.Errorf("%s gives %v", broken, lines)
		}
	}
}

// TestItemsHideWhatCouldBeACard: a cashier can type anything as the name of an item.
func TestItemsHideWhatCouldBeACard(t *testing.T) {
	for text, shown := range map[string]string{
		"4111 1111-1111 1111 a": "**** ****-**** **** a",
		"Coffee 12345678901":    "Coffee 12345678901",
		"4111111111111111":      "****************",
	} {
		if items := string(pos.ItemsOf([]pos.Line{{Text: text}})); !strings.Contains(items, `"`+shown+`"`) {
			t.Errorf("%d characters are shown otherwise", len(text))
		}
	}
}

func FuzzItems(f *testing.F) {
	f.Add(`[["Tea","2",250,500]]`)
	f.Add(`[["Tea","1e9999999",250,500]]`)
	f.Add(`[[1,2,3]]`)
	f.Fuzz(func(t *testing.T, text string) {
		lines := pos.Items(text).Lines(money.USD)
		if again := pos.ItemsOf(lines).Lines(money.USD); len(again) != len(lines) {
			t.Error("what was read does not come back")
		}
	})
}
