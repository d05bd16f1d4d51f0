package payment

import (
	"slices"
	"strings"

	"github.com/tillpos/till/pos"
)

// Alarm is something at which a person should look.
type Alarm struct {
	Payment string // id
	Failure *pos.Error
}

// Alarms lists what a person should look at: payments that need one, reversals that failed three times,
// holds that nobody captures. They go when their cause goes.
func (e *Engine) Alarms() []Alarm {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]Alarm, 0, len(e.alarms))
	for id, failure := range e.alarms {
		out = append(out, Alarm{id, failure})
	}
	slices.SortFunc(out, func(a, b Alarm) int { return strings.Compare(a.Payment, b.Payment) })
	return out
}

// AlarmOf says why a person should look at a payment, nil if nobody has to.
func AlarmOf(p pos.Payment) *pos.Error {
	switch {
	case p.State == pos.StateNeedsPerson:
		return p.Outcome()
	case p.State == pos.StateReversing && p.Attempts >= gateTries:
		return pos.NewError(pos.CodeReversalStuck)
	case holds(p) && p.Failure != nil && p.Failure.Code == pos.CodeAbandoned:
		return p.Failure
	}
	return nil
}
