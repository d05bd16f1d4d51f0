package payment

import (
	"context"
	"strconv"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

// guardTwice keeps the same card or account from paying for the same twice by mistake. While an earlier attempt is
// unknown there is no way past it; after the window, or when a person has to settle it anyway, asking
// is enough. It gives the id of the payment that this one repeats because that is allowed.
func (e *Engine) guardTwice(ctx context.Context, p pos.Payment, allowed bool) (repeats string, err error) {
	if p.Instrument.Fingerprint.IsZero() || p.Kind == pos.KindVerify || e.neverSeen(p.Instrument.Fingerprint) {
		return "", nil
	}
	earlier, err := e.earlier(ctx, p.Instrument.Fingerprint)
	if err != nil {
		return "", err
	}
	now := e.Now()
	for _, q := range earlier {
		if !repeatedBy(q, p) {
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

// fewOfOneCard is how many payments of one card are looked at without asking the journal more closely.
const fewOfOneCard = 50

// earlier lists the payments of a card at which guardTwice has to look, the newest first. Few cards have paid so often
// that it needs the second look.
func (e *Engine) earlier(ctx context.Context, of card.Fingerprint) ([]pos.Payment, error) {
	newest, err := e.Journal.List(ctx, pos.Filter{Fingerprint: of, Newest: true, Limit: fewOfOneCard})
	if err != nil || len(newest) < fewOfOneCard {
		return newest, err
	}
	recent, err := e.Journal.List(ctx, pos.Filter{Fingerprint: of, Newest: true, Since: e.Now().Add(-e.DuplicateWindow)})
	if err != nil {
		return nil, err
	}
	open, err := e.Journal.List(ctx, pos.Filter{Fingerprint: of, Newest: true, Open: true})
	return append(recent, open...), err
}

// repeatedBy says that a payment may be for the same as an earlier one: the same asked of the card, or the same goods with
// something else on top; and whether it is a sale or a hold.
func repeatedBy(earlier, p pos.Payment) bool {
	if earlier.Kind != p.Kind && !(asksForMoney(earlier) && asksForMoney(p)) {
		return false
	}
	same := goods(p)
	return earlier.Requested == p.Requested || same.IsPositive() && goods(earlier) == same
}

// goods is what a payment asks for without what comes on top.
func goods(p pos.Payment) money.Amount {
	p.Approved = p.Requested
	return p.Pays()
}

// asksForMoney says that it is a sale or a hold of its own.
func asksForMoney(p pos.Payment) bool {
	return p.Parent == "" && (p.Kind == pos.KindSale || p.Kind == pos.KindAuth)
}

// minutes is how long ago, empty for less than one.
func minutes(m float64) string {
	if m < 1 {
		return ""
	}
	return strconv.Itoa(int(m))
}
