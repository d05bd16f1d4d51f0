package register

import (
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// ParseAmount and ParseItem are the parsers with the defaults of a register.
func ParseAmount(text string) (money.Amount, *pos.Error) {
	return parseAmount(text, money.USD, money.New(99_999_999, money.USD))
}

func ParseItem(text string) (pos.Line, *pos.Error) {
	return parseItem(text, money.USD, money.New(99_999_999, money.USD))
}
