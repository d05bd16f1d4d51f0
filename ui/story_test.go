package ui_test

import (
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
	"github.com/tillpos/till/ui"
)

func TestASaleIsApproved(t *testing.T) {
	story(t, func(s *till) {
		s.golden("amount-empty")
		s.Type("1234")
		s.Expect("USD 12.34")
		s.golden("amount")
		s.Press("Enter")
		s.Expect("SWIPE THE CARD NOW", "60 s")
		s.golden("card")
		s.bank.Script(nil, nil, 7*time.Second)
		s.swipe(visa)
		s.wait(3 * time.Second)
		s.Expect("00:03", "Please wait")
		s.Reject("Esc")
		s.golden("sending")
		s.wait(4 * time.Second)
		s.Expect("APPROVED", "USD 12.34", "411111******1111", "printed")
		s.golden("approved")
		if n := len(s.printer.Slips()); n != 1 {
			t.Errorf("%d receipts", n)
		}
		s.Press("Enter")
		s.Expect("New sale", "Batch 3: 12.34")
		s.Type("5")
		s.Expect("USD 0.05")
	})
}

func TestTheFirstDigitAfterASaleIsTheNextAmount(t *testing.T) {
	story(t, func(s *till) {
		s.Type("100")
		s.Press("Enter")
		s.swipe(visa)
		s.Expect("APPROVED")
		s.Type("25")
		s.Expect("New sale", "USD 0.25")
	})
}

func TestASaleIsDeclinedAndPaidWithAnotherCard(t *testing.T) {
	story(t, func(s *till) {
		s.host(state(pos.StateDeclined, pos.CodeDeclined, "insufficient funds"))
		s.Type("20.00")
		s.Press("Enter")
		s.swipe(visa)
		s.Expect("DECLINED", "insufficient funds", "The card is not charged", "another card")
		s.golden("declined")
		s.host(nil)
		s.Press("Enter")
		s.Expect("SWIPE THE CARD NOW")
		s.swipe(master)
		s.Expect("APPROVED", "541111******1115")
		s.Press("Enter")
		s.Expect("Batch 3: 20.00")
	})
}

func TestTheHostGivesNoAnswer(t *testing.T) {
	story(t, func(s *till) {
		s.bank.Script(state(pos.StateUnknown, ""), nil, 60*time.Second)
		s.Type("2000")
		s.Press("Enter")
		s.swipe(visa)
		s.wait(46 * time.Second)
		s.Expect("00:46", "The bank is slow", "may have been charged")
		s.golden("sending-slow")
		s.wait(15 * time.Second)
		s.Expect("UNKNOWN", "Do not charge again", "1 UNKNOWN")
		s.Expect("Cash") // instead of the card's payment, which is then given up
		s.Reject("Print again", "Type card")
		s.golden("unknown-result")
		s.Press("F6")
		s.Expect("Unknown payments", "The till asks the bank")
		s.golden("unknown-list")
		s.Press("Enter")
		s.Expect("Resolve this payment", "the bank has it")
		s.Press("Down", "Tab")
		s.golden("resolve")
		s.Press("Enter")
		s.Expect("A reason is needed")
		s.Type("called the bank at noon")
		s.Press("Enter")
		s.Expect("RESOLVED", "Batch 3: 0.00")
		s.Reject("1 UNKNOWN")
		s.Press("Enter")
		s.Expect("the outcome of every payment is known")
	})
}

func TestAnUnknownPaymentIsSettledWhileItStandsOnTheScreen(t *testing.T) {
	story(t, func(s *till) {
		s.host(state(pos.StateUnknown, ""))
		s.Type("2000")
		s.Press("Enter")
		s.swipe(visa)
		s.Expect("UNKNOWN")
		s.bank.Change("pay-1", func(p *pos.Payment) { p.State, p.Approved = pos.StateConfirmed, p.Requested })
		s.changed <- struct{}{}
		s.Expect("APPROVED", "Confirmed by the bank", "printed")
	})
}

func TestAPaymentIsVoided(t *testing.T) {
	story(t, func(s *till) {
		s.sell("1234")
		s.sell("5000")
		s.Press("Enter", "F5")
		s.Expect("Payments", "50.00", "12.34")
		s.golden("payments")
		s.Press("Down", "Enter")
		s.golden("detail")
		s.Press("V")
		s.Expect("Void this payment?")
		s.Press("Enter")
		s.Expect("A reason is needed")
		s.Type("wrong amount")
		s.golden("void")
		s.Press("Enter")
		s.Expect("VOIDED", "The card is not charged")
		s.Press("Enter")
		s.Expect("voided")
	})
}

