package config

import (
	"fmt"
	"slices"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

// Offline is the section [offline]: what the terminal may approve alone while the host is away. Amounts are
// text in the terminal's currency.
type Offline struct {
	Enabled  bool     `toml:"enabled"`
	PerSale  string   `toml:"per_sale"`
	Total    string   `toml:"total"`
	Count    int      `toml:"count"`
	AgeHours int      `toml:"age_hours"`
	Brands   []string `toml:"brands"`
}

// Limits are the amounts of the section in the terminal's currency.
func (c Config) Limits() (perSale, total money.Amount, err error) {
	if perSale, err = money.Parse(c.Offline.PerSale, c.Terminal.Currency); err != nil {
		return perSale, total, err
	}
	total, err = money.Parse(c.Offline.Total, c.Terminal.Currency)
	return perSale, total, err
}

// brands are those that offline sales may be limited to.
var brands = []card.Brand{card.Visa, card.Mastercard, card.Amex, card.Discover, card.Diners, card.JCB, card.UnionPay, card.Maestro}

// checkOffline asks for every limit once it is switched on: one that was left out would let nothing through.
func (c Config) checkOffline() []*pos.Error {
	o := c.Offline
	if !o.Enabled {
		return nil
	}
	var out []*pos.Error
	add := func(key, what string) { out = append(out, c.fault("offline."+key, what)) }
	for _, a := range []struct{ key, text string }{{"per_sale", o.PerSale}, {"total", o.Total}} {
		if limit, err := money.Parse(a.text, c.Terminal.Currency); err != nil || !limit.IsPositive() {
			add(a.key, "an amount such as 50.00 is needed")
		}
	}
	if o.Count < 1 {
		add("count", "at least 1 is needed")
	}
	if o.AgeHours < 1 {
		add("age_hours", "at least 1 is needed")
	}
	if len(o.Brands) == 0 {
		add("brands", "at least one is needed")
	}
	for _, b := range o.Brands {
		if !slices.Contains(brands, card.Brand(b)) {
			add("brands", fmt.Sprintf("%q is none of them", b))
		}
	}
	return out
}

// Cutoff is the clock time of void_cutoff since midnight; zero if there is none.
func (t TrustCommerce) Cutoff() (time.Duration, error) {
	if t.VoidCutoff == "" {
		return 0, nil
	}
	at, err := time.Parse("15:04", t.VoidCutoff)
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, err
}
