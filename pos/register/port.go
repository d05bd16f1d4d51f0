// Package register is the workflow of a till without a screen: amount, card, answer, receipt, next sale.
// It publishes View snapshots on a channel of size one, the newest wins, and takes intents.
package register

import (
	"context"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/payment"
)

// Reader is a card reader that is armed for one swipe at a time.
type Reader interface {
	// Read arms the reader and waits for one swipe. Only what begins after arming counts. It ends
	// with ctx's error, or with a *pos.Error (reader.offline) when the device goes.
	Read(ctx context.Context) (card.Swipe, error)
	Health() pos.Health
}

// Printer puts slips on paper. Its failures never change a payment.
type Printer interface {
	Print(ctx context.Context, s pos.Slip) error
	Health() pos.Health
}

// Payments is what the register asks of the engine.
type Payments interface {
	Authorize(ctx context.Context, o payment.Order) (pos.Payment, error)
	Void(ctx context.Context, o payment.Follow) (pos.Payment, error)
	Refund(ctx context.Context, o payment.Follow) (pos.Payment, error)
	Cash(ctx context.Context, o payment.CashOrder) (pos.Payment, error)
	Resolve(ctx context.Context, o payment.Resolution) (pos.Payment, error)
}

// History lists what the journal holds.
type History interface {
	List(ctx context.Context, f pos.Filter) ([]pos.Payment, error)
}
