package register

import (
	"context"
	"slices"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// lookBackFor is how many of the newest payments are searched at the start for a sale that was left in the middle.
const lookBackFor = 20

// lastPaymentFor is how old the last payment may be that a start still tells of: the cashier may not have seen its
// outcome when the power went.
const lastPaymentFor = 10 * time.Minute

// unfinished is a sale of an earlier life that is paid in part.
type unfinished struct {
	sale pos.Sale
	paid []pos.Payment
	open []pos.Payment // of this sale, outcome not known: they must not stand if it goes on without them
}

// lookBack finds what was on the screen when the till ended: a sale that is paid in part, or the last payment.
func (r *Register) lookBack() {
	if r.Policy.Unattended {
		return
	}
	r.spawn(func(ctx context.Context) func() {
		newest, err := r.journaled(ctx, pos.Filter{Newest: true, Limit: lookBackFor})
		if err != nil || len(newest) == 0 {
			return func() {}
		}
		seen := map[string]bool{}
		for _, p := range newest {
			if p.SaleTotal.Currency() == "" || seen[p.Sale] {
				continue
			}
			seen[p.Sale] = true
			all, err := r.journaled(ctx, pos.Filter{Sale: p.Sale})
			if left := leftOf(all); err == nil && len(left.paid) > 0 && left.sale.Due().IsPositive() {
				return func() { r.foundSale(left, all) }
			}
		}
		last := newest[0]
		of := []pos.Payment{last}
		if all, err := r.journaled(ctx, pos.Filter{Sale: last.Sale}); err == nil && last.Sale != "" {
			of = all
		}
		return func() { r.foundLast(last, of) }
	})
}

// leftOf makes a sale of its payments, as far as they stand. A sale that was paid once
// is not one that was left, whatever was given back, voided or lost of it since.
func leftOf(payments []pos.Payment) (left unfinished) {
	stood := money.Amount{}
	for _, p := range payments {
		if p.Kind != pos.KindSale || p.Parent != "" || p.SaleTotal.Currency() == "" {
			continue
		}
		if left.sale.ID == "" {
			left.sale = pos.Sale{ID: p.Sale, Opened: p.Created}
		}
		// The last one counts: before anything was paid the amount may have been typed anew.
		left.sale.Total, left.sale.Lines = p.SaleTotal, p.Items.Lines(p.SaleTotal.Currency())
		if p.Released {
			continue
		}
		if p.State.Open() {
			left.open = append(left.open, p)
		}
		if p.Approved.IsPositive() {
			stood = plus(stood, paysOf(p))
		}
		if !p.Refunded.IsZero() || p.State == pos.StateRejectedLate || p.State == pos.StateRejectedInBatch {
			return unfinished{}
		}
		if !p.State.Succeeded() {
			continue
		}
		kind := pos.TenderCard
		if p.Instrument.Kind == pos.InstrumentCash {
			kind = pos.TenderCash
		}
		left.sale.Tenders = append(left.sale.Tenders, pos.Tender{Kind: kind, Amount: paysOf(p), Payment: p.ID})
		left.paid = append(left.paid, p)
	}
	if less, err := stood.Cmp(left.sale.Total); err != nil || less >= 0 {
		return unfinished{}
	}
	return left
}

// untouched says that the cashier has not begun anything.
func (r *Register) untouched() bool {
	return r.screen == ScreenRecover || r.screen == ScreenAmount && len(r.typed) == 0 && r.sale.ID == "" && len(r.sale.Lines) == 0
}

func (r *Register) foundSale(left unfinished, all []pos.Payment) {
	if !r.untouched() {
		return
	}
	r.unfinished = &left
	listed := slices.Clone(r.list.payments)
	for _, p := range all {
		if !slices.ContainsFunc(listed, func(q pos.Payment) bool { return q.ID == p.ID }) {
			listed = append(listed, p)
		}
	}
	r.list.payments = listed
	r.to(ScreenRecover)
	r.tellUnfinished(left)
}

// tellUnfinished says how much of the sale that was left is paid; nothing, once nothing of it is due.
func (r *Register) tellUnfinished(left unfinished) {
	r.message, r.tone = Message{}, TonePlain
	due := left.sale.Due()
	if paid, err := left.sale.Total.Sub(due); err == nil && len(left.paid) > 0 && due.IsPositive() {
		r.tell(ToneAttention, pos.NewError(pos.CodeSaleUnfinished, paid.String(), due.String(), left.sale.Total.String()))
	}
}

// understood ends the screen of what happened: with the sale that was left, or the next one. What became of it while the
// screen was read counts: the bank may have been asked meanwhile.
func (r *Register) understood() {
	left := r.unfinished
	if left == nil {
		r.fresh()
		return
	}
	r.spawn(func(ctx context.Context) func() {
		all, err := r.journaled(ctx, pos.Filter{Sale: left.sale.ID})
		return func() {
			switch {
			case r.unfinished != left:
			case err != nil:
				r.tell(ToneAttention, pos.AsError(err))
			default:
				r.goOn(leftOf(all), all)
			}
		}
	})
}

// goOn asks for what is due of a sale that was left. A payment of it whose outcome is not known must not stand any more.
func (r *Register) goOn(left unfinished, all []pos.Payment) {
	switch {
	case len(left.paid) == 0 || !left.sale.Due().IsPositive():
		r.fresh()
		r.unfinished = nil
		r.foundLast(all[len(all)-1], all)
	case len(left.open) > 0:
		p := left.open[0]
		r.send("Rest", p.Requested, func(ctx context.Context) (pos.Payment, error) { return p, r.Payments.Release(ctx, p.ID) },
			func(_ pos.Payment, err error) {
				if err != nil {
					r.notSent(err, r.understood)
					return
				}
				r.understood()
			})
	default:
		r.fresh()
		r.unfinished = nil
		r.sale, r.paid = left.sale, left.paid
		r.askRest()
	}
}

// foundLast tells of a payment that ended just before this start, and of the cash that its sale pays out.
func (r *Register) foundLast(p pos.Payment, sale []pos.Payment) {
	if !r.untouched() || r.screen == ScreenRecover || r.Now().Sub(p.Created) > lastPaymentFor {
		return
	}
	m := r.say(pos.NewError(pos.CodeLastPayment, string(r.Currency), shownAmount(p).String(), p.Instrument.Masked))
	became := r.about(p)
	m.Money = became.Happened + ". " + became.Money
	standing := slices.DeleteFunc(slices.Clone(sale), func(p pos.Payment) bool { return p.Released || !p.State.Succeeded() })
	if out := r.cashBackOf(standing); out.IsPositive() {
		m.Next = r.phrase("The sale pays out {1} in cash: see that the customer has it.", out.String())
	}
	r.message, r.tone = m, TonePlain
}
