package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/payment"
)

// TestOrders: what each kind of order needs, and which request goes out.
func TestOrders(t *testing.T) {
	without := func(change func(*payment.Host)) func(*payment.Host) { return change }
	for _, c := range []struct {
		name   string
		change func(*payment.Order)
		host   func(*payment.Host)
		code   pos.Code // refused so, nothing sent
		net    int64
	}{
		{"voice approval", func(o *payment.Order) { o.OfflineCode = "A7B9" }, nil, "", 1000},
		{"voice approval, host cannot", func(o *payment.Order) { o.OfflineCode = "A7B9" }, without(func(h *payment.Host) { h.Voice = nil }), pos.CodeUnsupported, 0},
		{"verify", func(o *payment.Order) { o.Kind, o.Amount = pos.KindVerify, usd(0) }, nil, "", 0},
		{"verify asks for no money", func(o *payment.Order) { o.Kind = pos.KindVerify }, nil, pos.CodeAmountTooLarge, 0},
		{"verify, host cannot", func(o *payment.Order) { o.Kind, o.Amount = pos.KindVerify, usd(0) }, without(func(h *payment.Host) { h.Verify = nil }), pos.CodeUnsupported, 0},
		{"unlinked refund", func(o *payment.Order) { o.Kind, o.Manager = pos.KindRefund, "bea" }, nil, "", -1000},
		{"unlinked refund without a manager", func(o *payment.Order) { o.Kind = pos.KindRefund }, nil, pos.CodeNotPermitted, 0},
		{"unlinked refund with a blank for a manager", func(o *payment.Order) { o.Kind, o.Manager = pos.KindRefund, "  " }, nil, pos.CodeNotPermitted, 0},
		{"unlinked refund, host cannot", func(o *payment.Order) { o.Kind, o.Manager = pos.KindRefund, "bea" }, without(func(h *payment.Host) { h.RefundUnlinked = nil }), pos.CodeUnsupported, 0},
		{"a fee larger than all", func(o *payment.Order) { o.Fee = usd(1001) }, nil, pos.CodeAmountTooLarge, 0},
		{"parts larger than all", func(o *payment.Order) { o.Tip, o.Cashback, o.Fee = usd(400), usd(400), usd(201) }, nil, pos.CodeAmountTooLarge, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, h := newMemory(), &scripted{}
			hostOf := h.host()
			if c.host != nil {
				c.host(&hostOf)
			}
			o := sale(t, 1000)
			c.change(&o)
			p, err := newEngine(t, m, hostOf, nil).Authorize(t.Context(), o)
			if c.code != "" {
				if pos.CodeOf(err) != c.code || len(h.asked) != 0 || m.commits != 0 {
					t.Errorf("%v, asked %d times, %d commits", err, len(h.asked), m.commits)
				}
				return
			}
			if err != nil || p.State != pos.StateApproved || netOf(m) != c.net {
				t.Fatalf("%s net %d %v", p.State, netOf(m), err)
			}
			r := h.asked[0]
			if r.OfflineCode != o.OfflineCode || r.Payment.Kind != o.Kind {
				t.Errorf("asked for %+v", r.Payment)
			}
			if m.commits != 2 {
				t.Errorf("%d commits", m.commits)
			}
			sound(t, m)
		})
	}
}

func TestVoiceCodeIsJournaledBeforeItIsSent(t *testing.T) {
	m, h := newMemory(), &scripted{}
	h.answer = func(_ context.Context, r pos.Request) pos.Answer {
		if got := m.get(r.Payment.ID).AuthCode; got != "A7B9" {
			t.Errorf("the intent has the code %q", got)
		}
		return pos.Answer{State: pos.StateAccepted}
	}
	o := sale(t, 1000)
	o.OfflineCode = "A7B9"
	if p := authorized(t, newEngine(t, m, h.host(), nil), o); p.AuthCode != "A7B9" {
		t.Errorf("the answer took the code away: %q", p.AuthCode)
	}
}

