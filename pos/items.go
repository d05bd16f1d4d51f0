package pos

import (
	"encoding/json"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tillpos/till/pos/money"
)

// Items are the lines of a sale as a payment carries them through the journal, so that a sale that was left in the middle
// still has them: JSON, [["Tea","2",250,500],…], text, quantity, price and amount in minor units. Empty: none.
type Items string

// ItemsOf packs lines. Whatever somebody typed as the name of an item stands in the journal, so that digits enough for a card
// number are hidden.
func ItemsOf(lines []Line) Items {
	if len(lines) == 0 {
		return ""
	}
	rows := make([][4]any, 0, len(lines))
	for _, l := range lines {
		rows = append(rows, [4]any{hidden(l.Text), l.Quantity.String(), l.Price.Minor(), l.Amount.Minor()})
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return ""
	}
	return Items(text)
}

// shortestCard is the fewest digits of a card number.
const shortestCard = 12

func hidden(text string) string {
	digits := 0
	stars := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return r
		}
		digits++
		return '*'
	}, text)
	if digits < shortestCard {
		return text
	}
	return stars
}

// Lines unpacks them in the currency of their payment; none if they cannot be read: the total of a sale stands without them.
func (i Items) Lines(c money.Currency) (lines []Line) {
	if i == "" {
		return nil
	}
	var rows [][4]json.RawMessage
	if json.Unmarshal([]byte(i), &rows) != nil {
		return nil
	}
	for _, row := range rows {
		var text, quantity string
		var price, amount int64
		for at, to := range []any{&text, &quantity, &price, &amount} {
			if json.Unmarshal(row[at], to) != nil {
				return nil
			}
		}
		count, err := decimal.NewFromString(quantity)
		if err != nil || strings.ContainsAny(quantity, "eE") { // an exponent, which we never write, could be a number without end
			return nil
		}
		lines = append(lines, Line{Text: text, Quantity: count, Price: money.New(price, c), Amount: money.New(amount, c)})
	}
	return lines
}
