package sim

import (
	"context"
	"slices"
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
	case w.gaveUp(p) || p.Failure != nil && p.Failure.Code == pos.CodeUndoFailed || t.net != 0 && abs(t.net) != p.Requested.Minor() || t.held != 0 && t.held != p.Requested.Minor():
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

func (w *world) truth(ref string) truth {
	if w.wire != nil {
		return w.wire.truth(ref)
	}
	return w.bank.truth(ref)
}

func (w *world) byHand(ref string) {
	if w.wire != nil {
		w.wire.correct(ref)
		return
	}
	w.bank.byHand(ref)
}

// settleAll is the evening's work of the manager: every payment that needs a person is decided.
func (c *cashier) settleAll() {
	for _, p := range c.w.disk.peek(pos.Filter{State: pos.StateNeedsPerson}) {
		c.w.did(deedByPerson)
		order := payment.Resolution{Payment: p.ID, State: c.w.verdict(p.Ref), Reason: "asked the bank", Clerk: "manager"}
		if _, err := c.till.engine.Resolve(context.Background(), order); err != nil {
			c.w.violate("%s (%s) cannot be resolved as %s: %v", p.Ref, p.Kind, order.State, err)
		}
		c.w.diary.note("manager", "%s is %s", p.Ref, order.State)
		time.Sleep(time.Second + time.Duration(c.d.Int64N(1_000_000_000)))
	}
}

// job is something that the office asks of the engine.
type job struct {
	name string
	do   func() (pos.Payment, error)
	sale string // of which a part is paid in cash
}

// office is another program at the same terminal: what the register has no screen for.
func (c *cashier) office() {
	j := c.orderJob()
	background := j.sale == "" && c.d.chance(25)
	if c.lost && c.last.amount != "" && c.d.chance(40) {
		c.lost = false
		j = c.sameAgain()
	} else if lapsing := c.lapsing(); len(lapsing) > 0 && c.d.chance(55) {
		j = c.lapsingJob(pick(c.d, lapsing...))
	} else if taken := c.targets(pos.KindCapture); len(taken) > 0 && c.d.chance(25) {
		f := payment.Follow{Payment: pick(c.d, taken...).ID, Clerk: "bob", Reason: "captured too early"}
		j = job{name: "void", do: func() (pos.Payment, error) { return c.till.engine.Void(c.till.ctx, f) }}
	} else if holds := c.targets(pos.KindAuth); len(holds) > 0 && c.d.chance(70) {
		j = c.holdJob(pick(c.d, holds...))
	} else if sales := c.targets(pos.KindSale, pos.KindCapture); len(sales) > 0 && c.d.chance(45) {
		j = c.saleJob(pick(c.d, sales...))
	}
	if background = background && c.behind.CompareAndSwap(false, true); background {
		// An order by telephone, say: the cashier goes on meanwhile.
		t := c.till
		t.wg.Go(func() {
			defer c.behind.Store(false)
			c.order(t, j)
		})
		return
	}
	c.await(func() { c.order(c.till, j) })
	if j.sale != "" {
		c.w.reconcileCash()
	}
}

// order has one job done and holds what the office is told to the journal and to the bank.
func (c *cashier) order(t *till, j job) {
	p, err := j.do()
	if err != nil {
		c.w.diary.note("office", "%s: %s", j.name, pos.CodeOf(err))
		if pos.CodeOf(err) == pos.CodeSameUnknown {
			c.w.did(deedSameUnknown)
		}
		return
	}
	c.w.diary.note("office", "%s %s %s", j.name, p.Ref, p.State)
	if j.name == "voice" && p.State.Succeeded() {
		c.w.did(deedVoice)
	}
	if !t.dead() {
		c.w.told(p)
		c.w.fulfilled(j.name, p)
	}
}

// targets are card payments that something can be done to.
func (c *cashier) targets(kinds ...pos.Kind) []pos.Payment {
	var out []pos.Payment
	for _, s := range []pos.State{pos.StateConfirmed, pos.StatePartial, pos.StateAdjusted, pos.StateHeld, pos.StateApproved} {
		if s == pos.StateApproved && len(out) > 0 && c.d.chance(60) {
			break // the rarer ones are tried more often
		}
		for _, p := range c.w.disk.peek(pos.Filter{State: s}) {
			if s == pos.StateHeld && p.Kind != pos.KindAuth {
				continue
			}
			if slices.Contains(kinds, p.Kind) && p.Instrument.Kind != pos.InstrumentCash && !(p.Kind == pos.KindAuth && p.Parent != "") {
				out = append(out, p)
			}
		}
	}
	return out
}

// lapsing are holds that end by themselves unless somebody captures them: their answer was lost, or their capture
// was voided.
func (c *cashier) lapsing() []pos.Payment {
	return slices.DeleteFunc(c.w.disk.peek(pos.Filter{State: pos.StateHeld}), func(p pos.Payment) bool {
		return p.Kind != pos.KindAuth || p.Parent != ""
	})
}

// lapsingJob captures one after all, or gives it back where the host can.
func (c *cashier) lapsingJob(target pos.Payment) job {
	e, ctx, f := c.till.engine, c.till.ctx, payment.Follow{Payment: target.ID, Clerk: "bob", Reason: "office"}
	switch c.d.weighted(60, 25, 15) {
	case 1:
		f.Amount = cents(1 + c.d.Int64N(max(target.Requested.Minor(), 1)))
		fallthrough
	case 0:
		return job{name: "capture", do: func() (pos.Payment, error) { return e.Capture(ctx, f) }}
	}
	return job{name: "reverse", do: func() (pos.Payment, error) { return e.Reverse(ctx, f) }}
}

func (c *cashier) holdJob(target pos.Payment) job {
	e, ctx, f := c.till.engine, c.till.ctx, payment.Follow{Payment: target.ID, Clerk: "bob", Reason: "office"}
	held := max(target.Approved.Minor(), 1)
	switch c.d.weighted(30, 15, 8, 10, 8, 5, 14, 10) {
	case 1:
		f.Amount = cents(1 + c.d.Int64N(held))
		fallthrough
	case 0:
		return job{name: "capture", do: func() (pos.Payment, error) { return e.Capture(ctx, f) }}
	case 2:
		f.Tip = cents(c.d.Int64N(500))
		return job{name: "capture with tip", do: func() (pos.Payment, error) { return e.Capture(ctx, f) }}
	case 3:
		return job{name: "reverse", do: func() (pos.Payment, error) { return e.Reverse(ctx, f) }}
	case 4:
		f.Amount = cents(1 + c.d.Int64N(held))
		return job{name: "reverse a part", do: func() (pos.Payment, error) { return e.Reverse(ctx, f) }}
	case 5:
		return job{name: "void", do: func() (pos.Payment, error) { return e.Void(ctx, f) }}
	case 6:
		f.Amount = cents(1 + c.d.Int64N(2000))
		return job{name: "increment", do: func() (pos.Payment, error) { return e.Increment(ctx, f) }}
	}
	return job{name: "undo", do: func() (pos.Payment, error) { return e.Undo(ctx, f) }}
}

func (c *cashier) saleJob(target pos.Payment) job {
	e, ctx, f := c.till.engine, c.till.ctx, payment.Follow{Payment: target.ID, Clerk: "bob", Reason: "office"}
	if c.d.chance(65) {
		if c.d.chance(60) {
			f.Tip = cents(c.d.Int64N(900))
		} else {
			f.Tip = cents(0)
		}
		return job{name: "adjust", do: func() (pos.Payment, error) { return e.Adjust(ctx, f) }}
	}
	if c.d.chance(40) {
		f.Amount = cents(1 + c.d.Int64N(max(target.Approved.Minor(), 1)))
		return job{name: "refund", do: func() (pos.Payment, error) { return e.Refund(ctx, f) }}
	}
	return job{name: "undo", do: func() (pos.Payment, error) { return e.Undo(ctx, f) }}
}

func (c *cashier) orderJob() job {
	if c.d.chance(9) && !c.w.plan.kiosk {
		return c.splitJob()
	}
	e, ctx := c.till.engine, c.till.ctx
	o := payment.Order{Kind: pos.KindAuth, Sale: "table-" + strconv.FormatInt(time.Since(c.w.diary.began).Milliseconds(), 10), Clerk: "bob",
		Amount: cents(500 + c.d.Int64N(5000)), Credentials: credentials(pick(c.d, wallet...)), AllowPartial: c.d.chance(50)}
	name := "auth"
	switch c.d.weighted(50, 12, 8, 8, 6, 4, 8, 6, 5, 5, 4) {
	case 1:
		name, o.Kind = "sale in part", pos.KindSale
		o.AllowPartial = true
	case 2:
		name, o.Kind, o.Cashback = "sale with cash back", pos.KindSale, cents(300)
	case 3:
		name, o.Kind, o.OfflineCode = "voice", pos.KindSale, "V12345"
	case 4:
		name, o.Kind, o.Amount = "verify", pos.KindVerify, cents(0)
	case 5:
		name, o.Kind, o.Amount = "balance", pos.KindVerify, cents(0)
		return job{name: name, do: func() (pos.Payment, error) { return e.Balance(ctx, o) }}
	case 6:
		name, o.Kind, o.Manager, o.Reason = "refund without sale", pos.KindRefund, "manager", "no receipt"
	case 7:
		name, o.Kind, o.Tip = "sale with tip", pos.KindSale, cents(100+c.d.Int64N(300))
	case 8:
		name, o.Kind, o.Credentials = "bank account", pos.KindSale, account()
	case 9:
		name, o.Kind, o.Credentials = "stored card", pos.KindSale, pos.Credentials{Stored: "B01234"}
	case 10:
		if c.last.amount != "" {
			o.Credentials.Wipe()
			return c.sameAgain()
		}
	}
	return job{name: name, do: func() (pos.Payment, error) { return e.Authorize(ctx, o) }}
}

// sameAgain charges what the counter has just charged once more, as a program does that is told to, or that is told to do it
// whatever the till says.
func (c *cashier) sameAgain() job {
	e, ctx := c.till.engine, c.till.ctx
	o := payment.Order{Kind: pos.KindSale, Sale: "again-" + strconv.FormatInt(time.Since(c.w.diary.began).Milliseconds(), 10), Clerk: "bob",
		Amount: cents(minor(c.last.amount) / 100), Credentials: credentials(c.last.card), AllowDuplicate: c.d.chance(50)}
	if o.AllowDuplicate {
		c.w.mu.Lock()
		c.w.agreed[o.Sale] = true
		c.w.mu.Unlock()
	}
	return job{name: "same again", do: func() (pos.Payment, error) { return e.Authorize(ctx, o) }}
}

// splitJob pays one sale with several cards and perhaps the rest in cash.
func (c *cashier) splitJob() job {
	e, ctx, w := c.till.engine, c.till.ctx, c.w
	sale := "split-" + strconv.FormatInt(time.Since(w.diary.began).Milliseconds(), 10)
	var parts []payment.Order
	var total int64
	for range 2 + c.d.IntN(2) {
		part := 300 + c.d.Int64N(2500)
		total += part
		parts = append(parts, payment.Order{Kind: pos.KindSale, Sale: sale, Clerk: "bob", Amount: cents(part), Credentials: credentials(pick(c.d, wallet...))})
	}
	inCash := c.d.chance(50)
	w.mu.Lock()
	w.totals[sale] = total
	w.mu.Unlock()
	return job{name: "split", sale: sale, do: func() (p pos.Payment, err error) {
		for i, o := range parts {
			if i == len(parts)-1 && inCash {
				o.Credentials.Wipe()
				return e.Cash(ctx, payment.CashOrder{Sale: sale, Amount: o.Amount, Clerk: o.Clerk})
			}
			if p, err = e.Authorize(ctx, o); err != nil || !p.State.Succeeded() {
				return p, err
			}
			if !c.till.dead() {
				w.told(p)
			}
		}
		return p, nil
	}}
}

// account is a bank account to debit.
func account() pos.Credentials {
	number, err := card.NewAccountNumber([]byte(accountNumber))
	if err != nil {
		panic("the account of the day is none")
	}
	return pos.Credentials{Bank: pos.BankAccount{Routing: "789456124", Number: number}}
}

const accountNumber = "55544433221"

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
