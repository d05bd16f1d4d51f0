package payment

import (
	"context"
	"strconv"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// Authorize leads a sale or an auth to its outcome. An error means that nothing was sent; everything
// else, unknown too, is in the payment's State and Failure. The credentials are wiped in every case.
func (e *Engine) Authorize(ctx context.Context, o Order) (pos.Payment, error) {
	defer o.Credentials.Wipe()
	if err := e.check(o); err != nil {
		return pos.Payment{}, err
	}
	p := pos.Payment{
		Kind: o.Kind, Sale: o.Sale, Ref: o.Ref, Clerk: o.Clerk,
		Requested: o.Amount, Tip: o.Tip, Cashback: o.Cashback, Surcharge: o.Surcharge,
		Approved: money.New(0, e.Currency), Refunded: money.New(0, e.Currency),
		Instrument: e.instrument(o.Credentials),
	}
	if err := e.guardTwice(ctx, p, o.AllowDuplicate); err != nil {
		return pos.Payment{}, err
	}
	if err := e.begin(ctx, &p); err != nil {
		return pos.Payment{}, err
	}
	request := pos.Request{Payment: p, Credentials: o.Credentials}
	answer := guarded(func() pos.Answer { return e.Host.Authorize.Authorize(ctx, request) })
	o.Credentials.Wipe()
	return e.finish(ctx, p, answer, nil), nil
}

// guarded turns a panic of a processor into an unknown outcome: bytes may have left. The panic's value
// might hold anything, so only its type is kept.
func guarded(call func() pos.Answer) (a pos.Answer) {
	defer func() {
		if v := recover(); v != nil {
			a = pos.Answer{State: pos.StateUnknown, Failure: pos.NewError(pos.CodeUnknown).WithDetail("the processor module failed with a %T", v)}
		}
	}()
	return call()
}

func (e *Engine) check(o Order) error {
	if o.Kind != pos.KindSale && o.Kind != pos.KindAuth {
		return pos.NewError(pos.CodeInternal).WithDetail("an order is a sale or an auth, not %q", string(o.Kind))
	}
	if e.Host.Authorize == nil {
		return pos.NewError(pos.CodeUnsupported, string(o.Kind))
	}
	if len(o.Ref) > 30 {
		return pos.NewError(pos.CodeRefused, "ref").WithDetail("a reference has at most 30 characters")
	}
	if err := e.positive(o.Amount); err != nil {
		return err
	}
	extras := money.New(0, e.Currency)
	for _, part := range []money.Amount{o.Tip, o.Cashback, o.Surcharge} {
		sum, err := extras.Add(part)
		if err != nil || part.IsNegative() {
			return pos.NewError(pos.CodeAmountNegative)
		}
		extras = sum
	}
	if over, err := extras.Cmp(o.Amount); err != nil || over > 0 {
		return pos.NewError(pos.CodeAmountTooLarge, o.Amount.String())
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

func (e *Engine) instrument(c pos.Credentials) pos.Instrument {
	switch {
	case c.Stored != "":
		return pos.Instrument{Kind: pos.InstrumentStoredCard, Masked: c.Stored}
	case c.Bank.Number.Present():
		return pos.Instrument{Kind: pos.InstrumentBank, Masked: c.Bank.Number.String()}
	}
	return pos.Instrument{
		Kind: pos.InstrumentCard, Masked: c.Card.PAN.Masked(), Brand: c.Card.PAN.Brand(), Entry: c.Card.Entry,
		Fingerprint: c.Card.PAN.Fingerprint(e.FingerprintKey),
		Fallback:    c.Card.ServiceCode.Chip() && (c.Card.Track1.Present() || c.Card.Track2.Present()),
	}
}

// guardTwice keeps the same card from paying the same amount twice by mistake. While an earlier attempt is
// unknown there is no way past it; after the window, or when a person has to settle it anyway, asking
// is enough.
func (e *Engine) guardTwice(ctx context.Context, p pos.Payment, allowed bool) error {
	if p.Instrument.Fingerprint.IsZero() {
		return nil
	}
	earlier, err := e.Journal.List(ctx, pos.Filter{Fingerprint: p.Instrument.Fingerprint, Newest: true, Limit: 50})
	if err != nil {
		return err
	}
	now := e.Now()
	for _, q := range earlier {
		if same, err := q.Requested.Cmp(p.Requested); err != nil || same != 0 || q.Kind != p.Kind {
			continue
		}
		age := now.Sub(q.Created)
		switch {
		case q.State == pos.StateUnknown, q.State == pos.StateSending:
			return pos.NewError(pos.CodeSameUnknown, q.ID)
		case allowed:
		case q.State == pos.StateNeedsPerson:
			return pos.NewError(pos.CodeDuplicate, minutes(age.Minutes()))
		case q.State.Succeeded() && q.Clerk == p.Clerk && age < e.DuplicateWindow:
			return pos.NewError(pos.CodeDuplicate, minutes(age.Minutes()))
		}
	}
	return nil
}

func minutes(m float64) string {
	if m < 1 {
		return "0"
	}
	return strconv.Itoa(int(m))
}
