package sim

import (
	"context"
	"strconv"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/payment"
)

// canTell says whether the bank can tell a person about a payment: nothing of it may still be on its way.
func (w *world) canTell(ref string) bool {
	rows := w.disk.peek(pos.Filter{Ref: ref})
	return len(rows) == 1 && w.now().Sub(rows[0].Created) > 5*hostTimeout && w.calmOrOld(rows[0])
}

func (w *world) calmOrOld(p pos.Payment) bool {
	return w.calm.Load() || w.now().Sub(p.Updated) > 5*hostTimeout
}

// verdict is what a person decides after asking the bank, who may have to do something by hand first.
func (w *world) verdict(ref string) pos.State {
	rows := w.disk.peek(pos.Filter{Ref: ref})
	if len(rows) != 1 {
		return pos.StateNotSent
	}
	p, t := rows[0], w.truth(ref)
	switch {
	case t.net == 0 && t.held == 0 && !t.done:
		return pos.StateNotSent
	case w.gaveUp(p) || t.net != 0 && abs(t.net) != p.Requested.Minor() || t.held != 0 && t.held != p.Requested.Minor():
		w.byHand(ref)
		return pos.StateReversed
	}
	return pos.StateConfirmed
}

func abs(n int64) int64 { return max(n, -n) }

// gaveUp says that the sale of a payment went on without it.
func (w *world) gaveUp(p pos.Payment) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return p.Released || w.released[p.ID]
}

func (w *world) truth(ref string) truth { return w.bank.truth(ref) }
func (w *world) byHand(ref string)      { w.bank.byHand(ref) }

// settleAll is the evening's work of the manager: every payment that needs a person is decided.
func (c *cashier) settleAll() {
	for _, p := range c.w.disk.peek(pos.Filter{State: pos.StateNeedsPerson}) {
		order := payment.Resolution{Payment: p.ID, State: c.w.verdict(p.Ref), Reason: "asked the bank", Clerk: "manager"}
		if _, err := c.till.engine.Resolve(context.Background(), order); err != nil {
			c.w.violate("%s (%s) cannot be resolved as %s: %v", p.Ref, p.Kind, order.State, err)
		}
		c.w.diary.note("manager", "%s is %s", p.Ref, order.State)
		time.Sleep(time.Second + time.Duration(c.d.Int64N(1_000_000_000)))
	}
}

// office is another program at the same terminal: holds, captures, tips, and what the register has no screen for.
func (c *cashier) office() {
	t := c.till
	e, ctx := t.engine, t.ctx
	holds := c.w.disk.peek(pos.Filter{State: pos.StateApproved})
	var open []pos.Payment
	for _, p := range holds {
		if p.Kind == pos.KindAuth && p.Parent == "" {
			open = append(open, p)
		}
	}
	var do func() (pos.Payment, error)
	amount := cents(500 + c.d.Int64N(5000))
	job := c.d.weighted(35, 30, 10, 8, 5, 5, 7)
	if len(open) == 0 {
		job = 0
	}
	var target pos.Payment
	if len(open) > 0 {
		target = open[c.d.IntN(len(open))]
	}
	follow := payment.Follow{Payment: target.ID, Clerk: "bob"}
	switch job {
	case 0:
		order := payment.Order{Kind: pos.KindAuth, Sale: "table-" + strconv.Itoa(c.d.IntN(1000)), Amount: amount, Credentials: credentials(pick(c.d, wallet...)), Clerk: "bob"}
		do = func() (pos.Payment, error) { return e.Authorize(ctx, order) }
	case 1:
		if c.d.chance(50) {
			follow.Amount = cents(1 + c.d.Int64N(target.Approved.Minor()))
		}
		do = func() (pos.Payment, error) { return e.Capture(ctx, follow) }
	case 2:
		do = func() (pos.Payment, error) { return e.Reverse(ctx, follow) }
	case 3:
		follow.Amount = cents(1 + c.d.Int64N(target.Approved.Minor()))
		do = func() (pos.Payment, error) { return e.Reverse(ctx, follow) }
	case 4:
		do = func() (pos.Payment, error) { return e.Void(ctx, follow) }
	default:
		do = c.extra(target, amount)
	}
	c.await(func() {
		p, err := do()
		if err != nil {
			c.w.diary.note("office", "job %d: %s", job, pos.CodeOf(err))
			return
		}
		c.w.diary.note("office", "%s %s %s", p.Kind, p.Ref, p.State)
		c.w.told(p)
	})
}

func credentials(p plastic) pos.Credentials {
	pan, err := card.NewPAN([]byte(p.number))
	if err != nil {
		panic("a card of the wallet is none")
	}
	expiry, err := card.ParseMMYY(p.expiry[2:] + p.expiry[:2])
	if err != nil {
		panic("a card of the wallet has no expiry")
	}
	return pos.Credentials{Card: card.Card{PAN: pan, Expiry: expiry, Entry: card.EntryKeyed}}
}