func TestAPartOfAPaymentIsRefunded(t *testing.T) {
	story(t, func(s *till) {
		s.sell("5000")
		s.Press("Enter", "F5", "Enter", "R")
		s.Expect("at most 50.00")
		s.Press("Up", "Backspace", "Backspace", "Backspace", "Backspace", "Backspace")
		s.Type("60.00")
		s.Press("Enter")
		s.Expect("More than what is left to refund: 50.00")
		s.Press("Backspace", "Backspace", "Backspace", "Backspace", "Backspace")
		s.Type("20.00")
		s.Press("Tab")
		s.Type("one of two came back")
		s.golden("refund")
		s.Press("Enter")
		s.Expect("REFUNDED", "USD 20.00")
		s.golden("refunded")
		s.Press("Enter")
		s.Expect("-20.00", "Batch 3: 30.00")
	})
}

func TestARefundThatIsOnlyAcceptedIsNotCalledRefunded(t *testing.T) {
	story(t, func(s *till) {
		s.sell("5000")
		s.host(state(pos.StateAccepted, ""))
		s.Press("Enter", "F5", "Enter", "R")
		s.Type("broken")
		s.Press("Enter")
		s.Expect("ACCEPTED", "not yet confirmed")
		s.Reject("REFUNDED")
	})
}

func TestAnOfflineApprovalIsCalledOne(t *testing.T) {
	story(t, func(s *till) {
		s.host(func(p *pos.Payment) {
			p.State, p.Offline, p.Failure = pos.StateAccepted, true, pos.NewError(pos.CodeOffline)
		})
		s.Type("1234")
		s.Press("Enter")
		s.swipe(visa)
		s.Expect("OFFLINE APPROVAL", "Approved offline: the bank was not reached", "1 LOOK")
		s.golden("offline")
	}, func(c *register.Config, _ *ui.Options) {
		c.Alarms = func() []payment.Alarm { return make([]payment.Alarm, 1) }
	})
}

// sell makes an approved sale and leaves its result on the screen.
func (s *till) sell(amount string) {
	s.t.Helper()
	s.Type(amount)
	s.Press("Enter")
	s.swipe(visa)
	s.Expect("APPROVED")
}

func TestThePrinterIsOutOfPaper(t *testing.T) {
	story(t, func(s *till) {
		s.printer.Set(pos.NewError(pos.CodePrinterPaper), false)
		s.sell("1234")
		s.Expect("The printer is out of paper", "1 to print", "Printer CHECK", "Printer: paper out")
		s.golden("paper-out")
		s.Press("Enter")
		s.sell("100")
		s.Expect("2 to print")
		s.printer.Set(nil, false)
		s.Press("F7")
		s.Reject("to print")
		s.Expect("printed")
		if n := len(s.printer.Slips()); n != 2 {
			t.Errorf("%d receipts", n)
		}
	})
}

func TestACardIsUnreadableThenGood(t *testing.T) {
	story(t, func(s *till) {
		s.Type("1234")
		s.Press("Enter")
		s.swipe(";?")
		s.Expect("The stripe does not hold a payment card", "Nothing was charged", "SWIPE THE CARD NOW")
		s.golden("card-unreadable")
		s.swipe(visa)
		s.Expect("APPROVED")
	})
}

func TestTheCustomerCannotPayAfterACancel(t *testing.T) {
	story(t, func(s *till) {
		s.Type("1234")
		s.Press("Enter", "Esc")
		s.Expect("Cancelled", "Nothing was charged", "USD 12.34")
		if s.reader.Armed() {
			t.Error("the reader is still armed")
		}
		s.golden("cancelled")
		s.Press("Esc")
		s.Expect("USD 0.00")
	})
}

func TestTheSameCardPaysTwice(t *testing.T) {
	story(t, func(s *till) {
		s.bank.Script(nil, pos.NewError(pos.CodeDuplicate, "2"), 0)
		s.Type("1234")
		s.Press("Enter")
		s.swipe(visa)
		s.Expect("has just paid the same amount, 2 min ago", "Y", "Esc")
		s.golden("question")
		s.host(nil)
		s.Press("Y")
		s.swipe(visa)
		s.Expect("APPROVED")
		if o := s.bank.Orders(); !o[len(o)-1].AllowDuplicate || o[0].AllowDuplicate {
			t.Error("the second order alone may be a duplicate")
		}
	})
}

