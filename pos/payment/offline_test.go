package payment_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/payment"
)

func notSent(context.Context, pos.Request) pos.Answer {
	return pos.Answer{State: pos.StateNotSent, Failure: pos.NewError(pos.CodeNotSent)}
}

func offlinePolicy() *payment.Offline {
	return &payment.Offline{PerSale: usd(5000), Total: usd(12000), Count: 3, Age: time.Hour, Brands: []card.Brand{card.Visa}}
}

func offlineEngine(t *testing.T, m *memory, h payment.Host) *payment.Engine {
	t.Helper()
	return newEngine(t, m, h, func(c *payment.Config) { c.Offline, c.Vault = offlinePolicy(), m })
}

// TestT15OfflineIsOffAndCapped: by default nothing is sold without the host, and each limit holds by itself.
func TestT15OfflineIsOffAndCapped(t *testing.T) {
	for _, c := range []struct {
		name   string
		policy func(*payment.Offline)
		order  func(*payment.Order)
		before []int64 // offline sales that wait already
		later  time.Duration
		state  pos.State
	}{
		{"inside all limits", nil, nil, nil, 0, pos.StateAccepted},
		{"at the limit of one sale", nil, func(o *payment.Order) { o.Amount = usd(5000) }, nil, 0, pos.StateAccepted},
		{"above it", nil, func(o *payment.Order) { o.Amount = usd(5001) }, nil, 0, pos.StateNotSent},
		{"at the total", nil, nil, []int64{5000, 4500}, 0, pos.StateAccepted},
		{"above the total", nil, nil, []int64{5000, 4501}, 0, pos.StateNotSent},
		{"above the count", nil, nil, []int64{1, 2, 3}, 0, pos.StateNotSent},
		{"the oldest is old enough", nil, nil, []int64{1}, 59 * time.Minute, pos.StateAccepted},
		{"the oldest is too old", nil, nil, []int64{1}, 61 * time.Minute, pos.StateNotSent},
		{"another brand", func(p *payment.Offline) { p.Brands = []card.Brand{card.Amex} }, nil, nil, 0, pos.StateNotSent},
		{"no age, no sale", func(p *payment.Offline) { p.Age = 0 }, nil, nil, 0, pos.StateNotSent},
		{"the zero policy", func(p *payment.Offline) { *p = payment.Offline{} }, nil, nil, 0, pos.StateNotSent},
		{"cash back", nil, func(o *payment.Order) { o.Cashback = usd(100) }, nil, 0, pos.StateNotSent},
		{"a PIN", nil, func(o *payment.Order) {
			o.Credentials.PINBlock, _ = card.NewPINBlock([]byte("12345678"), "FFFF9876543210E00001")
		}, nil, 0, pos.StateNotSent},
		{"a hold", nil, func(o *payment.Order) { o.Kind = pos.KindAuth }, nil, 0, pos.StateNotSent},
		{"a refund", nil, func(o *payment.Order) { o.Kind, o.Manager = pos.KindRefund, "bea" }, nil, 0, pos.StateNotSent},
		{"a stored card", nil, func(o *payment.Order) { o.Credentials = pos.Credentials{Stored: "B01234"} }, nil, 0, pos.StateNotSent},
		{"a voice approval", nil, func(o *payment.Order) { o.OfflineCode = "123456" }, nil, 0, pos.StateNotSent},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{answer: notSent}
				policy := offlinePolicy()
				if c.policy != nil {
					c.policy(policy)
				}
				e := newEngine(t, m, h.host(), func(cfg *payment.Config) { cfg.Offline, cfg.Vault = policy, m })
				for i, cents := range c.before {
					if p := authorized(t, e, sale(t, cents)); !p.Waiting() {
						t.Fatalf("sale %d before: %s", i, p.State)
					}
				}
				time.Sleep(c.later)
				o := sale(t, 2500)
				if c.order != nil {
					c.order(&o)
				}
				p := authorized(t, e, o)
				if p.State != c.state || p.Offline != (c.state == pos.StateAccepted) {
					t.Errorf("%s, offline %v", p.State, p.Offline)
				}
				if p.Offline && codeOf(p) != pos.CodeOffline {
					t.Errorf("the screen would say %s", codeOf(p))
				}
				sound(t, m)
			})
		})
	}
	t.Run("off by default", func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: notSent}
		if p := authorized(t, newEngine(t, m, h.host(), nil), sale(t, 100)); p.State != pos.StateNotSent {
			t.Errorf("%s", p.State)
		}
	})
	t.Run("never after bytes left", func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: noAnswer}
		if p := authorized(t, offlineEngine(t, m, h.host()), sale(t, 100)); p.State != pos.StateUnknown || p.Offline {
			t.Errorf("%s offline %v", p.State, p.Offline)
		}
	})
}

