package register

import (
	"context"
	"slices"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/receipt"
)

// lookLimit ends one look into the journal.
const lookLimit = 5 * time.Second

// listing is the payments on the screen and the one that is chosen.
type listing struct {
	payments []pos.Payment
	selected int
	// answered says that the outcome of one became known while the list was on the screen.
	answered bool
}

func (l listing) current() (pos.Payment, bool) {
	if l.selected >= len(l.payments) {
		return pos.Payment{}, false
	}
	return l.payments[l.selected], true
}

func (l *listing) move(by int) {
	l.selected = max(0, min(l.selected+by, len(l.payments)-1))
}

// totals is what the status bar says of the journal.
type totals struct {
	unknowns, count int
	batch           int64
	net             money.Amount
}

func (r *Register) journaled(ctx context.Context, f pos.Filter) ([]pos.Payment, error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	return r.History.List(ctx, f)
}

// count reads the status bar's figures from the journal: totals are never kept by counting along.
func (r *Register) count() {
	r.spawn(func(ctx context.Context) func() {
		open, err := r.journaled(ctx, pos.Filter{Open: true, Limit: MaxUnknowns})
		if err != nil {
			return func() {}
		}
		t := totals{unknowns: len(open), net: money.New(0, r.Currency)}
		newest, err := r.journaled(ctx, pos.Filter{Newest: true, Limit: 1})
		if err == nil && len(newest) == 1 && newest[0].Batch > 0 {
			t.batch = newest[0].Batch
			rows, err := r.journaled(ctx, pos.Filter{Batch: t.batch})
			if err != nil {
				return func() {}
			}
			t.count = len(rows)
			for _, p := range rows {
				if sum, err := t.net.Add(p.Net()); err == nil {
					t.net = sum
				}
			}
		}
		return func() { r.totals = t }
	})
}

func (r *Register) find(ctx context.Context, id string) (pos.Payment, error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	return r.History.Find(ctx, id)
}

// openPayments shows the list, the newest first.
func (r *Register) openPayments() {
	r.openList(ScreenPayments, pos.Filter{Newest: true, Limit: maxListed})
}

// openUnknown shows what has to be settled, the oldest first: payments whose outcome is not known, losses, and whatever
// else a person should look at.
func (r *Register) openUnknown() {
	r.openList(ScreenUnknown, pos.Filter{Open: true, Limit: MaxUnknowns})
}

// lossesFor is how long a payment that was given out as approved and refused later stays among what has to be looked at.
const lossesFor = 7 * 24 * time.Hour

// lost lists the latest losses. The journal is searched by time, so this is for a start and for what the background
// changes, not for each sale.
func (r *Register) lost(ctx context.Context) ([]pos.Payment, error) {
	return r.journaled(ctx, pos.Filter{State: pos.StateRejectedLate, Since: r.Now().Add(-lossesFor), Limit: MaxUnknowns})
}

func (r *Register) countLosses() {
	r.spawn(func(ctx context.Context) func() {
		lost, err := r.lost(ctx)
		return func() {
			if err == nil {
				r.losses = len(lost)
			}
		}
	})
}

// withAlarms adds to the open payments those that stand and need a person all the same.
func (r *Register) withAlarms(ctx context.Context, open []pos.Payment) []pos.Payment {
	if lost, err := r.lost(ctx); err == nil {
		open = append(open, lost...)
	}
	var alarms []payment.Alarm
	if r.Alarms != nil {
		alarms = r.Alarms()
	}
	for _, a := range alarms {
		if slices.ContainsFunc(open, func(p pos.Payment) bool { return p.ID == a.Payment }) || len(open) >= maxListed {
			continue
		}
		if p, err := r.find(ctx, a.Payment); err == nil {
			open = append(open, p)
		}
	}
	slices.SortStableFunc(open, func(a, b pos.Payment) int { return a.Created.Compare(b.Created) })
	return open
}

