package ui_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
	"github.com/tillpos/till/pos/words"
	"github.com/tillpos/till/ui"
)

// inSpanish makes register and screens speak Spanish.
func inSpanish(c *register.Config, o *ui.Options) {
	c.Words = words.New("es")
	o.Words = c.Words
}

func TestADayInSpanish(t *testing.T) {
	story(t, func(s *till) {
		s.Expect("Venta nueva", "PRÁCTICA - SIN DINERO REAL", "Escriba el importe", "F10 Salir")
		s.golden("es-amount")
		s.Type("1234")
		s.Press("Enter")
		s.golden("es-card")
		s.host(state(pos.StateDeclined, pos.CodeDeclined, "fondos"))
		s.swipe(visa)
		s.golden("es-declined")
		s.host(nil)
		s.Press("Enter")
		s.swipe(master)
		s.golden("es-approved")
		s.Press("Enter", "F2")
		s.Type("Pan 2x1.50")
		s.Press("Enter")
		s.golden("es-items")
		s.Press("F1")
		s.golden("es-help")
		s.Press("F1", "F3")
		s.Type("2000")
		s.Press("Enter")
		s.Expect("Efectivo recibido: 20.00")
		s.golden("es-change")
		s.Press("F5")
		s.golden("es-payments")
		s.Press("Down", "Enter")
		s.golden("es-detail")
		s.Press("R")
		s.Press("Enter")
		s.golden("es-refund")
	}, inSpanish)
}

func TestAnUnknownOutcomeInSpanish(t *testing.T) {
	story(t, func(s *till) {
		s.host(state(pos.StateUnknown, ""))
		s.Type("2000")
		s.Press("Enter")
		s.swipe(visa)
		s.golden("es-unknown")
		s.Press("F6")
		s.golden("es-unknown-list")
		s.Press("Enter")
		s.golden("es-resolve")
	}, inSpanish)
}

func TestASplitDebitInSpanish(t *testing.T) {
	var pad *registertest.PINPad
	story(t, func(s *till) {
		s.Type("3000")
		s.Press("Enter", "S")
		s.Type("1000")
		s.Press("Enter", "D", "B")
		s.Press("Enter")
		s.golden("es-debit")
		s.swipe(visa)
		s.golden("es-pin")
		pad.Type(nil)
		s.wait(0)
		s.golden("es-partial")
	}, inSpanish, func(c *register.Config, _ *ui.Options) {
		pad = registertest.NewPINPad()
		c.PINPad, c.Policy.Cashback = pad, money.New(5000, money.USD)
	})
}

func TestAWindowThatIsTooNarrowSaysSoInWhole(t *testing.T) {
	story(t, func(s *till) {
		s.Resize(40, 12)
		s.wait(time.Second)
		s.Expect("The window is too small: 40x12. The till", "needs 80x24.")
		s.Resize(20, 5)
		s.wait(time.Second)
		if !strings.Contains(s.Screen(), "80x24") {
			t.Errorf("the screen says\n%s", s.Screen())
		}
	})
}

// TestAListOfUnknownPaymentsFollowsTheBank: nobody has to leave the list to learn what became of them.
func TestAListOfUnknownPaymentsFollowsTheBank(t *testing.T) {
	story(t, func(s *till) {
		for _, amount := range []string{"2000", "3000"} {
			s.host(state(pos.StateUnknown, ""))
			s.Type(amount)
			s.Press("Enter")
			s.swipe(visa)
			s.Expect("UNKNOWN")
			s.Press("Enter")
		}
		s.Press("F6", "Down")
		s.Expect("The bank may have the money", "No answer from the bank, for")
		s.bank.Change("pay-1", func(p *pos.Payment) { p.State, p.Approved = pos.StateConfirmed, p.Requested })
		s.changed <- struct{}{}
		s.wait(0)
		s.Expect("The bank may have the money", "confirmed", "The bank has it: the payment stands.", "No answer from the bank, for")
		s.bank.Change("pay-2", func(p *pos.Payment) { p.State = pos.StateDeclined })
		s.changed <- struct{}{}
		s.wait(0)
		s.Expect("The bank has answered: none is unknown any more.", "No money moved.")
		s.Reject("No answer from the bank")
		s.golden("unknown-answered")
	})
}

// TestTheRecoveryScreenFollowsTheBank: what is still to pay of a sale that was left is what the bank says now.
func TestTheRecoveryScreenFollowsTheBank(t *testing.T) {
	paid := pos.Payment{ID: "pay-8", Ref: "L1-261122-DEMO-8", Sale: "old", SaleTotal: money.New(5000, money.USD), Kind: pos.KindSale,
		State: pos.StateApproved, Requested: money.New(2000, money.USD), Approved: money.New(2000, money.USD),
		Created: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC), Instrument: pos.Instrument{Kind: pos.InstrumentCard, Masked: "411111******1111"}}
	lost := paid
	lost.ID, lost.Ref, lost.State, lost.Requested, lost.Approved = "pay-9", "L1-261122-DEMO-9", pos.StateUnknown, money.New(3000, money.USD), money.Amount{}
	story(t, func(s *till) {
		s.Expect("30.00 is still to pay", "the till is asking")
		s.bank.Change("pay-9", func(p *pos.Payment) { p.State, p.Approved = pos.StateConfirmed, p.Requested })
		s.changed <- struct{}{}
		s.wait(0)
		s.Expect("confirmed", "The bank has it: the payment stands.")
		s.Reject("still to pay", "the till is asking")
		s.golden("recovered-answered")
		s.Press("Enter")
		s.Expect("New sale")
	}, func(c *register.Config, _ *ui.Options) {
		c.Payments.(*registertest.Bank).Put(paid)
		c.Payments.(*registertest.Bank).Put(lost)
		c.Recovered = []pos.Payment{lost}
	})
}
