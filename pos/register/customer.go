package register

import (
	"strings"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// customerColumns is the width of a customer display.
const customerColumns = 20

// twoLines are what the customer reads. They never hold anything of a card.
type twoLines [2]string

// tellCustomer puts on the display what the customer is to know now.
func (r *Register) tellCustomer() {
	if r.Display == nil {
		return
	}
	if lines := r.customer(); lines != r.displayed {
		r.displayed = lines
		r.Display.Show(lines[0], lines[1])
	}
}

func (r *Register) customer() twoLines {
	word := r.Words.Word
	switch r.screen {
	case ScreenAmount, ScreenItems, ScreenPart, ScreenTip, ScreenVoice, ScreenCash, ScreenKeyed, ScreenCashback:
		return r.customerSale()
	case ScreenCard:
		return twoLines{spread(word("receipt.total"), r.asked().String()), word("display.swipe")}
	case ScreenPIN:
		return twoLines{spread(word("receipt.total"), r.asked().String()), word("display.pin")}
	case ScreenQuestion:
		if r.asking == pos.CodeSurchargeAsk {
			return twoLines{spread(word("display.surcharge"), r.surcharge.String()), spread(word("receipt.total"), plus(r.base(), r.surcharge).String())}
		}
		return twoLines{spread(word("receipt.total"), r.asked().String()), word("display.wait")}
	case ScreenSending:
		return twoLines{spread(word("receipt.total"), r.moving.String()), word("display.wait")}
	case ScreenPartial:
		return twoLines{spread(word("receipt.total"), r.sale.Total.String()), spread(word("display.due"), r.sale.Due().String())}
	case ScreenResult:
		return r.customerResult()
	}
	return r.greeting()
}

func (r *Register) greeting() twoLines {
	return twoLines{r.Shop.Name, r.Words.Word("display.welcome")}
}

// customerSale is the last article and what all of it costs, or what is due. An amount that is still being typed
// is the cashier's.
func (r *Register) customerSale() twoLines {
	n := len(r.sale.Lines)
	sum := r.sale.Due()
	if len(r.sale.Tenders) == 0 && n > 0 {
		all, err := r.sum()
		if err != nil {
			return r.greeting()
		}
		sum = all
	}
	total := spread(r.Words.Word("receipt.total"), sum.String())
	switch {
	case n > 0 && len(r.sale.Tenders) == 0:
		last := r.sale.Lines[n-1]
		return twoLines{spread(last.Text, last.Amount.String()), total}
	case sum.IsPositive() && r.screen != ScreenAmount && r.screen != ScreenItems:
		return twoLines{total, ""}
	}
	return r.greeting()
}

func (r *Register) customerResult() twoLines {
	word, p := r.Words.Word, r.result.payment
	amount := r.result.amount.String()
	switch {
	case p.State == "":
		return twoLines{spread(word("receipt.total"), amount), word("display.not_paid")}
	case p.State.Open():
		return twoLines{spread(word("receipt.total"), amount), word("display.wait")}
	case !p.State.Succeeded():
		return twoLines{spread(word("receipt.total"), amount), word("receipt.declined")}
	case p.Instrument.Kind == pos.InstrumentCash && r.given != (money.Amount{}):
		return twoLines{spread(word("display.cash"), r.given.String()), spread(word("display.change"), r.change.String())}
	case p.Kind == pos.KindSale:
		return twoLines{spread(word("receipt.approved"), amount), word("display.thanks")}
	}
	return twoLines{spread(word("receipt."+string(p.Kind)), amount), word("display.thanks")}
}

// spread sets two texts at the edges; the left one gives way.
func spread(left, right string) string {
	text := []rune(left)
	room := max(0, customerColumns-1-len([]rune(right)))
	text = text[:min(len(text), room)]
	return string(text) + strings.Repeat(" ", max(1, customerColumns-len(text)-len([]rune(right)))) + right
}
