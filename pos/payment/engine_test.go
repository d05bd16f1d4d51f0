package payment_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
)

// scripted is a host that answers as told.
type scripted struct {
	mu        sync.Mutex // a running queue reads what the test changes
	answer    func(ctx context.Context, r pos.Request) pos.Answer
	finding   func(p pos.Payment) pos.Finding
	reversal  func(ctx context.Context, r pos.Request) pos.ReversalAnswer
	asked     []pos.Request
	queries   int
	reversals int
	order     []string // what was asked, kind by kind
}

// told changes the script while a queue runs.
func (s *scripted) told(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *scripted) do(ctx context.Context, r pos.Request) pos.Answer {
	s.mu.Lock()
	s.asked = append(s.asked, r)
	s.order = append(s.order, string(r.Payment.Kind))
	answer := s.answer
	s.mu.Unlock()
	if answer == nil {
		return pos.Answer{State: pos.StateApproved, HostID: "h-" + r.Payment.ID, AuthCode: "A1"}
	}
	return answer(ctx, r)
}
func (s *scripted) Authorize(ctx context.Context, r pos.Request) pos.Answer { return s.do(ctx, r) }
func (s *scripted) Capture(ctx context.Context, r pos.Request) pos.Answer   { return s.do(ctx, r) }
func (s *scripted) Void(ctx context.Context, r pos.Request) pos.Answer      { return s.do(ctx, r) }
func (s *scripted) Refund(ctx context.Context, r pos.Request) pos.Answer    { return s.do(ctx, r) }
func (s *scripted) Reverse(ctx context.Context, r pos.Request) pos.Answer   { return s.do(ctx, r) }
func (s *scripted) Adjust(ctx context.Context, r pos.Request) pos.Answer    { return s.do(ctx, r) }
func (s *scripted) Increment(ctx context.Context, r pos.Request) pos.Answer { return s.do(ctx, r) }
func (s *scripted) Balance(ctx context.Context, r pos.Request) pos.Answer   { return s.do(ctx, r) }
func (s *scripted) ReverseLost(ctx context.Context, r pos.Request) pos.ReversalAnswer {
	s.reversals++
	s.order = append(s.order, "reverse lost")
	if s.reversal == nil {
		return pos.ReversalAnswer{Verdict: pos.VerdictReversed}
	}
	return s.reversal(ctx, r)
}

// Keep keeps the mask: a test needs no more to see it come back.
func (s *scripted) Keep(r pos.Request) []byte {
	return []byte("kept " + r.Credentials.Card.PAN.Masked())
}

func (s *scripted) Query(_ context.Context, p pos.Payment) pos.Finding {
	s.mu.Lock()
	s.queries++
	finding := s.finding
	s.mu.Unlock()
	if finding == nil {
		return pos.Finding{Verdict: pos.VerdictUnavailable}
	}
	return finding(p)
}

func (s *scripted) host() payment.Host {
	return payment.Host{Adjust: s, Increment: s, Verify: s, Voice: s, RefundUnlinked: s, Balance: s, Partial: true, Timeout: 30 * time.Second,
		Name: "scripted", Authorize: s, Capture: s, Void: s, Refund: s, Reverse: s, Query: s,
		Settling: payment.Settling{First: time.Second, Every: 10 * time.Second, Window: 3 * time.Minute}}
}

// seeded is a random source for ids.
type seeded struct{ r *rand.ChaCha8 }

func (s seeded) Read(b []byte) (int, error) { return s.r.Read(b) }

