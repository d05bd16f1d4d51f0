package register

import (
	"strconv"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// view draws the state as a snapshot that shares nothing with it.
func (r *Register) view() View {
	v := View{
		Screen: r.screen, Currency: string(r.Currency), Amount: r.amount(), Message: r.message, Tone: r.tone,
		Fields: r.form.view(r.Currency), Verbs: r.verbs(), Status: r.statusBar(),
	}
	for _, l := range r.sale.Lines {
		v.Lines = append(v.Lines, CartLine{l.Text, l.Quantity.String(), l.Price.String(), l.Amount.String()})
	}
	r.viewTotals(&v)
	v.Part, v.Tip, v.Voice = r.partOf(), amountOrNone(r.tip), r.voice
	switch r.screen {
	case ScreenCard:
		if r.armed() {
			v.Left = max(0, r.arming.ends.Sub(r.Now()))
		}
		v.Debit = r.debit || r.returning != nil
		v.Cashback, v.Fee = amountOrNone(r.cashback), r.fee()
	case ScreenPIN:
		if r.pin != nil {
			v.Left = max(0, r.pin.ends.Sub(r.Now()))
		}
		v.Debit = true
		v.Cashback, v.Fee = amountOrNone(r.cashback), r.fee()
	case ScreenQuestion:
		if r.asking == pos.CodeSurchargeAsk {
			v.Surcharge, v.SurchargeTotal = r.surcharge.String(), plus(r.base(), r.surcharge).String()
		}
	case ScreenSending:
		v.Elapsed = max(0, r.Now().Sub(r.sent)).Truncate(time.Second)
		v.Message, v.Tone = r.sendingWords()
		v.Caption = r.what
	case ScreenResult:
		v.Word, v.Tone, v.Receipt = r.result.word, r.result.tone, r.receiptLine()
		v.Caption, v.Message = r.result.caption, r.message.under(v.Word)
		v.Details = resultDetails(r.result.payment)
	case ScreenPayments, ScreenUnknown, ScreenRecover:
		v.Selected = r.list.selected
		v.Interrupted = r.screen == ScreenRecover && len(r.Recovered) > 0
		for _, p := range r.list.payments {
			v.Rows = append(v.Rows, r.row(p))
		}
	case ScreenDetail, ScreenVoid, ScreenRefund, ScreenResolve:
		if p, ok := r.list.current(); ok {
			v.Details, v.Receipt = details(p), r.receiptLine()
			v.Rows = []Row{r.row(p)}
			if v.Message == (Message{}) && r.screen == ScreenDetail {
				v.Word, v.Tone = verdict(p)
				v.Message = r.about(p).under(v.Word)
				if p.State.Succeeded() {
					v.Message.Next = "" // that was for the moment of the sale
				}
			}
		}
	}
	return v
}

func (r *Register) amount() string {
	switch r.screen {
	case ScreenAmount, ScreenItems:
		if len(r.sale.Lines) > 0 {
			if sum, err := r.sum(); err == nil {
				return sum.String()
			}
		}
		if a, err := readAmount(string(r.typed), r.Currency); err == nil {
			return a.String()
		}
		if len(r.typed) > 0 {
			return string(r.typed)
		}
		return r.zero().String()
	case ScreenResult:
		return r.result.amount.String()
	case ScreenSending:
		return r.moving.String()
	case ScreenPayments, ScreenUnknown, ScreenRecover:
		return ""
	case ScreenDetail, ScreenVoid, ScreenRefund, ScreenResolve:
		if p, ok := r.list.current(); ok {
			return shownAmount(p).String()
		}
	}
	if r.screen == ScreenCard || r.screen == ScreenPIN {
		return r.asked().String()
	}
	if r.screen == ScreenQuestion || r.screen == ScreenVoice || r.screen == ScreenKeyed {
		return r.base().String()
	}
	if r.screen == ScreenPart {
		return r.sale.Due().String()
	}
	return r.owing().String()
}

func (r *Register) viewTotals(v *View) {
	v.Total = r.sale.Total.String()
	if len(r.sale.Tenders) == 0 {
		return
	}
	if paid, err := r.sale.Total.Sub(r.sale.Due()); err == nil {
		v.Paid, v.Due = paid.String(), r.sale.Due().String()
	}
}

func (r *Register) statusBar() Status {
	s := r.status
	s.Unknowns, s.Batch, s.BatchCount = r.totals.unknowns, r.totals.batch, r.totals.count
	s.BatchNet = r.totals.net.String()
	s.Losses = r.losses
	s.Receipts = len(r.printing.queue)
	if r.Alarms != nil {
		s.Alarms = len(r.Alarms())
	}
	return s
}

func (r *Register) receiptLine() string { return r.printing.last }

func shownAmount(p pos.Payment) money.Amount {
	if p.State.Succeeded() {
		return approvedOf(p)
	}
	return p.Requested
}

func (r *Register) row(p pos.Payment) Row {
	_, tone := verdict(p)
	amount := shownAmount(p)
	if p.Kind == pos.KindRefund {
		amount = amount.Neg()
	}
	row := Row{When: p.Created, Kind: p.Kind, State: p.State, Tone: tone, Card: p.Instrument.Masked,
		Brand: string(p.Instrument.Brand), Amount: amount.String(), Ref: p.Ref}
	if r.screen == ScreenUnknown || r.screen == ScreenRecover || p.State.Open() {
		row.Plan = plan(p)
	}
	if r.screen == ScreenUnknown {
		row.What = r.about(p).Happened + ", for " + since(r.Now().Sub(p.Created))
	}
	return row
}

// since is a time that has passed, as a person says it.
func since(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return strconv.Itoa(int(d.Minutes())) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + " h"
	}
	return strconv.Itoa(int(d.Hours()/24)) + " days"
}

