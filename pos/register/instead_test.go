package register_test

import (
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
)

// TestCashInsteadOfALostPayment: the only way to take cash for goods whose card payment got no answer was a second sale, of
// which the first knew nothing: found later, it was kept, and the customer had paid twice.
func TestCashInsteadOfALostPayment(t *testing.T) {
	open(t, func(s *till) {
		s.charge("1234")
		s.bank.Script(func(p *pos.Payment) { p.State = pos.StateUnknown }, nil, 0)
		if v := s.swipe(good); v.Word != "UNKNOWN" {
			t.Fatal(v.Word)
		}
		s.bank.Script(nil, pos.NewError(pos.CodeJournalWrite), 0)
		if v := s.do(register.VerbCash); v.Word != "UNKNOWN" {
			t.Errorf("cash is taken although the journal did not take the release: %s", v.Screen)
		}
		s.bank.Script(nil, nil, 0)
		s.expect(s.do(register.VerbCash), register.ScreenCash)
		if p, _ := s.bank.Find(t.Context(), "pay-1"); !p.Released {
			t.Error("the card's payment may still come to stand")
		}
		if v := s.do(register.VerbEnter); v.Word != "CHANGE 0.00" || v.Amount != "12.34" {
			t.Errorf("%s %s", v.Word, v.Amount)
		}
	})
}

// TestCashForTheGoodsOfALostPayment: the next sale with the same card and amount is told to take cash. If that is for the same
// goods, the card's payment must not stand.
func TestCashForTheGoodsOfALostPayment(t *testing.T) {
	for _, same := range []bool{true, false} {
		open(t, func(s *till) {
			s.charge("1234")
			s.bank.Script(func(p *pos.Payment) { p.State = pos.StateUnknown }, nil, 0)
			s.swipe(good)
			s.do(register.VerbEnter)
			s.bank.Script(nil, pos.NewError(pos.CodeSameUnknown, "pay-1"), 0)
			s.charge("1234")
			s.swipe(good)
			s.bank.Script(nil, nil, 0)
			v := s.do(register.VerbCash)
			s.expect(v, register.ScreenQuestion)
			s.says(v, pos.CodeSameGoodsAsk)
			if same {
				v = s.do(register.VerbYes)
			} else {
				v = s.do(register.VerbBack, register.VerbCash)
			}
			s.expect(v, register.ScreenCash)
			if p, _ := s.bank.Find(t.Context(), "pay-1"); p.Released != same {
				t.Errorf("same goods: %v, released: %v", same, p.Released)
			}
			s.do(register.VerbEnter)
		})
	}
}

// TestWhatWasAgreedEndsWithItsCustomer: the screen timed out and the next customer paid out the last one's cash back, or was
// charged twice without a question.
func TestWhatWasAgreedEndsWithItsCustomer(t *testing.T) {
	for _, c := range []struct {
		name  string
		agree func(s *till)
	}{
		{"cash back", func(s *till) {
			s.charge("1234")
			s.do(register.VerbDebit, register.VerbCashback)
			s.write("20.00")
			s.do(register.VerbEnter)
			s.swipe(chip) // a question, and nobody answers
		}},
		{"a duplicate", func(s *till) {
			s.bank.Script(nil, pos.NewError(pos.CodeDuplicate, "1"), 0)
			s.charge("1234")
			s.swipe(good)
			s.do(register.VerbYes, register.VerbKeyed) // and the customer walks away
			s.bank.Script(nil, nil, 0)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			withPad(t, func(s *till, _ *registertest.PINPad) {
				c.agree(s)
				v := s.wait(61 * time.Second)
				s.expect(v, register.ScreenAmount)
				if v := s.do(register.VerbEnter); v.Debit || v.Cashback != "" || v.Amount != "12.34" {
					t.Errorf("debit %v, cash back %q, %s", v.Debit, v.Cashback, v.Amount)
				}
				s.swipe(good)
				orders := s.bank.Orders()
				if last := orders[len(orders)-1]; last.AllowDuplicate || last.Amount != usd(1234) {
					t.Errorf("%s, duplicate allowed: %v", last.Amount, last.AllowDuplicate)
				}
			})
		})
	}
}

// TestAPartTakenBackWithARefundPaysNothing: the part was given back to the card, and the sale counted it as paid.
func TestAPartTakenBackWithARefundPaysNothing(t *testing.T) {
	open(t, func(s *till) {
		s.bank.Script(func(p *pos.Payment) { p.State, p.Approved, p.Refunded = pos.StateConfirmed, usd(300), usd(300) }, nil, 0)
		s.charge("1234")
		v := s.swipe(good)
		if v.Word != "NOT PAID" || !v.Can(register.VerbRetry) || len(s.printer.Slips()) != 0 {
			t.Errorf("%s %v", v.Word, v.Verbs)
		}
		s.says(v, pos.CodePartialUndone)
		s.bank.Script(nil, nil, 0)
		s.do(register.VerbRetry)
		if v := s.swipe(other); v.Word != "APPROVED" || v.Amount != "12.34" {
			t.Errorf("%s %s", v.Word, v.Amount)
		}
	})
}
