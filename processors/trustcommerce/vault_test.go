package trustcommerce_test

import (
	"context"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/processors/trustcommerce"
)

// TestVaultWithHost leads a stored card through its life, over both transports.
func TestVaultWithHost(t *testing.T) {
	for _, transport := range []string{trustcommerce.TCLink, trustcommerce.HTTPS} {
		t.Run(transport, func(t *testing.T) {
			host := guideHost(t)
			c := clients(t, host.Addr, host.CA, false)[transport]
			kept := c.Store(t.Context(), trustcommerce.Account{Ref: "v-1", Clerk: "ann", Credentials: at(typed(t, guideVisa, "1209", ""), "123 Test St.", "90001"),
				Person: trustcommerce.Person{Name: "Jennifer Smith"}})
			if kept.State != pos.StateAccepted || kept.Failure != nil || len(kept.BillingID) != 6 {
				t.Fatalf("stored: %s, %v", kept.State, kept.Failure)
			}
			listed := func(active bool) {
				t.Helper()
				list, err := c.List(t.Context(), kept.BillingID)
				if err != nil || len(list) != 1 {
					t.Fatalf("%d lines, %v", len(list), err)
				}
				if s := list[0]; s.BillingID != kept.BillingID || s.Name != "Jennifer Smith" || s.Active != active || s.Masked != guideVisa[len(guideVisa)-4:] {
					t.Errorf("listed as active=%t, %d characters masked", s.Active, len(s.Masked))
				}
			}
			listed(true)
			if all, err := c.List(t.Context(), ""); err != nil || len(all) < 3 {
				t.Errorf("%d lines of all, %v", len(all), err)
			}
			changed := c.Update(t.Context(), kept.BillingID, trustcommerce.Account{Ref: "v-2", Person: trustcommerce.Person{City: "Elsewhere"}}, "address1")
			if changed.State != pos.StateAccepted || changed.BillingID != kept.BillingID {
				t.Errorf("updated: %s, %v", changed.State, changed.Failure)
			}
			paid := c.Authorize(t.Context(), request(t, pos.KindSale, 500, pos.Credentials{Stored: kept.BillingID}, trustcommerce.Options{}))
			if paid.State != pos.StateApproved {
				t.Errorf("charged: %s, %v", paid.State, paid.Failure)
			}
			gone := c.Remove(t.Context(), kept.BillingID, "v-3", "ann")
			if gone.State != pos.StateAccepted || gone.Failure != nil {
				t.Errorf("removed: %s, %v", gone.State, gone.Failure)
			}
			listed(false)
			if a := c.Authorize(t.Context(), request(t, pos.KindSale, 500, pos.Credentials{Stored: kept.BillingID}, trustcommerce.Options{})); a.State.Succeeded() {
				t.Errorf("a removed card is charged: %s", a.State)
			}
		})
	}
}

// TestVaultFindsALostStore: a store whose answer was lost is found by its ref, billing id and all.
func TestVaultFindsALostStore(t *testing.T) {
	c, _, lose := gateway(t)
	account := trustcommerce.Account{Ref: "lost-store", Credentials: typed(t, guideVisa, "1230", "")}
	lose.Store(true)
	if got := c.Store(t.Context(), account); got.State != pos.StateUnknown || got.BillingID != "" {
		t.Fatalf("%s", got.State)
	}
	found, verdict := c.FindStore(t.Context(), "lost-store", time.Now())
	if verdict != pos.VerdictFound || len(found.BillingID) != 6 || !found.State.Succeeded() {
		t.Errorf("%s, %s, %v", verdict, found.State, found.Failure)
	}
	if _, verdict := c.FindStore(t.Context(), "never", time.Now()); verdict != pos.VerdictAbsent {
		t.Errorf("what never was: %s", verdict)
	}
}

// TestVaultAnswers: a yes is a yes only with an id.
func TestVaultAnswers(t *testing.T) {
	r := newRecorder(t)
	c := clients(t, r.addr, r.ca, false)[trustcommerce.HTTPS]
	const id = "transid=011-1234567890\n"
	for _, row := range []struct {
		name, lines string
		state       pos.State
		billingID   string
	}{
		{"stored", "status=accepted\n" + id + "billingid=Q5T7PT\n", pos.StateAccepted, "Q5T7PT"},
		{"verified and stored", "status=approved\n" + id + "billingid=Q5T7PT\navs=Y\n", pos.StateApproved, "Q5T7PT"},
		{"without an id", "status=approved\n" + id, pos.StateUnknown, ""},
		{"with something else for an id", "status=approved\n" + id + "billingid=does-not-exist\n", pos.StateUnknown, ""},
		{"declined", "status=decline\n" + id + "declinetype=decline\nbillingid=Q5T7PT\n", pos.StateDeclined, ""},
		{"a new word", "status=stored\n" + id + "billingid=Q5T7PT\n", pos.StateUnknown, ""},
		{"no Citadel", "status=baddata\nerror=merchantcantaccept\noffenders=action\n", pos.StateRefused, ""},
	} {
		r.mu.Lock()
		r.lines = row.lines
		r.mu.Unlock()
		got := c.Store(t.Context(), trustcommerce.Account{Credentials: typed(t, guideVisa, "1209", "")})
		if got.State != row.state || got.BillingID != row.billingID {
			t.Errorf("%s: %s with %q", row.name, got.State, got.BillingID)
		}
	}
}