func newEngine(t testing.TB, j payment.Journal, h payment.Host, change func(*payment.Config)) *payment.Engine {
	t.Helper()
	c := payment.Config{
		Journal: j, Host: h, Lane: "1", Currency: money.USD, Now: time.Now,
		Random: seeded{rand.NewChaCha8([32]byte{1})}, FingerprintKey: []byte("key"),
		DuplicateWindow: 5 * time.Minute,
	}
	if change != nil {
		change(&c)
	}
	e, err := payment.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func usd(cents int64) money.Amount { return money.New(cents, money.USD) }

func testCard(t testing.TB) pos.Credentials {
	t.Helper()
	pan, err := card.NewPAN([]byte("4111111111111111"))
	if err != nil {
		t.Fatal(err)
	}
	return pos.Credentials{Card: card.Card{PAN: pan, Entry: card.EntryKeyed}}
}

func sale(t testing.TB, cents int64) payment.Order {
	return payment.Order{Kind: pos.KindSale, Amount: usd(cents), Credentials: testCard(t), Clerk: "ann", AllowPartial: true}
}

func TestSaleIsDurableBeforeItIsSentAndBeforeItIsSeen(t *testing.T) {
	m := newMemory()
	var atSend pos.Payment
	h := &scripted{}
	h.answer = func(_ context.Context, r pos.Request) pos.Answer {
		atSend = m.get(r.Payment.ID)
		return pos.Answer{State: pos.StateApproved, HostID: "h1"}
	}
	e := newEngine(t, m, h.host(), nil)
	order := sale(t, 1234)
	p, err := e.Authorize(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	if atSend.State != pos.StateSending || atSend.Ref != p.Ref || atSend.Seq != p.Seq {
		t.Errorf("when the request went out the journal had state %q, ref %q", atSend.State, atSend.Ref)
	}
	if got := m.get(p.ID); got.State != pos.StateApproved || got.Approved != usd(1234) {
		t.Errorf("journal has %s %s", got.State, got.Approved)
	}
	if m.commits != 2 {
		t.Errorf("%d commits for a sale whose answer arrived", m.commits)
	}
	if order.Credentials.Card.PAN.Present() {
		t.Error("the card number outlived the answer")
	}
	if len(p.Ref) > 30 {
		t.Errorf("ref %q is longer than 30", p.Ref)
	}
}

func TestAnswers(t *testing.T) {
	declined := pos.NewError(pos.CodeDeclined)
	for _, c := range []struct {
		name   string
		answer pos.Answer
		state  pos.State
		cents  int64
		code   pos.Code
	}{
		{"approved, amount unsaid", pos.Answer{State: pos.StateApproved}, pos.StateApproved, 1000, ""},
		{"approved for less is partial", pos.Answer{State: pos.StateApproved, Approved: usd(400)}, pos.StatePartial, 400, ""},
		{"partial for all is approved", pos.Answer{State: pos.StatePartial, Approved: usd(1000)}, pos.StateApproved, 1000, ""},
		{"approved for more is not believed", pos.Answer{State: pos.StateApproved, Approved: usd(1001)}, pos.StateUnknown, 0, pos.CodeWrongAnswer},
		{"approved in another currency", pos.Answer{State: pos.StateApproved, Approved: money.New(1000, "EUR")}, pos.StateUnknown, 0, pos.CodeWrongAnswer},
		{"approved for less than nothing", pos.Answer{State: pos.StateApproved, Approved: usd(-1)}, pos.StateUnknown, 0, pos.CodeWrongAnswer},
		{"accepted", pos.Answer{State: pos.StateAccepted}, pos.StateAccepted, 1000, ""},
		{"declined", pos.Answer{State: pos.StateDeclined, Failure: declined}, pos.StateDeclined, 0, pos.CodeDeclined},
		{"refused", pos.Answer{State: pos.StateRefused, Failure: pos.NewError(pos.CodeRefused)}, pos.StateRefused, 0, pos.CodeRefused},
		{"not sent", pos.Answer{State: pos.StateNotSent, Failure: pos.NewError(pos.CodeNotSent)}, pos.StateNotSent, 0, pos.CodeNotSent},
		{"the zero answer is unknown", pos.Answer{}, pos.StateUnknown, 0, pos.CodeUnknown},
		{"a state that is no answer is unknown", pos.Answer{State: pos.StateSettled}, pos.StateUnknown, 0, pos.CodeUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMemory()
			h := &scripted{answer: func(context.Context, pos.Request) pos.Answer { return c.answer }}
			p, err := newEngine(t, m, h.host(), nil).Authorize(t.Context(), sale(t, 1000))
			if err != nil {
				t.Fatal(err)
			}
			if p.State != c.state || p.Approved.Minor() != c.cents {
				t.Errorf("state %s approved %s", p.State, p.Approved)
			}
			var code pos.Code
			if p.Failure != nil {
				code = p.Failure.Code
			}
			if code != c.code {
				t.Errorf("code %q, want %q", code, c.code)
			}
			if got := m.get(p.ID); got.State != p.State || got.Approved != p.Approved {
				t.Errorf("the journal says %s %s", got.State, got.Approved)
			}
			if len(m.bad) > 0 {
				t.Error(m.bad)
			}
		})
	}
}

func TestBadOrdersSendNothing(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*payment.Order)
		code   pos.Code
	}{
		{"zero", func(o *payment.Order) { o.Amount = usd(0) }, pos.CodeAmountZero},
		{"negative", func(o *payment.Order) { o.Amount = usd(-5) }, pos.CodeAmountNegative},
		{"other currency", func(o *payment.Order) { o.Amount = money.New(5, "EUR") }, pos.CodeAmountSyntax},
		{"tip larger than all", func(o *payment.Order) { o.Tip = usd(2000) }, pos.CodeAmountTooLarge},
		{"negative tip", func(o *payment.Order) { o.Tip = usd(-1) }, pos.CodeAmountNegative},
		{"no card", func(o *payment.Order) { o.Credentials = pos.Credentials{} }, pos.CodeCardUnreadable},
		{"card and stored card", func(o *payment.Order) { o.Credentials.Stored = "B01234" }, pos.CodeCardUnreadable},
		{"long ref", func(o *payment.Order) { o.Ref = strings.Repeat("x", 31) }, pos.CodeRefused},
		{"a void is no order", func(o *payment.Order) { o.Kind = pos.KindVoid }, pos.CodeInternal},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, h := newMemory(), &scripted{}
			o := sale(t, 1000)
			pan := o.Credentials.Card.PAN
			c.change(&o)
			_, err := newEngine(t, m, h.host(), nil).Authorize(t.Context(), o)
			if pos.CodeOf(err) != c.code {
				t.Errorf("error %v, want code %s", err, c.code)
			}
			if len(h.asked) != 0 || m.commits != 0 {
				t.Error("something was sent or journaled")
			}
			if o.Credentials.Card.PAN.Present() && pan.Present() {
				t.Error("the card number outlived the refusal")
			}
		})
	}
}

