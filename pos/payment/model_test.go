package payment_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	_ "github.com/tillpos/till/ci/seed"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// bank is a host with a ledger and one physics of lost answers. What it does to a request is drawn by the test.
type bank struct {
	t       *rapid.T
	steady  bool // in the evening nothing is lost or declined any more
	entries map[string]*entry
	said    map[string]pos.Answer // what a request came to, by ref
	onWay   map[string]pos.Request
}

// entry is what one ref comes to at the host.
type entry struct {
	net, held int64
	hold      int64  // what it held when it was captured
	parent    string // ref
}

// Outcomes of one request.
const (
	fine = iota
	decline
	part
	neverLeft
	lostBefore // booked nowhere
	lostAfter  // booked, the answer is lost
	overtaken  // booked only after something else
	outcomes
)

func (b *bank) do(_ context.Context, r pos.Request) pos.Answer {
	if a, again := b.said[r.Payment.Ref]; again {
		return a // the host knows its messages
	}
	what := fine
	if !b.steady && rapid.Bool().Draw(b.t, "trouble") {
		what = rapid.IntRange(0, outcomes-1).Draw(b.t, "outcome")
	}
	order := r.Payment.Parent == ""
	switch what {
	case decline:
		return b.say(r, pos.Answer{State: pos.StateDeclined})
	case neverLeft:
		return pos.Answer{State: pos.StateNotSent}
	case lostBefore:
		return pos.Answer{}
	case lostAfter:
		b.book(r, r.Payment.Requested.Minor())
		b.say(r, pos.Answer{State: pos.StateApproved, HostID: "h"})
		return pos.Answer{}
	case overtaken:
		if order {
			b.onWay[r.Payment.Ref] = r
			return pos.Answer{}
		}
	case part:
		if cents := r.Payment.Requested.Minor() / 2; order && cents > 0 && (r.Payment.Kind == pos.KindSale || r.Payment.Kind == pos.KindAuth) {
			b.book(r, cents)
			return b.say(r, pos.Answer{State: pos.StatePartial, Approved: usd(cents), HostID: "h"})
		}
	}
	b.book(r, r.Payment.Requested.Minor())
	return b.say(r, pos.Answer{State: pos.StateApproved, HostID: "h"})
}

func (b *bank) say(r pos.Request, a pos.Answer) pos.Answer {
	b.said[r.Payment.Ref] = a
	return a
}

func (b *bank) book(r pos.Request, cents int64) {
	ref, p := r.Payment.Ref, r.Payment
	e := &entry{parent: r.Parent.Ref}
	b.entries[ref] = e
	of := b.entries[r.Parent.Ref]
	switch {
	case p.Kind == pos.KindSale:
		e.net = cents
	case p.Kind == pos.KindAuth && p.Parent == "":
		e.held = cents
	case p.Kind == pos.KindAuth:
		of.held += cents
	case p.Kind == pos.KindCapture:
		e.net, of.hold, of.held = cents, of.held, 0
	case p.Kind == pos.KindRefund:
		e.net = -cents
	case p.Kind == pos.KindReversal:
		of.held -= cents
	case p.Kind == pos.KindAdjust:
		of.net = cents
	case p.Kind == pos.KindVoid:
		if up := b.entries[of.parent]; up != nil && r.Parent.Kind == pos.KindCapture {
			up.held = up.hold
		}
		of.net, of.held = 0, 0
	}
}

// arrive books what was on the way and has been overtaken.
func (b *bank) arrive(ref string) {
	if r, late := b.onWay[ref]; late {
		delete(b.onWay, ref)
		b.book(r, r.Payment.Requested.Minor())
		b.say(r, pos.Answer{State: pos.StateApproved, HostID: "h"})
	}
}

func (b *bank) Authorize(ctx context.Context, r pos.Request) pos.Answer { return b.do(ctx, r) }
func (b *bank) Capture(ctx context.Context, r pos.Request) pos.Answer   { return b.do(ctx, r) }
func (b *bank) Void(ctx context.Context, r pos.Request) pos.Answer      { return b.do(ctx, r) }
func (b *bank) Refund(ctx context.Context, r pos.Request) pos.Answer    { return b.do(ctx, r) }
func (b *bank) Reverse(ctx context.Context, r pos.Request) pos.Answer   { return b.do(ctx, r) }
func (b *bank) Adjust(ctx context.Context, r pos.Request) pos.Answer    { return b.do(ctx, r) }
func (b *bank) Increment(ctx context.Context, r pos.Request) pos.Answer { return b.do(ctx, r) }

