package payment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

func benefits(t testing.TB, kind pos.InstrumentKind) payment.Order {
	o := sale(t, 1000)
	o.EBT, o.Credentials = kind, withPIN(t, "FFFF9876543210E00001")
	return o
}

func ebtEngine(t *testing.T, m *memory, h *scripted, change func(*payment.Config)) *payment.Engine {
	host := h.host()
	host.EBT = h
	return newEngine(t, m, host, func(c *payment.Config) {
		c.Surcharge, c.DebitFee = threePercent(), usd(50)
		if change != nil {
			change(c)
		}
	})
}

// TestT18Benefits: nothing on top of food stamps, cash out of cash benefits only, always with card and PIN.
func TestT18Benefits(t *testing.T) {
	const food, cash = pos.InstrumentEBTFood, pos.InstrumentEBTCash
	for _, c := range []struct {
		name   string
		kind   pos.InstrumentKind
		change func(*payment.Order)
		code   pos.Code
	}{
		{"food", food, nil, ""},
		{"cash benefits", cash, nil, ""},
		{"cash out of food stamps", food, func(o *payment.Order) { o.Cashback = usd(100) }, pos.CodeEBT},
		{"cash out of cash benefits", cash, func(o *payment.Order) { o.Cashback = usd(100) }, ""},
		{"tip", food, func(o *payment.Order) { o.Tip = usd(100) }, pos.CodeEBT},
		{"surcharge", food, func(o *payment.Order) { o.Surcharge = usd(1) }, pos.CodeEBT},
		{"surcharge of cash benefits", cash, func(o *payment.Order) { o.Surcharge = usd(1) }, pos.CodeEBT},
		{"fee", cash, func(o *payment.Order) { o.Fee = usd(1) }, pos.CodeEBT},
		{"without a PIN", food, func(o *payment.Order) { o.Credentials = testCard(t) }, pos.CodeEBTPIN},
		{"a hold", food, func(o *payment.Order) { o.Kind = pos.KindAuth }, pos.CodeEBT},
		{"an unlinked refund", food, func(o *payment.Order) { o.Kind, o.Manager = pos.KindRefund, "bea" }, pos.CodeEBT},
		{"by telephone", food, func(o *payment.Order) { o.OfflineCode = "A1" }, pos.CodeEBT},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, h := newMemory(), &scripted{answer: func(context.Context, pos.Request) pos.Answer {
				return pos.Answer{State: pos.StateApproved, HostID: "h1", Balance: usd(4200)}
			}}
			o := benefits(t, c.kind)
			if c.change != nil {
				c.change(&o)
			}
			p, err := ebtEngine(t, m, h, nil).Authorize(t.Context(), o)
			if c.code != "" {
				if pos.CodeOf(err) != c.code || len(h.asked) != 0 || m.commits != 0 {
					t.Errorf("%v, asked %d times", err, len(h.asked))
				}
				return
			}
			if err != nil || p.Instrument.Kind != c.kind || p.Balance != usd(4200) || !p.Instrument.PIN {
				t.Errorf("%+v %v", p.Instrument, err)
			}
		})
	}
}

func TestT18AHostWithoutBenefitsSaysSo(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := newEngine(t, m, h.host(), nil)
	if _, err := e.Authorize(t.Context(), benefits(t, pos.InstrumentEBTFood)); pos.CodeOf(err) != pos.CodeUnsupported {
		t.Errorf("sale: %v", err)
	}
	if _, err := e.Balance(t.Context(), payment.Order{EBT: pos.InstrumentEBTFood, Credentials: withPIN(t, "FFFF9876543210E00001")}); pos.CodeOf(err) != pos.CodeUnsupported {
		t.Errorf("balance: %v", err)
	}
	if len(h.asked) != 0 || m.commits != 0 {
		t.Error("something was sent")
	}
}

func TestT18BenefitsAreNeverOffline(t *testing.T) {
	m, h := newMemory(), &scripted{answer: notSent}
	e := ebtEngine(t, m, h, func(c *payment.Config) { c.Offline, c.Vault = offlinePolicy(), m })
	if p, err := e.Authorize(t.Context(), benefits(t, pos.InstrumentEBTFood)); err != nil || p.State != pos.StateNotSent || p.Offline {
		t.Errorf("%s offline %v, %v", p.State, p.Offline, err)
	}
}

// TestT18BenefitsGoBackToTheirCard: a refund needs the same card and its PIN, and there is no tip after the sale.
func TestT18BenefitsGoBackToTheirCard(t *testing.T) {
	m, h := newMemory(), &scripted{}
	e := ebtEngine(t, m, h, nil)
	p := authorized(t, e, benefits(t, pos.InstrumentEBTFood))
	if _, err := e.Adjust(t.Context(), payment.Follow{Payment: p.ID, Tip: usd(100)}); pos.CodeOf(err) != pos.CodeNotAllowed {
		t.Errorf("a tip: %v", err)
	}
	if _, err := e.Refund(t.Context(), payment.Follow{Payment: p.ID}); pos.CodeOf(err) != pos.CodeRefundPIN {
		t.Errorf("a refund without the card: %v", err)
	}
	back, err := e.Refund(t.Context(), payment.Follow{Payment: p.ID, Credentials: withPIN(t, "FFFF9876543210E00002")})
	if err != nil || back.Instrument.Kind != pos.InstrumentEBTFood || netOf(m) != 0 {
		t.Errorf("%s net %d %v", back.State, netOf(m), err)
	}
}

// TestT18TheNumberStandsNowhere: not in the journal, not masked either, nor in the log.
func TestT18TheNumberStandsNowhere(t *testing.T) {
	m, h := newMemory(), &scripted{answer: noAnswer}
	var log strings.Builder
	e := ebtEngine(t, m, h, func(c *payment.Config) {
		c.Now = clock() // the nanoseconds of a real one hold such digits now and then
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	p := authorized(t, e, benefits(t, pos.InstrumentEBTCash))
	if err := e.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows, err := json.Marshal(m.events)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"payment": fmt.Sprintf("%+v", m.get(p.ID)), "events": string(rows), "log": log.String()} {
		for _, part := range []string{"411111", "1111"} {
			if strings.Contains(text, part) {
				t.Errorf("digits of the card stand in the %s", name)
			}
		}
	}
}
