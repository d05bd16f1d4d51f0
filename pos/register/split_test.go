package register_test

import (
	"strings"
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/receipt"
	"github.com/tillpos/till/pos/register"
)

// part types how much the next payment of a sale is for.
func (s *till) part(amount string) register.View {
	s.t.Helper()
	s.expect(s.do(register.VerbPart), register.ScreenPart)
	s.write(amount)
	return s.do(register.VerbEnter)
}

func (s *till) states() (out string) {
	s.t.Helper()
	all, err := s.bank.List(s.t.Context(), pos.Filter{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range all {
		out += string(p.Kind) + " " + p.Requested.String() + " " + string(p.State) + ", "
	}
	return strings.TrimSuffix(out, ", ")
}

// TestSplitTender: one sale over several cards and cash, whatever comes in between; what was good is never undone by
// itself.
func TestSplitTender(t *testing.T) {
	declined := func(p *pos.Payment) { p.State = pos.StateDeclined }
	for _, c := range []struct {
		name   string
		tell   func(s *till)
		states string
		paper  []string // on the one receipt; nil: none was printed
	}{
		{"cash, then two cards", func(s *till) {
			s.charge("5000")
			if v := s.part("20.00"); v.Amount != "20.00" || v.Part != "50.00" {
				s.t.Errorf("%s of %s", v.Amount, v.Part)
			}
			s.do(register.VerbCash)
			v := s.do(register.VerbEnter)
			s.expect(v, register.ScreenPartial)
			s.says(v, pos.CodeRest, "20.00", "30.00")
			s.part("10.00")
			s.expect(s.swipe(good), register.ScreenPartial)
			s.do(register.VerbEnter)
			s.expect(s.swipe(other), register.ScreenResult)
		}, "sale 20.00 approved, sale 10.00 approved, sale 20.00 approved", []string{"Paid in cash", "**** 1111", "**** 1115", "50.00"}},
		{"the second card is declined, a third one pays", func(s *till) {
			s.charge("5000")
			s.part("20.00")
			s.expect(s.swipe(good), register.ScreenPartial)
			s.bank.Script(declined, nil, 0)
			s.do(register.VerbEnter)
			s.expect(s.swipe(other), register.ScreenResult)
			s.bank.Script(nil, nil, 0)
			s.expect(s.do(register.VerbRetry), register.ScreenPartial)
			s.do(register.VerbEnter)
			s.expect(s.swipe(other), register.ScreenResult)
		}, "sale 20.00 approved, sale 30.00 declined, sale 30.00 approved", []string{"20.00", "30.00"}},
		{"a card approves a part of its part", func(s *till) {
			s.charge("5000")
			s.part("20.00")
			s.partial()
			s.expect(s.swipe(good), register.ScreenPartial)
			s.bank.Script(nil, nil, 0)
			if v := s.view(); v.Due != "40.00" {
				s.t.Errorf("due %s", v.Due)
			}
			s.do(register.VerbCash)
			s.expect(s.do(register.VerbEnter), register.ScreenResult)
		}, "sale 20.00 partial, sale 40.00 approved", []string{"10.00", "40.00"}},
		{"all is undone, cash too", func(s *till) {
			s.charge("5000")
			s.part("20.00")
			s.expect(s.swipe(good), register.ScreenPartial)
			s.part("10.00")
			s.do(register.VerbCash)
			s.expect(s.do(register.VerbEnter), register.ScreenPartial)
			v := s.do(register.VerbUndo)
			if v.Word != "VOIDED" {
				s.t.Errorf("%s", v.Word)
			}
			s.expect(s.do(register.VerbEnter), register.ScreenAmount)
		}, "sale 20.00 voided, sale 10.00 voided, void 20.00 approved", nil},
		{"an offline approval is dropped without the bank", func(s *till) {
			s.charge("5000")
			s.part("20.00")
			s.bank.Script(func(p *pos.Payment) { p.State, p.Offline = pos.StateAccepted, true }, nil, 0)
			s.expect(s.swipe(good), register.ScreenPartial)
			v := s.do(register.VerbUndo)
			if v.Word != "VOIDED" {
				s.t.Errorf("%s", v.Word)
			}
			s.expect(s.do(register.VerbEnter), register.ScreenAmount)
		}, "sale 20.00 voided", nil},
		{"the bank has only queued the undo: it must not stand if the bank refuses later", func(s *till) {
			s.charge("5000")
			s.part("20.00")
			s.expect(s.swipe(good), register.ScreenPartial)
			s.bank.Script(func(p *pos.Payment) { p.State = pos.StateAccepted }, nil, 0)
			v := s.do(register.VerbUndo)
			if v.Word != "ACCEPTED" {
				s.t.Errorf("%s", v.Word)
			}
			if p, err := s.bank.Find(s.t.Context(), "pay-1"); err != nil || !p.Released {
				s.t.Errorf("the payment may come to stand again: %v", err)
			}
			s.expect(s.do(register.VerbEnter), register.ScreenAmount)
		}, "sale 20.00 voided, void 20.00 accepted", nil},
		{"the bank refuses the undo: the payment stays, and so does the sale", func(s *till) {
			s.charge("5000")
			s.part("20.00")
			s.expect(s.swipe(good), register.ScreenPartial)
			s.bank.Script(declined, nil, 0)
			s.expect(s.do(register.VerbUndo), register.ScreenResult)
			s.bank.Script(nil, nil, 0)
			v := s.do(register.VerbEnter)
			s.expect(v, register.ScreenPartial)
			if v.Due != "30.00" {
				s.t.Errorf("due %s", v.Due)
			}
		}, "sale 20.00 approved, void 20.00 declined", nil},
		{"a good payment of an earlier sale stays when this one is undone", func(s *till) {
			s.charge("700")
			s.expect(s.swipe(good), register.ScreenResult)
			s.do(register.VerbEnter)
			s.charge("5000")
			s.part("20.00")
			s.expect(s.swipe(good), register.ScreenPartial)
			s.expect(s.do(register.VerbUndo), register.ScreenResult)
		}, "sale 7.00 approved, sale 20.00 voided, void 20.00 approved", []string{"7.00"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			open(t, func(s *till) {
				c.tell(s)
				if got := s.states(); got != c.states {
					t.Errorf("payments: %s\nwanted:   %s", got, c.states)
				}
				var papers []string
				for _, slip := range s.printer.Slips() {
					if len(slip.Lines) > 0 {
						papers = append(papers, receipt.Text(slip, receipt.Wide))
					}
				}
				if (c.paper != nil) != (len(papers) == 1) {
					t.Fatalf("%d receipts", len(papers))
				}
				for _, text := range c.paper {
					if !strings.Contains(papers[0], text) {
						t.Errorf("the receipt lacks %q:\n%s", text, papers[0])
					}
				}
			})
		})
	}
}

func TestAPartIsAtMostWhatIsDue(t *testing.T) {
	open(t, func(s *till) {
		s.charge("5000")
		s.says(s.part("50.01"), pos.CodeAmountTooLarge, "50.00")
		s.expect(s.do(register.VerbBack), register.ScreenCard)
		if v := s.view(); v.Amount != "50.00" || v.Part != "" {
			t.Errorf("%s of %q", v.Amount, v.Part)
		}
	})
}
