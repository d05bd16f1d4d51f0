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
		Fields: r.form.view(r.Currency, r.phrase), Verbs: r.verbs(), Status: r.statusBar(),
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
		} else if r.asking != pos.CodeSameGoodsAsk {
			v.Cashback, v.Fee = amountOrNone(r.cashback), r.fee()
		}
	case ScreenSending:
		v.Elapsed = max(0, r.Now().Sub(r.sent)).Truncate(time.Second)
		v.Message, v.Tone = r.sendingWords()
		v.Caption = r.phrase(r.what)
	case ScreenResult:
		v.Word, v.Tone, v.Receipt = r.phrase(r.result.word), r.result.tone, r.receiptLine()
		v.Caption, v.Message = r.result.caption, r.message.under(v.Word)
		v.Details = r.resultDetails(r.result.payment)
	case ScreenPayments, ScreenUnknown, ScreenRecover:
		v.Selected, v.Answered = r.list.selected, r.list.answered
		v.Interrupted = r.screen == ScreenRecover && len(r.Recovered) > 0
		for _, p := range r.list.payments {
			v.Rows = append(v.Rows, r.row(p))
		}
	case ScreenDetail, ScreenVoid, ScreenRefund, ScreenResolve:
		if p, ok := r.list.current(); ok {
			v.Details, v.Receipt = r.details(p), r.receiptLine()
			v.Rows = []Row{r.row(p)}
			if v.Message == (Message{}) && r.screen == ScreenDetail {
				word, tone := verdict(p)
				v.Word, v.Tone = r.phrase(word), tone
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
	aboutCard := r.screen == ScreenQuestion && r.asking != pos.CodeSurchargeAsk && r.asking != pos.CodeSameGoodsAsk
	if r.screen == ScreenCard || r.screen == ScreenPIN || aboutCard {
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

func (r *Register) receiptLine() string { return r.phrase(r.printing.last) }

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
	row := Row{When: p.Created, Kind: p.Kind, State: p.State, Tone: tone, Card: r.phrase(p.Instrument.Masked),
		Brand: string(p.Instrument.Brand), Amount: amount.String(), Ref: p.Ref}
	if r.screen == ScreenUnknown || r.screen == ScreenRecover || p.State.Open() {
		row.Plan = r.plan(p)
	}
	if r.screen == ScreenUnknown {
		row.What = r.about(p).Happened
		if p.State.Open() {
			row.What = r.phrase("{1}, for {2}", row.What, r.since(r.Now().Sub(p.Created)))
		}
	}
	return row
}

// since is a time that has passed, as a person says it.
func (r *Register) since(d time.Duration) string {
	switch {
	case d < time.Minute:
		return r.phrase("less than a minute")
	case d < 2*time.Hour:
		return strconv.Itoa(int(d.Minutes())) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + " h"
	}
	return r.phrase("{1} days", strconv.Itoa(int(d.Hours()/24)))
}

// plan says what the till does about a payment by itself, or that it needs a person.
func (r *Register) plan(p pos.Payment) string {
	switch {
	case p.State == pos.StateSending:
		return r.phrase("The bank is working on it.")
	case p.State == pos.StateNeedsPerson:
		return r.phrase("Needs you: ask the bank, then press Enter.")
	case p.State == pos.StateReversing:
		return r.phrase("The till is taking it back.")
	case p.State.Open() && !p.Due.IsZero():
		at, times := p.Due.Format("15:04:05"), strconv.Itoa(p.Attempts)
		switch p.Attempts {
		case 0:
			return r.phrase("The till asks at {1}.", at)
		case 1:
			return r.phrase("The till asks again at {1}, asked once.", at)
		}
		return r.phrase("The till asks again at {1}, asked {2} times.", at, times)
	case p.State.Open():
		return r.phrase("The till asks the bank as soon as it is reached.")
	case p.Failure != nil && p.Failure.Code == pos.CodeAbandoned:
		return r.phrase("Void it here (Enter) or capture it: till capture {1}", p.ID)
	case p.State == pos.StateRejectedLate && p.Parent != "":
		return r.phrase("It was not done: the payment that it was for stands. Do it again or another way.")
	case p.State == pos.StateRejectedLate:
		return r.phrase("A loss: no money came. Ask the customer to pay again.")
	case p.State.Succeeded() && (p.Parent != "" || p.Kind == pos.KindRefund):
		return r.phrase("The bank has done it.")
	case p.State.Succeeded():
		return r.phrase("The bank has it: the payment stands.")
	}
	return r.phrase("No money moved.")
}

// resultDetails is the short list beside the big word.
func (r *Register) resultDetails(p pos.Payment) []Detail {
	return r.present([]Detail{
		{"Tip", amountOrNone(p.Tip)}, {"Cash back", amountOrNone(p.Cashback)}, {"Surcharge", amountOrNone(p.Surcharge)}, {"Terminal fee", amountOrNone(p.Fee)},
		{"Balance", balanceOf(p)}, {"Card", r.phrase(p.Instrument.Masked)}, {"Approval", p.AuthCode}, {"Reference", p.Ref},
	})
}

// details is all that the journal knows of a payment and a cashier can use.
func (r *Register) details(p pos.Payment) []Detail {
	out := []Detail{
		{"When", p.Created.Format("2006-01-02 15:04:05")},
		{"Kind", r.phrase(string(p.Kind))}, {"State", r.Words.State(p.State)},
		{"Asked", p.Requested.String()}, {"Approved", amountOrNone(p.Approved)}, {"Refunded", amountOrNone(p.Refunded)},
		{"Card", r.phrase(p.Instrument.Masked)}, {"Brand", string(p.Instrument.Brand)}, {"Entry", r.phrase(string(p.Instrument.Entry))},
		{"Approval", p.AuthCode}, {"Reference", p.Ref}, {"Host id", p.HostID},
		{"Batch", strconv.FormatInt(p.Batch, 10)}, {"Payment", p.ID}, {"For", p.Parent},
	}
	out = append(out, Detail{"Tip", amountOrNone(p.Tip)}, Detail{"Cash back", amountOrNone(p.Cashback)}, Detail{"Surcharge", amountOrNone(p.Surcharge)}, Detail{"Fee", amountOrNone(p.Fee)}, Detail{"Balance", balanceOf(p)})
	if p.Instrument.PIN {
		out = append(out, Detail{"Debit", r.phrase("with PIN")})
	}
	if p.Instrument.Fallback {
		out = append(out, Detail{"Note", r.phrase("chip card, swiped")})
	}
	return r.present(out)
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

// present leaves out what is empty and names the rest in the till's language.
func (r *Register) present(all []Detail) []Detail {
	var out []Detail
	for _, d := range all {
		if d.Value != "" && d.Value != "0" {
			d.Name = r.phrase(d.Name)
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