// TestT16OfflineIsForwardedOnceInOrder drains a queue with a crash at every commit: in every life the items go
// out in order, none twice, and a late decline stays as a loss.
func TestT16OfflineIsForwardedOnceInOrder(t *testing.T) {
	crashes := 0
	for at := 0; ; at++ {
		crashed := false
		synctest.Test(t, func(t *testing.T) { crashed = drain(t, at) })
		if !crashed {
			break
		}
		crashes++
	}
	if crashes < 6 {
		t.Errorf("only %d moments to crash at", crashes)
	}
}

// drain sells three times offline, then forwards, crashing at commit number at (counted from the first
// forward), half of the times before the commit and half after it.
func drain(t *testing.T, at int) (crashed bool) {
	m, h := newMemory(), &scripted{answer: notSent}
	hostOf := h.host()
	e := offlineEngine(t, m, hostOf)
	var ids []string
	for _, cents := range []int64{100, 200, 300} {
		ids = append(ids, authorized(t, e, sale(t, cents)).ID)
	}
	booked := map[string]bool{}
	var order []string
	h.answer = func(_ context.Context, r pos.Request) pos.Answer {
		if booked[r.Payment.Ref] {
			t.Errorf("crash at %d: %s went out twice", at, r.Payment.ID)
		}
		if !r.Credentials.Card.PAN.Present() {
			t.Errorf("crash at %d: a request without its card", at)
		}
		booked[r.Payment.Ref] = true
		order = append(order, r.Payment.ID)
		if r.Payment.ID == ids[1] {
			return pos.Answer{State: pos.StateDeclined, Failure: pos.NewError(pos.CodeDeclined)}
		}
		return pos.Answer{State: pos.StateApproved, HostID: "h"}
	}
	h.finding = func(p pos.Payment) pos.Finding {
		switch {
		case !booked[p.Ref]:
			return pos.Finding{Verdict: pos.VerdictAbsent}
		case p.ID == ids[1]:
			return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateDeclined}}
		}
		return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateApproved, HostID: "h"}}
	}
	commits := 0
	m.fail = func([]pos.Change) (error, bool) {
		if crashed {
			return errDisk, true // the process is dead
		}
		if commits++; commits-1 == at {
			crashed = true
			return errDisk, at%2 == 0
		}
		return nil, false
	}
	time.Sleep(time.Minute)
	e.Settle(t.Context())
	m.fail = nil
	if crashed {
		e = newEngine(t, m, hostOf, func(c *payment.Config) {
			c.Offline, c.Vault, c.Position.LastSeq = offlinePolicy(), m, 3
		})
		if _, err := e.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	running(t, e)
	m.after(time.Hour)
	if !slices.IsSorted(order) && !slices.Equal(order, slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !slices.Contains(order, id) })) {
		t.Errorf("crash at %d: out of order %v", at, order)
	}
	for i, id := range ids {
		p := m.get(id)
		want := map[bool]pos.State{true: pos.StateRejectedLate, false: p.State}[i == 1 && booked[p.Ref]]
		if p.State != want || p.Waiting() || p.State.Succeeded() != (booked[p.Ref] && i != 1) {
			t.Errorf("crash at %d: item %d is %s, booked %v", at, i, p.State, booked[p.Ref])
		}
		if !p.State.Open() && m.sealed[id] != nil {
			t.Errorf("crash at %d: item %d is %s and still sealed", at, i, p.State)
		}
	}
	sound(t, m)
	return crashed
}

func TestOfflineSaleWaitsUntilTheHostIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: notSent}
		e := offlineEngine(t, m, h.host())
		running(t, e)
		first, second := authorized(t, e, sale(t, 100)), authorized(t, e, sale(t, 200))
		m.after(6 * time.Hour)
		if p := m.get(first.ID); !p.Waiting() || p.Net() != usd(100) {
			t.Errorf("while the host is away: %s", p.State)
		}
		tries := len(h.asked)
		if tries < 50 || slices.ContainsFunc(h.asked[2:], func(r pos.Request) bool { return r.Payment.ID == second.ID }) {
			t.Errorf("%d tries, or one overtook another", tries)
		}
		h.answer = nil
		m.after(10 * time.Minute)
		for _, p := range []pos.Payment{first, second} {
			got := m.get(p.ID)
			if got.State != pos.StateApproved || got.Forwarded.IsZero() || !got.Offline || m.sealed[p.ID] != nil {
				t.Errorf("%s forwarded %v sealed %v", got.State, got.Forwarded, m.sealed[p.ID] != nil)
			}
		}
		if len(h.asked) != tries+2 {
			t.Errorf("%d requests for two sales", len(h.asked)-tries)
		}
		sound(t, m)
	})
}

