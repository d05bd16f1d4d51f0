package register_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/receipt"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
)

// TestOutcomes: for each state of a sale, the word, what is offered, and whether a receipt comes.
func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		state    pos.State
		word     string
		tone     register.Tone
		receipts int
		retry    bool
	}{
		{pos.StateApproved, "APPROVED", register.ToneGood, 1, false},
		{pos.StateAccepted, "ACCEPTED", register.ToneAttention, 1, false},
		{pos.StateDeclined, "DECLINED", register.ToneBad, 0, true},
		{pos.StateRefused, "REFUSED", register.ToneBad, 0, true},
		{pos.StateNotSent, "NOT SENT", register.ToneAttention, 0, true},
		{pos.StateUnknown, "UNKNOWN", register.ToneAttention, 0, false},
	} {
		t.Run(string(c.state), func(t *testing.T) {
			open(t, func(s *till) {
				s.bank.Script(func(p *pos.Payment) { p.State = c.state }, nil, 0)
				s.charge("1234")
				v := s.swipe(good)
				s.expect(v, register.ScreenResult)
				if v.Word != c.word || v.Tone != c.tone || len(s.printer.Slips()) != c.receipts {
					t.Errorf("%s %s, %d receipts", v.Word, v.Tone, len(s.printer.Slips()))
				}
				for _, verb := range []register.Verb{register.VerbRetry, register.VerbCash, register.VerbKeyed} {
					want := c.retry || verb == register.VerbCash && c.state.Open() // cash instead gives the card's payment up
					if v.Can(verb) != want {
						t.Errorf("%s offered: %v", verb, v.Can(verb))
					}
				}
				if v.Message.Happened == "" && v.Message.Money == "" {
					t.Error("nothing is said")
				}
			})
		})
	}
}

func TestAnErrorOfTheEngineSendsNothing(t *testing.T) {
	open(t, func(s *till) {
		s.bank.Script(nil, pos.NewError(pos.CodeJournalFull), 0)
		s.charge("1234")
		v := s.swipe(good)
		s.expect(v, register.ScreenResult)
		s.says(v, pos.CodeJournalFull)
		if v.Word != "NOT SENT" || !v.Can(register.VerbRetry) {
			t.Errorf("%s %v", v.Word, v.Verbs)
		}
	})
}

// TestSending: nothing but waiting is offered once the engine has the card, and nothing typed gets anywhere.
func TestSending(t *testing.T) {
	open(t, func(s *till) {
		s.bank.Script(nil, nil, 30*time.Second)
		s.charge("1234")
		v := s.swipe(good)
		s.expect(v, register.ScreenSending)
		if len(v.Verbs) != 0 {
			t.Errorf("offered while sending: %v", v.Verbs)
		}
		for _, verb := range []register.Verb{register.VerbBack, register.VerbCash, register.VerbEnter, register.VerbQuit, register.VerbUndo} {
			s.do(verb)
		}
		if v := s.wait(10 * time.Second); v.Screen != register.ScreenSending || v.Elapsed != 10*time.Second {
			t.Errorf("%s after %s", v.Screen, v.Elapsed)
		}
		if v := s.wait(21 * time.Second); v.Word != "APPROVED" {
			t.Errorf("%s %s", v.Screen, v.Word)
		}
		if n := len(s.bank.Orders()); n != 1 {
			t.Errorf("%d orders", n)
		}
	})
}