func TestIntentThatCannotBeJournaledIsNotSent(t *testing.T) {
	for _, lost := range []bool{true, false} {
		m, h := newMemory(), &scripted{}
		m.fail = func([]pos.Change) (error, bool) { return pos.NewError(pos.CodeJournalUnknown).Because(errDisk), lost }
		e := newEngine(t, m, h.host(), nil)
		if _, err := e.Authorize(t.Context(), sale(t, 1000)); !errors.Is(err, errDisk) {
			t.Errorf("error %v", err)
		}
		if len(h.asked) != 0 {
			t.Error("sent without a durable intent")
		}
		m.fail = nil
		h.finding = func(pos.Payment) pos.Finding { return pos.Finding{Verdict: pos.VerdictAbsent} }
		if err := e.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if open, _ := m.List(t.Context(), pos.Filter{State: pos.StateSending}); len(open) != 0 {
			t.Error("an intent that landed after all is left standing as sending")
		}
	}
}

// TestOutcomeIsNotSeenBeforeItIsDurable: what a person is told then must not be what an intent that failed is told,
// that nothing was charged.
func TestOutcomeIsNotSeenBeforeItIsDurable(t *testing.T) {
	for _, code := range []pos.Code{pos.CodeJournalFull, pos.CodeJournalReadOnly, pos.CodeJournalWrite, pos.CodeJournalUnknown} {
		m, h := newMemory(), &scripted{}
		m.fail = func(c []pos.Change) (error, bool) {
			if c[0].Event.Kind == pos.EventOutcome {
				return pos.NewError(code).Because(errDisk), true
			}
			return nil, false
		}
		e := newEngine(t, m, h.host(), nil)
		p, err := e.Authorize(t.Context(), sale(t, 1000))
		if err != nil {
			t.Fatal(err)
		}
		if p.State != pos.StateUnknown || !p.Approved.IsZero() || p.Outcome().Code != pos.CodeJournalUnknown || !errors.Is(p.Failure, errDisk) {
			t.Errorf("%s: seen as %s %s %v", code, p.State, p.Approved, p.Failure)
		}
		m.fail = nil
		if err := e.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := m.get(p.ID); got.State != pos.StateApproved || got.Approved != usd(1000) {
			t.Errorf("%s: after the disk healed: %s %s", code, got.State, got.Approved)
		}
		if h.queries != 0 {
			t.Errorf("%s: the host was asked for an answer that the engine had", code)
		}
	}
}

