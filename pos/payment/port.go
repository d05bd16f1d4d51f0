package payment

import (
	"context"

	"github.com/tillpos/till/pos"
)

// Journal is where payments are durable. storage.Journal is one.
type Journal interface {
	// Append makes the changes durable, all or none, in one commit. Nil means they are on disk; an
	// error with code journal.write means that surely none is, journal.unknown that they may be.
	Append(ctx context.Context, changes ...pos.Change) error
	// Find gives one payment by id, or an error with code payment.not_found.
	Find(ctx context.Context, id string) (pos.Payment, error)
	// List gives payments as the filter says.
	List(ctx context.Context, f pos.Filter) ([]pos.Payment, error)
}

// Vault gives back what Change.Seal and Change.Extra sealed; nil if nothing is.
type Vault interface {
	Unseal(ctx context.Context, id string) (sealed []byte, extra pos.Extra, err error)
}
