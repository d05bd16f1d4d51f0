package payment_test

import (
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestCashIsTakenDownOnce: where the commit does not say whether it wrote, the journal is asked. A row that stands
// and counts as not taken would be followed by a second one for the same cash.
func TestCashIsTakenDownOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		lost bool
	}{{"the row stands", false}, {"the row is not there", true}} {
		t.Run(c.name, func(t *testing.T) {
			m, h := newMemory(), &scripted{}
			e := newEngine(t, m, h.host(), nil)
			m.fail = func([]pos.Change) (error, bool) { return pos.NewError(pos.CodeJournalUnknown), c.lost }
			_, err := e.Cash(t.Context(), payment.CashOrder{Sale: "s1", Amount: usd(500), Clerk: "ann"})
			rows, _ := m.List(t.Context(), pos.Filter{})
			if told := err == nil; told != (len(rows) == 1) {
				t.Errorf("%d rows, and the caller was told %v", len(rows), err)
			}
		})
	}
}