// plan says what the till does about a payment by itself, or that it needs a person.
func plan(p pos.Payment) string {
	switch {
	case p.State == pos.StateSending:
		return "The bank is working on it."
	case p.State == pos.StateNeedsPerson:
		return "Needs you: ask the bank, then press Enter."
	case p.State == pos.StateReversing:
		return "The till is taking it back."
	case p.State.Open() && !p.Due.IsZero():
		return "The till asks again at " + p.Due.Format("15:04:05") + ", asked " + strconv.Itoa(p.Attempts) + " times."
	case p.State.Open():
		return "The till asks the bank as soon as it is reached."
	case p.Failure != nil && p.Failure.Code == pos.CodeAbandoned:
		return "Void it here (Enter) or capture it: till capture " + p.ID
	case p.State == pos.StateRejectedLate && p.Parent != "":
		return "It was not done: the payment that it was for stands. Do it again or another way."
	case p.State == pos.StateRejectedLate:
		return "A loss: no money came. Ask the customer to pay again."
	case p.State.Succeeded() && (p.Parent != "" || p.Kind == pos.KindRefund):
		return "The bank has done it."
	case p.State.Succeeded():
		return "The bank has it: the payment stands."
	}
	return "No money moved."
}

// resultDetails is the short list beside the big word.
func resultDetails(p pos.Payment) []Detail {
	return present([]Detail{
		{"Tip", amountOrNone(p.Tip)}, {"Cash back", amountOrNone(p.Cashback)}, {"Surcharge", amountOrNone(p.Surcharge)}, {"Terminal fee", amountOrNone(p.Fee)},
		{"Balance", balanceOf(p)}, {"Card", p.Instrument.Masked}, {"Approval", p.AuthCode}, {"Reference", p.Ref},
	})
}

// details is all that the journal knows of a payment and a cashier can use.
func details(p pos.Payment) []Detail {
	out := []Detail{
		{"When", p.Created.Format("2006-01-02 15:04:05")},
		{"Kind", string(p.Kind)}, {"State", string(p.State)},
		{"Asked", p.Requested.String()}, {"Approved", amountOrNone(p.Approved)}, {"Refunded", amountOrNone(p.Refunded)},
		{"Card", p.Instrument.Masked}, {"Brand", string(p.Instrument.Brand)}, {"Entry", string(p.Instrument.Entry)},
		{"Approval", p.AuthCode}, {"Reference", p.Ref}, {"Host id", p.HostID},
		{"Batch", strconv.FormatInt(p.Batch, 10)}, {"Payment", p.ID}, {"For", p.Parent},
	}
	out = append(out, Detail{"Tip", amountOrNone(p.Tip)}, Detail{"Surcharge", amountOrNone(p.Surcharge)}, Detail{"Fee", amountOrNone(p.Fee)}, Detail{"Balance", balanceOf(p)})
	if p.Instrument.PIN {
		out = append(out, Detail{"Debit", "with PIN"})
	}
	if p.Instrument.Fallback {
		out = append(out, Detail{"Note", "chip card, swiped"})
	}
	return present(out)
}

// fee is what the debit on the screen pays to the terminal.
func (r *Register) fee() string {
	if !r.debit || r.returning != nil {
		return ""
	}
	return amountOrNone(r.Policy.DebitFee)
}

func balanceOf(p pos.Payment) string {
	if p.Balance.Currency() == "" {
		return ""
	}
	return p.Balance.String()
}

