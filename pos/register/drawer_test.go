package register_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/receipt"
	"github.com/tillpos/till/pos/register"
)

// slowPrinter is a printer that takes a second for a slip. Without paper it fails, and opens the drawer all the same.
type slowPrinter struct {
	mu      sync.Mutex
	noPaper bool
	gone    bool // it does not answer: nobody knows of the drawer
	kicks   int
	slips   []pos.Slip
}

func (p *slowPrinter) Print(_ context.Context, s pos.Slip) error {
	time.Sleep(time.Second)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return pos.NewError(pos.CodePrinterOffline)
	}
	if s.Drawer {
		p.kicks++
	}
	switch {
	case p.noPaper && s.Drawer:
		return pos.NewError(pos.CodePrinterPaper).Because(pos.ErrDrawerOpened)
	case p.noPaper:
		return pos.NewError(pos.CodePrinterPaper)
	}
	p.slips = append(p.slips, s)
	return nil
}

func (p *slowPrinter) Health() pos.Health { return pos.Health{State: pos.DeviceOnline} }

func (p *slowPrinter) set(noPaper, gone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noPaper, p.gone = noPaper, gone
}

// opened is how often the drawer was, and what came out, by its sums.
func (p *slowPrinter) opened() (kicks int, papers string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.slips {
		text := receipt.Text(s, receipt.Wide)
		paper := "nothing"
		for _, sum := range []string{"1.00", "2.00", "3.00"} {
			if strings.Contains(text, sum) {
				paper = sum
			}
		}
		papers += paper + " "
	}
	return p.kicks, strings.TrimSpace(papers)
}

// TestTheDrawerWaitsForNoReceipt: cash in hand needs the drawer, whatever stands before its receipt in the queue.
func TestTheDrawerWaitsForNoReceipt(t *testing.T) {
	const aWhile = 5 * time.Second
	byCard := func(s *till, cents string) {
		s.charge(cents)
		s.swipe(good)
		s.do(register.VerbEnter)
	}
	inCash := func(s *till, cents string) {
		s.write(cents)
		s.do(register.VerbCash, register.VerbEnter)
		s.do(register.VerbEnter)
	}
	for _, c := range []struct {
		name    string
		noPaper bool
		gone    bool
		tell    func(s *till)
		kicks   int // before the printer is mended
		waiting int
		after   int // kicks in all, once everything is printed
		papers  string
	}{
		{"a card's receipt failed before", true, false, func(s *till) {
			byCard(s, "100")
			s.wait(aWhile)
			inCash(s, "200")
		}, 1, 2, 1, "1.00 2.00"},
		{"a card's receipt fails while the cash is taken", true, false, func(s *till) {
			byCard(s, "100")
			inCash(s, "200")
		}, 1, 2, 1, "1.00 2.00"},
		{"two cash sales, one after the other", true, false, func(s *till) {
			inCash(s, "100")
			s.wait(aWhile)
			inCash(s, "200")
		}, 2, 2, 2, "1.00 2.00"},
		{"two cash sales, the second while the first is tried", true, false, func(s *till) {
			inCash(s, "100")
			inCash(s, "200")
		}, 2, 2, 2, "1.00 2.00"},
		{"cash is a part, and has no receipt yet", true, false, func(s *till) {
			byCard(s, "100")
			s.wait(aWhile)
			s.charge("300")
			s.part("2.00")
			s.do(register.VerbCash, register.VerbEnter)
		}, 1, 1, 1, "1.00"},
		{"cash is a part, and nothing stands before it", true, false, func(s *till) {
			s.charge("300")
			s.part("2.00")
			s.do(register.VerbCash, register.VerbEnter)
		}, 1, 0, 1, ""},
		{"nobody knows, so the drawer opens with the first receipt, once", false, true, func(s *till) {
			byCard(s, "100")
			s.wait(aWhile)
			inCash(s, "200")
			s.wait(aWhile)
			inCash(s, "300")
		}, 0, 3, 1, "1.00 2.00 3.00"},
		{"a printer that prints opens it for each", false, false, func(s *till) {
			inCash(s, "100")
			inCash(s, "200")
		}, 2, 0, 2, "1.00 2.00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &slowPrinter{noPaper: c.noPaper, gone: c.gone}
			open(t, func(s *till) {
				c.tell(s)
				v := s.wait(aWhile)
				if kicks, _ := p.opened(); kicks != c.kicks || v.Status.Receipts != c.waiting {
					t.Errorf("the drawer was opened %d times, want %d; %d slips wait, want %d", kicks, c.kicks, v.Status.Receipts, c.waiting)
				}
				p.set(false, false)
				s.do(register.VerbPrintWaiting)
				v = s.wait(aWhile)
				if kicks, papers := p.opened(); kicks != c.after || papers != c.papers || v.Status.Receipts != 0 {
					t.Errorf("mended: the drawer was opened %d times, want %d; printed %q, want %q; %d wait", kicks, c.after, papers, c.papers, v.Status.Receipts)
				}
			}, func(config *register.Config) { config.Printer = p })
		})
	}
}
