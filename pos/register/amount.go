package register

import (
	"errors"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// parseAmount reads an amount as a cashier types it. Without a point the digits are minor units, as on
// a cash register: 1234 is 12.34. With a point the amount stands as typed. The amount must be more than
// zero and at most limit.
func parseAmount(text string, c money.Currency, limit money.Amount) (money.Amount, *pos.Error) {
	a, err := readAmount(text, c)
	switch {
	case err != nil:
		return money.Amount{}, amountError(err, c, limit)
	case a.IsNegative():
		return money.Amount{}, pos.NewError(pos.CodeAmountNegative)
	case a.IsZero():
		return money.Amount{}, pos.NewError(pos.CodeAmountZero)
	}
	if over, err := a.Cmp(limit); err != nil || over > 0 {
		return money.Amount{}, pos.NewError(pos.CodeAmountTooLarge, limit.String())
	}
	return a, nil
}

func readAmount(text string, c money.Currency) (money.Amount, error) {
	text = strings.TrimSpace(text)
	if strings.Contains(text, ".") || text == "" {
		return money.Parse(text, c)
	}
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return money.Amount{}, money.ErrSyntax
	}
	minor, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return money.Amount{}, money.ErrTooLarge
	}
	return money.New(minor, c), nil
}

func amountError(err error, c money.Currency, limit money.Amount) *pos.Error {
	switch {
	case errors.Is(err, money.ErrEmpty):
		return pos.NewError(pos.CodeAmountEmpty)
	case errors.Is(err, money.ErrDecimals):
		return pos.NewError(pos.CodeAmountDecimals, strconv.Itoa(int(c.Exponent())))
	case errors.Is(err, money.ErrTooLarge):
		return pos.NewError(pos.CodeAmountTooLarge, limit.String())
	}
	return pos.NewError(pos.CodeAmountSyntax)
}

// amountWhileTyping gives only the errors that more digits cannot mend.
func amountWhileTyping(text string, c money.Currency, limit money.Amount) *pos.Error {
	switch text {
	case "", ".", "-":
		return nil
	}
	_, err := parseAmount(text, c, limit)
	if err == nil || err.Code == pos.CodeAmountZero {
		return nil
	}
	return err
}

// parseItem reads one line: an optional name and, as any one word, a price, QUANTITYxPRICE or
// PRICE*QUANTITY: "Coffee 2x3.50", "3.50*2", "Tea 250". Prices are read as parseAmount does.
func parseItem(text string, c money.Currency, limit money.Amount) (pos.Line, *pos.Error) {
	parts := strings.Fields(text)
	for i := len(parts) - 1; i >= 0; i-- {
		quantity, price, ok := splitItem(parts[i])
		if !ok {
			continue
		}
		each, perr := parseAmount(price, c, limit)
		if perr != nil {
			return pos.Line{}, perr
		}
		amount, err := each.Times(quantity)
		if err != nil {
			return pos.Line{}, amountError(err, c, limit)
		}
		if over, err := amount.Cmp(limit); err != nil || over > 0 {
			return pos.Line{}, pos.NewError(pos.CodeAmountTooLarge, limit.String())
		}
		if !amount.IsPositive() {
			return pos.Line{}, pos.NewError(pos.CodeAmountZero)
		}
		name := strings.Join(append(append([]string(nil), parts[:i]...), parts[i+1:]...), " ")
		return pos.Line{Text: name, Quantity: quantity, Price: each, Amount: amount}, nil
	}
	if len(parts) == 0 {
		return pos.Line{}, pos.NewError(pos.CodeAmountEmpty)
	}
	return pos.Line{}, pos.NewError(pos.CodeItemSyntax)
}

// splitItem takes one word apart; ok says that it looks like a price, not like a part of a name.
func splitItem(word string) (quantity decimal.Decimal, price string, ok bool) {
	count, price := "1", word
	if left, right, found := strings.Cut(strings.ToLower(word), "x"); found {
		count, price = left, right
	} else if left, right, found := strings.Cut(word, "*"); found {
		count, price = right, left
	}
	if !numeric(count) || !numeric(price) {
		return decimal.Decimal{}, "", false
	}
	quantity, err := decimal.NewFromString(count)
	if err != nil || !quantity.IsPositive() {
		return decimal.Decimal{}, "", false
	}
	return quantity, price, true
}

// numeric accepts up to twelve digits with at most one point and a minus, so that a mistake in them is
// told as such.
func numeric(s string) bool {
	s = strings.TrimPrefix(s, "-")
	digits := strings.Replace(s, ".", "", 1)
	return digits != "" && len(digits) <= 12 && strings.Trim(digits, "0123456789") == ""
}
