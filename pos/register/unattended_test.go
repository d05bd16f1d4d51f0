package register_test

import (
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
)

func alone(c *register.Config) {
	c.Policy.Unattended, c.Policy.Cashback = true, money.New(40_00, money.USD)
}

// TestT19UnattendedTillIsLeftClean: no cash, no typed card, the whole amount or nothing, and what nobody touches for the
// time of a card is undone, so that the next shopper never pays the last one's bill.
func TestT19UnattendedTillIsLeftClean(t *testing.T) {
	untouched := func(v register.View) bool { return v.Screen == register.ScreenAmount && v.Amount == "0.00" }

	t.Run("nothing of a cashier's is offered", func(t *testing.T) {
		open(t, func(s *till) {
			s.charge("1000")
			for _, verb := range []register.Verb{register.VerbCash, register.VerbKeyed, register.VerbDebit, register.VerbCashback} {
				if s.view().Can(verb) {
					t.Errorf("%s", verb)
				}
			}
			s.swipe(good)
			if order := s.bank.Orders()[0]; order.AllowPartial {
				t.Error("a part of the amount would be taken")
			}
			v := s.do(register.VerbEnter)
			for _, verb := range []register.Verb{register.VerbPayments, register.VerbUnknown, register.VerbQuit, register.VerbCash} {
				if v.Can(verb) {
					t.Errorf("%s between two sales", verb)
				}
			}
		}, alone)
	})
	t.Run("walked away from the armed reader", func(t *testing.T) {
		open(t, func(s *till) {
			s.charge("1000")
			if v := s.wait(61 * time.Second); !untouched(v) || s.reader.Armed() {
				t.Errorf("%s %s, armed %v", v.Screen, v.Amount, s.reader.Armed())
			}
		}, alone)
	})
	t.Run("walked away from a typed amount", func(t *testing.T) {
		open(t, func(s *till) {
			s.write("1000")
			if v := s.wait(61 * time.Second); !untouched(v) {
				t.Errorf("%s %s", v.Screen, v.Amount)
			}
		}, alone)
	})
	t.Run("walked away from the question about the same card", func(t *testing.T) {
		open(t, func(s *till) {
			s.bank.Script(nil, pos.NewError(pos.CodeDuplicate, "1"), 0)
			s.charge("1000")
			s.expect(s.swipe(good), register.ScreenQuestion)
			if v := s.wait(61 * time.Second); !untouched(v) {
				t.Errorf("%s %s", v.Screen, v.Amount)
			}
		}, alone)
	})
	t.Run("a chip card is refused, nobody could agree", func(t *testing.T) {
		open(t, func(s *till) {
			s.charge("1000")
			if v := s.swipe(chip); v.Screen != register.ScreenCard || !s.reader.Armed() || len(s.bank.Orders()) != 0 {
				t.Errorf("%s, armed %v", v.Screen, s.reader.Armed())
			}
		}, alone)
	})
	for name, leave := range map[string]func(s *till) register.View{
		"walked away from an unknown outcome": func(s *till) register.View { return s.wait(62 * time.Second) },
		"went on from an unknown outcome":     func(s *till) register.View { return s.do(register.VerbEnter) },
	} {
		t.Run(name, func(t *testing.T) {
			open(t, func(s *till) {
				s.bank.Script(func(p *pos.Payment) { p.State = pos.StateUnknown }, nil, 0)
				s.charge("1000")
				s.expect(s.swipe(good), register.ScreenResult)
				if v := leave(s); !untouched(v) {
					t.Errorf("%s %s", v.Screen, v.Amount)
				}
				if p, _ := s.bank.Find(t.Context(), "pay-1"); !p.Released {
					t.Error("a payment whose sale is over may stand")
				}
			}, alone)
		})
	}
	t.Run("an unknown outcome is left only when it is durable that it must not stand", func(t *testing.T) {
		open(t, func(s *till) {
			s.bank.Script(func(p *pos.Payment) { p.State = pos.StateUnknown }, nil, 0)
			s.charge("1000")
			s.swipe(good)
			s.bank.Script(nil, pos.NewError(pos.CodeJournalWrite), 0)
			s.expect(s.do(register.VerbEnter), register.ScreenResult)
			s.bank.Script(nil, nil, 0)
			if v := s.wait(61 * time.Second); !untouched(v) {
				t.Errorf("%s", v.Screen)
			}
		}, alone)
	})
	t.Run("what was being paid when the power went is given back", func(t *testing.T) {
		left := pos.Payment{ID: "left", Kind: pos.KindSale, Sale: "yesterday", Clerk: "kiosk", State: pos.StateUnknown,
			Requested: money.New(700, money.USD), Approved: money.New(0, money.USD)}
		office := left
		office.ID, office.Clerk = "office", "bob"
		open(t, func(s *till) {
			if v := s.wait(2 * time.Second); !untouched(v) {
				t.Errorf("%s", v.Screen)
			}
			for id, want := range map[string]bool{"left": true, "office": false} {
				if p, _ := s.bank.Find(t.Context(), id); p.Released != want {
					t.Errorf("%s released %v", id, p.Released)
				}
			}
		}, alone, func(c *register.Config) {
			bank := c.Payments.(*registertest.Bank)
			bank.Put(left)
			bank.Put(office)
			c.Clerk, c.Recovered = "kiosk", []pos.Payment{left}
		})
	})
}
