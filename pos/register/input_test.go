package register_test

import (
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/register/registertest"
	"github.com/tillpos/till/pos/words"
)

func sentence(e *pos.Error) register.Message {
	s := words.New(words.English).Sentence(e)
	return register.Message{Happened: s.Title, Money: s.Money, Next: s.Next}
}

func TestAmounts(t *testing.T) {
	for _, c := range []struct {
		name, typed, shown string
		code               pos.Code // after Enter; empty: the reader is armed
		args               []string
		early              bool // told while typing, before Enter
	}{
		{name: "cash register digits", typed: "1234", shown: "12.34"},
		{name: "with a point", typed: "12.34", shown: "12.34"},
		{name: "with a comma", typed: "12,5", shown: "12.50"},
		{name: "a point at the end", typed: "12.", shown: "12.00"},
		{name: "one cent", typed: "1", shown: "0.01"},
		{name: "the most", typed: "99999999", shown: "999999.99"},
		{name: "empty", typed: "", shown: "0.00", code: pos.CodeAmountEmpty},
		{name: "zero", typed: "0.00", shown: "0.00", code: pos.CodeAmountZero},
		{name: "negative", typed: "-5", shown: "-0.05", code: pos.CodeAmountNegative, early: true},
		{name: "too large", typed: "100000000", shown: "1000000.00", code: pos.CodeAmountTooLarge, args: []string{"999999.99"}, early: true},
		{name: "far too large", typed: "9999999999999999", shown: "99999999.99", code: pos.CodeAmountTooLarge, args: []string{"999999.99"}, early: true},
		{name: "three decimals", typed: "1.234", shown: "1.234", code: pos.CodeAmountDecimals, args: []string{"2"}, early: true},
		{name: "two points", typed: "1.2.3", shown: "1.2.3", code: pos.CodeAmountSyntax, early: true},
		{name: "letters", typed: "12a", shown: "12a", code: pos.CodeAmountSyntax, early: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			open(t, func(s *till) {
				v := s.write(c.typed)
				if v.Amount != c.shown {
					t.Errorf("shown %s, not %s", v.Amount, c.shown)
				}
				if c.early {
					s.says(v, c.code, c.args...)
				} else if v.Message != (register.Message{}) {
					t.Errorf("told too early: %+v", v.Message)
				}
				v = s.do(register.VerbEnter)
				if c.code == "" {
					s.expect(v, register.ScreenCard)
					return
				}
				s.expect(v, register.ScreenAmount)
				s.says(v, c.code, c.args...)
				if s.reader.Turns() != 0 {
					t.Error("the reader was armed")
				}
			})
		})
	}
}

func TestItems(t *testing.T) {
	for _, c := range []struct {
		typed, text, amount string
		code                pos.Code
	}{
		{typed: "Coffee 2x3.50", text: "Coffee", amount: "7.00"},
		{typed: "2x3.50", amount: "7.00"},
		{typed: "3.50*2", amount: "7.00"},
		{typed: "2X350 Coffee", text: "Coffee", amount: "7.00"},
		{typed: "Cheese 0.255x19.90", text: "Cheese", amount: "5.07"},
		{typed: "Cola 0.5l 250", text: "Cola 0.5l", amount: "2.50"},
		{typed: "Tea", code: pos.CodeItemSyntax},
		{typed: "  ", code: pos.CodeAmountEmpty},
		{typed: "Tea 0", code: pos.CodeAmountZero},
		{typed: "Tea 1.234", code: pos.CodeAmountDecimals},
		{typed: "Tea -5", code: pos.CodeAmountNegative},
		{typed: "Gold 99999x999999.99", code: pos.CodeAmountTooLarge},
	} {
		t.Run(c.typed, func(t *testing.T) {
			open(t, func(s *till) {
				s.do(register.VerbItems)
				s.write(c.typed)
				v := s.do(register.VerbEnter)
				if c.code != "" {
					if len(v.Lines) != 0 || v.Message == (register.Message{}) || v.Message.Happened != sentence(pos.NewError(c.code, args(c.code)...)).Happened {
						t.Errorf("%d lines, told %q", len(v.Lines), v.Message.Happened)
					}
					return
				}
				if len(v.Lines) != 1 || v.Lines[0].Text != c.text || v.Lines[0].Amount != c.amount || v.Amount != c.amount {
					t.Errorf("lines %+v, total %s", v.Lines, v.Amount)
				}
			})
		})
	}
}

