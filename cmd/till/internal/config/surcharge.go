package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
)

// Surcharge is the section [surcharge]: what credit cards pay on top. Amounts and percentages are text.
type Surcharge struct {
	Enabled    bool     `toml:"enabled"`
	Percent    string   `toml:"percent"`
	Fixed      string   `toml:"fixed"`
	CapPercent string   `toml:"cap_percent"`
	Region     string   `toml:"region"`
	OffIn      []string `toml:"off_in"`
	ExemptBINs []string `toml:"exempt_bins"`
}

// surchargeOffIn are states known to us to forbid surcharges (ours, and no legal advice).
func surchargeOffIn() []string { return []string{"CT", "MA", "ME", "PR"} }

// highestCap is the most, in percent, that any card organisation lets a merchant ask for.
const highestCap = 4

// SurchargePolicy is the section for the payment engine, nil where no surcharge is taken.
func (c Config) SurchargePolicy() (*payment.Surcharge, error) {
	s := c.Surcharge
	if !s.Enabled || slices.ContainsFunc(s.OffIn, func(r string) bool { return strings.EqualFold(r, s.Region) }) {
		return nil, nil
	}
	out := &payment.Surcharge{Fixed: money.New(0, c.Terminal.Currency), Exempt: s.ExemptBINs}
	var err error
	if out.Percent, err = percent(s.Percent); err != nil {
		return nil, err
	}
	if out.Cap, err = percent(s.CapPercent); err != nil {
		return nil, err
	}
	if s.Fixed != "" {
		out.Fixed, err = money.Parse(s.Fixed, c.Terminal.Currency)
	}
	return out, err
}

// longestPercent is room for 3.125 and such; a decimal of any length could take all memory.
const longestPercent = 8

// percent reads 0 to 100; nothing is zero.
func percent(text string) (decimal.Decimal, error) {
	if text == "" {
		return decimal.Zero, nil
	}
	if len(text) > longestPercent || strings.Trim(text, "0123456789.") != "" {
		return decimal.Zero, errors.New("config: no percentage")
	}
	d, err := decimal.NewFromString(text)
	if err == nil && d.GreaterThan(decimal.NewFromInt(100)) {
		err = errors.New("config: more than all")
	}
	return d, err
}

func (c Config) checkSurcharge() []*pos.Error {
	s := c.Surcharge
	if !s.Enabled {
		return nil
	}
	var out []*pos.Error
	add := func(key, what string) { out = append(out, c.fault("surcharge."+key, what)) }
	rate, err := percent(s.Percent)
	if err != nil {
		add("percent", "a percentage such as 2.5 is needed")
	}
	fixed, fixedErr := money.Parse(s.Fixed, c.Terminal.Currency)
	if s.Fixed != "" && (fixedErr != nil || fixed.IsNegative()) {
		add("fixed", "an amount such as 0.10 is needed")
	}
	if err == nil && rate.IsZero() && !fixed.IsPositive() {
		add("percent", "a percentage or a fixed amount is needed")
	}
	if limit, err := percent(s.CapPercent); err != nil || !limit.IsPositive() || limit.GreaterThan(decimal.NewFromInt(highestCap)) {
		add("cap_percent", fmt.Sprintf("a percentage of at most %d is needed", highestCap))
	}
	if s.Region == "" || !shortText(s.Region) {
		add("region", "the state or region of the shop is needed, because some forbid a surcharge")
	}
	for _, first := range s.ExemptBINs {
		if len(first) < 4 || len(first) > 8 || strings.Trim(first, "0123456789") != "" {
			add("exempt_bins", "4 to 8 digits each are needed")
			break
		}
	}
	return out
}

// DebitFee is what a debit pays to the terminal, zero for nothing.
func (c Config) DebitFee() (money.Amount, error) {
	if c.Device.PINPad.Fee == "" {
		return money.New(0, c.Terminal.Currency), nil
	}
	fee, err := money.Parse(c.Device.PINPad.Fee, c.Terminal.Currency)
	if err == nil && fee.IsNegative() {
		err = errors.New("config: a fee below zero")
	}
	return fee, err
}