func (b *bank) Query(_ context.Context, p pos.Payment) pos.Finding {
	if !b.steady && rapid.IntRange(0, 3).Draw(b.t, "report") == 0 {
		return pos.Finding{Verdict: pos.VerdictUnavailable}
	}
	a, known := b.said[p.Ref]
	b.arrive(p.Ref)
	if !known {
		return pos.Finding{Verdict: pos.VerdictAbsent}
	}
	return pos.Finding{Verdict: pos.VerdictFound, Answer: a}
}

func (b *bank) ReverseLost(_ context.Context, r pos.Request) pos.ReversalAnswer {
	if !b.steady && rapid.IntRange(0, 3).Draw(b.t, "reversal") == 0 {
		return pos.ReversalAnswer{Verdict: pos.VerdictUnavailable}
	}
	e := b.entries[r.Payment.Ref]
	b.arrive(r.Payment.Ref)
	if e == nil {
		return pos.ReversalAnswer{Verdict: pos.VerdictNotFound}
	}
	e.net, e.held = 0, 0
	return pos.ReversalAnswer{Verdict: pos.VerdictReversed}
}

func (b *bank) host(physics string) payment.Host {
	h := payment.Host{Name: "bank", Authorize: b, Capture: b, Void: b, Refund: b, Reverse: b, Adjust: b, Increment: b, Partial: true,
		Timeout: 30 * time.Second, Settling: payment.Settling{First: time.Second, Every: 10 * time.Second, Window: 3 * time.Minute}}
	switch physics {
	case "query":
		h.Query = b
	case "reversal":
		h.Lost.Reverse = b
	case "lapse":
		h.Lost.Lapses = true
		h.Increment = nil // one that was lost may be part of a hold or not, and nobody ever knows
	}
	return h
}

// TestT22JournalAndHostAgree plays random days against a host with a ledger of its own, for each physics of lost
// answers: when the queue has run dry and a person has looked at what is left, every row of the journal says
// what the host says, so the totals by type do too, and no refund exceeds its original.
func TestT22JournalAndHostAgree(t *testing.T) {
	for _, physics := range []string{"query", "reversal", "lapse", "person"} {
		t.Run(physics, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { playDay(t, physics) })
		})
	}
}