func args(c pos.Code) []string {
	switch c {
	case pos.CodeAmountDecimals:
		return []string{"2"}
	case pos.CodeAmountTooLarge:
		return []string{"999999.99"}
	}
	return nil
}

func TestTheSumOfItemsHasALimitToo(t *testing.T) {
	open(t, func(s *till) {
		s.do(register.VerbItems)
		s.write("60000000")
		s.do(register.VerbEnter)
		s.write("60000000")
		v := s.do(register.VerbEnter)
		s.says(v, pos.CodeAmountTooLarge, "999999.99")
		if len(v.Lines) != 1 {
			t.Errorf("%d lines", len(v.Lines))
		}
	})
}

func TestItemsComeAndGo(t *testing.T) {
	open(t, func(s *till) {
		s.write("5")
		s.do(register.VerbItems)
		s.write("00 Tea")
		s.do(register.VerbEnter)
		s.do(register.VerbBack)
		v := s.write("2x1.00")
		s.expect(v, register.ScreenItems)
		v = s.do(register.VerbEnter)
		if len(v.Lines) != 2 || v.Amount != "7.00" {
			t.Errorf("%d lines, %s", len(v.Lines), v.Amount)
		}
		v = s.do(register.VerbRemove)
		if len(v.Lines) != 1 || v.Amount != "5.00" {
			t.Errorf("%d lines, %s", len(v.Lines), v.Amount)
		}
		s.expect(s.do(register.VerbEnter), register.ScreenCard)
		if v := s.swipe(good); v.Word != "APPROVED" || v.Amount != "5.00" {
			t.Errorf("%s %s", v.Word, v.Amount)
		}
	})
}

// TestBadSwipes: each is told, the sale stays, the reader is armed again and a good card pays.
func TestBadSwipes(t *testing.T) {
	both := func(track1, track2 string) card.Swipe {
		s := registertest.Stripe(track2)
		s.Status[0], s.Tracks[0] = card.Decoded, card.NewTrack(1, []byte(track1))
		return s
	}
	refuseChip := func(c *register.Config) { c.Policy.Chip = register.ChipRefuse }
	for _, c := range []struct {
		name  string
		swipe card.Swipe
		err   error
		code  pos.Code
		with  func(*register.Config)
	}{
		{name: "blank", swipe: card.Swipe{}, code: pos.CodeCardUnreadable},
		{name: "track damaged", swipe: card.Swipe{Status: [3]card.TrackStatus{card.Bad, card.Bad}}, code: pos.CodeCardUnreadable},
		{name: "not a payment card", swipe: registertest.Stripe(";12?"), code: pos.CodeCardTrack},
		{name: "check digit", swipe: registertest.Stripe(badCheck), code: pos.CodeCardLuhn},
		{name: "expired", swipe: registertest.Stripe(expired), code: pos.CodeCardExpiredNow},
		{name: "tracks disagree", swipe: both("%B5411111111111115^DOE/JANE^49121010000000000?", good), code: pos.CodeCardDisagree},
		{name: "encrypted", swipe: card.Swipe{Encrypted: &card.Encrypted{Algorithm: "tdes"}}, code: pos.CodeCardEncrypted},
		{name: "two at once", err: pos.NewError(pos.CodeCardTwice), code: pos.CodeCardTwice},
		{name: "half a swipe", err: pos.NewError(pos.CodeCardUnreadable), code: pos.CodeCardUnreadable},
		{name: "chip, refused", swipe: registertest.Stripe(chip), code: pos.CodeCardChip, with: refuseChip},
	} {
		t.Run(c.name, func(t *testing.T) {
			with := func(*register.Config) {}
			if c.with != nil {
				with = c.with
			}
			open(t, func(s *till) {
				s.charge("1234")
				if c.err != nil {
					if !s.reader.Fail(c.err) {
						t.Fatal("the reader was not armed")
					}
				} else {
					s.pass(c.swipe)
				}
				v := s.view()
				s.expect(v, register.ScreenCard)
				s.says(v, c.code)
				if v.Left <= 0 || !s.reader.Armed() {
					t.Error("the reader is not armed again")
				}
				for i, track := range c.swipe.Tracks {
					if track.Present() {
						t.Errorf("track %d was not wiped", i+1)
					}
				}
				if len(s.bank.Orders()) != 0 {
					t.Error("something was sent")
				}
				v = s.swipe(other)
				s.expect(v, register.ScreenResult)
				if v.Word != "APPROVED" || v.Amount != "12.34" {
					t.Errorf("%s %s", v.Word, v.Amount)
				}
			}, with)
		})
	}
}

