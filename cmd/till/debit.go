package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/storage"
)

// pinTime is how long the shopper has for the PIN, unless the request says otherwise (rule T20).
const pinTime = 60 * time.Second

// debitable says whether a debit may be asked for, before the shopper is: with a card that is swiped here, a
// pad, and no more cash back than the merchant pays out.
func (t *terminal) debitable(r control.Request) error {
	switch {
	case !r.PIN:
		return nil
	case r.Do != control.Sale || r.Card != nil || r.Stored != "" || r.OfflineCode != "":
		return pos.NewError(pos.CodeUnsupported, "PIN").WithDetail("a debit is a sale with a card that is swiped at the terminal")
	case t.pinpad == nil:
		return noPINPad()
	}
	most, err := t.cfg.CashbackMax()
	if err != nil {
		return pos.NewError(pos.CodeConfig, "device.pinpad.cashback_max", "the amount cannot be read")
	}
	if over, err := r.Cashback.Cmp(most); r.Cashback.IsPositive() && (err != nil || over > 0) {
		return pos.NewError(pos.CodeAmountTooLarge, most.String()).WithDetail("cash back: device.pinpad.cashback_max")
	}
	return nil
}

func noPINPad() error {
	return pos.NewError(pos.CodePINPadOffline).WithDetail("no PIN pad is configured")
}

// lastDebits is how many of the newest payments are looked through for a PIN.
const lastDebits = 200

// lastKSN is the key serial number of the last PIN that was sent: a pad's move forward only, over restarts too (rule
// T7). One that was used longer ago is refused by the journal.
func (t *terminal) lastKSN(ctx context.Context) (card.KSN, error) {
	newest, err := t.journal.List(ctx, pos.Filter{Newest: true, Limit: lastDebits})
	if err != nil {
		return "", err
	}
	for _, p := range newest {
		if p.KSN != "" {
			return p.KSN, nil
		}
	}
	return "", nil
}

// cardAndPIN arms the reader for one card and asks for its PIN. Nothing was sent when it errs.
func (t *terminal) cardAndPIN(ctx context.Context, r control.Request, ask pos.PINRequest) (pos.Credentials, error) {
	if t.pinpad == nil {
		return pos.Credentials{}, noPINPad()
	}
	c, err := t.swiped(ctx, limitOf(r.CardMS, cardTime), r.Fallback)
	if err != nil {
		return pos.Credentials{}, err
	}
	ask.PAN, ask.Timeout = c.Card.PAN, limitOf(r.PINMS, pinTime)
	if c.PINBlock, err = t.pin(ctx, ask); err != nil {
		c.Wipe()
		return pos.Credentials{}, err
	}
	return c, nil
}

func limitOf(ms int64, usual time.Duration) time.Duration {
	if ms > 0 {
		return time.Duration(ms) * time.Millisecond
	}
	return usual
}

// pin has the shopper type the PIN on the pad.
func (t *terminal) pin(ctx context.Context, ask pos.PINRequest) (card.PINBlock, error) {
	ctx, cancel := context.WithTimeout(ctx, ask.Timeout)
	defer cancel()
	entry, err := t.pinpad.EnterPIN(ctx, ask)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return card.PINBlock{}, pos.NewError(pos.CodePINTimeout)
	case errors.Is(err, context.Canceled):
		return card.PINBlock{}, pos.NewError(pos.CodeCancelled)
	case err != nil:
		return card.PINBlock{}, err
	case !entry.Block.Present():
		return card.PINBlock{}, pos.NewError(pos.CodePINPadProtocol).WithDetail("the pad gave no PIN, which was not allowed")
	}
	return entry.Block, nil
}

// refund gives money of a payment back. That of a debit goes to the card that paid, with a new PIN: both are
// asked for once the engine has nothing else against the refund.
func (t *terminal) refund(ctx context.Context, r control.Request, f payment.Follow, gone <-chan struct{}) (pos.Payment, error) {
	asking, stop := context.WithCancel(ctx)
	defer stop()
	x := &turn{stopCard: stop, payment: r.Payment}
	defer t.track(r.Token, x)()
	parent, err := t.journal.Find(ctx, r.Payment)
	if err != nil || !parent.Instrument.PIN {
		if err := x.begin(nil); err != nil {
			return pos.Payment{}, err
		}
		return t.engine.Refund(ctx, f)
	}
	left := parent.Returnable()
	if f.Amount.IsZero() {
		f.Amount = left
	}
	if over, err := f.Amount.Cmp(left); parent.State.Succeeded() && (err != nil || over > 0 || left.IsZero()) {
		return pos.Payment{}, pos.NewError(pos.CodeOverRefund, left.String()) // before anybody types a PIN for it
	}
	p, err := t.engine.Refund(ctx, f)
	if pos.CodeOf(err) != pos.CodeRefundPIN {
		return p, err
	}
	// A terminal that was opened for one command has neither reader nor pad yet.
	if t.reader == nil && t.pinpad == nil {
		if err := t.openDevices(ctx, deskNeeds{reader: true, pinpad: true}); err != nil {
			return pos.Payment{}, err
		}
	}
	defer whenGone(gone, stop)()
	r.Fallback = parent.Instrument.Fallback // it was taken once
	if f.Credentials, err = t.cardAndPIN(asking, r, pos.PINRequest{Amount: f.Amount, Credit: true}); err != nil {
		return pos.Payment{}, err
	}
	defer f.Credentials.Wipe()
	if err := x.begin(gone); err != nil {
		return pos.Payment{}, err
	}
	return t.engine.Refund(ctx, f)
}

// announceCard tells a person what the terminal waits for; a program that reads JSON knows.
func (s *shell) announceCard(swipe, debit bool, limit time.Duration) {
	switch {
	case s.json || !swipe:
	case debit:
		fmt.Fprintf(s.err, "swipe the debit card now (within %s), then the customer types the PIN; Ctrl-C cancels\n", limit)
	default:
		fmt.Fprintf(s.err, "swipe the card now (within %s); Ctrl-C cancels\n", limit)
	}
}

// announceDebitRefund does so when the payment is a debit. What cannot be looked up is left to the request itself.
func (s *shell) announceDebitRefund(ctx context.Context, id string, limit time.Duration) {
	_ = s.reading(ctx, func(ctx context.Context, j *storage.Journal) error {
		p, err := j.Find(ctx, id)
		s.announceCard(err == nil && p.Instrument.PIN, true, limit)
		return nil
	})
}
