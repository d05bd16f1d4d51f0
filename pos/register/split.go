package register

import (
	"context"
	"slices"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
)

// owing is what the next payment is for: all that is due, or the part of it that the cashier typed.
func (r *Register) owing() money.Amount {
	due := r.sale.Due()
	if more, err := r.part.Cmp(due); err != nil || more >= 0 || !r.part.IsPositive() {
		return due
	}
	return r.part
}

// partOf is what is due while the next payment is for a part of it.
func (r *Register) partOf() string {
	if r.owing() == r.sale.Due() {
		return ""
	}
	return r.sale.Due().String()
}

// askPart asks for how much the next card or cash pays.
func (r *Register) askPart() {
	r.disarm()
	r.forget()
	r.to(ScreenPart)
	r.form = form{fields: []*field{amountInput("This payment", r.phrase("of {1}; nothing typed: all of it", r.sale.Due().String()), "")}}
}

func (r *Register) setPart() {
	r.part = money.Amount{}
	if text := r.form.current().String(); text != "" {
		amount, problem := parseAmount(text, r.Currency, r.sale.Due())
		if problem != nil {
			r.tell(ToneAttention, problem)
			return
		}
		r.part = amount
	}
	r.askCard()
}

// undo takes back what was paid of this sale, the last payment first. Nothing else is ever taken back: each tender
// names its payment.
func (r *Register) undo() {
	last := len(r.sale.Tenders) - 1
	if last < 0 {
		r.fresh()
		return
	}
	tender := r.sale.Tenders[last]
	follow := payment.Follow{Payment: tender.Payment, Clerk: r.Clerk, Reason: "rest of the sale not paid"}
	do := r.Payments.Void
	if tender.Kind == pos.TenderCash {
		do = r.Payments.ReturnCash
	}
	r.send("Void", tender.Amount, func(ctx context.Context) (pos.Payment, error) { return do(ctx, follow) },
		func(p pos.Payment, err error) {
			switch {
			case err != nil:
				r.notSent(err, r.askRest)
			case p.State.Open(), p.State == pos.StateAccepted:
				r.undoneLater(p)
			case p.ID != tender.Payment && !p.State.Succeeded(): // cash and an offline approval are voided themselves
				r.show(p, r.askRest)
			default:
				r.undone(p)
			}
		})
}

// undoneLater lets go of a payment whose void got no answer, or which the host has only queued: whatever becomes of the void,
// the payment must not stand, and nobody takes the rest of the sale while it might.
func (r *Register) undoneLater(void pos.Payment) {
	r.send("Void", void.Requested, func(ctx context.Context) (pos.Payment, error) {
		return void, r.Payments.Release(ctx, void.Parent)
	}, func(p pos.Payment, err error) {
		if err != nil {
			r.show(p, func() { r.undoneLater(p) })
			r.tell(ToneAttention, pos.AsError(err))
			return
		}
		r.undone(p)
	})
}

// undone goes on with the tender before, or ends the sale.
func (r *Register) undone(p pos.Payment) {
	last := len(r.sale.Tenders) - 1
	cash := r.sale.Tenders[last].Kind == pos.TenderCash
	r.sale.Tenders = r.sale.Tenders[:last]
	r.paid = r.paid[:last]
	if cash {
		r.openDrawer()
		if !r.paidCash() {
			r.given, r.change = money.Amount{}, money.Amount{}
		}
	}
	if p.State.Open() {
		r.doubtful = p
	}
	if last > 0 {
		r.undo()
		return
	}
	if r.doubtful.ID != "" {
		p = r.doubtful
	}
	r.show(p, r.fresh)
	if cash && !p.State.Open() {
		r.tell(ToneGood, pos.NewError(pos.CodeCashReturned, shownAmount(p).String()))
	}
}

func (r *Register) paidCash() bool {
	return slices.ContainsFunc(r.sale.Tenders, func(t pos.Tender) bool { return t.Kind == pos.TenderCash })
}

// openDrawer opens it without a receipt.
func (r *Register) openDrawer() {
	if r.Printer != nil {
		r.enqueue(pos.Slip{Drawer: true})
	}
}
