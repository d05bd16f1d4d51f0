package register_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/receipt"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
)

// restarted opens a till over a journal in which an earlier life left payments.
func restarted(t *testing.T, before []pos.Payment, tell func(s *till)) {
	t.Helper()
	open(t, tell, func(c *register.Config) {
		bank := c.Payments.(*registertest.Bank)
		for _, p := range before {
			p.Created = time.Now().Add(-time.Minute)
			bank.Put(p)
			if p.State == pos.StateUnknown {
				c.Recovered = append(c.Recovered, p)
			}
		}
	})
}

// tender is a payment of a sale of 50.00.
func tender(id string, state pos.State, cents int64) pos.Payment {
	approved := usd(cents)
	if state == pos.StateUnknown || state == pos.StateDeclined || state == pos.StateRejectedLate {
		approved = usd(0)
	}
	return pos.Payment{ID: id, Ref: "L1-261122-DEMO-" + id, Sale: "old", SaleTotal: usd(5000), Kind: pos.KindSale, State: state,
		Requested: usd(cents), Approved: approved, Refunded: money.New(0, money.USD),
		Instrument: pos.Instrument{Kind: pos.InstrumentCard, Masked: "411111******1111"}}
}

// TestASaleThatWasPaidInPartGoesOn: the power went while the rest was asked for.
func TestASaleThatWasPaidInPartGoesOn(t *testing.T) {
	restarted(t, []pos.Payment{tender("a", pos.StateApproved, 2000)}, func(s *till) {
		v := s.view()
		s.expect(v, register.ScreenRecover)
		s.says(v, pos.CodeSaleUnfinished, "20.00", "30.00", "50.00")
		v = s.do(register.VerbEnter)
		s.expect(v, register.ScreenPartial)
		if v.Total != "50.00" || v.Paid != "20.00" || v.Due != "30.00" {
			t.Errorf("%s, paid %s, due %s", v.Total, v.Paid, v.Due)
		}
		s.do(register.VerbEnter)
		s.expect(s.swipe(other), register.ScreenResult)
		if o := s.lastOrder(); o.Amount != usd(3000) || o.Sale != "old" || o.SaleTotal != usd(5000) {
			t.Errorf("asked for %s of the sale %s", o.Amount, o.Sale)
		}
	})
}

// TestASaleThatWasPaidInPartHasItsItems: they had to be typed again, or the receipt was without them.
func TestASaleThatWasPaidInPartHasItsItems(t *testing.T) {
	var before []pos.Payment
	open(t, func(s *till) {
		s.do(register.VerbItems)
		s.write("Coffee 2x3.50")
		s.do(register.VerbEnter)
		s.write("Tea 1.25")
		s.do(register.VerbEnter, register.VerbEnter)
		s.part("5.00")
		s.do(register.VerbCash)
		s.expect(s.do(register.VerbEnter), register.ScreenPartial)
		all, err := s.bank.List(t.Context(), pos.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		before = all
	})
	restarted(t, before, func(s *till) {
		s.expect(s.view(), register.ScreenRecover)
		v := s.do(register.VerbEnter)
		s.expect(v, register.ScreenPartial)
		want := []register.CartLine{{Text: "Coffee", Quantity: "2", Price: "3.50", Amount: "7.00"}, {Text: "Tea", Quantity: "1", Price: "1.25", Amount: "1.25"}}
		if !slices.Equal(v.Lines, want) || v.Total != "8.25" || v.Due != "3.25" {
			t.Errorf("%v, total %s, due %s", v.Lines, v.Total, v.Due)
		}
		s.do(register.VerbEnter)
		s.expect(s.swipe(other), register.ScreenResult)
		if o := s.lastOrder(); o.Items != before[0].Items {
			t.Error("the next payment does not carry them")
		}
		paper := receipt.Text(s.printer.Slips()[0], receipt.Wide)
		for _, text := range []string{"Coffee", "Tea", "8.25"} {
			if !strings.Contains(paper, text) {
				t.Errorf("the receipt lacks %q", text)
			}
		}
	})
}

// TestASaleThatWasPaidInPartIsUndone: the customer has gone meanwhile.
func TestASaleThatWasPaidInPartIsUndone(t *testing.T) {
	cash := tender("b", pos.StateApproved, 1000)
	cash.Instrument = pos.Instrument{Kind: pos.InstrumentCash, Masked: "cash"}
	restarted(t, []pos.Payment{tender("a", pos.StateApproved, 2000), cash}, func(s *till) {
		s.expect(s.view(), register.ScreenRecover)
		s.do(register.VerbEnter, register.VerbUndo)
		for _, id := range []string{"a", "b"} {
			if p := s.payment(id); p.State != pos.StateVoided {
				t.Errorf("%s is %s", id, p.State)
			}
		}
	})
}

// TestTheRestThatWasUnderWayIsLetGoFirst: its outcome is not known, so it must not stand when the rest is asked again.
func TestTheRestThatWasUnderWayIsLetGoFirst(t *testing.T) {
	restarted(t, []pos.Payment{tender("a", pos.StateApproved, 2000), tender("b", pos.StateUnknown, 3000)}, func(s *till) {
		v := s.view()
		s.expect(v, register.ScreenRecover)
		if !v.Interrupted || len(v.Rows) != 2 {
			t.Errorf("interrupted %v, %d rows", v.Interrupted, len(v.Rows))
		}
		s.bank.Script(nil, pos.NewError(pos.CodeJournalWrite), 0)
		s.expect(s.do(register.VerbEnter), register.ScreenResult)
		s.bank.Script(nil, nil, 0)
		v = s.do(register.VerbEnter)
		s.expect(v, register.ScreenPartial)
		if !s.payment("b").Released || s.payment("a").Released || v.Due != "30.00" {
			t.Errorf("due %s", v.Due)
		}
	})
}

// TestWhatIsToldOfTheLastPayment, and when there is nothing to tell.
func TestWhatIsToldOfTheLastPayment(t *testing.T) {
	undone := tender("a", pos.StateVoided, 2000)
	whole := tender("a", pos.StateApproved, 5000)
	let := tender("a", pos.StateApproved, 2000)
	let.Released = true
	returned := tender("a", pos.StateApproved, 5000)
	returned.Refunded = usd(1000)
	byProgram := tender("a", pos.StateApproved, 2000)
	byProgram.SaleTotal = money.Amount{}
	for _, c := range []struct {
		name   string
		before pos.Payment
		age    time.Duration
		told   bool
	}{
		{"paid, and perhaps not seen", whole, 0, true},
		{"declined, and perhaps not seen", tender("a", pos.StateDeclined, 5000), 0, true},
		{"undone", undone, 0, true},
		{"let go", let, 0, true},
		{"paid, and given back in part", returned, 0, true},
		{"from the command line", byProgram, 0, true},
		{"long ago", whole, time.Hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			open(t, func(s *till) {
				v := s.view()
				s.expect(v, register.ScreenAmount)
				if told := v.Message.Happened != ""; told != c.told {
					t.Errorf("told %q", v.Message.Happened)
				}
				if v = s.write("5"); v.Amount != "0.05" || v.Message != (register.Message{}) {
					t.Errorf("typing leaves %q", v.Message.Happened)
				}
			}, func(cfg *register.Config) {
				p := c.before
				p.Created = time.Now().Add(-c.age)
				cfg.Payments.(*registertest.Bank).Put(p)
			})
		})
	}
}

