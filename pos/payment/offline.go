package payment

import (
	"time"

	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

// Offline is what the merchant lets the terminal approve alone while the host is away. Every limit
// counts; a zero one lets nothing through.
type Offline struct {
	PerSale money.Amount
	Total   money.Amount  // of all that waits to be forwarded
	Count   int           // of sales that wait
	Age     time.Duration // of the oldest that waits
	Brands  []card.Brand
}
