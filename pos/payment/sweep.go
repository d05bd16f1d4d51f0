package payment

import (
	"context"
	"strconv"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// How long a hold may stand without a capture before the engine gives it back, by whether the card was
// there; at half of it, it alarms.
const (
	longestHoldPresent = 24 * time.Hour
	longestHoldAbsent  = 72 * time.Hour
)

// alarmAgain is the pause between alarms about one hold, so that a restart forgets none for longer.
const alarmAgain = time.Hour

func longestHold(p pos.Payment) time.Duration {
	if p.Instrument.Entry == card.EntryKeyed || p.Instrument.Kind != pos.InstrumentCard {
		return longestHoldAbsent
	}
	return longestHoldPresent
}

// holds says that a payment holds money which nobody has captured.
func holds(p pos.Payment) bool {
	if p.Kind != pos.KindAuth || p.Parent != "" || !p.Approved.IsPositive() {
		return false
	}
	switch p.State {
	case pos.StateApproved, pos.StatePartial, pos.StateConfirmed, pos.StateHeld:
		return true
	}
	return false
}

// abandonable is a hold that does not lapse by itself.
func abandonable(p pos.Payment) bool { return holds(p) && p.State != pos.StateHeld }

// sweep alarms about a hold that nobody captures, and takes it back when its time is over.
func (e *Engine) sweep(ctx context.Context, seen pos.Payment) error {
	return e.amend(ctx, seen, func(p *pos.Payment) pos.Event {
		now := e.Now()
		end := p.Created.Add(longestHold(*p))
		p.Failure = pos.NewError(pos.CodeAbandoned, strconv.Itoa(int(now.Sub(p.Created).Hours())))
		if now.Before(end) {
			p.Due = earlier(end, now.Add(alarmAgain))
			return pos.Event{Kind: pos.EventAlarm}
		}
		if e.noneUnsettled(ctx, *p) != nil {
			// Perhaps somebody did capture it: that one is settled first.
			p.Due = now.Add(alarmAgain)
			return pos.Event{Kind: pos.EventAlarm}
		}
		p.State, p.Due, p.Attempts = pos.StateReversing, now, 0
		return pos.Event{Kind: pos.EventUndoing}
	})
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