// TestT20EveryWaitOfTheScreenEnds is the table of every limit of the cashier's screen (rule T20).
func TestT20EveryWaitOfTheScreenEnds(t *testing.T) {
	for _, c := range []struct {
		name   string
		limit  time.Duration
		begin  func(s *till)
		before func(v register.View, s *till) bool
		after  func(v register.View, s *till) bool
	}{
		{"card entry", 60 * time.Second,
			func(s *till) { s.charge("1234") },
			func(v register.View, s *till) bool { return v.Left > 0 && s.reader.Armed() },
			func(v register.View, s *till) bool {
				return v.Screen == register.ScreenCard && v.Left == 0 && !s.reader.Armed() && v.Message == sentence(pos.NewError(pos.CodeCardTimeout))
			}},
		{"typed card", 60 * time.Second,
			func(s *till) { s.write("1234"); s.do(register.VerbKeyed) },
			func(v register.View, s *till) bool { return v.Screen == register.ScreenKeyed },
			func(v register.View, s *till) bool { return v.Screen == register.ScreenAmount }},
		{"a question with a card in hand", 60 * time.Second,
			func(s *till) { s.charge("1234"); s.swipe(chip) },
			func(v register.View, s *till) bool { return v.Screen == register.ScreenQuestion },
			func(v register.View, s *till) bool { return v.Screen == register.ScreenAmount }},
		{"the PIN, and ten seconds for the pad's word about it", 70 * time.Second,
			func(s *till) { s.charge("1234"); s.do(register.VerbDebit); s.swipe(good) },
			func(v register.View, s *till) bool { return v.Screen == register.ScreenPIN },
			func(v register.View, s *till) bool {
				return v.Screen == register.ScreenCard && v.Message == sentence(pos.NewError(pos.CodePINTimeout))
			}},
		{"the words while sending", 45 * time.Second,
			func(s *till) { s.bank.Script(nil, nil, time.Hour); s.charge("1234"); s.swipe(good) },
			func(v register.View, s *till) bool { return v.Tone == register.TonePlain },
			func(v register.View, s *till) bool {
				return v.Screen == register.ScreenSending && v.Tone == register.ToneAttention
			}},
		{"print", 10 * time.Second,
			func(s *till) { s.printer.Set(nil, true); s.charge("1234"); s.swipe(good) },
			func(v register.View, s *till) bool { return v.Receipt == "printing" && v.Status.Receipts == 1 },
			func(v register.View, s *till) bool {
				return v.Word == "APPROVED" && v.Status.Receipts == 1 && v.Can(register.VerbPrintWaiting)
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			open(t, func(s *till) {
				c.begin(s)
				if v := s.wait(c.limit - 2*time.Second); !c.before(v, s) {
					t.Errorf("two seconds early: %s %+v", v.Screen, v.Message)
				}
				if v := s.wait(4 * time.Second); !c.after(v, s) {
					t.Errorf("two seconds late: %s left %s %+v", v.Screen, v.Left, v.Message)
				}
			}, func(config *register.Config) { config.PINPad = registertest.NewPINPad() })
		})
	}
}

// TestNobodyPaysTheLastOnesBill: whatever ends a card screen disarms the reader, and a card that comes
// out of it all the same pays nothing.
func TestNobodyPaysTheLastOnesBill(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(s *till)
	}{
		{"cancel", func(s *till) { s.do(register.VerbBack) }},
		{"cash", func(s *till) { s.do(register.VerbCash) }},
		{"typed card", func(s *till) { s.do(register.VerbKeyed) }},
		{"idle", func(s *till) { s.wait(61 * time.Second) }},
		{"the till ends", func(s *till) { s.stop() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			open(t, func(s *till) {
				s.charge("1234")
				c.end(s)
				synctest.Wait()
				if s.reader.Armed() || s.reader.Swipe(registertest.Stripe(good)) {
					t.Error("the reader is still armed")
				}
				if len(s.bank.Orders()) != 0 {
					t.Error("something was sent")
				}
			})
		})
	}
}

func TestTheReaderIsArmedOnceAtATime(t *testing.T) {
	open(t, func(s *till) {
		s.charge("1234")
		for range 5 {
			s.do(register.VerbCash, register.VerbBack, register.VerbEnter)
		}
		s.swipe("bad")
		s.swipe(good)
		if s.reader.Most() != 1 {
			t.Errorf("armed %d times at once", s.reader.Most())
		}
		if n := len(s.bank.Orders()); n != 1 {
			t.Errorf("%d orders", n)
		}
	})
}

func TestASlowReaderIsNotArmedTwice(t *testing.T) {
	open(t, func(s *till) {
		s.reader.LetGo(time.Second, nil)
		s.charge("1234")
		for range 5 {
			s.r.Do(register.Intent{Verb: register.VerbBack})
			s.r.Do(register.Intent{Verb: register.VerbEnter})
		}
		s.expect(s.wait(20*time.Second), register.ScreenCard)
		if s.reader.Most() != 1 {
			t.Errorf("armed %d times at once", s.reader.Most())
		}
		if v := s.swipe(good); v.Word != "APPROVED" {
			t.Errorf("%s %s", v.Screen, v.Word)
		}
	})
}

func TestACardThatComesAfterTheCancelPaysNothing(t *testing.T) {
	open(t, func(s *till) {
		late := registertest.Stripe(good)
		s.reader.LetGo(time.Second, &late)
		s.charge("1234")
		s.do(register.VerbBack)
		v := s.wait(5 * time.Second)
		s.expect(v, register.ScreenAmount)
		if len(s.bank.Orders()) != 0 || late.Tracks[1].Present() {
			t.Error("the late card was sent, or kept")
		}
	})
}

