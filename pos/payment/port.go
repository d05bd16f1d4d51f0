package payment

import (
	"context"
	"time"

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

// Host is a processor as configured: a nil part is not available with these settings. Each call ends
// by the processor's own limit, or when ctx ends; then, if a byte left, the answer is unknown.
type Host struct {
	Name      string // as in Payment.Processor
	Authorize Authorizer
	Capture   Capturer
	Void      Voider
	Refund    Refunder
	Reverse   Reverser
	Query     Querier
	Settling  Settling
}

// Authorizer asks for a sale or an auth; Request.Payment.Kind says which.
type Authorizer interface {
	Authorize(ctx context.Context, r pos.Request) pos.Answer
}

// Capturer captures a hold, Request.Parent, for Request.Payment.Requested.
type Capturer interface {
	Capture(ctx context.Context, r pos.Request) pos.Answer
}

// Voider takes Request.Parent out of the open batch.
type Voider interface {
	Void(ctx context.Context, r pos.Request) pos.Answer
}

// Refunder gives back money of Request.Parent, all or part.
type Refunder interface {
	Refund(ctx context.Context, r pos.Request) pos.Answer
}

// Reverser gives back a hold, Request.Parent, all or part.
type Reverser interface {
	Reverse(ctx context.Context, r pos.Request) pos.Answer
}

// Querier finds a payment at the host by its Ref. It moves no money.
type Querier interface {
	Query(ctx context.Context, p pos.Payment) pos.Finding
}

// Settling is the host's physics of finding lost answers.
type Settling struct {
	First  time.Duration // from the unknown outcome to the first query
	Every  time.Duration // to the next one, doubled each time up to ten times this
	Window time.Duration // after it, a payment that the host does not know goes to a person
}
