package register_test

import (
	"strings"
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/prices"
	"github.com/tillpos/till/pos/receipt"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
	"github.com/tillpos/till/pos/words"
)

const pencil = "4006381333931"

// aside opens a till with a scanner, a price list and a customer display.
func aside(t *testing.T, tell func(s *till, scanner *registertest.Scanner, display *registertest.Display), with ...func(*register.Config)) {
	t.Helper()
	list, err := prices.Parse(strings.NewReader("code,name,price\n"+pencil+",Lápiz,1.20\n2112345,Cheese,\n"), money.USD, true)
	if err != nil {
		t.Fatal(err)
	}
	display := &registertest.Display{}
	var scanner *registertest.Scanner
	open(t, func(s *till) { tell(s, scanner, display) }, append([]func(*register.Config){func(c *register.Config) {
		scanner = registertest.NewScanner()
		c.Scanner, c.Display, c.Prices, c.Shop = scanner, display, list, receipt.Shop{Name: "CORNER SHOP"}
	}}, with...)...)
}

func TestScan(t *testing.T) {
	aside(t, func(s *till, scanner *registertest.Scanner, _ *registertest.Display) {
		for _, c := range []struct {
			code, amount string
			lines        int
		}{{pencil, "1.20", 1}, {"2112345003504", "4.70", 2}, {pencil, "5.90", 3}} {
			scanner.Scan(c.code)
			if v := s.view(); v.Screen != register.ScreenAmount || v.Amount != c.amount || len(v.Lines) != c.lines {
				t.Errorf("%s gives %s, %d lines", v.Screen, v.Amount, len(v.Lines))
			}
		}
		scanner.Scan("NO-SUCH\x1dTHING")
		s.says(s.view(), pos.CodeScanUnknown, "NO-SUCH THING")
		s.do(register.VerbRemove)
		s.expect(s.do(register.VerbEnter), register.ScreenCard)
		scanner.Scan(pencil)
		v := s.view()
		s.says(v, pos.CodeScanNotNow)
		if v.Amount != "4.70" {
			t.Errorf("the card is asked for %s", v.Amount)
		}
		s.swipe(good)
		scanner.Scan(pencil) // the next customer's
		if v := s.view(); v.Screen != register.ScreenAmount || v.Amount != "1.20" || len(v.Lines) != 1 {
			t.Errorf("the next sale is %s %s", v.Screen, v.Amount)
		}
	})
}

// TestScanWhileTyping: an amount that is being typed is not turned into something else.
func TestScanWhileTyping(t *testing.T) {
	aside(t, func(s *till, scanner *registertest.Scanner, _ *registertest.Display) {
		s.write("12")
		scanner.Scan(pencil)
		v := s.view()
		s.says(v, pos.CodeScanNotNow)
		if v.Amount != "0.12" || len(v.Lines) != 0 {
			t.Errorf("%s, %d lines", v.Amount, len(v.Lines))
		}
		s.do(register.VerbBack, register.VerbItems)
		s.write("Tea 2")
		scanner.Scan(pencil)
		s.write(".50")
		if v := s.do(register.VerbEnter); v.Amount != "3.70" {
			t.Errorf("beside a typed item it is %s", v.Amount)
		}
	})
}

// TestScanHidesCards: a scanned number that is a card's is shown as a mask.
func TestScanHidesCards(t *testing.T) {
	aside(t, func(s *till, scanner *registertest.Scanner, _ *registertest.Display) {
		track, _, _ := strings.Cut(strings.TrimPrefix(good, ";"), "=")
		scanner.Scan(track)
		pan, err := card.NewPAN([]byte(track))
		if err != nil {
			t.Fatal(err)
		}
		s.says(s.view(), pos.CodeScanUnknown, pan.Masked())
	})
}