// TestRefusedCardsAreWiped: a card that the question or the end of the till drops holds nothing any more.
func TestRefusedCardsAreWiped(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(s *till)
	}{
		{"no", func(s *till) { s.do(register.VerbBack) }},
		{"no answer", func(s *till) { s.wait(62 * time.Second) }},
		{"the till ends", func(s *till) { s.stop() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			open(t, func(s *till) {
				s.charge("1234")
				stripe := registertest.Stripe(chip)
				s.expect(s.pass(stripe), register.ScreenQuestion)
				c.end(s)
				if stripe.Tracks[1].Present() {
					t.Error("the track is still there")
				}
			})
		})
	}
}

func TestDuplicatesAreRefusedWhereTheShopSaysSo(t *testing.T) {
	open(t, func(s *till) {
		s.bank.Script(nil, pos.NewError(pos.CodeDuplicate, "1"), 0)
		s.charge("1234")
		v := s.swipe(good)
		s.expect(v, register.ScreenResult)
		s.says(v, pos.CodeDuplicate, "1")
	}, func(c *register.Config) { c.Policy.RefuseDuplicates = true })
}

func TestAnAgreedDuplicateCountsForOneCardOnly(t *testing.T) {
	open(t, func(s *till) {
		s.bank.Script(nil, pos.NewError(pos.CodeDuplicate, "1"), 0)
		s.charge("1234")
		s.swipe(good)
		s.do(register.VerbYes)
		s.do(register.VerbBack)
		s.do(register.VerbEnter)
		s.swipe(good)
		if o := s.bank.Orders(); len(o) != 2 || o[1].AllowDuplicate {
			t.Error("an agreement outlived its cancel")
		}
	})
}

// partial lets the next card pay ten dollars only.
func (s *till) partial() {
	s.bank.Script(func(p *pos.Payment) {
		if p.Kind == pos.KindSale && p.Instrument.Kind == pos.InstrumentCard {
			p.State, p.Approved = pos.StatePartial, usd(1000)
		}
	}, nil, 0)
}

