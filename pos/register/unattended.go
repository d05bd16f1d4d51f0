package register

import (
	"context"
	"slices"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// alone makes a policy that of a till at which nobody stands (rule T19): no cash, no typed card, nobody to agree.
func (p *Policy) alone() {
	p.NoKeyed, p.Cashback = true, money.Amount{}
	p.Surcharge = nil // nobody looks at the card, whether it is credit
	if p.Chip == ChipManager {
		p.Chip = ChipRefuse
	}
}

// staffOnly is what nobody may do without a cashier.
var staffOnly = []Verb{VerbCash, VerbVoice, VerbPart, VerbKeyed, VerbCashback, VerbPayments, VerbUnknown, VerbVoid, VerbRefund, VerbUndo, VerbQuit}

// forShoppers leaves out what an unattended till does not offer.
func (r *Register) forShoppers(verbs []Verb) []Verb {
	if !r.Policy.Unattended {
		return verbs
	}
	return slices.DeleteFunc(verbs, func(v Verb) bool { return slices.Contains(staffOnly, v) })
}

// leftAlone says that an unattended till waits for somebody who has gone. The armed reader and the PIN pad have
// limits of their own, and a payment under way is waited for.
func (r *Register) leftAlone() bool {
	now := r.Now()
	if now.Before(r.touched) {
		r.touched = now // the clock was set back
	}
	if !r.Policy.Unattended || now.Sub(r.touched) < r.Policy.CardEntry {
		return false
	}
	switch r.screen {
	case ScreenSending, ScreenPIN:
		return false
	case ScreenCard:
		return !r.armed()
	case ScreenAmount:
		return len(r.typed) > 0 || len(r.sale.Lines) > 0
	}
	return true
}

// leave ends the sale of whoever has gone, so that the next one does not pay for it.
func (r *Register) leave() {
	if r.screen == ScreenResult && r.result.payment.State.Open() {
		r.abandon()
		return
	}
	r.fresh()
}

// abandon ends a sale whose payment has no known outcome: whoever stands there gets nothing for it, so it must not
// stand. The till sells on only when that is durable.
func (r *Register) abandon() {
	p := r.result.payment
	r.send("Release", p.Requested, func(ctx context.Context) (pos.Payment, error) { return p, r.Payments.Release(ctx, p.ID) },
		func(p pos.Payment, err error) {
			if err != nil {
				r.settle(p)
				r.tell(ToneAttention, pos.AsError(err))
				return
			}
			r.fresh()
		})
}

// releaseOrphans gives back what an earlier life of an unattended till left open: nobody waits for its outcome. What
// the journal does not take is tried again at the next tick.
func (r *Register) releaseOrphans() {
	if !r.Policy.Unattended || r.orphans == orphansGone || r.orphans == orphansGoing {
		return
	}
	r.orphans = orphansGoing
	current := r.sale.ID
	r.spawn(func(ctx context.Context) func() {
		err := r.releaseOpen(ctx, current)
		return func() {
			if r.orphans = orphansGone; err != nil {
				r.orphans = orphansThere
			}
		}
	})
}

// Whether payments of an earlier life may still be open.
type orphans int

const (
	orphansThere orphans = iota
	orphansGoing
	orphansGone
)

// releaseOpen releases the register's own open sales but the current one. The first failure is returned.
func (r *Register) releaseOpen(ctx context.Context, current string) (first error) {
	open, err := r.journaled(ctx, pos.Filter{Open: true})
	if err != nil {
		return err
	}
	for _, p := range open {
		if p.Kind != pos.KindSale || p.Clerk != r.Clerk || p.Released || p.Sale == current {
			continue
		}
		if err := r.Payments.Release(ctx, p.ID); err != nil && first == nil {
			first = err
		}
	}
	return first
}
