package payment

import (
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// parentChanges are the journal rows that say what a later payment, coming from the state before, did to the
// ones it is for. What is sealed for a payment goes when it is surely gone.
func (e *Engine) parentChanges(before pos.State, child pos.Payment, chain []pos.Payment) []pos.Change {
	var touched []pos.Payment
	switch {
	case child.State.Succeeded() && !before.Succeeded():
		touched = effects(child, chain)
	case child.State == pos.StateRejectedLate && before.Succeeded():
		touched = givenBack(child, chain)
	case child.State == pos.StateConfirmed && before == pos.StateAccepted && e.Host.Keep != nil:
		touched = surelyGone(chain)
	}
	var out []pos.Change
	for _, p := range touched {
		p.Updated = child.Updated
		gone := p.State == pos.StateVoided || p.State == pos.StateReversed
		out = append(out, pos.Change{Payment: p, Erase: e.Host.Keep != nil && gone && child.State != pos.StateAccepted, Event: pos.Event{
			Kind: pos.EventParent, Payment: p.ID, At: child.Updated, Clerk: child.Clerk,
			Detail: map[string]string{"by": child.ID, "kind": string(child.Kind), "state": string(p.State)},
		}})
	}
	return out
}

// surelyGone is the payment that was taken back when what took it back, which the host had only queued, is confirmed.
func surelyGone(chain []pos.Payment) []pos.Payment {
	if len(chain) > 0 && (chain[0].State == pos.StateVoided || chain[0].State == pos.StateReversed) {
		return chain[:1]
	}
	return nil
}

// effects says what a successful later payment makes of the ones it is for: chain[0] is its parent, chain[1]
// that one's parent. It is the same whether the answer came at once or was found by the queue.
func effects(child pos.Payment, chain []pos.Payment) []pos.Payment {
	if len(chain) == 0 {
		return nil
	}
	parent := chain[0]
	switch child.Kind {
	case pos.KindCapture:
		parent.State = pos.StateCaptured
		if !parent.Released { // else the capture is taken back too
			parent.Due = time.Time{}
		}
	case pos.KindReversal:
		parent.Approved = less(parent.Approved, child.Approved)
		if !parent.Approved.IsZero() {
			parent.Surcharge = less(parent.Surcharge, child.Surcharge)
		} else {
			parent.Approved = child.Approved
			parent.State, parent.Due = pos.StateReversed, time.Time{}
		}
	case pos.KindRefund:
		parent.Refunded = less(parent.Refunded, child.Approved.Neg())
		if parent.State == pos.StateReversing {
			// It was taken back with a refund: the payment stands, and so does its opposite.
			parent.State, parent.Due = pos.StateConfirmed, time.Time{}
			if !undonePart(parent) { // which says what became of it, should the refund be refused later
				parent.Failure = nil
			}
		}
	case pos.KindAdjust:
		parent.State, parent.Approved, parent.Tip = pos.StateAdjusted, child.Approved, child.Tip
		if more, err := parent.Approved.Cmp(parent.Requested); err == nil && more > 0 {
			parent.Requested = parent.Approved
		}
	case pos.KindAuth:
		parent.Approved = less(parent.Approved, child.Approved.Neg())
		parent.Requested = less(parent.Requested, child.Approved.Neg())
	case pos.KindVoid:
		parent.State, parent.Due = pos.StateVoided, time.Time{}
		if len(chain) > 1 {
			return append([]pos.Payment{parent}, undone(parent, chain[1])...)
		}
	default:
		return nil
	}
	return []pos.Payment{parent}
}

// undone says what voiding a capture or refund gives back to the payment that it was for.
func undone(voided, parent pos.Payment) []pos.Payment {
	switch voided.Kind {
	case pos.KindRefund:
		parent.Refunded = less(parent.Refunded, voided.Approved)
	case pos.KindCapture:
		if parent.Released {
			return []pos.Payment{standing(parent, voided.Updated)}
		}
		parent.State = pos.StateHeld // the hold still stands until it lapses
		parent.Due = parent.Created.Add(longestHold(parent) / 2)
	default:
		return nil
	}
	return []pos.Payment{parent}
}

// givenBack says what becomes of the ones that a later payment was for when the host, which had queued it,
// refused it after all: effects the other way round. What must not stand is taken back once more.
func givenBack(child pos.Payment, chain []pos.Payment) []pos.Payment {
	if len(chain) == 0 {
		return nil
	}
	parent := chain[0]
	asked := child.Requested
	switch child.Kind {
	case pos.KindCapture:
		if parent.State != pos.StateCaptured {
			return nil
		}
		parent = standing(parent, child.Updated)
	case pos.KindReversal:
		if parent.State == pos.StateReversed {
			parent = standing(parent, child.Updated)
		} else {
			parent.Approved = less(parent.Approved, asked.Neg())
			parent.Surcharge = less(parent.Surcharge, child.Surcharge.Neg())
		}
	case pos.KindRefund:
		parent.Refunded = less(parent.Refunded, asked)
		if parent.State == pos.StateConfirmed && (parent.Released || undonePart(parent)) {
			parent = standing(parent, child.Updated)
		}
	case pos.KindAdjust:
		parent.Tip = less(parent.Tip, less(parent.Approved, child.Replaces))
		parent.Approved = child.Replaces
	case pos.KindAuth:
		parent.Approved, parent.Requested = less(parent.Approved, asked), less(parent.Requested, asked)
	case pos.KindVoid:
		if parent.State != pos.StateVoided {
			return nil
		}
		parent = standing(parent, child.Updated)
		if len(chain) > 1 {
			return append([]pos.Payment{parent}, redone(parent, chain[1])...)
		}
	default:
		return nil
	}
	return []pos.Payment{parent}
}

// standing is a payment that stands after all because what undid it came to nothing. If it must not stand it
// is taken back once more, by what has not failed yet.
func standing(p pos.Payment, at time.Time) pos.Payment {
	p.State, p.Attempts, p.Due = pos.StateConfirmed, 0, time.Time{}
	switch {
	case p.Released:
		p.State, p.Failure, p.Due = pos.StateReversing, pos.NewError(pos.CodePaidOtherwise), at
	case undonePart(p):
		p.State, p.Due = pos.StateReversing, at
	case abandonable(p):
		p.Due = p.Created.Add(longestHold(p) / 2)
	}
	return p
}

// undonePart says that a payment is taken back because the host approved a part of it that nobody had asked for.
func undonePart(p pos.Payment) bool {
	return p.Failure != nil && p.Failure.Code == pos.CodePartialUndone
}

// redone is undone the other way round: the void of a capture or refund did not happen.
func redone(standing, parent pos.Payment) []pos.Payment {
	switch standing.Kind {
	case pos.KindRefund:
		parent.Refunded = less(parent.Refunded, standing.Approved.Neg())
	case pos.KindCapture:
		if parent.State != pos.StateHeld {
			return nil
		}
		parent.State, parent.Due = pos.StateCaptured, time.Time{}
	default:
		return nil
	}
	return []pos.Payment{parent}
}

// less subtracts amounts that stand in one chain, so in one currency; a sum that cannot be is left as it was.
func less(a, b money.Amount) money.Amount {
	d, err := a.Sub(b)
	if err != nil || d.IsNegative() {
		return a
	}
	return d
}
