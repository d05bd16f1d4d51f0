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

// slowReads is a journal whose lists take a while, so that two who look at once see the same.
type slowReads struct{ *memory }

func (s slowReads) List(ctx context.Context, f pos.Filter) ([]pos.Payment, error) {
	out, err := s.memory.List(ctx, f)
	time.Sleep(time.Second)
	return out, err
}

// TestTwoEqualOrdersAtOnceAreOne: two programs, or a program that asks twice, charged one card twice.
func TestTwoEqualOrdersAtOnceAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{}
		e := newEngine(t, slowReads{m}, h.host(), nil)
		done := make(chan error, 2)
		for range 2 {
			o := sale(t, 1000)
			go func() { _, err := e.Authorize(context.Background(), o); done <- err }()
		}
		first, second := <-done, <-done
		if len(h.asked) != 1 || (first == nil) == (second == nil) {
			t.Errorf("asked %d times: %v and %v", len(h.asked), first, second)
		}
		sound(t, m)
	})
}

// TestTwoOfflineSalesAtOnceKeepTheLimits, and none is sold offline while the journal has not taken an answer.
func TestTwoOfflineSalesAtOnceKeepTheLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := newMemory(), &scripted{answer: notSent}
		policy := offlinePolicy()
		policy.Count = 1
		e := newEngine(t, slowReads{m}, h.host(), func(c *payment.Config) { c.Offline, c.Vault = policy, m })
		done := make(chan pos.Payment, 2)
		for i := range 2 {
			o := sale(t, 1000+int64(i))
			go func() { p, _ := e.Authorize(context.Background(), o); done <- p }()
		}
		if one, two := <-done, <-done; one.Waiting() == two.Waiting() {
			t.Errorf("%s and %s, one is allowed", one.State, two.State)
		}
		sound(t, m)
	})
}

// TestAccountsAreGuardedLikeCards: a stored card or a bank account was charged twice without a question, even while the
// first charge was unknown.
func TestAccountsAreGuardedLikeCards(t *testing.T) {
	bank := func(routing, number string) pos.Credentials {
		n, err := card.NewAccountNumber([]byte(number))
		if err != nil {
			t.Fatal(err)
		}
		return pos.Credentials{Bank: pos.BankAccount{Routing: routing, Number: n}}
	}
	for _, c := range []struct {
		name        string
		same, other func() pos.Credentials
	}{
		{"a stored card", func() pos.Credentials { return pos.Credentials{Stored: "B01234"} }, func() pos.Credentials { return pos.Credentials{Stored: "B01235"} }},
		{"a bank account", func() pos.Credentials { return bank("123456789", "55544433221") }, func() pos.Credentials { return bank("123456780", "55544433221") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, h := newMemory(), &scripted{}
			e := newEngine(t, m, h.host(), nil)
			order := func(cents int64, credentials pos.Credentials) payment.Order {
				o := sale(t, cents)
				o.Credentials = credentials
				return o
			}
			first := authorized(t, e, order(1000, c.same()))
			if _, err := e.Authorize(t.Context(), order(1000, c.same())); pos.CodeOf(err) != pos.CodeDuplicate {
				t.Errorf("the same again: %v", err)
			}
			authorized(t, e, order(1000, c.other()))
			again := order(1000, c.same())
			again.AllowDuplicate = true
			repeated := authorized(t, e, again)
			for _, event := range m.events {
				if event.Payment == repeated.ID && event.Kind == pos.EventIntent && event.Detail["duplicate_of"] != first.ID {
					t.Errorf("the journal does not say that somebody allowed it: %v", event.Detail)
				}
			}
			h.answer = noAnswer
			authorized(t, e, order(2000, c.same()))
			again = order(2000, c.same())
			again.AllowDuplicate = true
			if _, err := e.Authorize(t.Context(), again); pos.CodeOf(err) != pos.CodeSameUnknown {
				t.Errorf("the same while it is unknown: %v", err)
			}
			sound(t, m)
		})
	}
}