func playDay(t *rapid.T, physics string) {
	ctx := context.Background()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	m := newMemory()
	b := &bank{t: t, entries: map[string]*entry{}, said: map[string]pos.Answer{}, onWay: map[string]pos.Request{}}
	e, err := payment.New(payment.Config{Journal: m, Vault: m, Host: b.host(physics), Lane: "1", Currency: "USD",
		Now: func() time.Time { return now }, Random: seeded{rand.NewChaCha8([32]byte{1})}})
	if err != nil {
		t.Fatal(err)
	}
	settle := func() {
		if err := e.Settle(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for range rapid.IntRange(1, 25).Draw(t, "steps") {
		step(t, ctx, e, m)
		now = now.Add(time.Duration(rapid.IntRange(1, 120).Draw(t, "pause")) * time.Second)
		if rapid.Bool().Draw(t, "settle") {
			settle()
		}
	}
	b.steady = true
	for range 40 {
		now = now.Add(2 * time.Minute)
		settle()
	}
	for range 20 {
		decide(t, ctx, e, m, b)
		now = now.Add(2 * time.Minute)
		settle()
	}
	agree(t, m, b)
}

// step does one thing that a cashier may do.
func step(t *rapid.T, ctx context.Context, e *payment.Engine, m *memory) {
	if len(m.order) == 0 || rapid.IntRange(0, 2).Draw(t, "new") == 0 {
		e.Authorize(ctx, payment.Order{Kind: rapid.SampledFrom([]pos.Kind{pos.KindSale, pos.KindAuth}).Draw(t, "kind"),
			Amount: usd(rapid.Int64Range(1, 5000).Draw(t, "cents")), Credentials: pos.Credentials{Stored: "B01234"},
			AllowPartial: rapid.Bool().Draw(t, "partial")})
		return
	}
	id := rapid.SampledFrom(m.order).Draw(t, "on")
	f := payment.Follow{Payment: id, Amount: usd(rapid.Int64Range(0, 3000).Draw(t, "amount"))}
	switch rapid.IntRange(0, 7).Draw(t, "deed") {
	case 0:
		e.Capture(ctx, f)
	case 1:
		e.Void(ctx, f)
	case 2:
		e.Refund(ctx, f)
	case 3:
		e.Reverse(ctx, f)
	case 4:
		e.Adjust(ctx, payment.Follow{Payment: id, Tip: f.Amount})
	case 5:
		e.Increment(ctx, f)
	case 6:
		e.Undo(ctx, f)
	case 7:
		if m.get(id).State.Open() {
			e.Release(ctx, id)
		}
	}
}

// decide is a person who looks up what no machine could settle, the latest first.
func decide(t *rapid.T, ctx context.Context, e *payment.Engine, m *memory, b *bank) {
	open, err := m.List(ctx, pos.Filter{Open: true, Newest: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range open {
		if p = m.get(p.ID); p.State != pos.StateNeedsPerson {
			continue // settled by a decision on what was done to it
		}
		to := pos.StateNotSent
		at := b.entries[p.Ref]
		switch {
		case at != nil && (at.net != 0 || at.held != 0 || p.Parent != ""):
			to = pos.StateConfirmed
		case at != nil:
			to = pos.StateVoided
		}
		if _, err := e.Resolve(ctx, payment.Resolution{Payment: p.ID, State: to, Reason: "the host's report"}); err != nil {
			t.Fatalf("%s %s to %s: %v", p.Kind, p.State, to, err)
		}
	}
}

func agree(t *rapid.T, m *memory, b *bank) {
	all, _ := m.List(context.Background(), pos.Filter{})
	for _, p := range all {
		at := b.entries[p.Ref]
		if at == nil {
			at = &entry{}
		}
		held := int64(0)
		if p.Where() == pos.MoneyHeld {
			held = p.Approved.Minor()
		}
		switch {
		case p.State.Open():
			t.Fatalf("%s is still %s: %v", p.ID, p.State, m.seen(p.ID))
		case p.Net().Minor() != at.net:
			t.Fatalf("%s %s: journal %s, host %d: %v", p.Kind, p.State, p.Net(), at.net, m.seen(p.ID))
		case p.State != pos.StateHeld && held != at.held:
			t.Fatalf("%s %s: journal holds %d, host %d: %v", p.Kind, p.State, held, at.held, m.seen(p.ID))
		case p.Refunded.Minor() > p.Approved.Minor() || p.Refunded.IsNegative():
			t.Fatalf("%s refunded %s of %s", p.ID, p.Refunded, p.Approved)
		}
	}
	if len(m.bad) > 0 {
		t.Fatal(m.bad)
	}
}

// TestT14NeverMoreThanIsLeft: whatever is voided, captured and refunded in whatever order, no refund exceeds what is
// left of its original, nothing is voided after a refund, and what was voided is not refunded.
func TestT14NeverMoreThanIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		m, h := newMemory(), &scripted{}
		h.answer = func(_ context.Context, r pos.Request) pos.Answer {
			parent := m.get(r.Payment.Parent)
			switch {
			case r.Payment.Kind == pos.KindRefund && r.Payment.Requested.Minor() > parent.Approved.Minor()-parent.Refunded.Minor():
				t.Fatalf("a refund of %s for %s with %s refunded went out", r.Payment.Requested, parent.Approved, parent.Refunded)
			case r.Payment.Kind == pos.KindRefund && parent.State == pos.StateVoided:
				t.Fatal("a refund of what was voided went out")
			case r.Payment.Kind == pos.KindVoid && !parent.Refunded.IsZero():
				t.Fatal("a void of what was refunded went out")
			}
			return pos.Answer{State: rapid.SampledFrom([]pos.State{pos.StateApproved, pos.StateAccepted, pos.StateDeclined, pos.StateUnknown}).Draw(t, "said")}
		}
		e, err := payment.New(payment.Config{Journal: m, Host: h.host(), Lane: "1", Currency: "USD", Now: clock(),
			Random: seeded{rand.NewChaCha8([32]byte{1})}})
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(2, 30).Draw(t, "steps") {
			step(t, ctx, e, m)
		}
		all, _ := m.List(ctx, pos.Filter{})
		left := map[string]int64{}
		for _, p := range all {
			if p.Kind == pos.KindRefund && p.State.Succeeded() {
				left[p.Parent] -= p.Approved.Minor()
			}
		}
		for _, p := range all {
			if p.Approved.Minor()+left[p.ID] < 0 {
				t.Fatalf("%s of %s: %d refunded", p.ID, p.Approved, -left[p.ID])
			}
		}
		if len(m.bad) > 0 {
			t.Fatal(m.bad)
		}
	})
}
