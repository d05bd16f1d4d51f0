package register_test

import (
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
)

// withPad opens a till that has a PIN pad.
func withPad(t *testing.T, tell func(s *till, pad *registertest.PINPad)) {
	t.Helper()
	var pad *registertest.PINPad
	open(t, func(s *till) { tell(s, pad) }, func(c *register.Config) {
		pad = registertest.NewPINPad() // its channel belongs to the bubble
		c.PINPad, c.Policy.Cashback = pad, usd(5000)
	})
}

// typePIN ends the pad's question.
func (s *till) typePIN(pad *registertest.PINPad, err error) register.View {
	s.t.Helper()
	s.view()
	if !pad.Type(err) {
		s.t.Fatal("the pad does not ask for a PIN")
	}
	return s.view()
}

func (s *till) payment(id string) pos.Payment {
	s.t.Helper()
	p, err := s.bank.Find(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func TestCreditAsksForNoPIN(t *testing.T) {
	withPad(t, func(s *till, pad *registertest.PINPad) {
		s.charge("1234")
		s.expect(s.swipe(good), register.ScreenResult)
		if len(pad.Asked()) != 0 || s.payment("pay-1").Instrument.PIN {
			t.Error("a credit sale asked for a PIN")
		}
	})
}

func TestDebitSale(t *testing.T) {
	withPad(t, func(s *till, pad *registertest.PINPad) {
		s.charge("1234")
		if v := s.do(register.VerbDebit); !v.Debit {
			t.Error("the screen does not say debit")
		}
		v := s.swipe(good)
		s.expect(v, register.ScreenPIN)
		if v.Left != time.Minute {
			t.Errorf("the shopper has %s", v.Left)
		}
		s.expect(s.typePIN(pad, nil), register.ScreenResult)
		p := s.payment("pay-1")
		if !p.Instrument.PIN || p.KSN == "" || p.Requested != usd(1234) {
			t.Errorf("journaled is PIN %v, KSN %q, %s", p.Instrument.PIN, p.KSN, p.Requested)
		}
		asked := pad.Asked()
		if len(asked) != 1 || asked[0].Amount != usd(1234) || asked[0].Credit || asked[0].Timeout != time.Minute {
			t.Errorf("the pad was asked %d times", len(asked))
		}
		// The next sale is credit again.
		s.do(register.VerbEnter)
		s.charge("500")
		s.expect(s.swipe(other), register.ScreenResult)
	})
}

func TestNoPINBackToTheCard(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(s *till, pad *registertest.PINPad) register.View
		says pos.Code
	}{
		"cancel": {func(s *till, pad *registertest.PINPad) register.View {
			return s.typePIN(pad, pos.NewError(pos.CodePINCancelled))
		}, pos.CodePINCancelled},
		"the pad's time": {func(s *till, pad *registertest.PINPad) register.View {
			return s.typePIN(pad, pos.NewError(pos.CodePINTimeout))
		}, pos.CodePINTimeout},
		"a pad that never answers": {func(s *till, _ *registertest.PINPad) register.View { return s.wait(71 * time.Second) }, pos.CodePINTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			withPad(t, func(s *till, pad *registertest.PINPad) {
				s.charge("1234")
				s.do(register.VerbDebit)
				s.swipe(good)
				v := c.end(s, pad)
				s.expect(v, register.ScreenCard)
				s.says(v, c.says)
				if len(s.bank.Orders()) != 0 {
					t.Error("something was sent")
				}
				s.do(register.VerbDebit) // then credit
				s.expect(s.swipe(good), register.ScreenResult)
				if s.payment("pay-1").Instrument.PIN {
					t.Error("it was charged as debit")
				}
			})
		})
	}
}

// TestCancelAtThePIN leaves the question to the pad; what the pad still brings counts for nothing.
func TestCancelAtThePIN(t *testing.T) {
	withPad(t, func(s *till, pad *registertest.PINPad) {
		s.charge("1234")
		s.do(register.VerbDebit)
		s.swipe(good)
		s.expect(s.do(register.VerbBack), register.ScreenAmount)
		if pad.Type(nil) {
			t.Error("the pad still asks")
		}
		if len(s.bank.Orders()) != 0 {
			t.Error("something was sent")
		}
	})
}

// TestEachTryHasItsOwnPIN declines a debit: the second try asks for a new PIN.
func TestEachTryHasItsOwnPIN(t *testing.T) {
	withPad(t, func(s *till, pad *registertest.PINPad) {
		s.bank.Script(func(p *pos.Payment) { p.State, p.Failure = pos.StateDeclined, pos.NewError(pos.CodeDeclined) }, nil, 0)
		s.charge("1234")
		s.do(register.VerbDebit)
		s.swipe(good)
		s.typePIN(pad, nil)
		s.bank.Script(nil, nil, 0)
		s.expect(s.do(register.VerbRetry), register.ScreenCard)
		s.expect(s.swipe(good), register.ScreenPIN)
		s.typePIN(pad, nil)
		seen := map[card.KSN]bool{s.payment("pay-1").KSN: true, s.payment("pay-2").KSN: true}
		if len(seen) != 2 || seen[""] {
			t.Error("two tries share a key serial number")
		}
	})
}

