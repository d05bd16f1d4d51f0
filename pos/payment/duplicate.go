package payment

import (
	"context"
	"strconv"

	"github.com/tillpos/till/pos"
)

// guardTwice keeps the same card or account from paying the same amount twice by mistake. While an earlier attempt is
// unknown there is no way past it; after the window, or when a person has to settle it anyway, asking
// is enough. It gives the id of the payment that this one repeats because that is allowed.
func (e *Engine) guardTwice(ctx context.Context, p pos.Payment, allowed bool) (repeats string, err error) {
	if p.Instrument.Fingerprint.IsZero() || p.Kind == pos.KindVerify || e.neverSeen(p.Instrument.Fingerprint) {
		return "", nil
	}
	earlier, err := e.Journal.List(ctx, pos.Filter{Fingerprint: p.Instrument.Fingerprint, Newest: true, Limit: 50})
	if err != nil {
		return "", err
	}
	now := e.Now()
	for _, q := range earlier {
		if same, err := q.Requested.Cmp(p.Requested); err != nil || same != 0 || q.Kind != p.Kind {
			continue
		}
		age := now.Sub(q.Created)
		switch {
		case q.State == pos.StateUnknown, q.State == pos.StateSending, q.State == pos.StateReversing:
			return "", pos.NewError(pos.CodeSameUnknown, q.ID)
		case q.State != pos.StateNeedsPerson && (!q.State.Succeeded() || q.Clerk != p.Clerk || age >= e.DuplicateWindow):
			continue
		case !allowed:
			return "", pos.NewError(pos.CodeDuplicate, minutes(age.Minutes()))
		case repeats == "":
			repeats = q.ID
		}
	}
	return repeats, nil
}

func minutes(m float64) string {
	if m < 1 {
		return "0"
	}
	return strconv.Itoa(int(m))
}
