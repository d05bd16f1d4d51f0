package register

import (
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// do runs an intent that the view offers.
func (r *Register) do(i Intent) {
	switch i.Verb {
	case VerbType:
		r.typeRune(i.Rune)
	case VerbErase:
		r.erase()
	case VerbNext:
		r.form.move(1)
	case VerbPrevious:
		r.form.move(-1)
	case VerbUp:
		r.step(-1)
	case VerbDown:
		r.step(1)
	case VerbEnter, VerbRetry:
		r.enter()
	case VerbBack:
		r.back()
	case VerbItems:
		r.askItem(string(r.typed))
	case VerbRemove:
		r.sale.Lines = r.sale.Lines[:len(r.sale.Lines)-1]
		r.message = Message{}
	case VerbCash:
		switch {
		case r.lostSale():
			r.goOnWithout(r.askCash)
		case r.screen == ScreenResult && r.result.lost != "":
			r.ask(pos.CodeSameGoodsAsk)
		case r.openSale():
			r.askCash()
		}
	case VerbKeyed:
		if r.openSale() {
			r.askKeyed()
		}
	case VerbDebit:
		r.debit, r.cashback, r.voice = !r.debit, money.Amount{}, ""
		r.message, r.tone = Message{}, TonePlain
	case VerbCashback:
		r.askCashback()
	case VerbTip:
		r.askTip()
	case VerbVoice:
		r.askVoice()
	case VerbPart:
		r.askPart()
	case VerbYes:
		r.agree()
	case VerbSurcharge:
		r.answerSurcharge(r.surcharge)
	case VerbWithout:
		r.answerSurcharge(money.Amount{})
	case VerbUndo:
		r.undo()
	case VerbPayments:
		r.openPayments()
	case VerbUnknown:
		r.openUnknown()
	case VerbVoid:
		r.askVoid()
	case VerbRefund:
		r.askRefund()
	case VerbPrintAgain:
		r.printAgain()
	case VerbPrintWaiting:
		r.print()
	}
}

// enter does the main thing of the screen.
func (r *Register) enter() {
	switch r.screen {
	case ScreenAmount, ScreenPartial:
		if r.openSale() {
			r.askCard()
		}
	case ScreenItems:
		r.addItem()
	case ScreenCard:
		if !r.armed() {
			r.askCard()
		}
	case ScreenCashback:
		r.setCashback()
	case ScreenPart:
		r.setPart()
	case ScreenTip:
		r.setTip()
	case ScreenVoice:
		r.setVoice()
	case ScreenKeyed:
		r.keyed()
	case ScreenCash:
		r.cash()
	case ScreenResult:
		r.result.next()
	case ScreenPayments, ScreenUnknown:
		r.openDetail()
	case ScreenVoid:
		r.void()
	case ScreenRefund:
		r.refund()
	case ScreenResolve:
		r.resolve()
	case ScreenRecover:
		r.understood()
	}
}

// back leaves the screen; nothing that was begun at the host can be left this way.
func (r *Register) back() {
	switch r.screen {
	case ScreenAmount:
		r.fresh()
	case ScreenItems:
		r.forget()
		r.to(ScreenAmount)
	case ScreenCard, ScreenPIN, ScreenKeyed, ScreenCash, ScreenQuestion:
		r.disarm()
		r.forget()
		r.again, r.terms = false, terms{}
		if r.returning != nil {
			r.returning = nil
			r.to(ScreenDetail)
			r.tell(TonePlain, pos.NewError(pos.CodeCancelled))
			return
		}
		if len(r.sale.Tenders) > 0 {
			r.askRest()
			return
		}
		r.to(ScreenAmount)
		r.tell(TonePlain, pos.NewError(pos.CodeCancelled))
	case ScreenCashback, ScreenPart, ScreenTip, ScreenVoice:
		r.askCard()
	case ScreenResult:
		if len(r.sale.Tenders) > 0 && r.sale.Due().IsPositive() {
			r.askRest()
			return
		}
		r.fresh()
	case ScreenDetail:
		r.to(ScreenPayments)
	case ScreenVoid, ScreenRefund:
		r.forget()
		r.to(ScreenDetail)
	case ScreenResolve:
		r.forget()
		r.to(ScreenUnknown)
	case ScreenPayments, ScreenUnknown, ScreenRecover:
		r.fresh()
	}
}

func (r *Register) typeRune(c rune) {
	if r.screen == ScreenResult {
		if c < '0' || c > '9' {
			return
		}
		// A digit after a finished sale is the next amount.
		r.fresh()
	}
	if r.screen == ScreenAmount {
		r.typeAmount(c)
		return
	}
	if f := r.form.current(); f != nil {
		f.put(c)
		r.message, r.tone = Message{}, TonePlain
	}
	if r.screen == ScreenKeyed {
		r.until = r.Now().Add(r.Policy.CardEntry)
	}
}

// maxTyped is longer than any amount, so that one too large is told and not cut, and shorter than a card number that
// is typed into the wrong place.
const maxTyped = 10

func (r *Register) typeAmount(c rune) {
	if c == ',' {
		c = '.'
	}
	if len(r.sale.Lines) > 0 {
		// Beside items an amount is one more item.
		r.askItem(string(c))
		return
	}
	if c < ' ' || c > '~' || len(r.typed) >= maxTyped {
		return
	}
	r.typed = append(r.typed, byte(c))
	r.judgeTyped()
}

func (r *Register) judgeTyped() {
	r.message, r.tone = Message{}, TonePlain
	if e := amountWhileTyping(string(r.typed), r.Currency, r.Policy.MaxAmount); e != nil {
		r.tell(ToneAttention, e)
	}
}

func (r *Register) erase() {
	if r.screen == ScreenAmount {
		if n := len(r.typed); n > 0 {
			r.typed = r.typed[:n-1]
		}
		r.judgeTyped()
		return
	}
	if f := r.form.current(); f != nil {
		f.erase()
	}
}

func (r *Register) step(by int) {
	if len(r.form.fields) > 0 {
		if !r.form.choose(by) {
			r.form.move(by)
		}
		return
	}
	r.list.move(by)
}
