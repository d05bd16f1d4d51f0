package pos

// Kind is what a payment does.
type Kind string

const (
	KindSale     Kind = "sale"     // authorize and capture
	KindAuth     Kind = "auth"     // hold only
	KindCapture  Kind = "capture"  // of an auth
	KindRefund   Kind = "refund"   // of a sale or capture, or unlinked
	KindVoid     Kind = "void"     // takes a payment out of the open batch
	KindReversal Kind = "reversal" // gives a hold back
	KindVerify   Kind = "verify"   // asks whether the card is good, no money
	KindAdjust   Kind = "adjust"   // tip after the sale
)

// State is where a payment stands. See the state table in docs/ARCHITECTURE.md, section 3.
type State string

const (
	StateCreated State = "created" // known to the engine only, nothing promised
	StateSending State = "sending" // intent is durable; bytes may leave

	StateApproved State = "approved" // the host answered yes
	StatePartial  State = "partial"  // yes, for less than asked
	StateAccepted State = "accepted" // queued at the host, not yet confirmed
	StateDeclined State = "declined" // the host answered no
	StateRefused  State = "refused"  // bad data, nothing happened
	StateNotSent  State = "not_sent" // no byte left the terminal
	StateUnknown  State = "unknown"  // bytes left, no usable answer

	StateReversing    State = "reversing"     // an unknown being reversed
	StateReversed     State = "reversed"      // surely gone
	StateConfirmed    State = "confirmed"     // an unknown or accepted one that the host holds
	StateHeld         State = "held"          // a hold that will lapse, never batched
	StateNeedsPerson  State = "needs_person"  // no automatic way left
	StateRejectedLate State = "rejected_late" // accepted first, refused later: a loss

	StateCaptured        State = "captured"
	StateVoided          State = "voided"
	StateAdjusted        State = "adjusted"
	StateBatched         State = "batched"
	StateSettled         State = "settled"
	StateRejectedInBatch State = "rejected_in_batch"
)

// transitions lists where each state may lead. What is not here is a defect of the program.
var transitions = map[State][]State{
	"":           {StateCreated, StateSending, StateApproved}, // at once: cash, no host
	StateCreated: {StateSending},
	StateSending: {StateApproved, StatePartial, StateAccepted, StateDeclined, StateRefused, StateNotSent, StateUnknown,
		StateReversing},
	StateUnknown: {StateReversing, StateReversed, StateConfirmed, StatePartial, StateDeclined, StateRefused, StateHeld, StateNotSent,
		StateNeedsPerson, StateAccepted, StateApproved, StateRejectedLate},
	StateReversing: {StateReversed, StateConfirmed, StateHeld, StateNeedsPerson, StateUnknown, StateVoided, StateRejectedLate},
	// A person may decide what no machine could; the reason is journaled.
	StateNeedsPerson: {StateConfirmed, StateNotSent, StateDeclined, StateReversed, StateHeld, StateVoided, StateAccepted, StateRejectedLate,
		StateReversing}, // found at the host, and it must not stand
	// An offline approval is unknown while it is forwarded.
	StateAccepted: {StateConfirmed, StateRejectedLate, StateVoided, StateCaptured, StateBatched, StateNeedsPerson, StateUnknown,
		StateReversing},
	StateApproved:  {StateCaptured, StateVoided, StateReversed, StateAdjusted, StateBatched, StateHeld, StateReversing},
	StatePartial:   {StateCaptured, StateVoided, StateReversed, StateAdjusted, StateBatched, StateHeld, StateReversing},
	StateConfirmed: {StateCaptured, StateVoided, StateReversed, StateAdjusted, StateBatched, StateHeld, StateReversing},
	// Back to confirmed: the host queued the capture, void or reversal first and refused it later. Back to
	// reversing: and the payment must not stand.
	StateCaptured: {StateVoided, StateBatched, StateAdjusted, StateHeld, StateConfirmed, StateReversing},
	StateVoided:   {StateConfirmed, StateReversing},
	StateReversed: {StateConfirmed, StateReversing},
	StateAdjusted: {StateVoided, StateBatched, StateCaptured, StateAdjusted, StateConfirmed, StateReversing},
	StateHeld:     {StateReversed, StateConfirmed, StateCaptured, StateVoided, StateReversing},
	StateBatched:  {StateSettled, StateRejectedInBatch},
}

// CanBecome says whether a payment may go from one state to another. Staying is allowed: an event may
// change other fields.
func (s State) CanBecome(next State) bool {
	if s == next {
		return true
	}
	for _, t := range transitions[s] {
		if t == next {
			return true
		}
	}
	return false
}

// Open says that the outcome is not known, so that the payment stands in the unknown queue.
func (s State) Open() bool {
	switch s {
	case StateSending, StateUnknown, StateReversing, StateNeedsPerson:
		return true
	}
	return false
}

// Succeeded says that the host did, or queued, what was asked, now or at a later look.
func (s State) Succeeded() bool {
	switch s {
	case StateApproved, StatePartial, StateAccepted, StateConfirmed, StateCaptured, StateAdjusted, StateBatched, StateSettled:
		return true
	}
	return false
}

// Money says in one word where the money is.
type Money string

const (
	MoneyMoved    Money = "moved"
	MoneyNotMoved Money = "not_moved"
	MoneyHeld     Money = "held"
	MoneyUnknown  Money = "unknown"
)

// Where says where the money of a payment of this kind and state is.
func (s State) Where(k Kind) Money {
	switch {
	case s.Open():
		return MoneyUnknown
	case s == StateHeld:
		return MoneyHeld
	case !s.Succeeded():
		return MoneyNotMoved
	case k == KindVerify, k == KindVoid, k == KindReversal:
		return MoneyNotMoved
	case k == KindAuth && s != StateCaptured && s != StateBatched && s != StateSettled:
		return MoneyHeld
	}
	return MoneyMoved
}
