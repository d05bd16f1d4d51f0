package register_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
)

// TestUndoingGoesByTheHostsDay: a sale made at 00:00 UTC of the first of January 2000, which is where the
// bubble's clock begins and 16:00 of the day before in the host's zone.
func TestUndoingGoesByTheHostsDay(t *testing.T) {
	zone := time.FixedZone("host", -8*60*60)
	evening := register.Undoing{VoidUntil: 20 * time.Hour, Zone: zone}
	both := register.Undoing{VoidUntil: 20 * time.Hour, Zone: zone, RefundBefore: true}
	afternoon := register.Undoing{VoidUntil: 15*time.Hour + 30*time.Minute, Zone: zone}
	for _, c := range []struct {
		name         string
		undoing      register.Undoing
		later        time.Duration
		void, refund bool
	}{
		{"nothing is known of the host", register.Undoing{}, 100 * time.Hour, true, true},
		{"at once", evening, 0, true, false},
		{"a minute before the cut-off", evening, 4*time.Hour - time.Minute, true, false},
		{"after the cut-off", evening, 4 * time.Hour, false, true},
		{"the host gives credit the same day", both, 0, true, true},
		{"after the cut-off of such a host", both, 4 * time.Hour, false, true},
		{"sent after the cut-off: the next day's counts", afternoon, 23 * time.Hour, true, false},
		{"and ends too", afternoon, 24 * time.Hour, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			open(t, func(s *till) {
				s.charge("1234")
				s.swipe(good)
				s.wait(c.later)
				v := s.do(register.VerbPayments, register.VerbEnter)
				s.expect(v, register.ScreenDetail)
				if v.Can(register.VerbVoid) != c.void || v.Can(register.VerbRefund) != c.refund {
					t.Errorf("void offered: %v, refund: %v", v.Can(register.VerbVoid), v.Can(register.VerbRefund))
				}
			}, func(cfg *register.Config) { cfg.Policy.Undoing = c.undoing })
		})
	}
}

// TestOfflineApprovalIsCalledOne, and can be dropped at any time but not refunded.
func TestOfflineApprovalIsCalledOne(t *testing.T) {
	open(t, func(s *till) {
		s.bank.Script(func(p *pos.Payment) {
			p.State, p.Offline, p.Failure = pos.StateAccepted, true, pos.NewError(pos.CodeOffline)
		}, nil, 0)
		s.charge("1234")
		v := s.swipe(good)
		s.expect(v, register.ScreenResult)
		if v.Word != "OFFLINE" || v.Caption != "OFFLINE APPROVAL  USD 12.34" || v.Tone != register.ToneAttention {
			t.Errorf("%q %q %q", v.Word, v.Caption, v.Tone)
		}
		s.says(v, pos.CodeOffline)
		s.wait(48 * time.Hour)
		v = s.do(register.VerbEnter, register.VerbPayments, register.VerbEnter)
		if !v.Can(register.VerbVoid) || v.Can(register.VerbRefund) {
			t.Errorf("void offered: %v, refund: %v", v.Can(register.VerbVoid), v.Can(register.VerbRefund))
		}
	}, func(c *register.Config) {
		c.Policy.Undoing = register.Undoing{VoidUntil: 20 * time.Hour}
	})
}

func TestAlarmsAreCounted(t *testing.T) {
	alarms := 0
	open(t, func(s *till) {
		if n := s.view().Status.Alarms; n != 0 {
			t.Errorf("%d alarms", n)
		}
		alarms = 2
		if n := s.write("1").Status.Alarms; n != 2 {
			t.Errorf("%d alarms", n)
		}
	}, func(c *register.Config) { c.Alarms = func() []payment.Alarm { return make([]payment.Alarm, alarms) } })
}

// TestLossesAreShown: a late decline of what was given out as approved is told, and named, for some days.
func TestLossesAreShown(t *testing.T) {
	lost := tender("lost", pos.StateRejectedLate, 700)
	lost.SaleTotal, lost.Offline = money.Amount{}, true
	open(t, func(s *till) {
		if n := s.view().Status.Losses; n != 0 {
			t.Errorf("%d losses", n)
		}
		lost.Created = time.Now()
		s.bank.Put(lost)
		s.changed <- struct{}{}
		if n := s.view().Status.Losses; n != 1 {
			t.Errorf("%d losses", n)
		}
		v := s.do(register.VerbUnknown)
		if len(v.Rows) != 1 || !strings.Contains(v.Rows[0].What, "Refused by the bank") || !strings.Contains(v.Rows[0].Plan, "A loss") {
			t.Errorf("%+v", v.Rows)
		}
		s.do(register.VerbBack)
		s.wait(8 * 24 * time.Hour)
		if v := s.do(register.VerbUnknown); len(v.Rows) != 0 {
			t.Error("a loss is listed for ever")
		}
	})
}

// TestAlarmsAreNamed: what is the matter, since when, and what to do; also of what stands and is not unknown.
func TestAlarmsAreNamed(t *testing.T) {
	hold := tender("hold", pos.StateApproved, 4200)
	hold.Kind, hold.SaleTotal, hold.Failure = pos.KindAuth, money.Amount{}, pos.NewError(pos.CodeAbandoned, "13")
	lost := tender("lost", pos.StateNeedsPerson, 700)
	lost.SaleTotal = money.Amount{}
	open(t, func(s *till) {
		v := s.do(register.VerbUnknown)
		s.expect(v, register.ScreenUnknown)
		if len(v.Rows) != 2 || v.Rows[0].Ref != hold.Ref {
			t.Fatalf("%+v", v.Rows)
		}
		for i, want := range [][2]string{{"A hold was not captured for 13 hours", "till capture hold"}, {"could not tell what became", "Needs you"}} {
			if r := v.Rows[i]; !strings.Contains(r.What, want[0]) || !strings.Contains(r.Plan, want[1]) {
				t.Errorf("%q %q", r.What, r.Plan)
			}
		}
		s.expect(s.do(register.VerbDown, register.VerbEnter), register.ScreenResolve)
		s.do(register.VerbBack, register.VerbUp)
		if v := s.do(register.VerbEnter); v.Screen != register.ScreenDetail || !v.Can(register.VerbVoid) {
			t.Errorf("%s, void offered: %v", v.Screen, v.Can(register.VerbVoid))
		}
	}, func(c *register.Config) {
		bank := c.Payments.(*registertest.Bank)
		hold.Created, lost.Created = time.Now().Add(-13*time.Hour), time.Now().Add(-12*time.Hour)
		bank.Put(lost)
		bank.Put(hold)
		c.Alarms = func() []payment.Alarm {
			return []payment.Alarm{{Payment: "hold", Failure: hold.Failure}, {Payment: "lost", Failure: lost.Outcome()}}
		}
	})
}
