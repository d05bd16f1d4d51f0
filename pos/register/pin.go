package register

import (
	"context"
	"errors"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
)

// pinGrace is how much longer than the shopper's time the register waits for the pad to say that it has run out.
const pinGrace = 10 * time.Second

// pinTurn is one PIN that is asked for. Its card is wiped when it ends.
type pinTurn struct {
	cancel context.CancelFunc
	ends   time.Time
	over   bool
}

// take goes on with a card that was swiped: to the bank, or to the PIN pad first.
func (r *Register) take(c card.Card) {
	if r.debit || r.returning != nil {
		r.askPIN(c)
		return
	}
	r.price(c)
}

// askPIN has the shopper type the PIN. The card is the turn's from here on.
func (r *Register) askPIN(c card.Card) {
	r.forget()
	if r.PINPad == nil {
		c.Wipe()
		r.askCard()
		r.tell(ToneAttention, pos.NewError(pos.CodePINPadOffline))
		return
	}
	r.to(ScreenPIN)
	amount := r.asked()
	ctx, cancel := context.WithTimeout(r.ctx, r.Policy.PIN+pinGrace)
	turn := &pinTurn{cancel: cancel, ends: r.Now().Add(r.Policy.PIN)}
	r.pin = turn
	request := pos.PINRequest{PAN: c.PAN, Amount: amount, Credit: r.returning != nil, Timeout: r.Policy.PIN}
	r.spawn(func(context.Context) func() {
		defer cancel()
		entry, err := r.PINPad.EnterPIN(ctx, request)
		return func() { r.onPIN(turn, c, entry, err) }
	})
}

// offersCashback says whether a debit may pay out cash here.
func (r *Register) offersCashback() bool {
	return r.debit && r.returning == nil && r.Policy.Cashback.IsPositive()
}

func (r *Register) askCashback() {
	r.disarm()
	r.forget()
	r.to(ScreenCashback)
	r.form = form{fields: []*field{amountInput("Cash back", r.phrase("at most {1}; nothing typed: none", r.Policy.Cashback.String()), "")}}
}

// setCashback takes the amount and goes back to the card.
func (r *Register) setCashback() {
	r.cashback = money.Amount{}
	if text := r.form.current().String(); text != "" {
		amount, problem := parseAmount(text, r.Currency, r.Policy.Cashback)
		if problem != nil {
			r.tell(ToneAttention, problem)
			return
		}
		r.cashback = amount
	}
	r.askCard()
}

// endPIN takes the question off the pad; what still comes from it is wiped unseen.
func (r *Register) endPIN() {
	if r.pin != nil {
		r.pin.over = true
		r.pin.cancel()
		r.pin = nil
	}
}

func (r *Register) onPIN(turn *pinTurn, c card.Card, entry pos.PINEntry, err error) {
	if turn.over || r.closing {
		c.Wipe()
		entry.Wipe()
		return
	}
	turn.over, r.pin = true, nil
	if err == nil && !entry.Block.Present() {
		err = pos.NewError(pos.CodePINPadProtocol)
	}
	if err != nil {
		c.Wipe()
		entry.Wipe()
		// Nothing was sent: the card is asked for again, with a PIN or, at the press of a key, without.
		r.askCard()
		r.tell(ToneAttention, pinProblem(err))
		return
	}
	credentials := pos.Credentials{Card: c, PINBlock: entry.Block}
	if r.returning == nil {
		r.charge(credentials, money.Amount{})
		return
	}
	f := *r.returning
	f.Credentials = credentials
	r.returning = nil
	r.followUp("Refund", f.Amount, func(ctx context.Context, f payment.Follow) (pos.Payment, error) {
		defer f.Credentials.Wipe()
		return r.Payments.Refund(ctx, f)
	}, f)
}

func pinProblem(err error) *pos.Error {
	if errors.Is(err, context.DeadlineExceeded) {
		return pos.NewError(pos.CodePINTimeout)
	}
	var e *pos.Error
	if errors.As(err, &e) {
		return e
	}
	return pos.NewError(pos.CodePINPadOffline).Because(err)
}

// askReturn asks for the card and the PIN of a debit sale that is given back.
func (r *Register) askReturn(f payment.Follow) {
	if r.PINPad == nil {
		r.tell(ToneAttention, pos.NewError(pos.CodePINPadOffline))
		return
	}
	r.returning = &f
	r.askCard()
}