func TestRefundOfADebit(t *testing.T) {
	withPad(t, func(s *till, pad *registertest.PINPad) {
		s.charge("1234")
		s.do(register.VerbDebit)
		s.swipe(good)
		s.typePIN(pad, nil)
		s.do(register.VerbEnter, register.VerbPayments, register.VerbEnter, register.VerbRefund)
		s.write("damaged")
		v := s.do(register.VerbEnter)
		s.expect(v, register.ScreenCard)
		if v.Amount != "12.34" || v.Can(register.VerbCash) || v.Can(register.VerbDebit) {
			t.Errorf("the screen shows %s and offers %v", v.Amount, v.Verbs)
		}
		s.expect(s.do(register.VerbBack), register.ScreenDetail)
		s.do(register.VerbRefund)
		s.write("damaged")
		s.do(register.VerbEnter)
		s.expect(s.swipe(good), register.ScreenPIN)
		if asked := pad.Asked(); !asked[len(asked)-1].Credit {
			t.Error("the pad does not know that it is a refund")
		}
		s.expect(s.typePIN(pad, nil), register.ScreenResult)
		if p := s.payment("pay-2"); p.Kind != pos.KindRefund || p.KSN == "" || p.KSN == s.payment("pay-1").KSN {
			t.Errorf("journaled is a %s", p.Kind)
		}
	})
}

// TestCashback pays more than the sale; the rest is cash, and is not given back by a refund.
func TestCashback(t *testing.T) {
	withPad(t, func(s *till, pad *registertest.PINPad) {
		s.charge("1234")
		if v := s.view(); v.Can(register.VerbCashback) {
			t.Error("cash back is offered on credit")
		}
		s.do(register.VerbDebit, register.VerbCashback)
		s.write("50.01")
		v := s.do(register.VerbEnter)
		s.expect(v, register.ScreenCashback)
		s.says(v, pos.CodeAmountTooLarge, "50.00")
		for range 5 {
			s.do(register.VerbErase)
		}
		s.write("20.00")
		v = s.do(register.VerbEnter)
		s.expect(v, register.ScreenCard)
		if v.Amount != "32.34" || v.Cashback != "20.00" {
			t.Errorf("the card is to pay %s with %s cash back", v.Amount, v.Cashback)
		}
		s.swipe(good)
		v = s.typePIN(pad, nil)
		s.expect(v, register.ScreenResult)
		if order := s.bank.Orders()[0]; order.Amount != usd(3234) || order.Cashback != usd(2000) || order.AllowPartial {
			t.Errorf("ordered is %s with %s, partial %v", order.Amount, order.Cashback, order.AllowPartial)
		}
		if asked := pad.Asked()[0]; asked.Amount != usd(3234) {
			t.Errorf("the pad shows %s", asked.Amount)
		}
		if slips := s.printer.Slips(); len(slips) != 1 || !slips[0].Drawer {
			t.Error("the drawer stays closed")
		}
		if v.Message.Next != "Give the customer 20.00 in cash and the receipt." {
			t.Errorf("the cashier is told %q", v.Message.Next)
		}
		s.do(register.VerbEnter, register.VerbPayments, register.VerbEnter)
		if v := s.do(register.VerbRefund); v.Fields[0].Text != "12.34" {
			t.Errorf("the refund begins with %s", v.Fields[0].Text)
		}
	})
}

// TestCashbackOfAPart: the customer gets the cash at the end of the sale, whatever paid the rest of it.
func TestCashbackOfAPart(t *testing.T) {
	for name, end := range map[string]struct {
		pay  func(s *till)
		told string
	}{
		"the rest by card": {func(s *till) { s.swipe(other) }, "Give the customer 20.00 in cash and the receipt."},
		"the rest in cash": {func(s *till) { s.do(register.VerbCash, register.VerbEnter) }, "Give the customer the change, 20.00 of cash back and the receipt."},
	} {
		t.Run(name, func(t *testing.T) {
			withPad(t, func(s *till, pad *registertest.PINPad) {
				s.charge("5000")
				s.part("10.00")
				s.do(register.VerbDebit, register.VerbCashback)
				s.write("20.00")
				s.do(register.VerbEnter)
				s.swipe(good)
				s.expect(s.typePIN(pad, nil), register.ScreenPartial)
				if slips := s.printer.Slips(); len(slips) != 0 {
					t.Error("something is printed, or the drawer opened, before the sale is paid")
				}
				s.do(register.VerbEnter)
				end.pay(s)
				v := s.view()
				s.expect(v, register.ScreenResult)
				if v.Message.Next != end.told {
					t.Errorf("the cashier is told %q", v.Message.Next)
				}
				if slips := s.printer.Slips(); len(slips) != 1 || !slips[0].Drawer {
					t.Error("the drawer stays closed")
				}
			})
		})
	}
}

// TestCreditPaysNoCash: whoever goes back to credit gives up the cash.
func TestCreditPaysNoCash(t *testing.T) {
	withPad(t, func(s *till, _ *registertest.PINPad) {
		s.charge("1234")
		s.do(register.VerbDebit, register.VerbCashback)
		s.write("20.00")
		s.do(register.VerbEnter, register.VerbDebit)
		s.expect(s.swipe(good), register.ScreenResult)
		if order := s.bank.Orders()[0]; order.Amount != usd(1234) || order.Cashback.IsPositive() {
			t.Errorf("ordered is %s with %s", order.Amount, order.Cashback)
		}
	})
}

// TestATypedCardPaysNoCash: debit needs a swipe.
func TestATypedCardPaysNoCash(t *testing.T) {
	withPad(t, func(s *till, _ *registertest.PINPad) {
		s.charge("1234")
		s.do(register.VerbDebit, register.VerbCashback)
		s.write("20.00")
		s.do(register.VerbEnter, register.VerbKeyed)
		s.write("4111111111111111")
		s.do(register.VerbNext)
		s.write("1249")
		s.expect(s.do(register.VerbEnter), register.ScreenResult)
		if order := s.bank.Orders()[0]; order.Amount != usd(1234) || order.Cashback.IsPositive() {
			t.Errorf("ordered is %s with %s", order.Amount, order.Cashback)
		}
	})
}
