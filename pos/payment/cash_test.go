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

// TestCashThatGoesBackInDoubtIsInsistedOn: the cashier was told that it had not gone back, kept it, and the journal had
// counted it out.
func TestCashThatGoesBackInDoubtIsInsistedOn(t *testing.T) {
	for _, landed := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			m, h := newMemory(), &scripted{}
			e := newEngine(t, m, h.host(), nil)
			p, err := e.Cash(t.Context(), payment.CashOrder{Sale: "s1", Amount: usd(500), Clerk: "ann"})
			if err != nil {
				t.Fatal(err)
			}
			doubts := 1
			m.fail = func([]pos.Change) (error, bool) {
				if doubts--; doubts < 0 {
					return nil, false
				}
				return pos.NewError(pos.CodeJournalUnknown), !landed
			}
			back, err := e.ReturnCash(t.Context(), payment.Follow{Payment: p.ID, Clerk: "ann", Reason: "rest not paid"})
			if err != nil || back.State != pos.StateVoided || m.get(p.ID).State != pos.StateVoided {
				t.Errorf("%v, told %s, in the journal %s", err, back.State, m.get(p.ID).State)
			}
			sound(t, m)
		})
	}
}

// TestCashGoesBack: what was taken of a sale that comes to nothing counts no more, once.
func TestCashGoesBack(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := newEngine(t, m, h.host(), nil)
	p, err := e.Cash(t.Context(), payment.CashOrder{Sale: "s1", Amount: usd(500), Clerk: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	back, err := e.ReturnCash(t.Context(), payment.Follow{Payment: p.ID, Clerk: "ann", Reason: "rest not paid"})
	if err != nil || back.State != pos.StateVoided || netOf(m) != 0 || len(h.asked) != 0 {
		t.Errorf("%s net %d %v", back.State, netOf(m), err)
	}
	if last := m.events[len(m.events)-1]; last.Reason != "rest not paid" || last.Clerk != "ann" {
		t.Errorf("journaled as %+v", last)
	}
	if _, err := e.ReturnCash(t.Context(), payment.Follow{Payment: p.ID}); pos.CodeOf(err) != pos.CodeNotAllowed {
		t.Errorf("a second time: %v", err)
	}
	card := authorized(t, e, sale(t, 700))
	if _, err := e.ReturnCash(t.Context(), payment.Follow{Payment: card.ID}); pos.CodeOf(err) != pos.CodeNotAllowed {
		t.Errorf("of a card: %v", err)
	}
	sound(t, m)
}