// TestVaultRefused: what is not whole does not leave.
func TestVaultRefused(t *testing.T) {
	c := unreachable(t)
	card := typed(t, guideVisa, "1209", "")
	for name, row := range map[string]struct {
		got  trustcommerce.StoreAnswer
		want string
	}{
		"nothing to store":          {c.Store(t.Context(), trustcommerce.Account{}), "cc,exp"},
		"a swiped card's track":     {c.Store(t.Context(), trustcommerce.Account{Credentials: swiped(guideTrack)}), "cc,exp"},
		"a plan without an amount":  {c.Store(t.Context(), trustcommerce.Account{Credentials: card, Plan: trustcommerce.Plan{Cycle: "1m"}}), "amount"},
		"a cycle that is none":      {c.Store(t.Context(), trustcommerce.Account{Credentials: card, Amount: usd(100), Plan: trustcommerce.Plan{Cycle: "100d"}}), "cycle"},
		"a start that is none":      {c.Store(t.Context(), trustcommerce.Account{Credentials: card, Plan: trustcommerce.Plan{Start: "tomorrow"}}), "start"},
		"a wallet with cents":       {c.Store(t.Context(), trustcommerce.Account{Credentials: card, Purse: trustcommerce.Purse{SizeCents: 99}}), "walletsize"},
		"an update of nobody":       {c.Update(t.Context(), "", trustcommerce.Account{}), "billingid"},
		"an id that is too long":    {c.Update(t.Context(), "does-not-exist", trustcommerce.Account{}), "billingid"},
		"the id itself erased":      {c.Update(t.Context(), "B01234", trustcommerce.Account{}, "password"), "password"},
		"a field that is not there": {c.Update(t.Context(), "B01234", trustcommerce.Account{}, "track1"), "track1"},
		"a bad value in an update":  {c.Update(t.Context(), "B01234", trustcommerce.Account{Plan: trustcommerce.Plan{Cycle: "monthly"}}), "cycle"},
		"set and erased":            {c.Update(t.Context(), "B01234", trustcommerce.Account{Person: trustcommerce.Person{City: "A"}}, "city"), "city"},
		"a removal of nobody":       {c.Remove(t.Context(), "", "", ""), "billingid"},
	} {
		if row.got.State != pos.StateRefused || row.got.Failure.Args[0] != row.want {
			t.Errorf("%s: %s, %v", name, row.got.State, row.got.Failure)
		}
	}
}

// TestVaultSends: the fields that no example of the guide shows.
func TestVaultSends(t *testing.T) {
	r := newRecorder(t)
	for transport, c := range clients(t, r.addr, r.ca, false) {
		for name, row := range map[string]struct {
			call func(context.Context) trustcommerce.StoreAnswer
			want []string
		}{
			"a bank account": {func(ctx context.Context) trustcommerce.StoreAnswer {
				return c.Store(ctx, trustcommerce.Account{Ref: "s-1", Clerk: "ann", Credentials: bank(t, "789456124", "55544433221"), CheckNumber: "7"})
			}, []string{"media=ach", "routing=789456124", "account=55544433221", "checknum=7", "ticket=s-1", "operator=ann"}},
			"a plan": {func(ctx context.Context) trustcommerce.StoreAnswer {
				return c.Store(ctx, trustcommerce.Account{Credentials: typed(t, guideVisa, "1209", "123"), Amount: usd(99), AVS: trustcommerce.Yes, CVVCheck: trustcommerce.No,
					Plan: trustcommerce.Plan{Cycle: "2w", Start: "2030-02-01", Payments: 5, AuthNow: trustcommerce.No, LastPaymentUnstore: trustcommerce.No}})
			}, []string{"cycle=2w", "start=2030-02-01", "payments=5", "authnow=n", "lastpaymentunstore=n", "amount=099", "avs=y", "cvvcheck=n", "cvv=123"}},
			"a wallet of another size": {func(ctx context.Context) trustcommerce.StoreAnswer {
				return c.Store(ctx, trustcommerce.Account{Credentials: typed(t, guideVisa, "1209", ""), Purse: trustcommerce.Purse{Wallet: trustcommerce.Yes, SizeCents: 2500, ExposureHours: 24}})
			}, []string{"wallet=y", "walletsize=2500", "walletexposure=24"}},
			"fields erased": {func(ctx context.Context) trustcommerce.StoreAnswer {
				return c.Update(ctx, "B01234", trustcommerce.Account{Person: trustcommerce.Person{City: "X"}}, "address1", "zip", "cycle")
			}, []string{"billingid=B01234", "city=X", "address1=null", "zip=null", "cycle=null"}},
		} {
			if got := row.call(t.Context()); !got.State.Succeeded() {
				t.Errorf("%s over %s: %s, %v", name, transport, got.State, got.Failure)
				continue
			}
			pairs := map[string]bool{}
			for _, p := range r.sent() {
				pairs[p] = true
			}
			for _, p := range row.want {
				if !pairs[p] {
					t.Errorf("%s over %s: %.12s… is not sent", name, transport, p)
				}
			}
		}
	}
}
