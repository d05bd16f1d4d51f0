package sim

import (
	"context"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// client is the processor's side in the terminal: it turns requests into messages for a model bank. One
// client belongs to one life of the terminal.
type client struct {
	w    *world
	till *till
}

func cents(n int64) money.Amount { return money.New(n, money.USD) }

// exchange asks the bank and gives its answer, or what the lack of one means.
func (c *client) exchange(ctx context.Context, m message, handle func(again bool) any) (any, pos.Answer, bool) {
	r, how := c.w.net.exchange(ctx, c.till, m, handle)
	switch how {
	case notSent:
		return nil, pos.Answer{State: pos.StateNotSent, Failure: pos.NewError(pos.CodeNotSent)}, false
	case unanswered:
		return nil, pos.Answer{State: pos.StateUnknown, Failure: pos.NewError(pos.CodeUnknown)}, false
	}
	return r, pos.Answer{}, true
}

func (c *client) send(ctx context.Context, r pos.Request, handle func(again bool) pos.Answer) pos.Answer {
	if r.Unattended != c.w.plan.kiosk {
		c.w.violate("%s tells the host that somebody stands at the terminal: %v", r.Payment.Ref, !r.Unattended)
	}
	m := message{ref: r.Payment.Ref, kind: string(r.Payment.Kind), states: []pos.State{r.Payment.State}}
	if r.Parent.ID != "" {
		m.states = append(m.states, r.Parent.State)
	}
	got, lacking, ok := c.exchange(ctx, m, func(again bool) any { return handle(again) })
	if !ok {
		return lacking
	}
	return got.(pos.Answer)
}

// read takes from a request what the bank reads. Card numbers stay within the bank's memory.
func read(r pos.Request) demand {
	p := r.Payment
	d := demand{ref: p.Ref, seq: p.HostSeq, kind: p.Kind, amount: p.Requested.Minor(), tip: p.Tip.Minor(), attempt: r.Attempt,
		allowPartial: r.AllowPartial, code: r.OfflineCode, parent: r.Parent.HostID, kept: string(r.Kept)}
	if d.parent == "" {
		d.parent = r.Parent.Ref
	}
	r.Credentials.Card.PAN.Lend(func(b []byte) { d.number = string(b) })
	if r.Credentials.PINBlock.Present() {
		d.ksn = r.Credentials.PINBlock.KSN
	}
	return d
}

// Authorize asks for a sale, a hold, a verification or what the issuer approved by telephone.
func (c *client) Authorize(ctx context.Context, r pos.Request) pos.Answer {
	d := read(r)
	if d.number == "" && !r.Credentials.Bank.Number.Present() && r.Credentials.Stored == "" {
		c.w.violate("%s goes out without its card", d.ref)
	}
	c.w.lookForTwin(r)
	c.w.forwarded(r.Payment)
	c.w.remember(d.ref, d.number)
	if d.kind != pos.KindSale && d.kind != pos.KindAuth {
		return c.send(ctx, r, func(again bool) pos.Answer { return c.w.bank.authorize(d, again) })
	}
	c.w.gate.leaves(c.w, d.ref, d.attempt)
	a := c.send(ctx, r, func(again bool) pos.Answer { return c.w.bank.authorize(d, again) })
	known := a.State != pos.StateUnknown && a.Approved.Minor() <= d.amount
	if d.attempt > 0 { // that a copy was not sent, or not understood, says nothing of the first one
		known = known && (a.State == pos.StateDeclined || a.State == pos.StateApproved || a.State == pos.StatePartial)
	}
	c.w.gate.returns(d.ref, known && !c.till.dead())
	return a
}

func (c *client) follow(ctx context.Context, r pos.Request) pos.Answer {
	d := read(r)
	return c.send(ctx, r, func(again bool) pos.Answer { return c.w.bank.follow(d, again) })
}

// The follow-ups, all alike on this wire.
func (c *client) Capture(ctx context.Context, r pos.Request) pos.Answer   { return c.follow(ctx, r) }
func (c *client) Void(ctx context.Context, r pos.Request) pos.Answer      { return c.follow(ctx, r) }
func (c *client) Reverse(ctx context.Context, r pos.Request) pos.Answer   { return c.follow(ctx, r) }
func (c *client) Adjust(ctx context.Context, r pos.Request) pos.Answer    { return c.follow(ctx, r) }
func (c *client) Increment(ctx context.Context, r pos.Request) pos.Answer { return c.follow(ctx, r) }

// Refund gives money of the parent back, or without a parent to a card.
func (c *client) Refund(ctx context.Context, r pos.Request) pos.Answer {
	if r.Parent.ID == "" {
		return c.Authorize(ctx, r)
	}
	return c.follow(ctx, r)
}

// Balance asks what is left on a card.
func (c *client) Balance(ctx context.Context, r pos.Request) pos.Answer {
	return c.send(ctx, r, func(bool) pos.Answer { return pos.Answer{State: pos.StateApproved, Balance: cents(12_34)} })
}

// ReverseLost takes back what the bank may or may not have.
func (c *client) ReverseLost(ctx context.Context, r pos.Request) pos.ReversalAnswer {
	d := read(r)
	d.number = c.w.numberOf(d.ref)
	m := message{ref: d.ref, kind: "lost", states: []pos.State{r.Payment.State}}
	got, _, ok := c.exchange(ctx, m, func(bool) any { return c.w.bank.reverseLost(d) })
	if !ok {
		c.w.gate.tried(d.ref, false)
		return pos.ReversalAnswer{Verdict: pos.VerdictUnavailable}
	}
	c.w.gate.tried(d.ref, true)
	return got.(pos.ReversalAnswer)
}

// Query looks a payment up in the bank's reports.
func (c *client) Query(ctx context.Context, p pos.Payment) pos.Finding {
	m := message{ref: p.Ref, kind: "query", states: []pos.State{p.State}}
	got, _, ok := c.exchange(ctx, m, func(bool) any { return c.w.bank.query(p.Ref, p.Kind) })
	if !ok {
		return pos.Finding{Verdict: pos.VerdictUnavailable, Failure: pos.NewError(pos.CodeUnknown)}
	}
	return got.(pos.Finding)
}

// Keep is the card number, which this wire needs until the payment is final.
func (c *client) Keep(r pos.Request) []byte {
	var out []byte
	r.Credentials.Card.PAN.Lend(func(b []byte) { out = append(out, b...) })
	c.w.remember(r.Payment.Ref, string(out))
	return out
}
