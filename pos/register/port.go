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
	// Print errs with a pos.ErrDrawerOpened when the slip failed, but its drawer was opened.
	Print(ctx context.Context, s pos.Slip) error
	Health() pos.Health
}

// Display shows the customer two lines of 20 characters. What cannot be shown is dropped; its failures never change
// a payment.
type Display interface {
	// Show returns at once. The newest text counts.
	Show(top, bottom string)
	Health() pos.Health
}

// Scanner gives the codes that are scanned, whether or not somebody waits for them. Its failures never change a
// payment.
type Scanner interface {
	// Next waits for a code. It errs with ctx's error, or when the scanner was closed: one that goes comes back.
	Next(ctx context.Context) (code string, err error)
	Health() pos.Health
}

// PINPad asks the shopper for a PIN. The terminal only ever sees the enciphered block.
type PINPad interface {
	// EnterPIN waits for one PIN. It ends with ctx's error, after the pad was told to stop, or with a
	// *pos.Error: pin.cancelled, pin.timeout, pinpad.offline, pinpad.no_key, pinpad.keys_used_up,
	// pinpad.refused, pinpad.protocol, register.busy. A retry of the same payment sends the same block
	// again; a new try asks for a new PIN (rule T7). The caller wipes the entry.
	EnterPIN(ctx context.Context, r pos.PINRequest) (pos.PINEntry, error)
	Health() pos.Health
}

// Payments is what the register asks of the engine.
type Payments interface {
	Authorize(ctx context.Context, o payment.Order) (pos.Payment, error)
	Void(ctx context.Context, o payment.Follow) (pos.Payment, error)
	Refund(ctx context.Context, o payment.Follow) (pos.Payment, error)
	Cash(ctx context.Context, o payment.CashOrder) (pos.Payment, error)
	// ReturnCash takes a cash payment back: it counts no more.
	ReturnCash(ctx context.Context, o payment.Follow) (pos.Payment, error)
	Resolve(ctx context.Context, o payment.Resolution) (pos.Payment, error)
	// Release says that the sale goes on without a payment whose outcome is not known: it must not stand.
	Release(ctx context.Context, id string) error
}

// History is what the journal holds.
type History interface {
	// Find gives one payment by id.
	Find(ctx context.Context, id string) (pos.Payment, error)
	List(ctx context.Context, f pos.Filter) ([]pos.Payment, error)
}
