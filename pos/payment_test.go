package pos_test

import (
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// TestPays: what a payment pays of its sale is neither tip nor cash in the customer's hand nor what the card costs.
func TestPays(t *testing.T) {
	usd := func(cents int64) money.Amount { return money.New(cents, money.USD) }
	for _, c := range []struct {
		name string
		p    pos.Payment
		want int64
	}{
		{"all of it", pos.Payment{}, 5000},
		{"a tip", pos.Payment{Tip: usd(700)}, 4300},
		{"cash back", pos.Payment{Cashback: usd(2000)}, 3000},
		{"a surcharge", pos.Payment{Surcharge: usd(150)}, 4850},
		{"a fee", pos.Payment{Fee: usd(50)}, 4950},
		{"everything at once", pos.Payment{Tip: usd(700), Cashback: usd(2000), Surcharge: usd(150), Fee: usd(50)}, 2100},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.p.Approved = usd(5000)
			if got := c.p.Pays(); got != usd(c.want) {
				t.Errorf("%s", got)
			}
		})
	}
}

// TestReturnable: a refund gives back the goods with tip and surcharge, but no cash and no fee.
func TestReturnable(t *testing.T) {
	usd := func(cents int64) money.Amount { return money.New(cents, money.USD) }
	for _, c := range []struct {
		name string
		p    pos.Payment
		want int64
	}{
		{"all of it", pos.Payment{}, 5000},
		{"a tip", pos.Payment{Tip: usd(700)}, 5000},
		{"a surcharge", pos.Payment{Surcharge: usd(150)}, 5000},
		{"cash back", pos.Payment{Cashback: usd(2000)}, 3000},
		{"a fee", pos.Payment{Fee: usd(50)}, 4950},
		{"some was given back", pos.Payment{Cashback: usd(2000), Refunded: usd(1000)}, 2000},
		{"all but the cash was given back", pos.Payment{Cashback: usd(2000), Refunded: usd(3000)}, 0},
		{"more than that was given back", pos.Payment{Cashback: usd(2000), Refunded: usd(5000)}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.p.Requested, c.p.Approved = usd(5000), usd(5000)
			if got := c.p.Returnable(); got != usd(c.want) {
				t.Errorf("%s", got)
			}
		})
	}
}
