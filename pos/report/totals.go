package report

import (
	"fmt"
	"sort"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// Summary is the sum of many payments in one currency.
type Summary struct {
	Currency string `json:"currency"`
	Sum
	Tenders []Group `json:"tenders"` // card, bank_account, stored_card
	Brands  []Group `json:"brands"`
	States  []Group `json:"states"`
}

// Sum is what some payments come to.
type Sum struct {
	Count int `json:"count"`
	// NetCents is what they add to the merchant's money: sales and captures less refunds, as pos.Payment.Net says.
	NetCents int64 `json:"net_cents"`
	// HeldCents is approved but not captured.
	HeldCents int64 `json:"held_cents"`
	// UnknownCents was asked for with an outcome that is not known yet.
	UnknownCents int64 `json:"unknown_cents"`
}

// Group is the sum of the payments that share a name; the name is empty where none is known.
type Group struct {
	Name string `json:"name"`
	Sum
}

// Totals sums payments by currency, in the order of currency codes; groups are ordered by name. It errs
// with money.ErrTooLarge when a sum leaves the range of int64.
func Totals(ps []pos.Payment) ([]Summary, error) {
	byCurrency := map[money.Currency][]pos.Payment{}
	for _, p := range ps {
		c := p.Requested.Currency()
		byCurrency[c] = append(byCurrency[c], p)
	}
	out := make([]Summary, 0, len(byCurrency))
	for c, list := range byCurrency {
		s, err := summarize(list)
		if err != nil {
			return nil, fmt.Errorf("totals in %q: %w", string(c), err)
		}
		s.Currency = string(c)
		out = append(out, s)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Currency < out[j].Currency })
	return out, nil
}

func summarize(ps []pos.Payment) (s Summary, err error) {
	if s.Sum, err = sum(ps); err != nil {
		return s, err
	}
	for _, g := range []struct {
		to   *[]Group
		name func(pos.Payment) string
	}{
		{&s.Tenders, func(p pos.Payment) string { return string(p.Instrument.Kind) }},
		{&s.Brands, func(p pos.Payment) string { return string(p.Instrument.Brand) }},
		{&s.States, func(p pos.Payment) string { return string(p.State) }},
	} {
		if *g.to, err = groups(ps, g.name); err != nil {
			return s, err
		}
	}
	return s, nil
}

func groups(ps []pos.Payment, name func(pos.Payment) string) ([]Group, error) {
	byName := map[string][]pos.Payment{}
	for _, p := range ps {
		byName[name(p)] = append(byName[name(p)], p)
	}
	out := make([]Group, 0, len(byName))
	for n, list := range byName {
		s, err := sum(list)
		if err != nil {
			return nil, err
		}
		out = append(out, Group{n, s})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out, nil
}

// sum expects payments of one currency.
func sum(ps []pos.Payment) (Sum, error) {
	var net, held, unknown money.Amount
	for _, p := range ps {
		var err error
		if net, err = net.Add(p.Net()); err != nil {
			return Sum{}, err
		}
		switch p.Where() {
		case pos.MoneyHeld:
			held, err = held.Add(p.Approved)
		case pos.MoneyUnknown:
			unknown, err = unknown.Add(p.Requested)
		}
		if err != nil {
			return Sum{}, err
		}
	}
	return Sum{Count: len(ps), NetCents: net.Minor(), HeldCents: held.Minor(), UnknownCents: unknown.Minor()}, nil
}
