package pos

// Outcome is what a person is told of a payment: why it failed or what to watch, if the engine or the
// host said so, otherwise what its state means. Screens, receipts and reports all ask here.
func (p Payment) Outcome() *Error {
	if e := p.followed(); e != nil {
		return e
	}
	if p.Failure != nil && !p.State.later() {
		return p.Failure
	}
	code := p.State.Code(p.Kind)
	if code != CodePartial {
		return NewError(code)
	}
	due, err := p.Requested.Sub(p.Approved)
	if err != nil {
		return NewError(code, p.Approved.String())
	}
	return NewError(code, p.Approved.String(), due.String())
}

// followed tells of what was to be done to an earlier payment where the sentences of a sale would mislead: if a void came to
// nothing, the card is charged as before. Nil: the usual sentences do.
func (p Payment) followed() *Error {
	confirmed := p.State == StateConfirmed && (p.Failure == nil || p.Failure.Code == CodeConfirmed)
	switch {
	case confirmed && (p.Parent != "" || p.Kind == KindRefund):
		return NewError(approvedCode(p.Kind))
	case p.Parent == "":
		return nil
	case p.State == StateDeclined, p.State == StateRefused:
		e := NewError(CodeFollowRefused)
		if p.Failure != nil {
			e.Args, e.Detail = p.Failure.Args, p.Failure.Detail
		}
		return e
	case p.State == StateNotSent:
		return NewError(CodeFollowNotSent)
	case p.State == StateRejectedLate:
		return NewError(CodeFollowRejected)
	}
	return nil
}

// later says that the state came after the answer, by another payment or by the batch; then the failure
// that stood beside the answer tells nothing any more.
func (s State) later() bool {
	switch s {
	case StateReversed, StateHeld, StateRejectedLate, StateCaptured, StateVoided, StateAdjusted, StateBatched,
		StateSettled, StateRejectedInBatch:
		return true
	}
	return false
}

// Code names what a state means for a payment of this kind. A state that is not known counts as
// unknown, so that nobody charges again because of it.
func (s State) Code(k Kind) Code {
	if s == StateApproved {
		return approvedCode(k)
	}
	if c, ok := stateCodes[s]; ok {
		return c
	}
	return CodeUnknown
}

var stateCodes = map[State]Code{
	StateCreated:         CodeNotSent,
	StateSending:         CodeSending,
	StatePartial:         CodePartial,
	StateAccepted:        CodeAccepted,
	StateDeclined:        CodeDeclined,
	StateRefused:         CodeRefused,
	StateNotSent:         CodeNotSent,
	StateUnknown:         CodeUnknown,
	StateReversing:       CodeReversing,
	StateReversed:        CodeReversed,
	StateConfirmed:       CodeConfirmed,
	StateHeld:            CodeHeld,
	StateNeedsPerson:     CodeNeedsPerson,
	StateRejectedLate:    CodeRejectedLate,
	StateCaptured:        CodeCaptured,
	StateVoided:          CodeVoided,
	StateAdjusted:        CodeAdjusted,
	StateBatched:         CodeBatched,
	StateSettled:         CodeSettled,
	StateRejectedInBatch: CodeRejectedInBatch,
}

func approvedCode(k Kind) Code {
	switch k {
	case KindAuth:
		return CodeApprovedAuth
	case KindCapture:
		return CodeApprovedCapture
	case KindRefund:
		return CodeRefunded
	case KindVoid:
		return CodeVoided
	case KindReversal:
		return CodeReversed
	case KindVerify:
		return CodeApprovedVerify
	case KindAdjust:
		return CodeApprovedAdjust
	}
	return CodeApproved
}
