package receipt

import (
	"strings"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// Copy says whose paper it is.
type Copy string

// The copies.
const (
	Customer Copy = "customer" // also what the zero value means
	Merchant Copy = "merchant"
	Reprint  Copy = "reprint" // the customer's, once more
)

// The columns of the usual papers.
const (
	Wide   = 42 // 80 mm
	Narrow = 32 // 58 mm
)

// longestAuthCode is more than any host gives (6, some 8): what is longer is no approval code, and not
// put on paper.
const longestAuthCode = 10

// Shop is the head of every receipt.
type Shop struct {
	Name    string
	Address []string // one line each
	Phone   string
}

// Receipt is what there is to print. Payment alone gives a card slip (a void, a refund); Sale alone a
// cash receipt; both, or Sale and More, the receipt of a sale.
type Receipt struct {
	Shop    Shop
	Sale    pos.Sale      // zero: the payment alone
	Payment pos.Payment   // zero: no card was used
	More    []pos.Payment // further card payments of the same sale
	// Original is the reference of the payment that a void, refund, capture or reversal is for.
	Original string
	Copy     Copy
	// Given is what the customer gave in cash, Change what went back; zero: not shown.
	Given, Change money.Amount
	Training      bool // marked at both ends; nothing is worth money
	TipLine       bool // room to write a tip and a new total
	Width         int  // columns; Wide if zero, and at least 24
	// At is printed as the time; zero: the payment's or else the sale's own.
	At   time.Time
	Word func(key string) string // the words of the reader's language; words.Catalog has it as Word
}

// Render lays the receipt out. Each line fits Width, a double one half of it.
func Render(r Receipt) pos.Slip {
	if r.Width == 0 {
		r.Width = Wide
	}
	p := &paper{width: max(r.Width, narrowest)}
	r.training(p)
	r.head(p)
	r.items(p)
	for _, pay := range r.payments() {
		r.card(p, pay)
	}
	r.cash(p)
	r.foot(p)
	r.training(p)
	return pos.Slip{Lines: p.lines}
}

// payments are the card payments to show.
func (r Receipt) payments() []pos.Payment {
	if r.Payment.Kind == "" && r.Payment.State == "" {
		return r.More
	}
	return append([]pos.Payment{r.Payment}, r.More...)
}

func (r Receipt) word(key string) string { return r.Word(key) }

func (r Receipt) training(p *paper) {
	if r.Training {
		p.center(stars(r.word("training"), p.width), bold)
	}
}

func stars(text string, width int) string {
	side := (width - len([]rune(text)) - 2) / 2
	if side < 1 {
		return text
	}
	return strings.Repeat("*", side) + " " + text + " " + strings.Repeat("*", side)
}

func (r Receipt) head(p *paper) {
	p.center(r.Shop.Name, double)
	for _, line := range r.Shop.Address {
		p.center(line, plain)
	}
	if r.Shop.Phone != "" {
		p.center(r.word("receipt.phone")+" "+r.Shop.Phone, plain)
	}
	p.gap()
	at := r.At
	for _, t := range []time.Time{r.Payment.Created, r.Sale.Opened} {
		if at.IsZero() {
			at = t
		}
	}
	clerk := ""
	if r.Payment.Clerk != "" {
		clerk = r.word("receipt.clerk") + " " + r.Payment.Clerk
	}
	when := ""
	if !at.IsZero() {
		when = at.Format("2006-01-02 15:04")
	}
	p.pair(when, clerk, plain)
	switch r.Copy {
	case Merchant:
		p.left(r.word("receipt.merchant"), plain)
	case Reprint:
		p.center(r.word("receipt.reprint"), bold)
	}
}

// items prints what was bought and its total; nothing for a payment alone.
func (r Receipt) items(p *paper) {
	if len(r.Sale.Lines) == 0 && r.Sale.Total.IsZero() {
		return
	}
	p.rule()
	for _, l := range r.Sale.Lines {
		if l.Quantity.IsZero() || l.Quantity.String() == "1" {
			p.pair(l.Text, l.Amount.String(), plain)
			continue
		}
		p.left(l.Text, plain)
		p.pair("  "+l.Quantity.String()+" x "+l.Price.String(), l.Amount.String(), plain)
	}
	if len(r.Sale.Lines) > 0 {
		p.rule()
	}
	p.pair(r.word("receipt.total")+" "+string(r.Sale.Total.Currency()), r.Sale.Total.String(), bold)
}

// card prints one payment: what it is, its amounts, the card and what became of it.
func (r Receipt) card(p *paper, pay pos.Payment) {
	p.rule()
	if pay.Kind != "" {
		p.left(r.word("receipt."+string(pay.Kind)), bold)
	}
	r.amounts(p, pay)
	if i := pay.Instrument; i.Masked != "" || i.Brand != "" {
		p.pair(r.cardName(i), lastFour(i.Masked), plain)
	}
	if e := r.entry(pay.Instrument); e != "" {
		p.left(e, plain)
	}
	if pay.AuthCode != "" && len(pay.AuthCode) <= longestAuthCode {
		p.pair(r.word("receipt.auth_code"), pay.AuthCode, plain)
	}
	if pay.Ref != "" {
		p.pair(r.word("receipt.ref"), pay.Ref, plain)
	}
	if pay.Manager != "" {
		p.pair(r.word("receipt.manager"), pay.Manager, plain)
	}
	if pay.Parent != "" && r.Original != "" {
		p.pair(r.word("receipt.original"), r.Original, plain)
	}
	p.gap()
	said := outcomeOf(pay)
	p.center(r.word("receipt."+said.word), double)
	r.partial(p, pay)
	if pay.Balance.Currency() != "" && pay.State.Succeeded() {
		p.pair(r.word("receipt.balance"), pay.Balance.String(), bold)
	}
	if said.note != "" {
		p.center(r.word("receipt."+said.note), plain)
	}
	if said.word == "unknown" {
		p.center(r.word("receipt.keep"), plain)
	}
	if said.word != "approved" {
		return
	}
	if r.TipLine {
		r.toFill(p, "receipt.tip", "receipt.new_total")
	}
	if r.Copy == Merchant && (pay.Kind == pos.KindSale || pay.Kind == pos.KindAuth) {
		r.toFill(p, "receipt.signature")
	}
}

// amounts shows the parts of what was asked, where there are parts, and the whole.
func (r Receipt) amounts(p *paper, pay pos.Payment) {
	rest := pay.Requested
	var parts []part
	for _, x := range []part{
		{"receipt.surcharge", pay.Surcharge}, {"receipt.fee", pay.Fee}, {"receipt.tip", pay.Tip}, {"receipt.cashback", pay.Cashback},
	} {
		if x.amount.IsZero() {
			continue
		}
		left, err := rest.Sub(x.amount)
		if err != nil {
			continue
		}
		rest = left
		parts = append(parts, x)
	}
	if len(parts) > 0 {
		p.pair(r.word("receipt.subtotal"), rest.String(), plain)
	}
	for _, x := range parts {
		p.pair(r.word(x.key), x.amount.String(), plain)
	}
	if pay.Requested.IsZero() && pay.Kind != pos.KindSale {
		return
	}
	p.pair(r.word("receipt.amount")+" "+string(pay.Requested.Currency()), pay.Requested.String(), bold)
}

type part struct {
	key    string
	amount money.Amount
}

// partial shows what the card paid and what is still due, unless another tender has paid it.
func (r Receipt) partial(p *paper, pay pos.Payment) {
	if pay.State != pos.StatePartial {
		return
	}
	p.pair(r.word("receipt.charged"), pay.Approved.String(), plain)
	paid := len(r.More) > 0 || len(r.Sale.Tenders) > 0 && !r.Sale.Due().IsPositive()
	if due, err := pay.Requested.Sub(pay.Approved); err == nil && !paid {
		p.pair(r.word("receipt.due"), due.String(), bold)
	}
}

// toFill leaves room for the customer's pen.
func (r Receipt) toFill(p *paper, keys ...string) {
	for _, key := range keys {
		p.gap()
		p.pair(r.word(key), strings.Repeat("_", p.width/3), plain)
	}
}

func (r Receipt) cardName(i pos.Instrument) string {
	if name, ok := brandNames[i.Brand]; ok {
		return name
	}
	switch {
	case i.Kind == pos.InstrumentBank:
		return r.word("receipt.bank")
	case i.Kind.EBT():
		return r.word("receipt." + string(i.Kind))
	}
	return r.word("receipt.card")
}

func (r Receipt) entry(i pos.Instrument) string {
	switch {
	case i.Fallback:
		return r.word("receipt.fallback")
	case i.Entry != "":
		return r.word("receipt." + string(i.Entry))
	}
	return ""
}

// cash shows what was paid without a card.
func (r Receipt) cash(p *paper) {
	for _, t := range r.Sale.Tenders {
		if t.Kind != pos.TenderCash {
			continue
		}
		p.rule()
		p.pair(r.word("receipt.cash"), t.Amount.String(), plain)
	}
	if !r.Given.IsZero() {
		p.pair(r.word("receipt.given"), r.Given.String(), plain)
	}
	if !r.Change.IsZero() {
		p.pair(r.word("receipt.change"), r.Change.String(), bold)
	}
}

func (r Receipt) foot(p *paper) {
	p.gap()
	if r.Copy != Merchant {
		p.center(r.word("receipt.thanks"), plain)
	}
}

// lastFour is all that any copy shows of a card: at most four digits or letters, whatever mask or id the
// journal holds.
func lastFour(masked string) string {
	runes := []rune(masked)
	if len(runes) < 8 {
		return "****"
	}
	return "**** " + string(runes[len(runes)-4:])
}
