package money_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	_ "github.com/tillpos/till/ci/seed"
	"github.com/tillpos/till/pos/money"
)

const largest = math.MaxInt64

func TestParse(t *testing.T) {
	for name, row := range map[string]struct {
		text     string
		currency money.Currency
		minor    int64
		err      error
	}{
		"whole":                     {"12", "USD", 1200, nil},
		"cents":                     {"12.34", "USD", 1234, nil},
		"one decimal":               {"12.3", "USD", 1230, nil},
		"point at the end":          {"12.", "USD", 1200, nil},
		"point at the start":        {".05", "USD", 5, nil},
		"zero":                      {"0", "USD", 0, nil},
		"zero with decimals":        {"0.00", "USD", 0, nil},
		"leading zeros":             {"007.50", "USD", 750, nil},
		"spaces around":             {"  1.00\t", "USD", 100, nil},
		"negative":                  {"-1.25", "USD", -125, nil},
		"negative cents":            {"-.05", "USD", -5, nil},
		"negative zero":             {"-0", "USD", 0, nil},
		"yen":                       {"1234", "JPY", 1234, nil},
		"yen with a point":          {"1234.", "JPY", 1234, nil},
		"dinar":                     {"1.234", "KWD", 1234, nil},
		"fifteen digits":            {"999999999999999.99", "USD", 99999999999999999, nil},
		"fifteen digits of a dinar": {"999999999999999.999", "BHD", 999999999999999999, nil},
		"empty":                     {"", "USD", 0, money.ErrEmpty},
		"only spaces":               {"   ", "USD", 0, money.ErrEmpty},
		"only a point":              {".", "USD", 0, money.ErrSyntax},
		"only a minus":              {"-", "USD", 0, money.ErrSyntax},
		"two points":                {"1.2.3", "USD", 0, money.ErrSyntax},
		"two minuses":               {"--1", "USD", 0, money.ErrSyntax},
		"plus":                      {"+1", "USD", 0, money.ErrSyntax},
		"minus at the end":          {"1-", "USD", 0, money.ErrSyntax},
		"letters":                   {"12a", "USD", 0, money.ErrSyntax},
		"letters inside":            {"1a2", "USD", 0, money.ErrSyntax},
		"exponent":                  {"1e3", "USD", 0, money.ErrSyntax},
		"comma":                     {"1,50", "USD", 0, money.ErrSyntax},
		"thousands":                 {"1 000", "USD", 0, money.ErrSyntax},
		"currency sign":             {"$5", "USD", 0, money.ErrSyntax},
		"other digits":              {"१२", "USD", 0, money.ErrSyntax},
		"infinity":                  {"Inf", "USD", 0, money.ErrSyntax},
		"three decimals":            {"1.234", "USD", 0, money.ErrDecimals},
		"three decimals of zero":    {"1.000", "USD", 0, money.ErrDecimals},
		"yen with decimals":         {"1.0", "JPY", 0, money.ErrDecimals},
		"sixteen digits":            {"1000000000000000", "USD", 0, money.ErrTooLarge},
		"very long":                 {strings.Repeat("9", 100000), "USD", 0, money.ErrTooLarge},
		"unknown currency":          {"1", "ZZZ", 0, money.ErrUnknown},
		"no currency":               {"1", "", 0, money.ErrUnknown},
		"small letters":             {"1", "usd", 0, money.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := money.Parse(row.text, row.currency)
			if !errors.Is(err, row.err) || (err == nil) != (row.err == nil) {
				t.Fatalf("error %v, want %v", err, row.err)
			}
			if err != nil {
				if got != (money.Amount{}) {
					t.Errorf("an error beside the amount %v", got)
				}
				return
			}
			if got.Minor() != row.minor || got.Currency() != row.currency {
				t.Errorf("got %d %s, want %d %s", got.Minor(), got.Currency(), row.minor, row.currency)
			}
		})
	}
}