func (r *Register) openList(screen Screen, f pos.Filter) {
	r.spawn(func(ctx context.Context) func() {
		payments, err := r.journaled(ctx, f)
		if screen == ScreenUnknown {
			payments = r.withAlarms(ctx, payments)
		}
		return func() {
			switch r.screen {
			case ScreenAmount, ScreenResult, ScreenDetail, ScreenRecover, ScreenResolve:
			default:
				return // the cashier went elsewhere in the meantime
			}
			if err != nil {
				r.tell(ToneAttention, pos.AsError(err))
				return
			}
			r.fresh()
			r.list = listing{payments: payments}
			r.to(screen)
		}
	})
}

// followList keeps what has to be settled true while it stands on the screen. The rows stay where they are: a key that is
// pressed just then must not meet another payment.
func (r *Register) followList() {
	screen, left, now := r.screen, r.unfinished, slices.Clone(r.list.payments)
	isOpen := func(p pos.Payment) bool { return p.State.Open() }
	if screen != ScreenUnknown && screen != ScreenRecover || !slices.ContainsFunc(now, isOpen) {
		return
	}
	r.spawn(func(ctx context.Context) func() {
		for i, p := range now {
			if !isOpen(p) {
				continue
			}
			if found, err := r.find(ctx, p.ID); err == nil {
				now[i] = found
			}
		}
		var of []pos.Payment
		if left != nil {
			of, _ = r.journaled(ctx, pos.Filter{Sale: left.sale.ID})
		}
		return func() {
			shown := &r.list
			same := func(a, b pos.Payment) bool { return a.ID == b.ID }
			if r.screen != screen || !slices.EqualFunc(shown.payments, now, same) {
				return
			}
			for i, p := range now {
				shown.answered = shown.answered || isOpen(shown.payments[i]) && !isOpen(p)
			}
			shown.payments = now
			if len(of) > 0 && r.unfinished == left {
				r.tellUnfinished(leftOf(of))
			}
		}
	})
}

func (r *Register) openDetail() {
	p, ok := r.list.current()
	switch {
	case !ok:
	case r.screen == ScreenUnknown && p.State.Open():
		r.askResolve(p)
	default:
		r.to(ScreenDetail)
	}
}

// voidable and refundable say what is worth offering; the engine and the host have the last word.
func voidable(p pos.Payment) bool {
	return p.Instrument.Kind != pos.InstrumentCash && p.Kind != pos.KindVoid && p.Kind != pos.KindReversal && p.State.CanBecome(pos.StateVoided) && !p.State.Open() && p.State != pos.StateVoided
}

func refundable(p pos.Payment) bool {
	return p.Instrument.Kind != pos.InstrumentCash && (p.Kind == pos.KindSale || p.Kind == pos.KindCapture) && p.State.Succeeded() && left(p).IsPositive()
}

// left is what of the goods can still be refunded: cash that was paid out is not, and a surcharge goes back beside it.
func left(p pos.Payment) money.Amount {
	whole := remaining(p)
	l, err := whole.Sub(p.SurchargeIn(whole))
	if err != nil {
		return money.New(0, p.Requested.Currency())
	}
	return l
}

func (r *Register) askVoid() {
	r.to(ScreenVoid)
	r.form = form{fields: []*field{input("Reason", "why it is voided", 60, "")}}
}

func (r *Register) askRefund() {
	p, _ := r.list.current()
	r.to(ScreenRefund)
	r.form = form{fields: []*field{
		amountInput("Amount", r.refundHint(p), left(p).String()),
		input("Reason", "why it is given back", 60, ""),
	}, focus: 1}
}

func (r *Register) refundHint(p pos.Payment) string {
	if back := p.SurchargeIn(remaining(p)); back.IsPositive() {
		return r.phrase("at most {1}, and the surcharge with it", left(p).String())
	}
	return r.phrase("at most {1}", left(p).String())
}

// reason reads a required reason at the given field.
func (r *Register) reason(at int) (string, bool) {
	text := r.form.fields[at].String()
	switch {
	case text == "":
		r.form.focus = at
		r.tell(ToneAttention, pos.NewError(pos.CodeReasonMissing))
	case card.InText(text):
		r.form.focus = at
		r.form.fields[at].wipe()
		r.tell(ToneAttention, pos.NewError(pos.CodeCardInText))
		return "", false
	}
	return text, text != ""
}