func TestAPartialApprovalIsPaidInCash(t *testing.T) {
	story(t, func(s *till) {
		s.host(func(p *pos.Payment) { p.State, p.Approved = pos.StatePartial, money.New(1000, money.USD) })
		s.Type("2500")
		s.Press("Enter")
		s.swipe(visa)
		s.Expect("Still to pay", "15.00", "10.00")
		s.golden("partial")
		s.host(nil)
		s.Press("F3")
		s.Type("2000")
		s.golden("cash")
		s.Press("Enter")
		s.Expect("CASH", "the change is 5.00")
		s.golden("cash-taken")
		if slips := s.printer.Slips(); len(slips) != 1 || !slips[0].Drawer {
			t.Error("one receipt, and the drawer open, were expected")
		}
	})
}

func TestItemsAreAddedUp(t *testing.T) {
	story(t, func(s *till) {
		s.Press("F2")
		s.Type("Coffee 2x3.50")
		s.Press("Enter")
		s.Type("Tea 250")
		s.Press("Enter")
		s.Type("Cake")
		s.Press("Enter")
		s.Expect("9.50")
		s.golden("items")
		s.Press("Esc")
		s.golden("amount-items")
		s.Press("Enter")
		s.swipe(visa)
		s.Expect("APPROVED", "USD 9.50")
	})
}

func TestACardIsTyped(t *testing.T) {
	story(t, func(s *till) {
		s.Type("1234")
		s.Press("F4")
		s.Type("4111111111111111")
		s.Press("Tab")
		s.Type("1249")
		s.Press("Tab")
		s.Type("123")
		s.Reject("1249", "123")
		s.golden("keyed")
		s.Press("Enter")
		s.Expect("APPROVED", "411111******1111")
	})
}

func TestThePowerWent(t *testing.T) {
	lost := pos.Payment{ID: "pay-9", Ref: "L1-261122-DEMO-9", Kind: pos.KindSale, State: pos.StateUnknown, Requested: money.New(4200, money.USD),
		Created: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC), Instrument: pos.Instrument{Masked: "411111******1111"}}
	story(t, func(s *till) {
		s.Expect("The till stopped while", "42.00", "411111******1111")
		s.golden("recovered")
		s.Press("Enter")
		s.Expect("New sale")
	}, func(c *register.Config, _ *ui.Options) { c.Recovered = []pos.Payment{lost} })
}

func TestThePowerWentInASaleThatWasPaidInPart(t *testing.T) {
	paid := pos.Payment{ID: "pay-8", Ref: "L1-261122-DEMO-8", Sale: "old", SaleTotal: money.New(5000, money.USD), Kind: pos.KindSale,
		State: pos.StateApproved, Requested: money.New(2000, money.USD), Approved: money.New(2000, money.USD),
		Created: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC), Instrument: pos.Instrument{Kind: pos.InstrumentCard, Masked: "411111******1111"}}
	story(t, func(s *till) {
		s.Expect("The till stopped in a sale of 50.00", "30.00 is still to pay", "411111******1111")
		s.golden("recovered-sale")
		s.Press("Enter")
		s.Expect("Still to pay", "30.00")
		s.Press("Enter")
		s.swipe(master)
		s.Expect("APPROVED", "USD 30.00")
	}, func(c *register.Config, _ *ui.Options) { c.Payments.(*registertest.Bank).Put(paid) })
}

func TestAWrongAmountIsToldWhileItIsTyped(t *testing.T) {
	story(t, func(s *till) {
		s.Type("1.234")
		s.Expect("Too many digits after the point: at most 2")
		s.golden("amount-wrong")
		s.Press("Backspace")
		s.Expect("USD 1.23")
		s.Reject("Too many digits")
	})
}

func TestHelpComesFromTheKeyTable(t *testing.T) {
	story(t, func(s *till) {
		s.Press("F1")
		s.Expect("Help: New sale", "Take the amount by card")
		s.golden("help")
		s.Press("Enter")
		s.Expect("Amount", "New sale")
		s.Type("500")
		s.Press("Enter", "F1")
		s.Expect("Help: Card")
		s.swipe(visa)
		s.Expect("APPROVED")
	})
}

