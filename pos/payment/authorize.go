package payment

import (
	"context"
	"strings"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

// Authorize leads a sale, an auth, a verify or an unlinked refund to its outcome. An error means that nothing
// was sent; everything else, unknown too, is in the payment's State and Failure. The credentials are
// wiped in every case.
func (e *Engine) Authorize(ctx context.Context, o Order) (pos.Payment, error) {
	defer o.Credentials.Wipe()
	do, err := e.route(o)
	if err != nil {
		return pos.Payment{}, err
	}
	return e.authorize(ctx, o, do)
}

// Balance asks what is left on a card: Payment.Balance. It is journaled as a verify and moves no money.
func (e *Engine) Balance(ctx context.Context, o Order) (pos.Payment, error) {
	defer o.Credentials.Wipe()
	if e.Host.Balance == nil {
		return pos.Payment{}, pos.NewError(pos.CodeUnsupported, "balance")
	}
	o.Kind = pos.KindVerify
	return e.authorize(ctx, o, e.Host.Balance.Balance)
}

// route finds who does what an order asks for.
func (e *Engine) route(o Order) (ask, error) {
	var to Authorizer
	what := string(o.Kind)
	switch o.Kind {
	case pos.KindSale, pos.KindAuth:
		to = e.Host.Authorize
		switch {
		case o.EBT != "":
			to, what = e.Host.EBT, "EBT"
		case o.OfflineCode != "":
			to, what = e.Host.Voice, "voice approval"
		}
	case pos.KindVerify:
		to = e.Host.Verify
	case pos.KindRefund:
		if strings.TrimSpace(o.Manager) == "" {
			return nil, pos.NewError(pos.CodeNotPermitted)
		}
		if e.Host.RefundUnlinked != nil {
			return e.Host.RefundUnlinked.Refund, nil
		}
	default:
		return nil, pos.NewError(pos.CodeInternal).WithDetail("an order is a sale, auth, verify or refund, not %q", string(o.Kind))
	}
	if to == nil {
		return nil, pos.NewError(pos.CodeUnsupported, what)
	}
	return to.Authorize, nil
}

func (e *Engine) authorize(ctx context.Context, o Order, do ask) (pos.Payment, error) {
	if err := e.check(o); err != nil {
		return pos.Payment{}, err
	}
	r := e.request(o)
	if err := e.passGate(ctx); err != nil {
		return pos.Payment{}, err
	}
	if err := e.beginOnce(ctx, &r, o); err != nil {
		return pos.Payment{}, err
	}
	answer := e.send(ctx, do, r)
	if answer.State == pos.StateNotSent {
		if p, taken := e.sellOffline(ctx, r, o, answer); taken {
			return p, nil
		}
	}
	o.Credentials.Wipe()
	p := e.finish(ctx, r.Payment, answer, nil)
	if p.State == pos.StateReversing {
		return e.takenBack(ctx, p), nil
	}
	return p, nil
}

// beginOnce makes the intent durable unless it looks like a payment that was made or is under way. One order at a time,
// so that two equal ones that come at once see each other. That a person said yes to a duplicate is journaled.
func (e *Engine) beginOnce(ctx context.Context, r *pos.Request, o Order) error {
	if err := e.takeOrder(ctx); err != nil {
		return err
	}
	defer e.giveOrder()
	if err := e.refIsNew(ctx, o.Ref); err != nil {
		return err
	}
	earlier, err := e.guardTwice(ctx, r.Payment, o.AllowDuplicate)
	if err != nil {
		return err
	}
	return e.begin(ctx, r, pos.Event{Reason: o.Reason, Detail: intentDetail(o.Manager, earlier)})
}

// refIsNew refuses a reference of the caller's own that this journal has already: the host could not tell the two apart.
func (e *Engine) refIsNew(ctx context.Context, ref string) error {
	if ref == "" {
		return nil
	}
	used, err := e.Journal.List(ctx, pos.Filter{Ref: ref, Limit: 1})
	if err == nil && len(used) > 0 {
		return pos.NewError(pos.CodeRefused, "ref").WithDetail("the reference was used before")
	}
	return err
}

// intentDetail is nil for most payments.
func intentDetail(manager, repeats string) map[string]string {
	if manager == "" && repeats == "" {
		return nil
	}
	d := map[string]string{}
	if manager != "" {
		d["manager"] = manager
	}
	if repeats != "" {
		d["duplicate_of"] = repeats
	}
	return d
}

// request is an order as it goes to the journal and to the host.
func (e *Engine) request(o Order) pos.Request {
	zero := money.New(0, e.Currency)
	// With a part of the amount, nobody could say which part of these it paid.
	whole := !o.Tip.IsZero() || !o.Cashback.IsZero() || !o.Surcharge.IsZero() || !o.Fee.IsZero()
	partial := o.AllowPartial && !whole && o.Kind != pos.KindRefund
	return pos.Request{
		Payment: pos.Payment{
			Kind: o.Kind, Sale: o.Sale, SaleTotal: o.SaleTotal, Items: o.Items, Manager: o.Manager, Ref: o.Ref, Clerk: o.Clerk, AuthCode: o.OfflineCode,
			Requested: e.inCurrency(o.Amount), Tip: o.Tip, Cashback: o.Cashback, Surcharge: o.Surcharge, Fee: o.Fee,
			Approved: zero, Refunded: zero, PartialOK: partial,
			Instrument: e.instrument(o), KSN: o.Credentials.PINBlock.KSN,
		},
		Credentials: o.Credentials, OfflineCode: o.OfflineCode, Extra: o.Extra,
		AllowPartial: partial && e.Host.Partial, Unattended: e.Unattended,
	}
}

// inCurrency gives an amount that was left out, of a verify, the engine's currency.
func (e *Engine) inCurrency(a money.Amount) money.Amount {
	if a == (money.Amount{}) {
		return money.New(0, e.Currency)
	}
	return a
}

func (e *Engine) check(o Order) error {
	if len(o.Ref) > 30 {
		return pos.NewError(pos.CodeRefused, "ref").WithDetail("a reference has at most 30 characters")
	}
	if err := e.checkExtra(o.Extra); err != nil {
		return err
	}
	if err := checkTexts(o.Ref, o.Clerk, o.Manager, o.Reason); err != nil {
		return err
	}
	if err := e.checkEBT(o); err != nil {
		return err
	}
	if err := e.checkAmounts(o); err != nil {
		return err
	}
	if err := e.checkUnattended(o); err != nil {
		return err
	}
	c := o.Credentials
	given := 0
	for _, there := range []bool{c.Card.PAN.Present(), c.Bank.Number.Present(), c.Stored != ""} {
		if there {
			given++
		}
	}
	if given != 1 {
		return pos.NewError(pos.CodeCardUnreadable).WithDetail("a payment needs one card, bank account or stored card; %d were given", given)
	}
	return nil
}

// checkExtra refuses what only another processor could read.
func (e *Engine) checkExtra(x pos.Extra) error {
	if x.Processor != e.Host.Name && (x.Processor != "" || len(x.Data) > 0) {
		return pos.NewError(pos.CodeUnsupported, "extra").WithDetail("the options are for another processor")
	}
	return nil
}

// checkAmounts takes only extras that fit inside the amount: everything that is asked of the card is.
func (e *Engine) checkAmounts(o Order) error {
	if o.Kind == pos.KindVerify {
		if !o.Amount.IsZero() {
			return pos.NewError(pos.CodeAmountTooLarge, money.New(0, e.Currency).String())
		}
		return nil
	}
	if err := e.positive(o.Amount); err != nil {
		return err
	}
	extras := money.New(0, e.Currency)
	for _, part := range []money.Amount{o.Tip, o.Cashback, o.Surcharge, o.Fee} {
		sum, err := extras.Add(part)
		if err != nil || part.IsNegative() {
			return pos.NewError(pos.CodeAmountNegative)
		}
		extras = sum
	}
	if over, err := extras.Cmp(o.Amount); err != nil || over > 0 {
		return pos.NewError(pos.CodeAmountTooLarge, o.Amount.String())
	}
	return e.checkCharges(o)
}

func (e *Engine) checkUnattended(o Order) error {
	if !e.Unattended {
		return nil
	}
	switch {
	case !o.Cashback.IsZero():
		return pos.NewError(pos.CodeUnattended, "cash back")
	case o.Credentials.Card.Entry == card.EntryKeyed:
		return pos.NewError(pos.CodeUnattended, "typed card")
	case o.OfflineCode != "":
		return pos.NewError(pos.CodeUnattended, "voice approval")
	case o.Kind == pos.KindRefund:
		return pos.NewError(pos.CodeUnattended, "refund")
	}
	return nil
}

func (e *Engine) positive(a money.Amount) error {
	switch {
	case a.IsZero():
		return pos.NewError(pos.CodeAmountZero)
	case a.IsNegative():
		return pos.NewError(pos.CodeAmountNegative)
	case a.Currency() != e.Currency:
		return pos.NewError(pos.CodeAmountSyntax).Because(money.ErrCurrency)
	}
	return nil
}

func (e *Engine) instrument(o Order) pos.Instrument {
	c := o.Credentials
	switch {
	case o.EBT != "":
		return e.ebtInstrument(o)
	case c.Stored != "":
		return pos.Instrument{Kind: pos.InstrumentStoredCard, Masked: c.Stored, Fingerprint: card.StoredFingerprint(e.FingerprintKey, c.Stored)}
	case c.Bank.Number.Present():
		return pos.Instrument{
			Kind: pos.InstrumentBank, Masked: c.Bank.Number.String(),
			Fingerprint: c.Bank.Number.Fingerprint(e.FingerprintKey, c.Bank.Routing),
		}
	}
	return pos.Instrument{
		Kind: pos.InstrumentCard, Masked: c.Card.PAN.Masked(), Brand: c.Card.PAN.Brand(), Entry: c.Card.Entry,
		Fingerprint: c.Card.PAN.Fingerprint(e.FingerprintKey),
		PIN:         c.PINBlock.Present(),
		Fallback:    c.Card.ServiceCode.Chip() && (c.Card.Track1.Present() || c.Card.Track2.Present()),
	}
}