func (r *Register) void() {
	p, ok := r.list.current()
	why, given := r.reason(0)
	if !ok || !given {
		return
	}
	r.followUp("Void", shownAmount(p), r.Payments.Void, payment.Follow{Payment: p.ID, Clerk: r.Clerk, Reason: why})
}

func (r *Register) refund() {
	p, ok := r.list.current()
	if !ok {
		return
	}
	amount, problem := parseAmount(r.form.fields[0].String(), r.Currency, r.Policy.MaxAmount)
	if problem == nil {
		if over, err := amount.Cmp(left(p)); err != nil || over > 0 {
			problem = pos.NewError(pos.CodeOverRefund, left(p).String())
		}
	}
	if problem != nil {
		r.form.focus = 0
		r.tell(ToneAttention, problem)
		return
	}
	why, given := r.reason(1)
	if !given {
		return
	}
	f := payment.Follow{Payment: p.ID, Amount: giveBack(p, amount), Clerk: r.Clerk, Reason: why}
	if p.Instrument.PIN {
		r.askReturn(f)
		return
	}
	r.followUp("Refund", f.Amount, r.Payments.Refund, f)
}

func (r *Register) followUp(what string, amount money.Amount, do func(context.Context, payment.Follow) (pos.Payment, error), f payment.Follow) {
	r.send(what, amount, func(ctx context.Context) (pos.Payment, error) { return do(ctx, f) },
		func(p pos.Payment, err error) {
			if err != nil {
				r.notSent(err, r.openPayments)
				return
			}
			r.show(p, r.openPayments)
			if p.State.Succeeded() {
				r.printPayment(p, receipt.Customer)
			}
		})
}

// The fields of the resolve screen, in order.
const (
	resolveState = iota
	resolveReason
)

func (r *Register) askResolve(p pos.Payment) {
	r.to(ScreenResolve)
	state := &field{label: "What became of it", hint: "arrow keys"}
	for _, c := range []struct {
		to    pos.State
		label string
	}{
		{pos.StateConfirmed, "the bank has it: the money moved"},
		{pos.StateNotSent, "the bank never had it: no money moved"},
		{pos.StateDeclined, "the bank declined it: no money moved"},
		{pos.StateReversed, "it was reversed at the bank"},
		{pos.StateVoided, "it was voided at the bank"},
	} {
		if p.State.CanBecome(c.to) {
			state.choices = append(state.choices, choice{string(c.to), r.phrase(c.label)})
		}
	}
	if len(state.choices) == 0 {
		r.form = form{}
		r.tell(ToneAttention, pos.NewError(pos.CodeNotAllowed))
		return
	}
	r.form = form{fields: []*field{state, input("Reason", "who said so, and when", 60, "")}, focus: resolveState}
}

func (r *Register) resolve() {
	p, ok := r.list.current()
	if !ok || len(r.form.fields) == 0 {
		return
	}
	if r.form.focus == resolveState {
		r.form.move(1)
		return
	}
	why, given := r.reason(resolveReason)
	if !given {
		return
	}
	f := r.form.fields[resolveState]
	order := payment.Resolution{Payment: p.ID, State: pos.State(f.choices[f.chosen].value), Reason: why, Clerk: r.Clerk}
	r.send("Resolve", shownAmount(p), func(ctx context.Context) (pos.Payment, error) { return r.Payments.Resolve(ctx, order) },
		func(q pos.Payment, err error) {
			if err != nil {
				r.notSent(err, r.openUnknown)
				return
			}
			r.show(q, r.openUnknown)
			if q.State == order.State {
				r.result.word, r.result.tone = "RESOLVED", ToneGood
				r.result.caption = r.captioned("RESOLVED", shownAmount(q))
				r.message = Message{Happened: r.phrase("Noted: {1}.", f.choices[f.chosen].label), Next: r.phrase("The reason stands in the journal.")}
			}
		})
}
