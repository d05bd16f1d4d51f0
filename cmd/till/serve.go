package main

import (
	"context"
	"errors"
	"time"

	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/receipt"
)

// Limits of one request.
const (
	cardTime  = 60 * time.Second // for a swipe, unless the request says otherwise
	printTime = 10 * time.Second // for one slip
)

// Do does what one request asks. Gone, if not nil, is closed when whoever asked has gone away: that ends
// a wait for a card but never a payment that is under way. ctx ends everything; what was sent is then
// journaled as unknown.
func (t *terminal) Do(ctx context.Context, r control.Request, gone <-chan struct{}) control.Answer {
	var p pos.Payment
	var err error
	follow := payment.Follow{
		Payment: r.Payment, Amount: r.Amount, Tip: r.Tip, Clerk: t.cfg.Terminal.Clerk, Reason: r.Reason, Extra: r.Extra,
	}
	switch r.Do {
	case control.Ping:
		return control.Answer{}
	case control.Interrupt:
		return t.interrupt(ctx, r.Token)
	case control.Resolve:
		p, err = t.engine.Resolve(ctx, payment.Resolution{Payment: r.Payment, State: r.State, Reason: r.Reason, Clerk: t.cfg.Terminal.Clerk})
		return control.Answer{Payment: p, Failure: control.Fail(err)}
	case control.Release:
		p, err = t.release(ctx, r.Payment)
		return control.Answer{Payment: p, Failure: control.Fail(err)}
	case control.Settle:
		return control.Answer{Failure: control.Fail(t.engine.Settle(ctx))}
	case control.Sale, control.Auth, control.Verify, control.Balance, control.Credit:
		return t.sell(ctx, r, gone)
	case control.Account:
		return t.changeAccount(ctx, r)
	case control.Adjust:
		p, err = t.tracked(ctx, r, t.engine.Adjust, follow)
	case control.Increment:
		p, err = t.tracked(ctx, r, t.engine.Increment, follow)
	case control.Capture:
		p, err = t.tracked(ctx, r, t.engine.Capture, follow)
	case control.Void:
		p, err = t.tracked(ctx, r, t.engine.Void, follow)
	case control.Refund:
		p, err = t.refund(ctx, r, follow, gone)
	case control.Reverse:
		p, err = t.tracked(ctx, r, t.engine.Reverse, follow)
	}
	return t.answer(ctx, p, err)
}

func (t *terminal) tracked(ctx context.Context, r control.Request, do func(context.Context, payment.Follow) (pos.Payment, error), f payment.Follow) (pos.Payment, error) {
	defer t.track(r.Token, &turn{stopCard: func() {}, payment: r.Payment, begun: true})()
	return do(ctx, f)
}

// orderKinds are the kinds of payment that the verbs with a card or account ask for.
var orderKinds = map[control.Verb]pos.Kind{
	control.Sale: pos.KindSale, control.Auth: pos.KindAuth, control.Verify: pos.KindVerify, control.Balance: pos.KindVerify,
	control.Credit: pos.KindRefund,
}

func (t *terminal) sell(ctx context.Context, r control.Request, gone <-chan struct{}) control.Answer {
	ask := t.engine.Authorize
	if r.Do == control.Balance {
		if ask = t.engine.Balance; t.engine.Host.Balance == nil {
			return t.answer(ctx, pos.Payment{}, pos.NewError(pos.CodeUnsupported, "balance")) // before anybody swipes
		}
	}
	asking, stop := context.WithCancel(ctx)
	defer stop()
	x := &turn{stopCard: stop}
	defer t.track(r.Token, x)()
	credentials, err := t.credentials(asking, r, gone, stop)
	if err == nil {
		if r.Card != nil || r.Stored != "" {
			gone = nil // nobody was asked for anything
		}
		if err = x.begin(gone); err != nil {
			credentials.Wipe()
		}
	}
	if err != nil {
		return t.answer(ctx, pos.Payment{}, err)
	}
	order := payment.Order{
		Kind: orderKinds[r.Do], Sale: r.Token, Clerk: t.cfg.Terminal.Clerk, Amount: r.Amount, Tip: r.Tip, Cashback: r.Cashback, Surcharge: r.Surcharge, Fee: r.Fee,
		Credentials: credentials, Ref: r.Ref, AllowDuplicate: r.Again, AllowPartial: true,
		OfflineCode: r.OfflineCode, Manager: r.Manager, Reason: r.Reason, Extra: r.Extra,
	}
	p, err := ask(ctx, order)
	return t.answer(ctx, p, err)
}