// TestForwardLost: a forwarded sale without an answer is settled like any other, and what comes to nothing is
// a loss, never a sale that disappears.
func TestForwardLost(t *testing.T) {
	for _, c := range []struct {
		name  string
		host  func(*scripted) payment.Host
		found pos.State
		state pos.State
	}{
		{"the host has it", (*scripted).host, pos.StateApproved, pos.StateConfirmed},
		{"the host refused it", (*scripted).host, pos.StateDeclined, pos.StateRejectedLate},
		{"it was reversed", reversing, "", pos.StateRejectedLate},
		{"nobody can tell", helpless, "", pos.StateNeedsPerson},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, h := newMemory(), &scripted{answer: notSent}
				h.finding = func(pos.Payment) pos.Finding {
					return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: c.found}}
				}
				e := offlineEngine(t, m, c.host(h))
				running(t, e)
				p := authorized(t, e, sale(t, 100))
				h.answer = noAnswer
				m.after(2 * time.Minute)
				got := m.get(p.ID)
				if got.State != c.state || len(h.asked) != 2 {
					t.Errorf("%s after %d requests", got.State, len(h.asked))
				}
				if kept := m.sealed[p.ID] != nil; kept != got.State.Open() {
					t.Errorf("%s and sealed: %v", got.State, kept)
				}
				sound(t, m)
			})
		})
	}
}

// TestPersonSendsAnOfflineSaleAgain: one that the host never had waits again, with its card.
func TestPersonSendsAnOfflineSaleAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: notSent}
		e := offlineEngine(t, m, helpless(h))
		running(t, e)
		p, loss := authorized(t, e, sale(t, 100)), authorized(t, e, sale(t, 200))
		h.answer = noAnswer
		m.after(2 * time.Minute)
		h.answer = nil
		for id, to := range map[string]pos.State{p.ID: pos.StateNotSent, loss.ID: pos.StateDeclined} {
			if _, err := e.Resolve(t.Context(), payment.Resolution{Payment: id, State: to, Reason: "the bank's report"}); err != nil {
				t.Fatal(err)
			}
		}
		m.after(2 * time.Minute)
		if got := m.get(p.ID); got.State != pos.StateApproved || len(h.asked) != 5 {
			t.Errorf("%s after %d requests", got.State, len(h.asked))
		}
		if got := m.get(loss.ID); got.State != pos.StateRejectedLate {
			t.Errorf("the declined one: %s", got.State)
		}
		sound(t, m)
	})
}

func TestOfflineSaleIsDroppedWithoutTheHost(t *testing.T) {
	for name, drop := range map[string]func(*payment.Engine, context.Context, string) error{
		"void": func(e *payment.Engine, ctx context.Context, id string) error {
			_, err := e.Void(ctx, payment.Follow{Payment: id})
			return err
		},
		"undo": func(e *payment.Engine, ctx context.Context, id string) error {
			_, err := e.Undo(ctx, payment.Follow{Payment: id})
			return err
		},
		"release": (*payment.Engine).Release,
	} {
		t.Run(name, func(t *testing.T) {
			m, h := newMemory(), &scripted{answer: notSent}
			e := offlineEngine(t, m, h.host())
			p := authorized(t, e, sale(t, 100))
			if _, err := e.Refund(t.Context(), payment.Follow{Payment: p.ID}); pos.CodeOf(err) != pos.CodeNotAllowed {
				t.Errorf("a refund of what no host has: %v", err)
			}
			if err := drop(e, t.Context(), p.ID); err != nil {
				t.Fatal(err)
			}
			if got := m.get(p.ID); got.State != pos.StateVoided || m.sealed[p.ID] != nil || len(h.asked) != 1 {
				t.Errorf("%s, sealed %v, asked %d times", got.State, m.sealed[p.ID] != nil, len(h.asked))
			}
			sound(t, m)
		})
	}
}

// TestOfflineSealsTheCard: sealed with the approval, in the same commit, and nowhere else.
func TestOfflineSealsTheCard(t *testing.T) {
	m, h := newMemory(), &scripted{answer: notSent}
	e := offlineEngine(t, m, h.host())
	m.fail = func(c []pos.Change) (error, bool) {
		if c[0].Payment.State == pos.StateAccepted && c[0].Seal == nil {
			t.Error("approved offline in a commit that seals nothing")
		}
		return nil, false
	}
	o := sale(t, 100)
	p := authorized(t, e, o)
	if o.Credentials.Card.PAN.Present() {
		t.Error("the card number outlived the answer")
	}
	if m.commits != 2 || !bytes.Contains(m.sealed[p.ID], []byte("4111111111111111")) {
		t.Errorf("%d commits, sealed %d bytes", m.commits, len(m.sealed[p.ID]))
	}
	if bytes.Contains(fmt.Append(nil, m.events, m.payments), []byte("4111111111111111")) {
		t.Error("the card number stands in the journal")
	}
}

func TestUnreadableOfflineSaleGoesToAPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: notSent}
		e := offlineEngine(t, m, h.host())
		running(t, e)
		p := authorized(t, e, sale(t, 100))
		m.mu.Lock()
		m.sealed[p.ID] = []byte("damaged")
		m.mu.Unlock()
		h.answer = nil
		m.after(time.Minute)
		if got := m.get(p.ID); got.State != pos.StateNeedsPerson || len(e.Alarms()) != 1 {
			t.Errorf("%s, alarms %v", got.State, e.Alarms())
		}
		sound(t, m)
	})
}
