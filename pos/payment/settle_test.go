package payment_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/payment"
)

// lostSale is a sale whose answer was lost, with a running background queue.
func lostSale(t *testing.T, h *scripted, cents int64) (*memory, *payment.Engine, pos.Payment) {
	t.Helper()
	m := newMemory()
	h.answer = func(context.Context, pos.Request) pos.Answer { return pos.Answer{State: pos.StateUnknown} }
	e := newEngine(t, m, h.host(), nil)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); e.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	p, err := e.Authorize(t.Context(), sale(t, cents))
	if err != nil || p.State != pos.StateUnknown {
		t.Fatalf("%s %v", p.State, err)
	}
	h.told(func() { h.answer = nil })
	return m, e, p
}

func TestUnknownIsFoundByTheQueue(t *testing.T) {
	for _, c := range []struct {
		name  string
		found pos.Answer
		state pos.State
		net   int64
	}{
		{"approved", pos.Answer{State: pos.StateApproved, HostID: "x"}, pos.StateConfirmed, 700},
		{"in part", pos.Answer{State: pos.StatePartial, Approved: usd(300)}, pos.StatePartial, 300},
		{"declined", pos.Answer{State: pos.StateDeclined}, pos.StateDeclined, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &scripted{}
				m, _, p := lostSale(t, h, 700)
				h.told(func() {
					h.finding = func(pos.Payment) pos.Finding { return pos.Finding{Verdict: pos.VerdictFound, Answer: c.found} }
				})
				time.Sleep(2 * time.Second)
				synctest.Wait()
				got := m.get(p.ID)
				if got.State != c.state || got.Net().Minor() != c.net || !got.Due.IsZero() {
					t.Errorf("%s net %s due %v", got.State, got.Net(), got.Due)
				}
				if len(m.bad) > 0 {
					t.Error(m.bad)
				}
				if len(h.asked) != 1 {
					t.Errorf("sent %d times", len(h.asked))
				}
			})
		})
	}
}

func TestAbsentCountsOnlyAfterTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &scripted{}
		m, _, p := lostSale(t, h, 700)
		h.told(func() {
			h.finding = func(pos.Payment) pos.Finding { return pos.Finding{Verdict: pos.VerdictAbsent} }
		})
		time.Sleep(3*time.Minute - time.Second)
		synctest.Wait()
		if got := m.get(p.ID); got.State != pos.StateUnknown || got.Attempts < 3 {
			t.Errorf("inside the window: %s after %d looks", got.State, got.Attempts)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		got := m.get(p.ID)
		if got.State != pos.StateNeedsPerson || got.Failure.Code != pos.CodeAbsent {
			t.Errorf("after the window: %s %v", got.State, got.Failure)
		}
		looks := h.queries
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if h.queries != looks || m.get(p.ID).State != pos.StateNeedsPerson {
			t.Error("a payment for a person was touched by the queue")
		}
	})
}

func TestUnavailableHostIsAskedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &scripted{}
		m, _, p := lostSale(t, h, 700)
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		if got := m.get(p.ID); got.State != pos.StateUnknown || got.Due.IsZero() {
			t.Errorf("%s due %v: left the queue by age", got.State, got.Due)
		}
		if h.queries < 1000 {
			t.Errorf("asked %d times in two days", h.queries)
		}
		h.told(func() {
			h.finding = func(pos.Payment) pos.Finding {
				return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateApproved}}
			}
		})
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if got := m.get(p.ID); got.State != pos.StateConfirmed {
			t.Errorf("%s once the host was back", got.State)
		}
	})
}

func TestRecoverAsksAboutWhatWasInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		// The first life ends while the host works: its process is gone, the intent stands.
		h.answer = func(ctx context.Context, _ pos.Request) pos.Answer { <-ctx.Done(); return pos.Answer{} }
		m.fail = func(c []pos.Change) (error, bool) {
			if c[0].Event.Kind == pos.EventOutcome {
				return errDisk, true
			}
			return nil, false
		}
		ctx, kill := context.WithCancel(t.Context())
		go func() { time.Sleep(time.Second); kill() }()
		if _, err := newEngine(t, m, h.host(), nil).Authorize(ctx, sale(t, 900)); err != nil {
			t.Fatal(err)
		}
		m.fail, h.answer = nil, nil

		e := newEngine(t, m, h.host(), func(c *payment.Config) { c.Position.LastSeq = 1 })
		found, err := e.Recover(t.Context())
		if err != nil || len(found) != 1 || found[0].State != pos.StateUnknown || found[0].Failure.Code != pos.CodeInterrupted {
			t.Fatalf("recovered %v %v", found, err)
		}
		h.finding = func(pos.Payment) pos.Finding {
			return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateApproved}}
		}
		if err := e.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := m.get(found[0].ID); got.State != pos.StateConfirmed || got.Approved != usd(900) {
			t.Errorf("%s %s", got.State, got.Approved)
		}
		if again, _ := e.Recover(t.Context()); len(again) != 0 {
			t.Error("recovered twice")
		}
	})
}

func TestResolveTakesAPersonAndAReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &scripted{}
		m, e, p := lostSale(t, h, 700)
		for _, c := range []struct {
			name string
			r    payment.Resolution
			code pos.Code
		}{
			{"no reason", payment.Resolution{Payment: p.ID, State: pos.StateConfirmed}, pos.CodeReasonMissing},
			{"no such decision", payment.Resolution{Payment: p.ID, State: pos.StateSettled, Reason: "r"}, pos.CodeNotAllowed},
			{"no such payment", payment.Resolution{Payment: "nope", State: pos.StateConfirmed, Reason: "r"}, pos.CodeNotFound},
		} {
			if _, err := e.Resolve(t.Context(), c.r); pos.CodeOf(err) != c.code {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		got, err := e.Resolve(t.Context(), payment.Resolution{Payment: p.ID, State: pos.StateConfirmed, Reason: "host report of today", Clerk: "bea"})
		if err != nil || got.State != pos.StateConfirmed || got.Net() != usd(700) {
			t.Errorf("%s %s %v", got.State, got.Net(), err)
		}
		last := m.events[len(m.events)-1]
		if last.Kind != pos.EventResolved || last.Reason == "" || last.Clerk != "bea" {
			t.Errorf("journaled as %+v", last)
		}
		if _, err := e.Resolve(t.Context(), payment.Resolution{Payment: p.ID, State: pos.StateNotSent, Reason: "changed my mind"}); pos.CodeOf(err) != pos.CodeNotAllowed {
			t.Errorf("a settled payment was resolved again: %v", err)
		}
	})
}

func TestChangedIsAnnounced(t *testing.T) {
	m, h := newMemory(), &scripted{}
	changed := make(chan struct{}, 1)
	h.answer = func(context.Context, pos.Request) pos.Answer { return pos.Answer{} }
	hostOf := h.host()
	hostOf.Settling.First = 0
	e := newEngine(t, m, hostOf, func(c *payment.Config) { c.Changed = changed })
	if _, err := e.Authorize(t.Context(), sale(t, 100)); err != nil {
		t.Fatal(err)
	}
	h.finding = func(pos.Payment) pos.Finding {
		return pos.Finding{Verdict: pos.VerdictFound, Answer: pos.Answer{State: pos.StateApproved}}
	}
	if err := e.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed:
	default:
		t.Error("a payment settled in the background and nobody was told")
	}
}
