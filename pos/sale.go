package pos

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/tillpos/till/pos/money"
)

// Sale is what the customer buys, and how it is paid.
type Sale struct {
	ID      string
	Lines   []Line
	Total   money.Amount
	Tenders []Tender
	Opened  time.Time
}

// Line is one item of a sale.
type Line struct {
	Text     string
	Quantity decimal.Decimal
	Price    money.Amount // of one
	Amount   money.Amount // quantity times price, rounded
}

// TenderKind is a way to pay.
type TenderKind string

const (
	TenderCard TenderKind = "card"
	TenderCash TenderKind = "cash"
)

// Tender is one part of what was paid.
type Tender struct {
	Kind    TenderKind
	Amount  money.Amount
	Payment string // id, for a card
}

// Due is what is still to pay.
func (s Sale) Due() money.Amount {
	due := s.Total
	for _, t := range s.Tenders {
		left, err := due.Sub(t.Amount)
		if err != nil {
			return s.Total
		}
		due = left
	}
	return due
}
