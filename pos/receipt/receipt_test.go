package receipt_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	_ "github.com/tillpos/till/ci/seed"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/receipt"
	"github.com/tillpos/till/pos/words"
)

var update = flag.Bool("update", false, "write the golden files")

func usd(cents int64) money.Amount { return money.New(cents, money.USD) }

var shop = receipt.Shop{Name: "Corner Shop", Address: []string{"12 High Street", "Springfield"}, Phone: "555 0100"}

func sale() pos.Sale {
	return pos.Sale{
		ID: "s-9", Total: usd(1234), Opened: time.Date(2026, 3, 4, 15, 3, 0, 0, time.UTC),
		Lines: []pos.Line{
			{Text: "Coffee", Quantity: decimal.NewFromInt(1), Price: usd(350), Amount: usd(350)},
			{Text: "Tea with milk, honey and a slice of lemon", Quantity: decimal.NewFromInt(2), Price: usd(300), Amount: usd(600)},
			{Text: "Cake", Amount: usd(284)},
		},
	}
}

func payment(change func(*pos.Payment)) pos.Payment {
	p := pos.Payment{
		ID: "7hk2m4qd-42", Ref: "1-260304-Q7KX-42", Seq: 42, Kind: pos.KindSale, State: pos.StateApproved,
		Requested: usd(1234), Approved: usd(1234), AuthCode: "012345", Clerk: "anna",
		Instrument: pos.Instrument{Kind: pos.InstrumentCard, Masked: "411111******1111", Brand: card.Visa, Entry: card.EntrySwipe},
		Created:    time.Date(2026, 3, 4, 15, 4, 5, 0, time.UTC),
	}
	if change != nil {
		change(&p)
	}
	return p
}