func TestUnlinkedRefundSaysWhoAllowedIt(t *testing.T) {
	m, h := newMemory(), &scripted{}
	o := sale(t, 1000)
	o.Kind, o.Manager, o.Reason = pos.KindRefund, "bea", "goods came back"
	authorized(t, newEngine(t, m, h.host(), nil), o)
	if e := m.events[0]; e.Detail["manager"] != "bea" || e.Reason != "goods came back" {
		t.Errorf("journaled as %+v", e)
	}
}

func TestBalance(t *testing.T) {
	m, h := newMemory(), &scripted{}
	h.answer = func(context.Context, pos.Request) pos.Answer {
		return pos.Answer{State: pos.StateApproved, Balance: usd(1234)}
	}
	hostOf := h.host()
	e := newEngine(t, m, hostOf, nil)
	o := payment.Order{Credentials: testCard(t), Clerk: "ann"}
	p, err := e.Balance(t.Context(), o)
	if err != nil || p.Balance != usd(1234) || p.Where() != pos.MoneyNotMoved || netOf(m) != 0 {
		t.Errorf("balance %s, money %s, %v", p.Balance, p.Where(), err)
	}
	if o.Credentials.Card.PAN.Present() {
		t.Error("the card number outlived the answer")
	}
	hostOf.Balance = nil
	if _, err := newEngine(t, m, hostOf, nil).Balance(t.Context(), payment.Order{Credentials: testCard(t)}); pos.CodeOf(err) != pos.CodeUnsupported {
		t.Errorf("a host that cannot: %v", err)
	}
}

// TestTips: at the capture or after the sale; a tip of nothing captures too.
func TestTips(t *testing.T) {
	for _, c := range []struct {
		name     string
		kind     pos.Kind
		do       deed
		f        payment.Follow
		host     func(*payment.Host)
		code     pos.Code
		asked    int64
		state    pos.State // of the first payment
		approved int64     // of it
		net      int64
	}{
		{"capture with a tip on top", pos.KindAuth, (*payment.Engine).Capture, payment.Follow{Tip: usd(200)}, func(h *payment.Host) { h.TipOver = true }, "", 1200, pos.StateCaptured, 1000, 1200},
		{"capture with a tip inside", pos.KindAuth, (*payment.Engine).Capture, payment.Follow{Amount: usd(1000), Tip: usd(200)}, nil, "", 1000, pos.StateCaptured, 1000, 1000},
		{"a tip on top needs the host", pos.KindAuth, (*payment.Engine).Capture, payment.Follow{Tip: usd(200)}, nil, pos.CodeOverCapture, 0, pos.StateApproved, 1000, 0},
		{"a zero tip captures", pos.KindAuth, (*payment.Engine).Capture, payment.Follow{Tip: usd(0)}, nil, "", 1000, pos.StateCaptured, 1000, 1000},
		{"more than held, within the host's percent", pos.KindAuth, (*payment.Engine).Capture, payment.Follow{Amount: usd(1150)}, func(h *payment.Host) { h.OverPercent = 15 }, "", 1150, pos.StateCaptured, 1000, 1150},
		{"and above it", pos.KindAuth, (*payment.Engine).Capture, payment.Follow{Amount: usd(1151)}, func(h *payment.Host) { h.OverPercent = 15 }, pos.CodeOverCapture, 0, pos.StateApproved, 1000, 0},
		{"a tip above the whole", pos.KindAuth, (*payment.Engine).Capture, payment.Follow{Amount: usd(100), Tip: usd(101)}, nil, pos.CodeAmountTooLarge, 0, pos.StateApproved, 1000, 0},
		{"tip after the sale", pos.KindSale, (*payment.Engine).Adjust, payment.Follow{Tip: usd(250)}, nil, "", 1250, pos.StateAdjusted, 1250, 1250},
		{"a zero tip adjusts", pos.KindSale, (*payment.Engine).Adjust, payment.Follow{Tip: usd(0)}, nil, "", 1000, pos.StateAdjusted, 1000, 1000},
		{"a negative tip", pos.KindSale, (*payment.Engine).Adjust, payment.Follow{Tip: usd(-1)}, nil, pos.CodeAmountNegative, 0, pos.StateApproved, 1000, 1000},
		{"a hold has no tip to adjust", pos.KindAuth, (*payment.Engine).Adjust, payment.Follow{Tip: usd(1)}, nil, pos.CodeNotAllowed, 0, pos.StateApproved, 1000, 0},
		{"adjust, host cannot", pos.KindSale, (*payment.Engine).Adjust, payment.Follow{Tip: usd(1)}, func(h *payment.Host) { h.Adjust = nil }, pos.CodeUnsupported, 0, pos.StateApproved, 1000, 1000},
		{"increment", pos.KindAuth, (*payment.Engine).Increment, payment.Follow{Amount: usd(500)}, nil, "", 500, pos.StateApproved, 1500, 0},
		{"increment by nothing", pos.KindAuth, (*payment.Engine).Increment, payment.Follow{}, nil, pos.CodeAmountZero, 0, pos.StateApproved, 1000, 0},
		{"a sale is not incremented", pos.KindSale, (*payment.Engine).Increment, payment.Follow{Amount: usd(5)}, nil, pos.CodeNotAllowed, 0, pos.StateApproved, 1000, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, h := newMemory(), &scripted{}
			hostOf := h.host()
			if c.host != nil {
				c.host(&hostOf)
			}
			e := newEngine(t, m, hostOf, nil)
			o := sale(t, 1000)
			o.Kind = c.kind
			first := authorized(t, e, o)
			c.f.Payment = first.ID
			p, err := c.do(e, t.Context(), c.f)
			if pos.CodeOf(err) != c.code && (err != nil || c.code != "") {
				t.Fatalf("error %v", err)
			}
			if err == nil && (p.Requested.Minor() != c.asked || h.asked[1].Payment.Tip != p.Tip) {
				t.Errorf("asked for %s with a tip of %s", p.Requested, p.Tip)
			}
			got := m.get(first.ID)
			if got.State != c.state || got.Approved.Minor() != c.approved || netOf(m) != c.net {
				t.Errorf("%s approved %s, net %d", got.State, got.Approved, netOf(m))
			}
			sound(t, m)
		})
	}
}

