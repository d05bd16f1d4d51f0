package payment

import (
	"context"
	"time"

	"github.com/tillpos/till/pos"
)

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

	Adjust         Adjuster
	Increment      Incrementer
	Verify         Authorizer // zero amount: is the card good?
	Voice          Authorizer // Request.OfflineCode holds what the issuer gave by telephone
	RefundUnlinked Refunder   // Request.Credentials instead of Request.Parent
	Balance        Balancer
	EBT            Authorizer // sales of food stamps and cash benefits; Payment.Instrument says which
	Lost           Lost
	Numbers        Numbers
	Keep           Keeper

	Partial         bool // can approve less than was asked, if told that it may
	TerminalCapture bool // keeps no batch: what it approved, a sale too, is a hold until the terminal sends its batch
	TipOver         bool // a capture may take a tip on top of what is held
	OverPercent     int  // and so much more than what is held, tip aside
	// Timeout is the processor's own limit of one exchange; zero counts as two minutes. The engine cuts a
	// call off after twice that, which only a defect of the processor can need.
	Timeout time.Duration
}

// Authorizer asks for a sale or an auth; Request.Payment.Kind says which.
type Authorizer interface {
	Authorize(ctx context.Context, r pos.Request) pos.Answer
}

// Capturer captures a hold, Request.Parent, for Request.Payment.Requested, Payment.Tip included.
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

// Adjuster sets the amount of Request.Parent, a sale or capture in the open batch, to
// Request.Payment.Requested, of which Payment.Tip is the tip. A tip of zero is an adjustment too.
type Adjuster interface {
	Adjust(ctx context.Context, r pos.Request) pos.Answer
}

// Incrementer holds Request.Payment.Requested more on Request.Parent, an auth.
type Incrementer interface {
	Increment(ctx context.Context, r pos.Request) pos.Answer
}

// Balancer asks what is left on a card; Answer.Balance says it.
type Balancer interface {
	Balance(ctx context.Context, r pos.Request) pos.Answer
}

// Querier finds a payment at the host by its Ref. It moves no money.
type Querier interface {
	Query(ctx context.Context, p pos.Payment) pos.Finding
}

// Keeper picks the bytes that the processor needs until the payment is final. The engine has them sealed
// with the intent, gives them back as Request.Kept and wipes what it was given.
type Keeper interface {
	Keep(r pos.Request) []byte
}

// Settling is the host's physics of finding lost answers.
type Settling struct {
	First  time.Duration // from the unknown outcome to the first look
	Every  time.Duration // to the next one, doubled each time up to ten times this
	Window time.Duration // after it, a payment that the host does not know goes to a person
	// Accepted is the pause between looks at a payment that the host has only queued, doubled up to ten
	// times this; zero counts as a quarter of an hour.
	Accepted time.Duration
	// AcceptedFor is how long a payment that was only accepted may still be refused. If the host then still says
	// accepted, it is confirmed. Zero: the host itself says so one day.
	AcceptedFor time.Duration
}

// Lost is what a host offers for a sale or auth whose answer was lost. A host with a Query is asked;
// without one the payment is reversed; without that it is a hold that lapses, or needs a person.
type Lost struct {
	// Resends is how often the same message may be sent once more, Request.Attempt counting, while the
	// customer waits in the same Authorize and the same batch is open. Outside that a resend is a new sale.
	Resends int
	Reverse LostReverser
	Lapses  bool // what is only held lapses by itself if nobody captures it
}

// LostReverser undoes a payment that the host may or may not have.
type LostReverser interface {
	ReverseLost(ctx context.Context, r pos.Request) pos.ReversalAnswer
}

// Numbers is the range of the host's sequence numbers, both ends in use; the zero value means that the
// host has none. After Last comes First again.
type Numbers struct{ First, Last int64 }