// TestScanDuringResult: after a decline the sale still waits to be paid.
func TestScanDuringResult(t *testing.T) {
	aside(t, func(s *till, scanner *registertest.Scanner, _ *registertest.Display) {
		scanner.Scan(pencil)
		s.do(register.VerbEnter)
		s.bank.Answer = func(p *pos.Payment) { p.State = pos.StateDeclined }
		s.expect(s.swipe(good), register.ScreenResult)
		scanner.Scan(pencil)
		v := s.view()
		s.expect(v, register.ScreenResult)
		if v.Word != "DECLINED" {
			t.Errorf("%s", v.Word)
		}
	})
}

func TestCustomerDisplay(t *testing.T) {
	for _, c := range []struct {
		name     string
		language string
		do       func(s *till, scan func(string))
		want     [2]string
	}{
		{"nothing", "en", func(*till, func(string)) {}, [2]string{"CORNER SHOP", "WELCOME"}},
		{"an amount being typed", "en", func(s *till, _ func(string)) { s.write("1234") }, [2]string{"CORNER SHOP", "WELCOME"}},
		{"an item", "en", func(s *till, scan func(string)) { scan(pencil) }, [2]string{"Lápiz           1.20", "TOTAL           1.20"}},
		{"a second one", "en", func(s *till, scan func(string)) { scan(pencil); scan("2112345003504") }, [2]string{"Cheese          3.50", "TOTAL           4.70"}},
		{"a long name", "en", func(s *till, _ func(string)) {
			s.do(register.VerbItems)
			s.write("A very long name of a thing 1234.56")
			s.do(register.VerbEnter)
		}, [2]string{"A very long  1234.56", "TOTAL        1234.56"}},
		{"card", "en", func(s *till, _ func(string)) { s.charge("1234") }, [2]string{"TOTAL          12.34", "SWIPE YOUR CARD"}},
		{"card in Spanish", "es", func(s *till, _ func(string)) { s.charge("1234") }, [2]string{"TOTAL          12.34", "PASE SU TARJETA"}},
		{"approved", "en", func(s *till, _ func(string)) { s.charge("1234"); s.swipe(good) }, [2]string{"APPROVED       12.34", "THANK YOU"}},
		{"approved in Spanish", "es", func(s *till, _ func(string)) { s.charge("1234"); s.swipe(good) }, [2]string{"APROBADO       12.34", "¡GRACIAS!"}},
		{"declined", "en", func(s *till, _ func(string)) {
			s.bank.Answer = func(p *pos.Payment) { p.State = pos.StateDeclined }
			s.charge("1234")
			s.swipe(good)
		}, [2]string{"TOTAL          12.34", "DECLINED"}},
		{"not known", "en", func(s *till, _ func(string)) {
			s.bank.Answer = func(p *pos.Payment) { p.State = pos.StateUnknown }
			s.charge("1234")
			s.swipe(good)
		}, [2]string{"TOTAL          12.34", "ONE MOMENT PLEASE"}},
		{"nothing was sent", "en", func(s *till, _ func(string)) {
			s.bank.Refuse = pos.NewError(pos.CodeJournalFull)
			s.charge("1234")
			s.swipe(good)
		}, [2]string{"TOTAL          12.34", "NOT PAID"}},
		{"cash", "en", func(s *till, _ func(string)) {
			s.write("1500")
			s.do(register.VerbCash)
			s.write("20.00")
			s.do(register.VerbEnter)
		}, [2]string{"CASH           20.00", "CHANGE          5.00"}},
		{"cash being asked", "en", func(s *till, _ func(string)) { s.write("1500"); s.do(register.VerbCash) }, [2]string{"TOTAL          15.00", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			aside(t, func(s *till, scanner *registertest.Scanner, display *registertest.Display) {
				s.view()
				c.do(s, func(code string) { scanner.Scan(code); s.view() })
				s.view()
				if got := display.Lines(); got != c.want {
					t.Errorf("the customer reads %q, not %q", got, c.want)
				}
			}, func(cfg *register.Config) { cfg.Words = words.New(c.language) })
		})
	}
}