func amountOrNone(a money.Amount) string {
	if a.IsZero() {
		return ""
	}
	return a.String()
}

func present(all []Detail) []Detail {
	var out []Detail
	for _, d := range all {
		if d.Value != "" && d.Value != "0" {
			out = append(out, d)
		}
	}
	return out
}

// verbs is what can be done now, in the order of the hints.
func (r *Register) verbs() []Verb {
	out := r.screenVerbs()
	if len(r.printing.queue) > 0 && !r.printing.busy && r.screen != ScreenSending {
		out = append(out, VerbPrintWaiting)
	}
	return r.forShoppers(out)
}

func (r *Register) screenVerbs() []Verb {
	typing := []Verb{VerbType, VerbErase}
	forms := append(typing, VerbEnter, VerbBack, VerbNext, VerbPrevious, VerbUp, VerbDown)
	switch r.screen {
	case ScreenAmount:
		out := append(typing, VerbEnter, VerbItems, VerbCash)
		out = r.withKeyed(out)
		if len(r.sale.Lines) > 0 {
			out = append(out, VerbRemove)
		} else {
			out = append(out, VerbPayments, VerbUnknown)
		}
		if len(r.typed) > 0 || len(r.sale.Lines) > 0 {
			return append(out, VerbBack)
		}
		return append(out, VerbQuit)
	case ScreenItems:
		out := append(typing, VerbEnter, VerbBack)
		if len(r.sale.Lines) > 0 {
			out = append(r.withKeyed(append(out, VerbCash)), VerbRemove)
		}
		return out
	case ScreenCard:
		out := []Verb{VerbBack}
		if !r.armed() {
			out = []Verb{VerbRetry, VerbBack}
		}
		if r.returning != nil {
			return out
		}
		if r.PINPad != nil {
			out = append(out, VerbDebit)
		}
		if r.offersCashback() {
			out = append(out, VerbCashback)
		}
		if r.Policy.Tips {
			out = append(out, VerbTip)
		}
		return r.withKeyed(append(out, VerbPart, VerbCash))
	case ScreenPart, ScreenTip, ScreenVoice, ScreenKeyed, ScreenCashback, ScreenCash, ScreenVoid, ScreenRefund, ScreenResolve:
		return forms
	case ScreenPIN:
		return []Verb{VerbBack}
	case ScreenQuestion:
		if r.asking == pos.CodeSurchargeAsk {
			return []Verb{VerbSurcharge, VerbWithout, VerbBack}
		}
		return []Verb{VerbYes, VerbBack}
	case ScreenResult:
		return r.resultVerbs()
	case ScreenPartial:
		return r.withKeyed([]Verb{VerbEnter, VerbPart, VerbCash, VerbUndo})
	case ScreenPayments, ScreenUnknown:
		return []Verb{VerbUp, VerbDown, VerbEnter, VerbBack}
	case ScreenDetail:
		return r.detailVerbs()
	case ScreenRecover:
		if r.unfinished != nil {
			return []Verb{VerbEnter, VerbUp, VerbDown}
		}
		return []Verb{VerbEnter, VerbUnknown, VerbUp, VerbDown}
	}
	return nil
}

func (r *Register) resultVerbs() []Verb {
	out := []Verb{VerbEnter}
	switch {
	case r.offersVoice():
		return r.withKeyed([]Verb{VerbRetry, VerbBack, VerbVoice, VerbCash})
	case r.result.retry:
		return r.withKeyed([]Verb{VerbRetry, VerbBack, VerbCash})
	case r.result.payment.State.Open() && len(r.sale.Tenders) == 0:
		if r.lostSale() {
			out = append(out, VerbCash) // the till takes the card's payment back if the bank has it
		}
		return append(out, VerbUnknown)
	case r.result.tone == ToneGood && r.sale.ID != "" && !r.sale.Due().IsPositive():
		return append(out, VerbType, VerbPrintAgain, VerbPayments)
	case r.result.payment.State.Succeeded():
		return append(out, VerbPrintAgain)
	}
	return out
}

func (r *Register) detailVerbs() []Verb {
	out := []Verb{VerbBack}
	p, ok := r.list.current()
	if !ok {
		return out
	}
	if r.offersVoid(p) {
		out = append(out, VerbVoid)
	}
	if r.offersRefund(p) {
		out = append(out, VerbRefund)
	}
	if p.State.Succeeded() {
		out = append(out, VerbPrintAgain)
	}
	return out
}

func (r *Register) withKeyed(verbs []Verb) []Verb {
	if r.Policy.NoKeyed {
		return verbs
	}
	return append(verbs, VerbKeyed)
}
