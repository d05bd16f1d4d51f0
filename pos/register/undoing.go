package register

import (
	"time"

	"github.com/tillpos/till/pos"
)

// Undoing is when the host takes a payment back which way, so that the screen offers the right one. The host
// has the last word. The zero value offers both at any time.
type Undoing struct {
	// VoidUntil is the host's clock time, since midnight in Zone, until which what was sent that day can be
	// voided. What was sent later counts for the next day. Zero: there is no such time.
	VoidUntil time.Duration
	Zone      *time.Location // nil: UTC
	// RefundBefore says that a refund is taken before that time too.
	RefundBefore bool
}

// open says whether the host still has the day of a payment open at now.
func (u Undoing) open(p pos.Payment, now time.Time) bool {
	if u.VoidUntil == 0 {
		return true
	}
	zone := u.Zone
	if zone == nil {
		zone = time.UTC
	}
	sent := p.Created.In(zone)
	// The clock's time, not so many hours from midnight: a day in spring has 23 hours.
	end := func(days int) time.Time {
		return time.Date(sent.Year(), sent.Month(), sent.Day()+days, int(u.VoidUntil/time.Hour), int(u.VoidUntil%time.Hour/time.Minute), 0, 0, zone)
	}
	cutoff := end(0)
	if !sent.Before(cutoff) {
		cutoff = end(1)
	}
	return now.Before(cutoff)
}

// offersVoid and offersRefund say what is worth offering for a payment now. An offline approval that waits is
// dropped without the host, at any time.
func (r *Register) offersVoid(p pos.Payment) bool {
	return voidable(p) && (p.Waiting() || r.Policy.Undoing.open(p, r.Now()))
}

func (r *Register) offersRefund(p pos.Payment) bool {
	u := r.Policy.Undoing
	return refundable(p) && !p.Waiting() && (u.VoidUntil == 0 || u.RefundBefore || !u.open(p, r.Now()))
}
