package payment

import (
	"context"
	"slices"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// Resolve records a person's decision on a payment that needs one, with the reason. It errs with reason_missing,
// card.in_text, busy (the payment is under way), unsettled (what takes it back is), not_allowed (of that payment, or no such
// decision), and as the journal does.
func (e *Engine) Resolve(ctx context.Context, r Resolution) (pos.Payment, error) {
	if r.Reason == "" {
		return pos.Payment{}, pos.NewError(pos.CodeReasonMissing)
	}
	if err := checkTexts(r.Clerk, r.Reason); err != nil {
		return pos.Payment{}, err
	}
	chain, release, err := e.hold(ctx, r.Payment)
	if err != nil {
		return pos.Payment{}, err
	}
	defer release()
	p, above := chain[0], chain[1:]
	if e.isActive(p.ID) {
		return pos.Payment{}, pos.NewError(pos.CodeBusy)
	}
	to := decided(p, r.State)
	if mustGo(p) && to == pos.StateConfirmed {
		to = pos.StateReversing
	}
	if !p.State.Open() || p.State == pos.StateSending || !slices.Contains(Decisions(), r.State) || !p.State.CanBecome(to) {
		return pos.Payment{}, pos.NewError(pos.CodeNotAllowed, "resolve", string(p.Kind), string(p.State))
	}
	if err := e.noneUnsettled(ctx, p); err != nil {
		return pos.Payment{}, err // what takes it back may still do so
	}
	from := p.State
	p.State, p.Updated, p.Failure = to, e.Now(), nil
	e.resolved(&p)
	change := pos.Change{Payment: p, Event: pos.Event{
		Kind: pos.EventResolved, Payment: p.ID, At: p.Updated, Clerk: r.Clerk, Reason: r.Reason,
		Detail: map[string]string{"from": string(from), "state": string(p.State)},
	}}
	change.Seal, change.Erase = e.reseal(ctx, p)
	if err := e.commit(ctx, append([]pos.Change{change}, e.parentChanges(from, p, above)...)...); err != nil {
		return pos.Payment{}, err
	}
	e.announce()
	e.poke()
	return p, nil
}

// Decisions are the states that a person may give a payment by Resolve.
func Decisions() []pos.State {
	return []pos.State{
		pos.StateConfirmed, // the host's own report shows it
		pos.StateDeclined,  // the host's own report shows a refusal
		pos.StateNotSent,   // the host's own report does not show it
		pos.StateReversed,  // undone at the host by hand
		pos.StateVoided,    // likewise, out of the open batch
	}
}

// decided is the state that a decision leads to. An offline approval that the host does not have waits to
// be forwarded again; one that came to nothing is a loss, unless its sale went on without it.
func decided(p pos.Payment, to pos.State) pos.State {
	switch {
	case !p.Offline || p.Released || to == pos.StateConfirmed:
		return to
	case to == pos.StateNotSent:
		return pos.StateAccepted
	}
	return pos.StateRejectedLate
}

// mustGo says that a payment whose sale went on without it is taken back if a person finds that the host has it. One that
// the till could not take back, or takes back already, is as the person says.
func mustGo(p pos.Payment) bool {
	failed := p.Failure != nil && p.Failure.Code == pos.CodeUndoFailed
	return p.Released && !failed && p.State != pos.StateReversing
}

// resolved sets amounts and calendar of a payment that a person has just decided on.
func (e *Engine) resolved(p *pos.Payment) {
	switch {
	case p.State == pos.StateAccepted:
		p.Forwarded, p.Approved, p.Failure = time.Time{}, p.Requested, pos.NewError(pos.CodeOffline)
	case p.State == pos.StateReversing:
		p.Approved, p.Failure = p.Requested, pos.NewError(pos.CodePaidOtherwise)
	case p.State != pos.StateConfirmed:
		p.Approved = money.New(0, p.Requested.Currency())
	case p.Approved.IsZero():
		p.Approved = p.Requested
	}
	e.schedule(p)
}
