package register

import (
	"context"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/prices"
)

// listen waits for codes beside the loop, as long as there is a scanner.
func (r *Register) listen() {
	if r.Scanner == nil {
		return
	}
	r.spawn(func(ctx context.Context) func() {
		code, err := r.Scanner.Next(ctx)
		return func() {
			if err == nil && !r.closing {
				r.scanned(code)
				r.listen()
			}
		}
	})
}

// scanned puts an article on the sale. After a finished sale it begins the next one, as a digit does. While
// something is being paid or typed it changes nothing.
func (r *Register) scanned(code string) {
	switch {
	case r.screen == ScreenResult && r.view().Can(VerbType):
		r.fresh()
	case r.screen == ScreenItems, r.screen == ScreenAmount && len(r.typed) == 0:
	case r.screen == ScreenAmount, r.screen == ScreenCard, r.screen == ScreenPartial, r.screen == ScreenResult:
		r.tell(ToneAttention, pos.NewError(pos.CodeScanNotNow))
		return
	default:
		return
	}
	r.touched = r.Now()
	a, known := r.Prices.Find(code)
	if !known {
		r.tell(ToneAttention, pos.NewError(pos.CodeScanUnknown, ShownCode(code)))
		return
	}
	if err := r.addLine(lineOf(a)); err != nil {
		r.tell(ToneAttention, err)
		return
	}
	r.message, r.tone = Message{}, TonePlain
}

func lineOf(a prices.Article) pos.Line {
	return pos.Line{Text: a.Name, Quantity: decimal.NewFromInt(1), Price: a.Price, Amount: a.Price}
}

// longestShown is how much of an unknown code is shown.
const longestShown = 24

// ShownCode is an unknown code as a screen may show it: a person who scanned what is no article may have scanned a
// card's number.
func ShownCode(code string) string {
	if pan, err := card.NewPAN([]byte(code)); err == nil {
		defer pan.Wipe()
		if pan.LuhnOK() && !pos.CheckDigit(code) {
			return pan.Masked()
		}
	}
	shown := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return ' '
		}
		return c
	}, code)
	if len(shown) > longestShown {
		return shown[:longestShown] + "..."
	}
	return shown
}