func TestPartialApproval(t *testing.T) {
	t.Run("the rest by another card", func(t *testing.T) {
		open(t, func(s *till) {
			s.partial()
			s.charge("2500")
			v := s.swipe(good)
			s.expect(v, register.ScreenPartial)
			if v.Paid != "10.00" || v.Due != "15.00" || v.Total != "25.00" {
				t.Errorf("paid %s due %s of %s", v.Paid, v.Due, v.Total)
			}
			s.bank.Script(nil, nil, 0)
			s.do(register.VerbEnter)
			v = s.swipe(other)
			if o := s.bank.Orders(); v.Word != "APPROVED" || o[1].Amount != usd(1500) || o[0].Sale != o[1].Sale {
				t.Errorf("%s, asked %s", v.Word, o[1].Amount)
			}
			if n := len(s.printer.Slips()); n != 1 {
				t.Errorf("%d receipts", n)
			}
		})
	})
	t.Run("undone", func(t *testing.T) {
		open(t, func(s *till) {
			s.partial()
			s.charge("2500")
			s.swipe(good)
			v := s.do(register.VerbUndo)
			if p, _ := s.bank.Find(t.Context(), "pay-1"); v.Word != "VOIDED" || p.State != pos.StateVoided {
				t.Errorf("%s, the payment is %s", v.Word, p.State)
			}
			s.expect(s.do(register.VerbEnter), register.ScreenAmount)
		})
	})
	t.Run("the rest gets no answer and is paid in another way", func(t *testing.T) {
		open(t, func(s *till) {
			s.partial()
			s.charge("2500")
			s.swipe(good)
			s.bank.Script(func(p *pos.Payment) { p.State = pos.StateUnknown }, nil, 0)
			s.do(register.VerbEnter)
			if v := s.swipe(other); v.Word != "UNKNOWN" {
				t.Fatalf("%s", v.Word)
			}
			s.bank.Script(nil, pos.NewError(pos.CodeJournalWrite), 0)
			if v := s.do(register.VerbEnter); v.Screen != register.ScreenResult || v.Word != "UNKNOWN" {
				t.Errorf("the sale goes on although the journal did not take the release: %s %s", v.Screen, v.Word)
			}
			s.bank.Script(nil, nil, 0)
			s.expect(s.do(register.VerbEnter), register.ScreenPartial)
			lost, _ := s.bank.List(t.Context(), pos.Filter{Newest: true, Limit: 1})
			if !lost[0].Released {
				t.Error("the rest is asked for again while the first payment for it may still come to stand")
			}
		})
	})
	t.Run("the undo gets no answer", func(t *testing.T) {
		open(t, func(s *till) {
			s.partial()
			s.charge("2500")
			s.swipe(good)
			s.bank.Script(func(p *pos.Payment) { p.State = pos.StateUnknown }, nil, 0)
			v := s.do(register.VerbUndo)
			// The customer leaves without the goods, so the payment must not stand whatever became of the void.
			if p, _ := s.bank.Find(t.Context(), "pay-1"); v.Word != "UNKNOWN" || !p.Released {
				t.Errorf("%s, released %v", v.Word, p.Released)
			}
			s.expect(s.do(register.VerbEnter), register.ScreenAmount)
		})
	})
	t.Run("the second card is declined, cash pays", func(t *testing.T) {
		open(t, func(s *till) {
			s.partial()
			s.charge("2500")
			s.swipe(good)
			s.bank.Script(func(p *pos.Payment) {
				if p.Instrument.Kind == pos.InstrumentCard {
					p.State = pos.StateDeclined
				}
			}, nil, 0)
			s.do(register.VerbEnter)
			if v := s.swipe(other); v.Word != "DECLINED" {
				t.Errorf("%s", v.Word)
			}
			v := s.do(register.VerbBack)
			s.expect(v, register.ScreenPartial)
			if v.Due != "15.00" {
				t.Errorf("due %s", v.Due)
			}
			s.do(register.VerbCash)
			s.write("14.99")
			s.says(s.do(register.VerbEnter), pos.CodeCashShort, "15.00")
			s.do(register.VerbErase, register.VerbErase, register.VerbErase, register.VerbErase, register.VerbErase)
			s.write("20.00")
			v = s.do(register.VerbEnter)
			if v.Word != "CHANGE 5.00" {
				t.Errorf("%s", v.Word)
			}
			paper := receipt.Text(s.printer.Slips()[0], receipt.Wide)
			for _, text := range []string{"25.00", "10.00", "15.00", "5.00"} {
				if !strings.Contains(paper, text) {
					t.Errorf("the receipt lacks %s:\n%s", text, paper)
				}
			}
		})
	})
}

// TestDrawerOpensOnce: a cash receipt whose paper was missing is printed later, when nobody stands at the drawer.
func TestDrawerOpensOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault error
		again bool
	}{
		{"the drawer was opened", pos.NewError(pos.CodePrinterPaper).Because(pos.ErrDrawerOpened), false},
		{"nobody knows", pos.NewError(pos.CodePrinterOffline), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			open(t, func(s *till) {
				s.printer.Set(c.fault, false)
				s.write("100")
				s.do(register.VerbCash, register.VerbEnter)
				s.printer.Set(nil, false)
				s.do(register.VerbPrintWaiting)
				if slips := s.printer.Slips(); len(slips) != 1 || slips[0].Drawer != c.again {
					t.Errorf("%d slips, drawer %v", len(slips), len(slips) == 1 && slips[0].Drawer)
				}
			})
		})
	}
}

func TestReceiptsWaitForThePrinter(t *testing.T) {
	open(t, func(s *till) {
		s.printer.Set(pos.NewError(pos.CodePrinterPaper), false)
		for range 60 {
			s.charge("100")
			s.swipe(good)
			s.do(register.VerbEnter)
		}
		v := s.view()
		if v.Status.Receipts != 50 {
			t.Errorf("%d receipts wait", v.Status.Receipts)
		}
		if p, _ := s.bank.Find(t.Context(), "pay-60"); p.State != pos.StateApproved {
			t.Errorf("the payment is %s", p.State)
		}
		s.printer.Set(nil, false)
		v = s.do(register.VerbPrintWaiting)
		if v.Status.Receipts != 0 || len(s.printer.Slips()) != 50 {
			t.Errorf("%d wait, %d came out", v.Status.Receipts, len(s.printer.Slips()))
		}
	})
}