func TestTipIsReplacedNotAdded(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := newEngine(t, m, h.host(), nil)
	o := sale(t, 1000)
	o.Tip = usd(100)
	p := authorized(t, e, o)
	for _, tip := range []int64{300, 0, 200} {
		if _, err := e.Adjust(t.Context(), payment.Follow{Payment: p.ID, Tip: usd(tip)}); err != nil {
			t.Fatal(err)
		}
		if got := m.get(p.ID); got.Approved != usd(900+tip) || got.Tip != usd(tip) {
			t.Errorf("tip %d: %s with %s", tip, got.Approved, got.Tip)
		}
	}
	sound(t, m)
}

// TestIncrementsAreCapturedWithTheirHold: the hold carries them, so they are held once and captured once.
func TestIncrementsAreCapturedWithTheirHold(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := newEngine(t, m, h.host(), nil)
	p := authorized(t, e, auth(t, 1000))
	more, err := e.Increment(t.Context(), payment.Follow{Payment: p.ID, Amount: usd(500)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Void(t.Context(), payment.Follow{Payment: more.ID}); pos.CodeOf(err) != pos.CodeNotAllowed {
		t.Errorf("an increment by itself: %v", err)
	}
	if m.get(p.ID).Where() != pos.MoneyHeld || more.Where() != pos.MoneyNotMoved {
		t.Errorf("hold %s, increment %s", m.get(p.ID).Where(), more.Where())
	}
	if _, err := e.Capture(t.Context(), payment.Follow{Payment: p.ID}); err != nil || netOf(m) != 1500 {
		t.Errorf("captured %d %v", netOf(m), err)
	}
	sound(t, m)
}

// TestT19UnattendedIsOnlineOnly: no cash back, no typed card, no voice approval, nothing offline; the host is told.
func TestT19UnattendedIsOnlineOnly(t *testing.T) {
	for name, change := range map[string]func(*payment.Order){
		"cash back":      func(o *payment.Order) { o.Cashback = usd(100) },
		"typed card":     func(o *payment.Order) { o.Credentials.Card.Entry = card.EntryKeyed },
		"voice approval": func(o *payment.Order) { o.OfflineCode = "A7B9" },
		"refund":         func(o *payment.Order) { o.Kind, o.Manager = pos.KindRefund, "bea" },
	} {
		t.Run(name, func(t *testing.T) {
			m, h := newMemory(), &scripted{}
			o := sale(t, 1000)
			o.Credentials.Card.Entry = card.EntrySwipe
			change(&o)
			_, err := newEngine(t, m, h.host(), func(c *payment.Config) { c.Unattended = true }).Authorize(t.Context(), o)
			if pos.CodeOf(err) != pos.CodeUnattended || len(h.asked) != 0 {
				t.Errorf("%v", err)
			}
		})
	}
	m, h := newMemory(), &scripted{}
	unattended := func(c *payment.Config) { c.Unattended = true }
	o := sale(t, 1000)
	o.Credentials.Card.Entry = card.EntrySwipe
	if p := authorized(t, newEngine(t, m, h.host(), unattended), o); p.State != pos.StateApproved || !h.asked[0].Unattended {
		t.Errorf("a swipe: %s, told %v", p.State, h.asked[0].Unattended)
	}
	_, err := payment.New(payment.Config{Journal: m, Vault: m, Host: h.host(), Lane: "1", Currency: "USD", Now: time.Now,
		Unattended: true, Offline: offlinePolicy()})
	if err == nil {
		t.Error("an unattended terminal that sells offline")
	}
}

// TestT20EveryCallOfAHostEnds: an engine whose host never answers ends each wait by itself, at twice the
// host's own limit, and calls a payment unknown then.
func TestT20EveryCallOfAHostEnds(t *testing.T) {
	hang := func(ctx context.Context, _ pos.Request) pos.Answer { <-ctx.Done(); return pos.Answer{} }
	for _, c := range []struct {
		name  string
		limit time.Duration
		ends  time.Duration
	}{
		{"the processor's limit", 30 * time.Second, time.Minute},
		{"none said", 0, 4 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{answer: hang}
				h.finding = nil
				hostOf := reversing(h)
				hostOf.Timeout = c.limit
				h.reversal = func(ctx context.Context, _ pos.Request) pos.ReversalAnswer {
					<-ctx.Done()
					return pos.ReversalAnswer{}
				}
				e := newEngine(t, m, hostOf, nil)
				began := time.Now()
				p := authorized(t, e, sale(t, 700))
				if took := time.Since(began); p.State != pos.StateUnknown || took != c.ends {
					t.Errorf("the sale: %s after %s", p.State, took)
				}
				began = time.Now()
				if _, err := e.Authorize(t.Context(), sale(t, 800)); pos.CodeOf(err) != pos.CodeGate || time.Since(began) != c.ends {
					t.Errorf("the gate: %v after %s", err, time.Since(began))
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: noAnswer}
		e := newEngine(t, m, queryHangs{h.host(), h}.host(), nil)
		p := authorized(t, e, sale(t, 700))
		time.Sleep(time.Second)
		began := time.Now()
		if err := e.Settle(t.Context()); err != nil || time.Since(began) != time.Minute {
			t.Errorf("the query: %v after %s", err, time.Since(began))
		}
		if got := m.get(p.ID); got.State != pos.StateUnknown || got.Due.IsZero() {
			t.Errorf("after it: %s due %v", got.State, got.Due)
		}
	})
}

// queryHangs is a host whose reports never come.
type queryHangs struct {
	payment.Host
	*scripted
}

func (q queryHangs) host() payment.Host { h := q.Host; h.Query = q; return h }
func (q queryHangs) Query(ctx context.Context, _ pos.Payment) pos.Finding {
	<-ctx.Done()
	return pos.Finding{Verdict: pos.VerdictUnavailable}
}
