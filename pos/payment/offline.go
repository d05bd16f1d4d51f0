package payment

import (
	"context"
	"slices"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

// Offline is what the merchant lets the terminal approve alone while the host is away. Every limit
// counts; a zero one lets nothing through.
type Offline struct {
	PerSale money.Amount
	Total   money.Amount  // of all that waits to be forwarded, or was and is not settled
	Count   int           // likewise, of sales
	Age     time.Duration // of the oldest that waits
	Brands  []card.Brand
}

// sellOffline approves a sale that surely was not sent, if the merchant lets it. One at a time, so that two together do not
// go over a limit; and not while the journal has not taken an answer, which may be one of these.
func (e *Engine) sellOffline(ctx context.Context, r pos.Request, o Order, notSent pos.Answer) (p pos.Payment, taken bool) {
	if e.Offline == nil || e.takeOrder(ctx) != nil {
		return p, false
	}
	defer e.giveOrder()
	if e.answersWait() || !e.offlineAllows(ctx, r.Payment, o) {
		return p, false
	}
	return e.acceptOffline(ctx, r, notSent), true
}

// offlineAllows says whether a sale that surely was not sent may be approved by the terminal alone.
func (e *Engine) offlineAllows(ctx context.Context, p pos.Payment, o Order) bool {
	limits := e.Offline
	if limits == nil || !plainSale(p, o) || !slices.Contains(limits.Brands, p.Instrument.Brand) {
		return false
	}
	if !within(p.Requested, limits.PerSale) {
		return false
	}
	waiting, err := e.waiting(ctx)
	if err != nil {
		return false
	}
	unsettled, err := e.forwardedUnsettled(ctx)
	if err != nil || len(waiting)+len(unsettled) >= limits.Count {
		return false
	}
	sum := p.Requested
	for _, w := range append(unsettled, waiting...) {
		if sum, err = sum.Add(w.Requested); err != nil {
			return false
		}
	}
	if len(waiting) > 0 && e.Now().Sub(waiting[0].Created) > limits.Age {
		return false
	}
	return limits.Age > 0 && within(sum, limits.Total)
}

// plainSale is a sale with a card and nothing that only the host can decide: no PIN, no cash back, no
// surcharge (whether the card is a credit card), no approval code.
func plainSale(p pos.Payment, o Order) bool {
	return p.Kind == pos.KindSale && p.Instrument.Kind == pos.InstrumentCard && o.Credentials.Card.PAN.Present() &&
		!o.Credentials.PINBlock.Present() && o.Cashback.IsZero() && o.Surcharge.IsZero() && o.OfflineCode == ""
}

func within(a, limit money.Amount) bool {
	order, err := a.Cmp(limit)
	return err == nil && order <= 0
}

// waiting lists the offline approvals that the host has not been sent, the oldest first.
func (e *Engine) waiting(ctx context.Context) ([]pos.Payment, error) {
	accepted, err := e.Journal.List(ctx, pos.Filter{State: pos.StateAccepted})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(accepted, func(p pos.Payment) bool { return !p.Waiting() }), nil
}

// forwardedUnsettled lists the offline approvals that were forwarded and may still come to nothing.
func (e *Engine) forwardedUnsettled(ctx context.Context) ([]pos.Payment, error) {
	open, err := e.Journal.List(ctx, pos.Filter{Open: true})
	return slices.DeleteFunc(open, func(p pos.Payment) bool { return !p.Offline }), err
}

// acceptOffline approves a sale that was not sent. What the host will need is sealed in the same commit; if
// that fails, nothing is approved.
func (e *Engine) acceptOffline(ctx context.Context, r pos.Request, notSent pos.Answer) pos.Payment {
	p := r.Payment
	seal, err := pack(r.Credentials)
	r.Credentials.Wipe()
	if err != nil {
		return e.finish(ctx, p, notSent, nil)
	}
	defer e.setActive(p.ID, false)
	p.State, p.Approved, p.Offline, p.PartialOK = pos.StateAccepted, p.Requested, true, true
	p.Failure = pos.NewError(pos.CodeOffline)
	e.noteHost(p)
	return e.outcome(ctx, p, pos.Change{Seal: seal}, nil)
}

// drop voids an offline approval that waits: no host has it. Its chain is held.
func (e *Engine) drop(ctx context.Context, p pos.Payment, f Follow) (pos.Payment, error) {
	if e.isActive(p.ID) {
		return pos.Payment{}, pos.NewError(pos.CodeBusy)
	}
	p.State, p.Due, p.Updated = pos.StateVoided, time.Time{}, e.Now()
	change := pos.Change{Payment: p, Erase: true, Event: pos.Event{
		Kind: pos.EventOutcome, Payment: p.ID, At: p.Updated, Clerk: f.Clerk, Reason: f.Reason, Detail: outcomeDetail(p),
	}}
	if err := e.commit(ctx, change); err != nil {
		return pos.Payment{}, err
	}
	e.announce()
	return p, nil
}