func TestGolden(t *testing.T) {
	state := func(s pos.State) pos.Payment { return payment(func(p *pos.Payment) { p.State = s; p.AuthCode = "" }) }
	kind := func(k pos.Kind) pos.Payment { return payment(func(p *pos.Payment) { p.Kind = k }) }
	follows := func(k pos.Kind) pos.Payment {
		return payment(func(p *pos.Payment) { p.Kind, p.Parent = k, "7hk2m4qd-41" })
	}
	cases := map[string]receipt.Receipt{
		"approved":          {Sale: sale(), Payment: payment(nil)},
		"approved-merchant": {Sale: sale(), Payment: payment(nil), Copy: receipt.Merchant, TipLine: true},
		"approved-narrow":   {Sale: sale(), Payment: payment(nil), Width: receipt.Narrow},
		"reprint":           {Sale: sale(), Payment: payment(nil), Copy: receipt.Reprint},
		"training":          {Sale: sale(), Payment: payment(nil), Training: true},
		"training-narrow":   {Sale: sale(), Payment: payment(nil), Training: true, Width: receipt.Narrow},
		"extras": {Sale: sale(), Payment: payment(func(p *pos.Payment) {
			p.Requested, p.Approved, p.Surcharge, p.Tip, p.Cashback = usd(3671), usd(3671), usd(37), usd(400), usd(2000)
		})},
		"debit-fee": {Sale: sale(), Payment: payment(func(p *pos.Payment) {
			p.Requested, p.Approved, p.Fee, p.Instrument.PIN = usd(1284), usd(1284), usd(50), true
		})},
		"surcharge-spanish": {Sale: sale(), Payment: payment(func(p *pos.Payment) {
			p.Requested, p.Approved, p.Surcharge = usd(1271), usd(1271), usd(37)
		}), Word: words.New("es").Word},
		"refund-surcharge": {Payment: payment(func(p *pos.Payment) {
			p.Kind, p.Parent, p.Requested, p.Approved, p.Surcharge = pos.KindRefund, "7hk2m4qd-41", usd(635), usd(635), usd(18)
		}), Original: "1-260304-Q7KX-41"},
		"ebt": {Sale: sale(), Payment: payment(func(p *pos.Payment) {
			p.Instrument = pos.Instrument{Kind: pos.InstrumentEBTFood, Masked: "EBT", Entry: card.EntrySwipe, PIN: true}
			p.Balance = usd(8766)
		})},
		"partial": {Sale: sale(), Payment: payment(func(p *pos.Payment) {
			p.State, p.Approved = pos.StatePartial, usd(500)
			p.Instrument.Brand, p.Instrument.Masked = card.Discover, "601100******0978"
		})},
		"split": {Sale: func() pos.Sale {
			s := sale()
			s.Tenders = []pos.Tender{{Kind: pos.TenderCard, Amount: usd(500)}, {Kind: pos.TenderCash, Amount: usd(734)}}
			return s
		}(), Payment: payment(func(p *pos.Payment) { p.State, p.Approved = pos.StatePartial, usd(500) }), Given: usd(1000), Change: usd(266)},
		"two-cards": {Sale: sale(), Payment: payment(func(p *pos.Payment) { p.State, p.Approved = pos.StatePartial, usd(500) }),
			More: []pos.Payment{payment(func(p *pos.Payment) {
				p.Requested, p.Approved, p.Ref = usd(734), usd(734), "1-260304-Q7KX-43"
				p.Instrument = pos.Instrument{Kind: pos.InstrumentCard, Masked: "555555******4444", Brand: card.Mastercard, Entry: card.EntryKeyed}
			})}},
		"cash": {Sale: func() pos.Sale {
			s := sale()
			s.Tenders = []pos.Tender{{Kind: pos.TenderCash, Amount: usd(1234)}}
			return s
		}(), Given: usd(2000), Change: usd(766)},
		"declined": {Sale: sale(), Payment: state(pos.StateDeclined)},
		"not-sent": {Payment: state(pos.StateNotSent)},
		"accepted": {Payment: state(pos.StateAccepted)},
		"offline": {Payment: payment(func(p *pos.Payment) {
			p.State, p.AuthCode, p.Offline = pos.StateAccepted, "", true
		})},
		"unknown":         {Sale: sale(), Payment: state(pos.StateUnknown)},
		"unknown-narrow":  {Sale: sale(), Payment: state(pos.StateUnknown), Width: receipt.Narrow},
		"void":            {Payment: follows(pos.KindVoid), Original: "1-260304-Q7KX-41"},
		"voided":          {Payment: state(pos.StateVoided)},
		"refund":          {Payment: follows(pos.KindRefund), Original: "1-260304-Q7KX-41"},
		"refund-unlinked": {Payment: payment(func(p *pos.Payment) { p.Kind, p.Manager = pos.KindRefund, "bea" })},
		"refund-refused":  {Payment: payment(func(p *pos.Payment) { p.Kind, p.State, p.AuthCode = pos.KindRefund, pos.StateDeclined, "" })},
		"hold":            {Payment: kind(pos.KindAuth)},
		"fallback":        {Payment: payment(func(p *pos.Payment) { p.Instrument.Fallback = true })},
		"bank-account": {Payment: payment(func(p *pos.Payment) {
			p.Instrument = pos.Instrument{Kind: pos.InstrumentBank, Masked: "*****6789"}
		})},
		"spanish": {Sale: sale(), Payment: payment(nil), Training: true, Word: words.New("es").Word},
	}
	for name, r := range cases {
		t.Run(name, func(t *testing.T) {
			r.Shop = shop
			if r.Word == nil {
				r.Word = words.New("en").Word
			}
			width := r.Width
			if width == 0 {
				width = receipt.Wide
			}
			got := receipt.Text(receipt.Render(r), width)
			path := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		})
	}
}

var everyState = []pos.State{"", pos.StateCreated, pos.StateSending, pos.StateApproved, pos.StatePartial, pos.StateAccepted,
	pos.StateDeclined, pos.StateRefused, pos.StateNotSent, pos.StateUnknown, pos.StateReversing, pos.StateReversed,
	pos.StateConfirmed, pos.StateHeld, pos.StateNeedsPerson, pos.StateRejectedLate, pos.StateCaptured, pos.StateVoided,
	pos.StateAdjusted, pos.StateBatched, pos.StateSettled, pos.StateRejectedInBatch, "nonsense"}