func TestPanicOfAProcessorIsUnknown(t *testing.T) {
	m := newMemory()
	h := &scripted{answer: func(context.Context, pos.Request) pos.Answer { panic("4111111111111111") }}
	p, err := newEngine(t, m, h.host(), nil).Authorize(t.Context(), sale(t, 1000))
	if err != nil {
		t.Fatal(err)
	}
	if p.State != pos.StateUnknown || strings.Contains(p.Failure.Error(), "4111") {
		t.Errorf("state %s", p.State)
	}
}

func TestDuplicateAsksAndUnknownBars(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		e := newEngine(t, m, h.host(), nil)
		if _, err := e.Authorize(t.Context(), sale(t, 1000)); err != nil {
			t.Fatal(err)
		}
		_, err := e.Authorize(t.Context(), sale(t, 1000))
		if pos.CodeOf(err) != pos.CodeDuplicate {
			t.Fatalf("the same card and amount a moment later: %v", err)
		}
		if _, err := e.Authorize(t.Context(), sale(t, 1001)); err != nil {
			t.Errorf("another amount: %v", err)
		}
		again := sale(t, 1000)
		again.AllowDuplicate = true
		if _, err := e.Authorize(t.Context(), again); err != nil {
			t.Errorf("after the cashier said yes: %v", err)
		}
		time.Sleep(6 * time.Minute)
		h.answer = func(context.Context, pos.Request) pos.Answer { return pos.Answer{} }
		if _, err := e.Authorize(t.Context(), sale(t, 1000)); err != nil {
			t.Errorf("after the window: %v", err)
		}
		again = sale(t, 1000)
		again.AllowDuplicate = true
		if _, err := e.Authorize(t.Context(), again); pos.CodeOf(err) != pos.CodeSameUnknown {
			t.Errorf("while one like it is unknown: %v", err)
		}
	})
}

func TestNumbersGoOnAfterARestart(t *testing.T) {
	m, h := newMemory(), &scripted{}
	first, err := newEngine(t, m, h.host(), nil).Authorize(t.Context(), sale(t, 100))
	if err != nil {
		t.Fatal(err)
	}
	second, err := newEngine(t, m, h.host(), func(c *payment.Config) { c.Position.LastSeq = first.Seq }).Authorize(t.Context(), sale(t, 200))
	if err != nil {
		t.Fatal(err)
	}
	if second.Seq != first.Seq+1 || second.Ref == first.Ref || second.ID == first.ID || len(m.bad) > 0 {
		t.Errorf("%s then %s %v", first.Ref, second.Ref, m.bad)
	}
}

func TestCashIsJournaledAtOnceAndHasNoHost(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := newEngine(t, m, h.host(), nil)
	p, err := e.Cash(t.Context(), payment.CashOrder{Sale: "s1", Amount: usd(500), Clerk: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.get(p.ID); got.State != pos.StateApproved || got.Net() != usd(500) || got.Processor != "" || m.commits != 1 || len(m.bad) > 0 {
		t.Errorf("%s %s processor %q, %d commits %v", got.State, got.Net(), got.Processor, m.commits, m.bad)
	}
	if _, err := e.Refund(t.Context(), payment.Follow{Payment: p.ID}); pos.CodeOf(err) != pos.CodeNotAllowed || len(h.asked) > 0 {
		t.Errorf("a host was asked to refund cash: %v", err)
	}
	if _, err := e.Cash(t.Context(), payment.CashOrder{Amount: usd(0)}); pos.CodeOf(err) != pos.CodeAmountZero {
		t.Errorf("no cash at all: %v", err)
	}
}
