package register

import (
	"context"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/receipt"
)

// openSale makes the sale from what is on the screen. Once a part is paid the total stands.
func (r *Register) openSale() bool {
	if len(r.sale.Tenders) > 0 {
		return true
	}
	total, err := r.total()
	if err != nil {
		r.tell(ToneAttention, err)
		return false
	}
	r.sale.Total = total
	if r.sale.ID == "" {
		r.sale.ID, r.sale.Opened = r.NewSaleID(), r.Now()
	}
	return true
}

// total is that of the items, or the amount typed.
func (r *Register) total() (money.Amount, *pos.Error) {
	if len(r.sale.Lines) == 0 {
		return parseAmount(string(r.typed), r.Currency, r.Policy.MaxAmount)
	}
	sum, err := r.sum()
	if err != nil {
		return sum, pos.NewError(pos.CodeAmountTooLarge, r.Policy.MaxAmount.String())
	}
	if over, err := sum.Cmp(r.Policy.MaxAmount); err != nil || over > 0 {
		return sum, pos.NewError(pos.CodeAmountTooLarge, r.Policy.MaxAmount.String())
	}
	return sum, nil
}

func (r *Register) sum() (sum money.Amount, err error) {
	sum = r.zero()
	for _, l := range r.sale.Lines {
		if sum, err = sum.Add(l.Amount); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

func (r *Register) askItem(typed string) {
	r.to(ScreenItems)
	r.form = form{fields: []*field{input("Item", "Coffee 2x3.50   or   3.50*2   or   Tea 250", 60, typed)}}
	r.typed = nil
}

func (r *Register) addItem() {
	f := r.form.current()
	if len(f.text) == 0 && len(r.sale.Lines) > 0 {
		if r.openSale() {
			r.askCard()
		}
		return
	}
	if card.InText(f.String()) {
		f.wipe()
		r.tell(ToneAttention, pos.NewError(pos.CodeCardInText))
		return
	}
	line, err := parseItem(f.String(), r.Currency, r.Policy.MaxAmount)
	if err == nil {
		err = r.addLine(line)
	}
	if err != nil {
		r.tell(ToneAttention, err)
		return
	}
	f.wipe()
	r.message, r.tone = Message{}, TonePlain
}

// addLine adds an item unless the sale gets too large by it.
func (r *Register) addLine(line pos.Line) *pos.Error {
	if len(r.sale.Lines) >= maxLines {
		return pos.NewError(pos.CodeAmountTooLarge, r.Policy.MaxAmount.String())
	}
	r.sale.Lines = append(r.sale.Lines, line)
	if _, err := r.total(); err != nil {
		r.sale.Lines = r.sale.Lines[:len(r.sale.Lines)-1]
		return err
	}
	return nil
}

// result is what the result screen shows.
type result struct {
	payment pos.Payment
	word    string
	tone    Tone
	caption string
	amount  money.Amount
	// next is what Enter does.
	next func()
	// retry says that Enter tries to get paid again, so that other ways to pay are offered too.
	retry bool
	// lost is the id of an unknown payment with the same card and amount, which may be for the same goods.
	lost string
}

// charge sends the card for what is due and what comes on top. From here on there is no way back until the answer.
func (r *Register) charge(c pos.Credentials, surcharge money.Amount) {
	order := payment.Order{
		Kind: pos.KindSale, Sale: r.sale.ID, SaleTotal: r.sale.Total, Items: pos.ItemsOf(r.sale.Lines), Amount: r.base(), Tip: r.tip, Clerk: r.Clerk,
		Credentials: c, AllowDuplicate: r.again, OfflineCode: r.voice,
	}
	if c.PINBlock.Present() {
		order.Amount, order.Cashback, order.Fee = r.asked(), r.cashback, r.Policy.DebitFee
	}
	if sum, err := order.Amount.Add(surcharge); err == nil && surcharge.IsPositive() {
		order.Amount, order.Surcharge = sum, surcharge
	}
	// Nobody gets cash that the card did not pay, or pays on top of what it did not.
	order.AllowPartial = order.Amount == r.owing() && r.voice == "" && !r.Policy.Unattended
	r.again = false
	r.send("Sale", order.Amount, func(ctx context.Context) (pos.Payment, error) {
		defer order.Credentials.Wipe()
		return r.Payments.Authorize(ctx, order)
	}, r.onSale)
}

// send shows the sending screen until the engine answers. What and amount say what is under way.
func (r *Register) send(what string, amount money.Amount, call func(context.Context) (pos.Payment, error), then func(pos.Payment, error)) {
	r.disarm()
	r.forget()
	r.to(ScreenSending)
	r.sent, r.patient, r.what, r.moving = r.Now(), true, what, amount
	r.spawn(func(ctx context.Context) func() {
		p, err := call(ctx)
		return func() {
			if !r.closing {
				then(p, err)
				r.count()
			}
		}
	})
}

func (r *Register) onSale(p pos.Payment, err error) {
	if err != nil {
		if pos.CodeOf(err) == pos.CodeDuplicate && !r.Policy.RefuseDuplicates {
			r.ask(pos.CodeDuplicate)
			r.message = r.say(pos.AsError(err))
			return
		}
		r.notSent(err, r.retrySale())
		r.result.retry = true
		if e := pos.AsError(err); e.Code == pos.CodeSameUnknown && len(e.Args) > 0 {
			r.result.lost = e.Args[0]
		}
		return
	}
	r.settle(p)
}

// settle takes a payment of this sale whose state is known, or has just become known.
func (r *Register) settle(p pos.Payment) {
	r.voice = "" // it was for that payment
	if !p.State.Succeeded() {
		r.show(p, r.retrySale())
		r.result.retry = !p.State.Open()
		if p.State.Open() {
			// Charging again could charge twice: the only way on is the next sale, or what is left of this one.
			switch {
			case r.Policy.Unattended:
				r.result.next = r.abandon
			case len(r.sale.Tenders) > 0:
				r.result.next = func() { r.goOnWithout(r.askRest) }
			default:
				r.result.next = r.fresh
			}
		}
		return
	}
	if p.GivenBack() {
		// A part that nobody had asked for, taken back with a refund: it pays nothing.
		r.show(p, r.retrySale())
		r.result.retry, r.result.word, r.result.tone = true, "NOT PAID", ToneBad
		r.result.caption = r.captioned("NOT PAID", p.Requested)
		r.tell(ToneBad, pos.NewError(pos.CodePartialUndone))
		return
	}
	r.paid = append(r.paid, p)
	r.sale.Tenders = append(r.sale.Tenders, pos.Tender{Kind: pos.TenderCard, Amount: paysOf(p), Payment: p.ID})
	if r.sale.Due().IsPositive() {
		r.askRest()
		return
	}
	slip := r.saleSlip(receipt.Customer)
	slip.Drawer = r.cashOut().IsPositive()
	r.enqueue(slip)
	r.show(p, r.fresh)
	r.tellCashOut("Give the customer {1} in cash and the receipt.")
}

// cashOut is the cash back of all that paid this sale: the customer gets it at its end.
func (r *Register) cashOut() money.Amount { return r.cashBackOf(r.paid) }

func (r *Register) cashBackOf(paid []pos.Payment) money.Amount {
	out := money.New(0, r.Currency)
	for _, p := range paid {
		out = plus(out, p.Cashback)
	}
	return out
}

// tellCashOut says what to do with the cash back, if there is any.
func (r *Register) tellCashOut(phrase string) {
	if out := r.cashOut(); out.IsPositive() {
		r.message.Next = r.phrase(phrase, out.String())
	}
}

// lostSale says that the screen shows a payment of this sale whose outcome is not known.
func (r *Register) lostSale() bool {
	p := r.result.payment
	return r.screen == ScreenResult && p.State.Open() && p.Kind == pos.KindSale && r.sale.ID != ""
}

// goOnWithout lets a sale, or the rest of it, be paid in another way although the outcome of a payment for it is not
// known: that one must not stand any more, and this is durable before the other way is asked for.
func (r *Register) goOnWithout(ask func()) {
	p := r.result.payment
	r.send("Rest", p.Requested, func(ctx context.Context) (pos.Payment, error) { return p, r.Payments.Release(ctx, p.ID) },
		func(p pos.Payment, err error) {
			if err != nil {
				r.settle(p)
				r.tell(ToneAttention, pos.AsError(err))
				return
			}
			ask()
		})
}

// giveUp takes cash for the goods of an earlier sale's payment that is still unknown: that one must not stand.
func (r *Register) giveUp(id string) {
	r.send("Cash", r.sale.Due(), func(ctx context.Context) (pos.Payment, error) { return pos.Payment{}, r.Payments.Release(ctx, id) },
		func(_ pos.Payment, err error) {
			if err != nil {
				r.notSent(err, r.retrySale())
				r.result.retry, r.result.lost = true, id
				return
			}
			r.askCash()
		})
}

// askRest shows what is paid and what is due.
func (r *Register) askRest() {
	r.terms = terms{}
	r.forget()
	r.to(ScreenPartial)
	code := pos.CodeRest
	if n := len(r.paid); n > 0 && r.paid[n-1].State == pos.StatePartial {
		code = pos.CodePartial
	}
	if paid, err := r.sale.Total.Sub(r.sale.Due()); err == nil {
		r.tell(ToneAttention, pos.NewError(code, paid.String(), r.sale.Due().String()))
	}
}

// approvedOf is what a payment that succeeded pays.
func approvedOf(p pos.Payment) money.Amount {
	if p.Approved.IsZero() && p.State != pos.StatePartial {
		return p.Requested
	}
	return p.Approved
}

// paysOf is what a payment that succeeded pays of its sale.
func paysOf(p pos.Payment) money.Amount {
	p.Approved = approvedOf(p)
	return p.Pays()
}

// retrySale is what Enter does after a payment that came to nothing.
func (r *Register) retrySale() func() {
	if len(r.sale.Tenders) > 0 {
		return r.askRest
	}
	return r.askCard
}

// show puts a payment on the result screen.
func (r *Register) show(p pos.Payment, next func()) {
	word, tone := verdict(p)
	amount := p.Requested
	if p.State.Succeeded() {
		amount = approvedOf(p)
	}
	r.result = result{payment: p, word: word, tone: tone, amount: amount, next: next}
	if p.Waiting() {
		word = "OFFLINE APPROVAL" // too long for big letters
	}
	r.result.caption = r.captioned(word, amount)
	r.to(ScreenResult)
	r.message, r.tone = r.about(p), tone
}

// notSent shows an error of the engine: nothing left the terminal.
func (r *Register) notSent(err error, next func()) {
	r.result = result{word: "NOT SENT", tone: ToneAttention, amount: r.moving, next: next}
	r.result.caption = r.captioned("NOT SENT", r.result.amount)
	r.to(ScreenResult)
	r.tell(ToneAttention, pos.AsError(err))
}

// verdict is the big word and its colour.
func verdict(p pos.Payment) (string, Tone) {
	switch {
	case p.State.Open():
		return "UNKNOWN", ToneAttention
	case p.Waiting():
		return "OFFLINE", ToneAttention
	case p.State == pos.StateAccepted:
		return "ACCEPTED", ToneAttention
	case p.State.Succeeded():
		switch p.Kind {
		case pos.KindVoid:
			return "VOIDED", ToneGood
		case pos.KindRefund:
			return "REFUNDED", ToneGood
		case pos.KindReversal:
			return "REVERSED", ToneGood
		}
		return "APPROVED", ToneGood
	case p.State == pos.StateNotSent:
		return "NOT SENT", ToneAttention
	case p.State == pos.StateRefused:
		return "REFUSED", ToneBad
	case p.State == pos.StateVoided:
		return "VOIDED", TonePlain
	case p.State == pos.StateReversed:
		return "REVERSED", TonePlain
	case p.State == pos.StateHeld:
		return "HELD", TonePlain
	case p.State == pos.StateRejectedLate, p.State == pos.StateRejectedInBatch:
		return "NOT PAID", ToneBad
	}
	return "DECLINED", ToneBad
}

// follow keeps a result on the screen true when the background queue settles it.
func (r *Register) follow() {
	shown := r.result.payment
	if r.screen != ScreenResult || !shown.State.Open() {
		return
	}
	r.spawn(func(ctx context.Context) func() {
		found, err := r.find(ctx, shown.ID)
		return func() {
			still := r.screen == ScreenResult && r.result.payment.ID == shown.ID
			if err != nil || !still || found.State == r.result.payment.State {
				return
			}
			if found.Kind == pos.KindSale {
				r.settle(found)
				return
			}
			r.show(found, r.result.next)
		}
	})
}

func (r *Register) askCash() {
	r.disarm()
	r.forget()
	r.to(ScreenCash)
	r.form = form{fields: []*field{amountInput("Cash given", "nothing typed: the exact amount", "")}}
}

// cash takes what the customer gave, journals it, prints, and kicks the drawer.
func (r *Register) cash() {
	due := r.owing()
	given := due
	if text := r.form.current().String(); text != "" {
		var problem *pos.Error
		if given, problem = parseAmount(text, r.Currency, r.Policy.MaxAmount); problem != nil {
			r.tell(ToneAttention, problem)
			return
		}
	}
	change, err := given.Sub(due)
	if err != nil || change.IsNegative() {
		r.tell(ToneAttention, pos.NewError(pos.CodeCashShort, due.String()))
		return
	}
	order := payment.CashOrder{Sale: r.sale.ID, SaleTotal: r.sale.Total, Items: pos.ItemsOf(r.sale.Lines), Amount: due, Clerk: r.Clerk}
	r.send("Cash", due, func(ctx context.Context) (pos.Payment, error) { return r.Payments.Cash(ctx, order) },
		func(p pos.Payment, err error) {
			if err != nil {
				r.notSent(err, r.retrySale())
				r.result.retry = true
				return
			}
			r.tookCash(p, given, change)
		})
}

// tookCash ends the sale, or asks for the rest of it.
func (r *Register) tookCash(p pos.Payment, given, change money.Amount) {
	r.paid = append(r.paid, p)
	r.sale.Tenders = append(r.sale.Tenders, pos.Tender{Kind: pos.TenderCash, Amount: p.Approved, Payment: p.ID})
	r.given, r.change = plus(r.given, given), plus(r.change, change)
	if r.sale.Due().IsPositive() {
		r.openDrawer()
		r.askRest()
		if change.IsPositive() {
			r.tell(ToneAttention, pos.NewError(pos.CodeCashTaken, given.String(), change.String()))
		}
		return
	}
	slip := r.saleSlip(receipt.Customer)
	slip.Drawer = true
	r.enqueue(slip)
	r.show(p, r.fresh)
	r.result.word = r.phrase("CHANGE {1}", change.String())
	r.result.caption = r.captioned("CASH", p.Approved)
	r.tell(ToneGood, pos.NewError(pos.CodeCashTaken, given.String(), change.String()))
	r.tellCashOut("Give the customer the change, {1} of cash back and the receipt.")
}

// plus sums what is in the till's currency and far from the limits of a number.
func plus(a, b money.Amount) money.Amount {
	if sum, err := a.Add(b); err == nil {
		return sum
	}
	return a
}