func TestAReaderThatGoesIsNotArmedAgainByItself(t *testing.T) {
	open(t, func(s *till) {
		s.charge("1234")
		s.reader.Fail(pos.NewError(pos.CodeReaderOffline))
		v := s.view()
		s.expect(v, register.ScreenCard)
		s.says(v, pos.CodeReaderOffline)
		if s.reader.Turns() != 1 || !v.Can(register.VerbRetry) || !v.Can(register.VerbCash) {
			t.Errorf("%d turns, offered %v", s.reader.Turns(), v.Verbs)
		}
		s.do(register.VerbRetry)
		if v := s.swipe(good); v.Word != "APPROVED" {
			t.Errorf("%s", v.Word)
		}
	})
}

func TestAChipCardNeedsAManager(t *testing.T) {
	open(t, func(s *till) {
		s.charge("1234")
		v := s.swipe(chip)
		s.expect(v, register.ScreenQuestion)
		s.says(v, pos.CodeCardChip)
		v = s.do(register.VerbYes)
		if v.Word != "APPROVED" {
			t.Fatalf("%s %q", v.Word, v.Screen)
		}
		if p, _ := s.bank.Find(t.Context(), "pay-1"); !p.Instrument.Fallback {
			t.Error("the fallback is not recorded")
		}
		if e := <-s.audits; e.Kind != pos.EventAudit || e.Detail["what"] != "override" {
			t.Errorf("audit %+v", e)
		}
	})
}

func TestAChipCardIsAllowed(t *testing.T) {
	open(t, func(s *till) {
		s.charge("1234")
		if v := s.swipe(chip); v.Word != "APPROVED" {
			t.Errorf("%s %s", v.Screen, v.Word)
		}
	}, func(c *register.Config) { c.Policy.Chip = register.ChipAllow })
}

func TestATypedCard(t *testing.T) {
	for _, c := range []struct {
		name, pan, expiry, cvv string
		code                   pos.Code
	}{
		{"good", "4111 1111 1111 1111", "12/49", "123", ""},
		{"no security code", "4111111111111111", "1249", "", ""},
		{"number", "4111111111111112", "1249", "123", pos.CodeCardLuhn},
		{"nothing", "", "", "", pos.CodeCardLuhn},
		{"expiry", "4111111111111111", "1349", "123", pos.CodeCardExpiry},
		{"expired", "4111111111111111", "1299", "123", pos.CodeCardExpiredNow},
		{"security code", "4111111111111111", "1249", "1", pos.CodeCardCVV},
	} {
		t.Run(c.name, func(t *testing.T) {
			open(t, func(s *till) {
				s.write("1234")
				s.do(register.VerbKeyed)
				s.write(c.pan)
				s.do(register.VerbNext)
				s.write(c.expiry)
				s.do(register.VerbNext)
				v := s.write(c.cvv)
				for _, f := range v.Fields {
					for _, r := range f.Text {
						if r != '*' {
							t.Fatal("a typed card stands in the view in clear")
						}
					}
				}
				v = s.do(register.VerbEnter)
				if c.code == "" {
					if v.Word != "APPROVED" {
						t.Errorf("%s %s %q", v.Screen, v.Word, v.Message.Happened)
					}
					return
				}
				s.expect(v, register.ScreenKeyed)
				s.says(v, c.code)
			})
		})
	}
}

func TestATypedCardIsForgottenAfterAMinute(t *testing.T) {
	open(t, func(s *till) {
		s.write("1234")
		s.do(register.VerbKeyed)
		s.write("41111111")
		s.wait(59 * time.Second)
		s.write("1")
		s.expect(s.wait(59*time.Second), register.ScreenKeyed)
		v := s.wait(2 * time.Second)
		s.expect(v, register.ScreenAmount)
		if len(v.Fields) != 0 {
			t.Error("the fields are still there")
		}
	})
}

func FuzzAmountAndItem(f *testing.F) {
	for _, seed := range []string{"1234", "12.34", "-", ".", "2x3.50", "3.50*2", "a b 1x", "9999999999999999", "0.0001x1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := register.ParseAmount(text); err == nil && (!a.IsPositive() || a.Minor() > 99_999_999) {
			t.Errorf("%q is %s", text, a)
		}
		if l, err := register.ParseItem(text); err == nil && (!l.Amount.IsPositive() || !l.Quantity.IsPositive() || l.Amount.Minor() > 99_999_999) {
			t.Errorf("%q is %s", text, l.Amount)
		}
	})
}