func TestASaleIsSplitOverCashAndTwoCards(t *testing.T) {
	story(t, func(s *till) {
		s.Type("5000")
		s.Press("Enter", "S")
		s.Expect("Pay a part", "of 50.00")
		s.Type("20.00")
		s.golden("split")
		s.Press("Enter")
		s.Expect("USD 20.00", "part of 50.00", "SWIPE THE CARD NOW")
		s.golden("split-card")
		s.Press("F3")
		s.Expect("part of 50.00")
		s.Press("Enter")
		s.Expect("Still to pay", "30.00", "Paid so far: 20.00")
		s.golden("split-rest")
		s.host(state(pos.StateDeclined, pos.CodeDeclined))
		s.Press("Enter")
		s.swipe(visa)
		s.Expect("DECLINED", "The card is not charged")
		s.host(nil)
		s.Press("Enter", "S")
		s.Type("10")
		s.Press("Enter")
		s.Expect("USD 0.10")
		s.Press("S")
		s.Type("10.00")
		s.Press("Enter")
		s.swipe(visa)
		s.Expect("20.00", "Paid so far: 30.00")
		s.Press("Enter")
		s.swipe(master)
		s.Expect("APPROVED", "USD 20.00", "printed")
		s.Press("Enter")
		s.Expect("Batch 3: 50.00")
	})
}

func TestASplitSaleIsUndone(t *testing.T) {
	story(t, func(s *till) {
		s.Type("5000")
		s.Press("Enter", "S")
		s.Type("20.00")
		s.Press("Enter", "F3", "Enter")
		s.Press("F8")
		s.Expect("Give the cash back", "20.00")
		s.golden("split-undone")
		s.Press("Enter")
		s.Expect("New sale", "Batch 3: 0.00")
	})
}

func TestATipAndACallToTheIssuer(t *testing.T) {
	story(t, func(s *till) {
		s.Type("5000")
		s.Press("Enter", "T")
		s.Expect("Tip", "on top of 50.00")
		s.Type("7.50")
		s.golden("tip")
		s.Press("Enter")
		s.Expect("USD 57.50", "with 7.50 tip")
		s.golden("card-tip")
		s.host(state(pos.StateDeclined, pos.CodeCallIssuer))
		s.swipe(visa)
		s.Expect("DECLINED", "The bank wants a call", "Approval code")
		s.Press("A")
		s.Expect("Approved by telephone")
		s.Type("123456")
		s.golden("voice")
		s.Press("Enter")
		s.Expect("with 7.50 tip and approval code 123456")
		s.host(nil)
		s.swipe(visa)
		s.Expect("APPROVED", "USD 57.50", "7.50")
		s.Press("Enter")
		s.Expect("Batch 3: 57.50")
	}, func(c *register.Config, _ *ui.Options) { c.Policy.Tips, c.Policy.Voice = true, true })
}

func TestALossIsNamed(t *testing.T) {
	lost := pos.Payment{ID: "pay-7", Ref: "L1-261122-DEMO-7", Kind: pos.KindSale, State: pos.StateRejectedLate, Offline: true,
		Requested: money.New(4200, money.USD), Instrument: pos.Instrument{Kind: pos.InstrumentCard, Masked: "411111******1111"}}
	story(t, func(s *till) {
		s.Expect("1 LOST")
		s.Press("F6")
		s.Expect("Somebody should look at these", "Refused by the bank after it was accepted", "A loss: no money came")
		s.golden("losses")
	}, func(c *register.Config, _ *ui.Options) {
		lost.Created = time.Now().Add(-time.Hour)
		c.Payments.(*registertest.Bank).Put(lost)
	})
}

// TestACardNumberInTheWrongField: what is typed as a reason or an item is kept and printed, so a card number there is refused and
// gone from the screen; as an amount it does not fit.
func TestACardNumberInTheWrongField(t *testing.T) {
	const number = "4111 1111 1111 1111"
	story(t, func(s *till) {
		s.sell("1234")
		s.Press("Enter", "F2")
		s.Type("Voucher " + number + " 5.00")
		s.Press("Enter")
		s.Expect("That looks like a card number", "F4")
		s.Reject("1111")
		s.Press("Esc", "F5", "Enter", "V")
		s.Type("wrong card " + number)
		s.Press("Enter")
		s.Expect("That looks like a card number", "Void this payment?")
		s.Reject("4111 1111")
		s.Type("wrong amount")
		s.Press("Enter")
		s.Expect("VOIDED")
		s.Press("Enter", "Esc")
		s.Type("4111111111111111")
		s.Expect("The amount is too large")
		s.Reject("11111111.11", "4111111111")
	})
}