func TestAReprintIsMarkedAndAudited(t *testing.T) {
	open(t, func(s *till) {
		s.charge("1234")
		s.swipe(good)
		s.do(register.VerbPrintAgain)
		slips := s.printer.Slips()
		if len(slips) != 2 || !strings.Contains(receipt.Text(slips[1], receipt.Wide), "REPRINT") {
			t.Errorf("%d slips", len(slips))
		}
		if e := <-s.audits; e.Detail["what"] != "reprint" || e.Detail["detail"] != "pay-1" {
			t.Errorf("audit %+v", e)
		}
	})
}

// TestViewsHoldNoCardData prints every snapshot of a day in every way and looks for the cards in it.
func TestViewsHoldNoCardData(t *testing.T) {
	open(t, func(s *till) {
		seen := ""
		look := func(v register.View) { seen += fmt.Sprintf("%v %+v %#v", v, v, v) }
		s.charge("1234")
		look(s.swipe(badCheck))
		look(s.swipe(good))
		s.do(register.VerbEnter)
		s.write("1")
		look(s.do(register.VerbKeyed))
		look(s.write("4111111111111111"))
		look(s.do(register.VerbNext))
		look(s.write("1249"))
		look(s.do(register.VerbNext))
		look(s.write("987"))
		look(s.do(register.VerbEnter))
		s.do(register.VerbEnter)
		look(s.do(register.VerbPayments))
		look(s.do(register.VerbEnter))
		for _, secret := range []string{"411111111111", "1249", "4912", "987"} {
			if strings.Contains(seen, secret) {
				t.Error("card data in a view")
			}
		}
		if !strings.Contains(seen, "411111******1111") {
			t.Error("the test saw no card at all")
		}
	})
}

func TestAListThatComesLateDoesNotMoveTheScreen(t *testing.T) {
	open(t, func(s *till) {
		s.view()
		s.r.Do(register.Intent{Verb: register.VerbPayments})
		s.r.Do(register.Intent{Verb: register.VerbItems})
		if v := s.view(); v.Screen != register.ScreenItems && v.Screen != register.ScreenPayments {
			t.Errorf("%s", v.Screen)
		}
	})
}

// broken is a journal that panics.
type broken struct{ registertest.Bank }

func (*broken) List(context.Context, pos.Filter) ([]pos.Payment, error) { panic("boom") }

func TestAPanicBesideTheLoopComesOutOfRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := register.New(register.Config{Payments: &registertest.Bank{}, History: &broken{}, NewSaleID: func() string { return "" }})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if v := recover(); v != "boom" {
				t.Errorf("recovered %v", v)
			}
		}()
		r.Run(t.Context())
	})
}

func TestDoNeverBlocks(t *testing.T) {
	r, err := register.New(register.Config{Payments: &registertest.Bank{}, History: &registertest.Bank{}, NewSaleID: func() string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		r.Do(register.Intent{Verb: register.VerbEnter})
	}
}

// TestAFollowingReceiptNamesTheOriginal: who has the slip of a refund or void finds the sale by it.
func TestAFollowingReceiptNamesTheOriginal(t *testing.T) {
	for _, c := range []struct {
		name string
		verb register.Verb
	}{
		{"void", register.VerbVoid},
		{"refund", register.VerbRefund},
	} {
		t.Run(c.name, func(t *testing.T) {
			open(t, func(s *till) {
				s.charge("1234")
				s.swipe(good)
				s.do(register.VerbPayments, register.VerbEnter, c.verb)
				s.write("came back")
				s.expect(s.do(register.VerbEnter), register.ScreenResult)
				s.do(register.VerbPrintAgain)
				slips := s.printer.Slips()
				if len(slips) != 3 {
					t.Fatalf("%d slips", len(slips))
				}
				for i, slip := range slips {
					named := strings.Contains(receipt.Text(slip, receipt.Wide), "Original                  L1-261122-DEMO-1\n")
					if named != (i > 0) {
						t.Errorf("slip %d names the original: %v", i, named)
					}
				}
			})
		})
	}
}

// TestADeviceThatChangesIsShownAtOnce: no tick of the clock is needed.
func TestADeviceThatChangesIsShownAtOnce(t *testing.T) {
	var devices chan struct{} // of the bubble
	open(t, func(s *till) {
		s.view()
		s.printer.Set(pos.NewError(pos.CodePrinterPaper), false)
		devices <- struct{}{}
		if h := s.view().Status.Printer; h.State != pos.DeviceAttention {
			t.Errorf("the printer is shown as %q", h.State)
		}
	}, func(c *register.Config) {
		devices = make(chan struct{})
		c.Devices = devices
	})
}
