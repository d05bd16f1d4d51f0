package payment_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// TestCashInDoubtIsTakenOnce: while nobody knows whether it is in the journal, nobody is told that it is not.
func TestCashInDoubtIsTakenOnce(t *testing.T) {
	for _, landed := range []bool{true, false} {
		for _, c := range []struct {
			name  string
			fails int // commits that fail, the first one in doubt
			state pos.State
			code  pos.Code
		}{
			{"the journal comes back", 3, pos.StateApproved, ""},
			{"it does not while the cashier waits", 40, pos.StateVoided, pos.CodeJournalWrite},
		} {
			t.Run(c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m, h := newMemory(), &scripted{}
					commits := 0
					m.fail = func([]pos.Change) (error, bool) {
						switch commits++; {
						case commits == 1:
							return pos.NewError(pos.CodeJournalUnknown), !landed
						case commits <= c.fails:
							return pos.NewError(pos.CodeJournalWrite), true
						}
						return nil, false
					}
					e := newEngine(t, m, h.host(), nil)
					running(t, e)
					_, err := e.Cash(t.Context(), payment.CashOrder{Sale: "s1", Amount: usd(500)})
					if c.code == "" && err != nil || c.code != "" && pos.CodeOf(err) != c.code {
						t.Errorf("error %v", err)
					}
					m.after(time.Minute)
					all, _ := m.List(t.Context(), pos.Filter{})
					if len(all) != 1 || all[0].State != c.state {
						t.Errorf("in the end the journal has %+v", all)
					}
					sound(t, m)
				})
			})
		}
	}
}