func TestString(t *testing.T) {
	for want, a := range map[string]money.Amount{
		"12.34":                 money.New(1234, "USD"),
		"-0.05":                 money.New(-5, "USD"),
		"0.00":                  money.New(0, "EUR"),
		"1234":                  money.New(1234, "JPY"),
		"1.234":                 money.New(1234, "KWD"),
		"92233720368547758.07":  money.New(largest, "USD"),
		"-92233720368547758.07": money.New(math.MinInt64, "USD"),
	} {
		if got := a.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestArithmeticErrors(t *testing.T) {
	usd, eur, most := money.New(1, "USD"), money.New(1, "EUR"), money.New(largest, "USD")
	for name, row := range map[string]struct {
		do  func() error
		err error
	}{
		"add over the top":       {func() error { _, err := most.Add(usd); return err }, money.ErrTooLarge},
		"add under the bottom":   {func() error { _, err := most.Neg().Add(usd.Neg()); return err }, money.ErrTooLarge},
		"sub over the top":       {func() error { _, err := most.Sub(usd.Neg()); return err }, money.ErrTooLarge},
		"sub under the bottom":   {func() error { _, err := most.Neg().Sub(usd); return err }, money.ErrTooLarge},
		"sub of the whole range": {func() error { _, err := most.Sub(most); return err }, nil},
		"add two currencies":     {func() error { _, err := usd.Add(eur); return err }, money.ErrCurrency},
		"compare two currencies": {func() error { _, err := usd.Cmp(eur); return err }, money.ErrCurrency},
		"add nothing":            {func() error { _, err := usd.Add(money.Amount{}); return err }, nil},
		"zero of another":        {func() error { _, err := usd.Add(money.New(0, "EUR")); return err }, money.ErrCurrency},
		"times over the top":     {func() error { _, err := most.Times(decimal.NewFromInt(2)); return err }, money.ErrTooLarge},
		"times to the last":      {func() error { _, err := most.Times(decimal.NewFromInt(-1)); return err }, nil},
		"huge rate":              {func() error { _, err := usd.Times(decimal.New(1, 1_000_000_000)); return err }, money.ErrTooLarge},
		"tiny rate":              {func() error { _, err := usd.Times(decimal.New(1, -1_000_000_000)); return err }, money.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			if err := row.do(); !errors.Is(err, row.err) {
				t.Errorf("got %v, want %v", err, row.err)
			}
		})
	}
}

func TestNothingTakesTheOthersCurrency(t *testing.T) {
	got, err := money.Amount{}.Add(money.New(5, "EUR"))
	if err != nil || got != money.New(5, "EUR") {
		t.Errorf("got %v %s, %v", got, got.Currency(), err)
	}
}

func TestTimesRoundsHalfAwayFromZero(t *testing.T) {
	for name, row := range map[string]struct {
		minor int64
		rate  string
		want  int64
	}{
		"half up":        {5, "0.5", 3},
		"half down":      {-5, "0.5", -3},
		"below half":     {1, "0.49", 0},
		"three percent":  {1234, "0.03", 37},
		"many decimals":  {100, "0.333333333333333333", 33},
		"half a kilo":    {999, "0.500", 500},
		"nothing at all": {999, "0", 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := money.New(row.minor, "USD").Times(decimal.RequireFromString(row.rate))
			if err != nil || got.Minor() != row.want {
				t.Errorf("got %d, %v; want %d", got.Minor(), err, row.want)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	b, err := json.Marshal(money.New(-1234, "USD"))
	if err != nil || string(b) != `{"minor":-1234,"currency":"USD"}` {
		t.Fatalf("got %s, %v", b, err)
	}
	for text, want := range map[string]error{
		`{"minor":1,"currency":"ZZZ"}`:                    money.ErrUnknown,
		`{"minor":1}`:                                     money.ErrUnknown,
		`{"minor":-9223372036854775808,"currency":"USD"}`: money.ErrTooLarge,
		`{"minor":0,"currency":""}`:                       nil,
		`{"minor":5,"currency":"JPY"}`:                    nil,
	} {
		var a money.Amount
		if err := json.Unmarshal([]byte(text), &a); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
	}
	for _, text := range []string{`{"minor":1.5,"currency":"USD"}`, `{"minor":9223372036854775808,"currency":"USD"}`, `"1"`} {
		if err := json.Unmarshal([]byte(text), &money.Amount{}); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}

var currencies = []money.Currency{"USD", "CAD", "EUR", "GBP", "MXN", "AUD", "NZD", "CHF", "JPY", "KRW", "CLP", "BHD", "KWD"}

func TestCurrencies(t *testing.T) {
	decimals := map[money.Currency]int32{"JPY": 0, "KRW": 0, "CLP": 0, "BHD": 3, "KWD": 3}
	for _, c := range currencies {
		want, ok := decimals[c]
		if !ok {
			want = 2
		}
		if !c.Valid() || c.Exponent() != want {
			t.Errorf("%s: valid %v, %d decimals, want %d", c, c.Valid(), c.Exponent(), want)
		}
	}
	if money.Currency("ZZZ").Valid() {
		t.Error("ZZZ is valid")
	}
}

func TestParseStringRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.New(rapid.Int64Range(-99999999999999999, 99999999999999999).Draw(t, "minor"), rapid.SampledFrom(currencies[:8]).Draw(t, "currency"))
		got, err := money.Parse(a.String(), a.Currency())
		if err != nil || got != a {
			t.Fatalf("%v %s came back as %v, %v", a, a.Currency(), got, err)
		}
	})
}

func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.New(rapid.Int64().Draw(t, "minor"), rapid.SampledFrom(currencies).Draw(t, "currency"))
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var got money.Amount
		if err := json.Unmarshal(b, &got); err != nil || got != a {
			t.Fatalf("%s came back as %v, %v", b, got, err)
		}
	})
}

