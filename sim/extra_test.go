package sim

import (
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
)

// extra is a rarer job of the office.
func (c *cashier) extra(target pos.Payment, amount money.Amount) func() (pos.Payment, error) {
	e, ctx := c.till.engine, c.till.ctx
	return func() (pos.Payment, error) {
		return e.Capture(ctx, payment.Follow{Payment: target.ID, Clerk: "bob", Amount: money.New(0, amount.Currency())})
	}
}