// credentials takes the card from the request or waits for a swipe, and for a PIN if one is wanted.
func (t *terminal) credentials(ctx context.Context, r control.Request, gone <-chan struct{}, stop context.CancelFunc) (pos.Credentials, error) {
	if err := t.debitable(r); err != nil {
		return pos.Credentials{}, err
	}
	switch {
	case r.Stored != "":
		return pos.Credentials{Stored: r.Stored}, nil
	case r.Card != nil && r.Bank:
		return parseBank(r.Card)
	case r.Card != nil:
		c, err := parseCard(r.Card, t.now())
		if err != nil {
			return c, err
		}
		return t.agreed(ctx, c, r.Fallback)
	}
	defer whenGone(gone, stop)()
	if r.PIN {
		return t.cardAndPIN(ctx, r, pos.PINRequest{Amount: r.Amount})
	}
	return t.swiped(ctx, limitOf(r.CardMS, cardTime), r.Fallback)
}

// whenGone stops what the shopper is asked for when whoever wanted it has gone away, until ended is called.
func whenGone(gone <-chan struct{}, stop func()) (ended func()) {
	if gone == nil {
		return func() {}
	}
	over, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-gone:
			stop()
		case <-over:
		}
	}()
	return func() { close(over); <-watched }
}

// swiped arms the reader for one card. A chip card needs fallback: its stripe is the merchant's risk.
func (t *terminal) swiped(ctx context.Context, limit time.Duration, fallback bool) (pos.Credentials, error) {
	if t.reader == nil {
		return pos.Credentials{}, pos.NewError(pos.CodeReaderOffline).WithDetail("no reader is configured")
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	swipe, err := t.reader.Read(ctx)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return pos.Credentials{}, pos.NewError(pos.CodeCardTimeout)
	case errors.Is(err, context.Canceled):
		return pos.Credentials{}, pos.NewError(pos.CodeCancelled)
	case err != nil:
		return pos.Credentials{}, err
	}
	c, err := cardOfSwipe(swipe, t.now())
	if err != nil {
		return pos.Credentials{}, err
	}
	return t.agreed(ctx, pos.Credentials{Card: c}, fallback)
}

// agreed takes the stripe of a chip card only if somebody agreed to it, and journals that (rule T21).
func (t *terminal) agreed(ctx context.Context, c pos.Credentials, fallback bool) (pos.Credentials, error) {
	stripe := c.Card.Track1.Present() || c.Card.Track2.Present()
	if !stripe || !c.Card.ServiceCode.Chip() {
		return c, nil
	}
	err := error(pos.NewError(pos.CodeCardChip))
	if fallback {
		err = t.journal.Audit(ctx, pos.Event{
			Kind: pos.EventAudit, At: t.now(), Clerk: t.cfg.Terminal.Clerk, Detail: map[string]string{"what": "override", "detail": "chip card swiped"},
		})
	}
	if err != nil {
		c.Wipe()
		return pos.Credentials{}, err
	}
	return c, nil
}

// answer prints the receipt that is due and reports. What the printer does never changes the payment.
func (t *terminal) answer(ctx context.Context, p pos.Payment, err error) control.Answer {
	a := control.Answer{Payment: p, Failure: control.Fail(err)}
	if err != nil {
		t.log.Info("refused before anything was sent", "code", pos.CodeOf(err))
	} else {
		t.log.Info("payment", "id", p.ID, "kind", p.Kind, "state", p.State)
	}
	if err == nil && receiptDue(p) {
		a.Receipt = control.Fail(t.printReceipt(ctx, p))
	}
	return a
}

// receiptDue says which payments the customer gets paper for.
func receiptDue(p pos.Payment) bool {
	switch p.Kind {
	case pos.KindSale, pos.KindAuth, pos.KindRefund, pos.KindVoid, pos.KindReversal:
		return p.State.Succeeded() && !p.GivenBack()
	}
	return false
}

// printReceipt puts the customer's receipt on paper. Without a printer there is nothing to do.
func (t *terminal) printReceipt(ctx context.Context, p pos.Payment) error {
	if t.printer == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, printTime)
	defer cancel()
	original := ""
	if p.Parent != "" {
		// A receipt that cannot name the original is better than none.
		found, _ := t.journal.Find(ctx, p.Parent)
		original = found.Ref
	}
	slip := receipt.Render(receipt.Receipt{
		Shop: t.shop(), Payment: p, Original: original, Copy: receipt.Customer, Training: !t.cfg.Terminal.Live(),
		Width: t.cfg.Device.Printer.Columns, Word: t.words.Word,
	})
	slip.Drawer = p.Kind == pos.KindSale && p.Cashback.IsPositive()
	err := t.printer.Print(ctx, slip)
	if err != nil {
		t.log.Warn("receipt not printed", "payment", p.ID, "error", err)
	}
	return err
}
