package payment

import (
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

func outcomeDetail(p pos.Payment) map[string]string {
	d := map[string]string{"state": string(p.State)}
	if p.HostID != "" {
		d["host_id"] = p.HostID
	}
	if p.Failure != nil {
		d["code"] = string(p.Failure.Code)
	}
	return d
}

// apply writes an answer into a payment that is being sent or unknown.
func apply(p *pos.Payment, a pos.Answer) {
	p.Failure = a.Failure
	for _, f := range []struct{ to, from *string }{
		{&p.HostID, &a.HostID}, {&p.AuthCode, &a.AuthCode}, {&p.AVS, &a.AVS}, {&p.CVV, &a.CVV},
	} {
		if *f.from != "" {
			*f.to = *f.from
		}
	}
	if a.Balance.Currency() != "" {
		p.Balance = a.Balance
	}
	switch {
	case yes(a.State):
		applyYes(p, a)
	case answered(a.State):
		p.State = a.State
	default:
		p.State = pos.StateUnknown
		if p.Failure == nil {
			p.Failure = pos.NewError(pos.CodeUnknown)
		}
	}
}

// yes says that the host did or queued what was asked, all or part.
func yes(s pos.State) bool {
	return s == pos.StateApproved || s == pos.StatePartial || s == pos.StateAccepted
}

// answered says that it is known what became of a request.
func answered(s pos.State) bool {
	return yes(s) || s == pos.StateDeclined || s == pos.StateRefused || s == pos.StateNotSent
}

// applyYes judges the amount of a yes: none named means all, less means partial, and more than was asked for or another
// currency is an answer that cannot be believed.
func applyYes(p *pos.Payment, a pos.Answer) {
	p.State, p.Approved = a.State, a.Approved
	if a.Approved.IsZero() {
		p.Approved = p.Requested
	}
	order, err := p.Approved.Cmp(p.Requested)
	switch {
	case err != nil, order > 0, p.Approved.IsNegative():
		p.State = pos.StateUnknown
		p.Approved = money.New(0, p.Requested.Currency())
		p.Failure = pos.NewError(pos.CodeWrongAnswer).WithDetail("the host answered with an amount that was not asked for")
	case order < 0 && a.State == pos.StateApproved:
		p.State = pos.StatePartial
	case order == 0 && a.State == pos.StatePartial:
		p.State = pos.StateApproved
	}
}

// prompt turns an answer that came in time into the state that holds.
func prompt(p *pos.Payment) {
	switch {
	case p.State == pos.StateUnknown && p.Kind == pos.KindVerify:
		p.State, p.Failure = pos.StateRefused, pos.NewError(pos.CodeNoVerify)
	case unwantedPart(*p):
		p.State, p.Failure = pos.StateReversing, pos.NewError(pos.CodePartialUndone)
	}
}

// late turns an answer that came after its moment into the state that holds: what must not stand is taken
// back, and a no to what was sold offline is a loss.
func late(p *pos.Payment) {
	switch {
	case p.State == pos.StateUnknown:
	case p.Offline && !yes(p.State):
		lose(p)
	case p.Released && yes(p.State):
		p.State, p.Failure = pos.StateReversing, pos.NewError(pos.CodePaidOtherwise)
	case unwantedPart(*p):
		p.State, p.Failure = pos.StateReversing, pos.NewError(pos.CodePartialUndone)
	case p.State == pos.StateApproved:
		p.State, p.Failure = pos.StateConfirmed, pos.NewError(pos.CodeConfirmed)
	}
}

// lose makes an offline approval that came to nothing the loss that it is.
func lose(p *pos.Payment) {
	p.State, p.Approved = pos.StateRejectedLate, money.New(0, p.Requested.Currency())
}

func unwantedPart(p pos.Payment) bool {
	return p.State == pos.StatePartial && !p.PartialOK && (p.Kind == pos.KindSale || p.Kind == pos.KindAuth)
}
