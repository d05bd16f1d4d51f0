package pos

import "time"

// EventKind names what happened to a payment or at the terminal.
type EventKind string

const (
	EventIntent    EventKind = "intent"    // durable before the first byte
	EventOutcome   EventKind = "outcome"   // the host's answer, or its absence
	EventRecovered EventKind = "recovered" // found between intent and outcome after a restart
	EventQueried   EventKind = "queried"   // the host was asked about an unknown
	EventResolved  EventKind = "resolved"  // a person decided, with a reason
	EventParent    EventKind = "parent"    // a later payment changed this one (void, refund, capture)
	EventUndoing   EventKind = "undoing"   // the engine takes it back by itself, or asked the host to reverse it
	EventForward   EventKind = "forward"   // an offline approval goes out; durable before the first byte
	EventReleased  EventKind = "released"  // its sale was closed or paid another way
	EventAlarm     EventKind = "alarm"     // a person should look: a hold that nobody captures
	EventAudit     EventKind = "audit"     // override, no-sale, login, configuration, key, backup
)

// Event is one line of the journal's chain. Detail holds short named values, never card data.
type Event struct {
	Kind    EventKind
	Payment string // id, empty for an audit event
	At      time.Time
	Clerk   string
	Reason  string
	Detail  map[string]string
}

// Change is one payment as it now is, with the event that made it so. A change without a payment id is
// an audit event.
type Change struct {
	Payment Payment
	Event   Event
	// Seal is what the processor needs until the payment is final; the journal seals it in the same
	// commit and wipes this slice. Nil leaves what is sealed alone.
	Seal Secret
	// Extra is sealed likewise; the zero value leaves it alone.
	Extra Extra
	// Erase removes everything sealed for the payment.
	Erase bool
}

// Filter chooses payments of the journal; zero fields do not restrict.
type Filter struct {
	Open        bool   // only those in the unknown queue (State.Open)
	State       State  // only those in this state
	Sale        string // of one sale
	Parent      string // later payments for this one
	Ref         string
	Fingerprint [32]byte  // same card
	Since       time.Time // created then or later
	DueBy       time.Time // Due is set and not later than this
	Batch       int64
	Limit       int  // 0: all
	Newest      bool // newest first; otherwise oldest first
}

// Position is where the journal stands; the number and the batch of the next payment follow from it.
type Position struct {
	Live    bool // born for real money; otherwise a demo journal
	LastSeq int64
	Batch   int64 // the open batch
}