// TestAddAgainstBigIntegers: the sum is exact or refused, and Sub undoes Add.
func TestAddAgainstBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := money.New(rapid.Int64().Draw(t, "a"), "USD"), money.New(rapid.Int64().Draw(t, "b"), "USD")
		exact := new(big.Int).Add(big.NewInt(a.Minor()), big.NewInt(b.Minor()))
		fits := exact.IsInt64() && exact.Int64() != math.MinInt64
		sum, err := a.Add(b)
		if fits != (err == nil) {
			t.Fatalf("%v + %v: error %v", a, b, err)
		}
		if err != nil {
			if !errors.Is(err, money.ErrTooLarge) {
				t.Fatalf("got %v", err)
			}
			return
		}
		if sum.Minor() != exact.Int64() {
			t.Fatalf("%v + %v = %v", a, b, sum)
		}
		if back, err := sum.Sub(b); err != nil || back != a {
			t.Fatalf("%v + %v - %v = %v, %v", a, b, b, back, err)
		}
		if cmp, err := a.Cmp(b); err != nil || cmp != big.NewInt(a.Minor()).Cmp(big.NewInt(b.Minor())) {
			t.Fatalf("compare %v with %v: %d, %v", a, b, cmp, err)
		}
	})
}

func TestNegIsItsOwnInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.New(rapid.Int64().Draw(t, "a"), "USD")
		if a.Neg().Neg() != a || a.IsPositive() != a.Neg().IsNegative() {
			t.Fatalf("%v", a)
		}
	})
}

// FuzzParse: no text makes Parse fail in an unknown way, and what it reads comes back from String.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "0", "12.34", "-0.05", ".5", "5.", "1e9", "999999999999999.99", "1.2.3", "--1", " 7 ", "१"} {
		f.Add(s, "USD")
		f.Add(s, "JPY")
		f.Add(s, "KWD")
	}
	f.Add("1", "ZZZ")
	known := []error{money.ErrEmpty, money.ErrSyntax, money.ErrDecimals, money.ErrTooLarge, money.ErrUnknown}
	f.Fuzz(func(t *testing.T, text, currency string) {
		a, err := money.Parse(text, money.Currency(currency))
		if err != nil {
			for _, k := range known {
				if errors.Is(err, k) {
					return
				}
			}
			t.Fatalf("Parse(%q) errs with %v", text, err)
		}
		again, err := money.Parse(a.String(), a.Currency())
		if err != nil || again != a {
			t.Fatalf("%q is %v and comes back as %v, %v", text, a, again, err)
		}
	})
}