var everyKind = []pos.Kind{pos.KindSale, pos.KindAuth, pos.KindCapture, pos.KindRefund, pos.KindVoid, pos.KindReversal,
	pos.KindVerify, pos.KindAdjust}

// anyPayment draws a payment of a card whose number and expiry date stand in every field that text from
// outside could bring them to. Its own numbers are short, so that they cannot look like those.
func anyPayment(t *rapid.T, pan, expiry string) pos.Payment {
	p, err := card.NewPAN([]byte(pan))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Wipe()
	amount := func(name string) money.Amount { return usd(rapid.Int64Range(0, 99999).Draw(t, name)) }
	return pos.Payment{
		ID: "id " + pan, Ref: rapid.StringMatching(`[A-Z]{1,4}-[A-Z]{4}`).Draw(t, "ref"),
		Kind: rapid.SampledFrom(everyKind).Draw(t, "kind"), State: rapid.SampledFrom(everyState).Draw(t, "state"),
		Requested: amount("requested"), Approved: amount("approved"), Tip: amount("tip"), Surcharge: amount("surcharge"), Cashback: amount("cashback"),
		Instrument: pos.Instrument{
			Kind:   pos.InstrumentCard,
			Masked: rapid.SampledFrom([]string{p.Masked(), pan, strings.Repeat("*", len(pan)-4) + pan[len(pan)-4:], ""}).Draw(t, "masked"),
			Brand:  p.Brand(), Entry: rapid.SampledFrom([]card.Entry{card.EntrySwipe, card.EntryKeyed, card.EntryWedge, ""}).Draw(t, "entry"),
			Fallback: rapid.Bool().Draw(t, "fallback"),
		},
		Processor: pan, HostID: pan, AVS: pan, CVV: expiry, AuthCode: rapid.SampledFrom([]string{pan, "OK", ""}).Draw(t, "auth"),
		Failure: pos.NewError(pos.CodeDeclined, pan, expiry).WithDetail("card %s %s", pan, expiry),
		Created: time.Date(2026, 3, 4, 15, 4, 5, 0, time.UTC),
	}
}

// TestLastFourAtMost is rule T5: whatever the payment, no copy of a receipt shows more of the card than
// its last four digits, and none shows an expiry date.
func TestLastFourAtMost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pan := rapid.StringMatching(`[3-6][0-9]{11,18}`).Draw(t, "pan")
		expiry := rapid.SampledFrom([]string{"1229", "3107", "0831"}).Filter(func(e string) bool { return e != pan[len(pan)-4:] }).Draw(t, "expiry")
		r := receipt.Receipt{
			Shop: shop, Payment: anyPayment(t, pan, expiry),
			Copy:     rapid.SampledFrom([]receipt.Copy{receipt.Customer, receipt.Merchant, receipt.Reprint}).Draw(t, "copy"),
			Training: rapid.Bool().Draw(t, "training"), TipLine: rapid.Bool().Draw(t, "tip line"),
			Width: rapid.IntRange(0, 60).Draw(t, "width"),
			Word:  words.New(rapid.SampledFrom(words.Languages()).Draw(t, "language")).Word,
		}
		if rapid.Bool().Draw(t, "with sale") {
			r.Sale = sale()
		}
		text := receipt.Text(receipt.Render(r), 42)
		joined := strings.NewReplacer(" ", "", "\n", "", "*", "").Replace(text)
		for i := 0; i+5 <= len(pan); i++ {
			if strings.Contains(text, pan[i:i+5]) {
				t.Fatalf("digits %d to %d of the card stand on a receipt", i, i+5)
			}
		}
		if strings.Contains(joined, pan[:len(pan)-4]) {
			t.Fatal("the card's first digits stand on a receipt in pieces")
		}
		for _, e := range []string{expiry, expiry[:2] + "/" + expiry[2:], expiry[2:] + expiry[:2]} {
			if strings.Contains(text, e) && e != pan[len(pan)-4:] {
				t.Fatal("an expiry date stands on a receipt")
			}
		}
	})
}

