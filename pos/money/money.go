package money

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/shopspring/decimal"
)

// Errors of Parse and of the arithmetic. Compare with errors.Is.
var (
	ErrEmpty    = errors.New("money: no amount given")
	ErrSyntax   = errors.New("money: not an amount")
	ErrDecimals = errors.New("money: more decimals than the currency has")
	ErrTooLarge = errors.New("money: amount out of range")
	ErrCurrency = errors.New("money: two different currencies")
	ErrUnknown  = errors.New("money: unknown currency")
)

// Currency is an ISO 4217 alphabetic code in capitals, for example USD.
type Currency string

// USD is the currency of a terminal that was not told another one.
const USD Currency = "USD"

// exponents lists the currencies the terminal sells in, with their number of decimals (ISO 4217).
var exponents = map[Currency]int32{
	"USD": 2, "CAD": 2, "EUR": 2, "GBP": 2, "MXN": 2, "AUD": 2, "NZD": 2, "CHF": 2,
	"JPY": 0, "KRW": 0, "CLP": 0, "BHD": 3, "KWD": 3,
}

// Valid says whether the terminal knows the currency.
func (c Currency) Valid() bool { _, ok := exponents[c]; return ok }

// Exponent is the number of decimals of the currency; an unknown currency counts as two.
func (c Currency) Exponent() int32 {
	if e, ok := exponents[c]; ok {
		return e
	}
	return 2
}

// Amount is a sum of money in minor units of its currency. The zero value is nothing, in no currency,
// and may be added to an amount of any currency.
type Amount struct {
	minor    int64
	currency Currency
}

// New makes an amount from minor units: New(1234, USD) is 12.34 dollars. The range is symmetric, so that
// every amount has a negative: math.MinInt64 becomes -math.MaxInt64.
func New(minorUnits int64, c Currency) Amount { return Amount{max(minorUnits, -math.MaxInt64), c} }

// Parse reads an amount as a person types it: digits, at most one point, no sign other than a
// leading minus, no separators, at most the decimals of the currency. A missing part counts as zero
// ("12." and ".5" are amounts). It errs with ErrEmpty, ErrSyntax, ErrDecimals, ErrTooLarge or ErrUnknown.
func Parse(text string, c Currency) (Amount, error) {
	if !c.Valid() {
		return Amount{}, fmt.Errorf("%w %q", ErrUnknown, string(c))
	}
	s := strings.TrimSpace(text)
	if s == "" {
		return Amount{}, ErrEmpty
	}
	digits := strings.TrimPrefix(s, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return Amount{}, ErrSyntax
	}
	if int32(len(fraction)) > c.Exponent() {
		return Amount{}, ErrDecimals
	}
	if len(whole) > 15 {
		return Amount{}, ErrTooLarge
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return Amount{}, ErrSyntax
	}
	return FromDecimal(d, c)
}

// mostExponent bounds the power of ten of a decimal. Rounding writes such a number out in full, so that a
// rate of 1e-1000000000 in a configuration would take all memory.
const mostExponent = 100

// FromDecimal rounds half away from zero to the minor units of the currency. It errs with ErrTooLarge.
func FromDecimal(d decimal.Decimal, c Currency) (Amount, error) {
	if e := d.Exponent(); e > mostExponent || e < -mostExponent {
		return Amount{}, ErrTooLarge
	}
	m := d.Shift(c.Exponent()).Round(0).BigInt()
	if !m.IsInt64() || m.Int64() == math.MinInt64 {
		return Amount{}, ErrTooLarge
	}
	return Amount{m.Int64(), c}, nil
}

// Minor is the amount in minor units (cents).
func (a Amount) Minor() int64 { return a.minor }

// Currency is the amount's currency, empty for the zero value.
func (a Amount) Currency() Currency { return a.currency }

// Decimal is the amount in major units, exact.
func (a Amount) Decimal() decimal.Decimal { return decimal.New(a.minor, -a.currency.Exponent()) }

// IsZero says that it is nothing, in whatever currency.
func (a Amount) IsZero() bool { return a.minor == 0 }

// IsNegative says that it is less than zero.
func (a Amount) IsNegative() bool { return a.minor < 0 }

// IsPositive says that it is more than zero.
func (a Amount) IsPositive() bool { return a.minor > 0 }

// Neg is the amount with the other sign.
func (a Amount) Neg() Amount { return Amount{-a.minor, a.currency} }

// Add sums two amounts of one currency. It errs with ErrCurrency or, on overflow, ErrTooLarge.
func (a Amount) Add(b Amount) (Amount, error) {
	c, err := a.common(b)
	if err != nil {
		return Amount{}, err
	}
	if b.minor > 0 && a.minor > math.MaxInt64-b.minor || b.minor < 0 && a.minor < -math.MaxInt64-b.minor {
		return Amount{}, ErrTooLarge
	}
	return Amount{a.minor + b.minor, c}, nil
}

// Sub takes b off. Errors as Add.
func (a Amount) Sub(b Amount) (Amount, error) { return a.Add(b.Neg()) }

// Cmp is -1, 0 or +1. It errs with ErrCurrency.
func (a Amount) Cmp(b Amount) (int, error) {
	if _, err := a.common(b); err != nil {
		return 0, err
	}
	switch {
	case a.minor < b.minor:
		return -1, nil
	case a.minor > b.minor:
		return 1, nil
	}
	return 0, nil
}

func (a Amount) common(b Amount) (Currency, error) {
	switch {
	case a.currency == b.currency, b.currency == "" && b.minor == 0:
		return a.currency, nil
	case a.currency == "" && a.minor == 0:
		return b.currency, nil
	}
	return "", ErrCurrency
}

// Times multiplies by a rate or quantity and rounds half away from zero. It errs with ErrTooLarge.
func (a Amount) Times(rate decimal.Decimal) (Amount, error) {
	return FromDecimal(a.Decimal().Mul(rate), a.currency)
}

// String is the amount in major units without a currency sign: "12.34", "-0.05", "1234" for JPY.
func (a Amount) String() string { return a.Decimal().StringFixed(a.currency.Exponent()) }

type wire struct {
	Minor    int64    `json:"minor"`
	Currency Currency `json:"currency"`
}

// MarshalJSON writes {"minor":1234,"currency":"USD"}, the form of the journal.
func (a Amount) MarshalJSON() ([]byte, error) { return json.Marshal(wire{a.minor, a.currency}) }

// UnmarshalJSON reads what MarshalJSON wrote. It errs with ErrUnknown for an amount in no currency or in
// one that the terminal does not know, and with ErrTooLarge.
func (a *Amount) UnmarshalJSON(b []byte) error {
	var w wire
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	if !w.Currency.Valid() && w != (wire{}) {
		return fmt.Errorf("%w %q", ErrUnknown, string(w.Currency))
	}
	if w.Minor == math.MinInt64 {
		return ErrTooLarge
	}
	*a = Amount{w.Minor, w.Currency}
	return nil
}
