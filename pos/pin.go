package pos

import (
	"time"

	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

// PINRequest asks for a PIN on a pad.
type PINRequest struct {
	PAN     card.PAN     // 8 to 19 digits; the pad binds the block to it
	Amount  money.Amount // shown by pads that show one
	Credit  bool         // money goes to the card: a refund
	Timeout time.Duration
	NoPIN   bool // the shopper may press enter without a PIN
}

// PINEntry is what a pad gave. No clear PIN is in it, nor can it be.
type PINEntry struct {
	Block card.PINBlock // with its KSN if the pad works with DUKPT; not present when no PIN was typed
	Slot  int           // the master key's number, of a pad that works with master and session keys
}

// Wipe clears the block.
func (e PINEntry) Wipe() { e.Block.Wipe() }