// TestCashBackOfASaleThatTheTillDiedIn: the customer gets it at the end of the sale, and the end was not on the screen. Whatever paid
// last, the cashier is told.
func TestCashBackOfASaleThatTheTillDiedIn(t *testing.T) {
	debit := tender("a", pos.StateApproved, 4000)
	debit.Cashback = usd(2000)
	undone := debit
	undone.State = pos.StateVoided
	const told = "The sale pays out 20.00 in cash: see that the customer has it."
	for _, c := range []struct {
		name   string
		before []pos.Payment
		found  bool // the bank has the last one after all
		want   string
	}{
		{"paid by that card alone", []pos.Payment{tender("b", pos.StateDeclined, 5000), func() pos.Payment { p := debit; p.SaleTotal = usd(2000); return p }()}, false, told},
		{"the rest paid by another card", []pos.Payment{debit, tender("b", pos.StateApproved, 3000)}, false, told},
		{"the rest was under way", []pos.Payment{debit, tender("b", pos.StateUnknown, 3000)}, true, told},
		{"undone", []pos.Payment{undone, tender("b", pos.StateVoided, 3000)}, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			restarted(t, c.before, func(s *till) {
				v := s.view()
				if c.found {
					s.expect(v, register.ScreenRecover)
					s.bank.Change("b", func(p *pos.Payment) { p.State, p.Approved = pos.StateConfirmed, p.Requested })
					v = s.do(register.VerbEnter)
				}
				s.expect(v, register.ScreenAmount)
				if pays := strings.Contains(v.Message.Next, "in cash"); v.Message.Happened == "" || v.Message.Next != c.want && (pays || c.want != "") {
					t.Errorf("the cashier is told %q", v.Message.Next)
				}
			})
		})
	}
}

// TestASaleThatWasPaidOnceIsNotLeft: what happened to it later is no sale on the screen.
func TestASaleThatWasPaidOnceIsNotLeft(t *testing.T) {
	for name, before := range map[string][]pos.Payment{
		"one of two cards was voided later": {tender("a", pos.StateApproved, 2000), tender("b", pos.StateVoided, 3000)},
		"one of two was lost":               {tender("a", pos.StateApproved, 2000), tender("b", pos.StateRejectedLate, 3000)},
	} {
		t.Run(name, func(t *testing.T) {
			restarted(t, before, func(s *till) { s.expect(s.view(), register.ScreenAmount) })
		})
	}
}

// TestTheAmountThatWasTypedLastCounts: a card was declined, the customer bought less and paid that.
func TestTheAmountThatWasTypedLastCounts(t *testing.T) {
	declined, paid := tender("a", pos.StateDeclined, 5000), tender("b", pos.StateApproved, 3000)
	paid.SaleTotal = usd(3000)
	restarted(t, []pos.Payment{declined, paid}, func(s *till) {
		s.expect(s.view(), register.ScreenAmount)
	})
}

// TestTheRestThatTheBankHasAfterAllStands: it was found while the cashier read the screen, so it is not taken back.
func TestTheRestThatTheBankHasAfterAllStands(t *testing.T) {
	restarted(t, []pos.Payment{tender("a", pos.StateApproved, 2000), tender("b", pos.StateUnknown, 3000)}, func(s *till) {
		s.expect(s.view(), register.ScreenRecover)
		s.bank.Change("b", func(p *pos.Payment) { p.State, p.Approved = pos.StateConfirmed, p.Requested })
		v := s.do(register.VerbEnter)
		s.expect(v, register.ScreenAmount)
		if p := s.payment("b"); p.Released || p.State != pos.StateConfirmed || v.Message.Happened == "" {
			t.Errorf("released %v, %s; told %q", p.Released, p.State, v.Message.Happened)
		}
	})
}