// TestOnlyApprovedSaysApproved: a slip never calls a payment approved that did not succeed, and an open
// one forbids to charge again.
func TestOnlyApprovedSaysApproved(t *testing.T) {
	for _, s := range everyState {
		p := payment(func(p *pos.Payment) { p.State = s })
		text := receipt.Text(receipt.Render(receipt.Receipt{Shop: shop, Payment: p, Word: words.New("en").Word}), receipt.Wide)
		if strings.Contains(text, "APPROVED") && !s.Succeeded() {
			t.Errorf("a payment in state %q reads APPROVED", s)
		}
		if s.Open() && !strings.Contains(text, "Do not charge again") {
			t.Errorf("a payment in state %q does not forbid a second charge", s)
		}
	}
}

// TestLinesFit: no line is wider than the paper, whatever the texts are, and no control character
// reaches a printer.
func TestLinesFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ a-z]{0,120}`))
		draw := func(name string) string { return text.Draw(t, name) }
		p := payment(func(p *pos.Payment) {
			p.Ref, p.Clerk, p.AuthCode, p.Parent = draw("ref"), draw("clerk"), draw("auth"), "7hk2m4qd-41"
		})
		s := sale()
		s.Lines[0].Text, s.Lines[1].Text = draw("item"), draw("second item")
		s.Lines[0].Amount = usd(rapid.Int64().Draw(t, "amount"))
		r := receipt.Receipt{
			Shop: receipt.Shop{Name: draw("name"), Address: []string{draw("address")}, Phone: draw("phone")},
			Sale: s, Payment: p, Original: draw("original"), Training: true, TipLine: true, Copy: receipt.Merchant,
			Width: rapid.IntRange(24, 60).Draw(t, "width"), Word: words.New("es").Word,
		}
		for _, l := range receipt.Render(r).Lines {
			width := r.Width
			if l.Wide == 2 {
				width /= 2
			}
			n := utf8.RuneCountInString(l.Text)
			if l.Left != "" || l.Right != "" {
				n = utf8.RuneCountInString(l.Left) + 1 + utf8.RuneCountInString(l.Right)
				if l.Left == "" || l.Right == "" {
					n--
				}
			}
			if n > width {
				t.Fatalf("a line of %d columns on paper of %d: %+v", n, width, l)
			}
			if strings.ContainsFunc(l.Text+l.Left+l.Right, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Fatalf("a control character in %+v", l)
			}
		}
	})
}

// TestEveryWordIsKnown renders all that can be rendered and looks for a key in place of a word.
func TestEveryWordIsKnown(t *testing.T) {
	for _, language := range words.Languages() {
		word := words.New(language).Word
		for _, s := range everyState {
			for _, k := range everyKind {
				p := payment(func(p *pos.Payment) {
					p.State, p.Kind, p.Tip, p.Surcharge, p.Cashback, p.Parent = s, k, usd(1), usd(1), usd(1), "p-1"
				})
				for _, i := range []pos.Instrument{{Kind: pos.InstrumentBank, Masked: "*****6789"}, {Masked: "x", Entry: card.EntryKeyed}, {Masked: "x", Entry: card.EntryWedge, Fallback: true}} {
					p.Instrument = i
					r := receipt.Receipt{Shop: shop, Sale: sale(), Payment: p, Original: "o-1", Training: true, TipLine: true, Copy: receipt.Reprint,
						Given: usd(1), Change: usd(1), Word: func(key string) string {
							if word(key) == key {
								t.Errorf("%s: no word %q", language, key)
							}
							return word(key)
						}}
					r.Sale.Tenders = []pos.Tender{{Kind: pos.TenderCash, Amount: usd(1)}}
					receipt.Render(r)
				}
			}
		}
	}
}

// TestTextShowsCodes: a screen or a file shows what a code says.
func TestTextShowsCodes(t *testing.T) {
	s := pos.Slip{Lines: []pos.SlipLine{
		{Symbol: pos.Symbol{Kind: pos.SymbolEAN8, Text: "96385074"}, Align: pos.AlignCenter, Text: "not this", Rule: true},
		{Symbol: pos.Symbol{Kind: pos.SymbolQR, Text: "two\nlines"}},
	}}
	if got := receipt.Text(s, 20); got != "      96385074\ntwo lines\n" {
		t.Errorf("it shows %q", got)
	}
}
