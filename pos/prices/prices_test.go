package prices

import (
	"errors"
	"strings"
	"testing"

	"github.com/tillpos/till/pos/money"
)

const sample = `code,name,price
4006381333931,Pencil,1.20
036000291452,"Tissues, soft",2.50
96385074,Gum,0.80
COUPON-7,Coupon book,10.00
2112345,Cheese,
2154321,Ham,
`

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name, code string
		weighed    bool
		want       string // empty: none
	}{
		{"EAN-13", "4006381333931", false, "Pencil 1.20"},
		{"EAN-8", "96385074", false, "Gum 0.80"},
		{"UPC-A", "036000291452", false, "Tissues, soft 2.50"},
		{"UPC-A as EAN-13", "0036000291452", false, "Tissues, soft 2.50"},
		{"UPC-A as GTIN-14", "00036000291452", false, "Tissues, soft 2.50"},
		{"text", "COUPON-7", false, "Coupon book 10.00"},
		{"unknown", "4006381333932", false, ""},
		{"empty", "", true, ""},
		{"price in the code", "2112345003504", true, "Cheese 3.50"},
		{"price in the code, not in the list", "2999999012348", true, "2999999 12.34"},
		{"price in the code, but the shop has none such", "2112345003504", false, ""},
		{"wrong check digit", "2112345003505", true, ""},
		{"no price in it", "2112345000008", true, ""},
		{"the article alone has no price", "2112345", true, ""},
	} {
		list, err := Parse(strings.NewReader(sample), money.USD, c.weighed)
		if err != nil {
			t.Fatal(err)
		}
		a, ok := list.Find(c.code)
		if got := a.Name + " " + a.Price.String(); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s: %q, %v, want %q", c.name, got, ok, c.want)
		}
	}
	if _, ok := (List{}).Find("4006381333931"); ok {
		t.Error("no list knows an article")
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		name, text string
		line       int
	}{
		{"empty", "", 1},
		{"no head", "4006381333931,Pencil,1.20\n", 1},
		{"two values", "code,name,price\nA,B\n", 2},
		{"no code", "code,name,price\n,B,1.00\n", 2},
		{"blank in the code", "code,name,price\nA B,B,1.00\n", 2},
		{"no name", "code,name,price\nA,,1.00\n", 2},
		{"long name", "code,name,price\nA," + strings.Repeat("x", 41) + ",1.00\n", 2},
		{"control character", "code,name,price\nA,\"b\x1bc\",1.00\n", 2},
		{"no price", "code,name,price\nA,B,\n", 2},
		{"zero", "code,name,price\nA,B,0\n", 2},
		{"negative", "code,name,price\nA,B,-1.00\n", 2},
		{"too many decimals", "code,name,price\nA,B,1.001\n", 2},
		{"twice", "code,name,price\nA,B,1.00\nA,C,2.00\n", 3},
		{"twice, in two ways", "code,name,price\n036000291452,B,1.00\n0036000291452,C,2.00\n", 3},
		{"an open quote", "code,name,price\nA,\"B,1.00\n", 2},
	} {
		_, err := Parse(strings.NewReader(c.text), money.USD, true)
		var at *LineError
		if !errors.As(err, &at) || at.Line != c.line {
			t.Errorf("%s: %v, want line %d", c.name, err, c.line)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample, "2112345003504")
	f.Fuzz(func(t *testing.T, text, code string) {
		list, err := Parse(strings.NewReader(text), money.USD, true)
		if err != nil {
			return
		}
		if a, ok := list.Find(code); ok && (!a.Price.IsPositive() || a.Name == "") {
			t.Fatalf("%q gives %+v", code, a)
		}
	})
}
