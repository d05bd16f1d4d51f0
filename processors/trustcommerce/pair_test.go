package trustcommerce_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/processors/trustcommerce"
	"github.com/tillpos/till/processors/trustcommerce/tctest"
)

// gateway starts a simulated host; lose makes it book and then drop every answer to a payment.
func gateway(t *testing.T) (c *trustcommerce.Client, host *tctest.Running, lose *atomic.Bool) {
	t.Helper()
	h, err := tctest.New(tctest.Config{Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	authority := testAuthority(t)
	if host, err = tctest.Start(h, authority); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	lose = new(atomic.Bool)
	host.Server.Bend = func(s tctest.Seen) tctest.Bend {
		if s.Kind == "query" || !lose.Load() {
			return tctest.Bend{}
		}
		return tctest.Bend{Write: func(context.Context, net.Conn, tctest.Answer) bool { return false }}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(host.CA)
	c, err = trustcommerce.New(trustcommerce.Config{
		Hosts: []string{host.Addr}, VerifyName: "localhost", RootCAs: pool, CustID: "123456", Password: "abc123",
		QueryURL: "https://" + host.Addr + "/query/", VaultPassword: "abc123",
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, host, lose
}

func payment(t *testing.T, ref string, kind pos.Kind, amountCents int64, number string) pos.Request {
	t.Helper()
	r := pos.Request{Payment: pos.Payment{Ref: ref, Kind: kind, Requested: money.New(amountCents, money.USD), Clerk: "ann", Created: time.Now()}}
	if number == "" {
		return r
	}
	pan, err := card.NewPAN([]byte(number))
	if err != nil {
		t.Fatal(err)
	}
	exp, err := card.ParseMMYY("1230")
	if err != nil {
		t.Fatal(err)
	}
	r.Credentials = pos.Credentials{Card: card.Card{PAN: pan, Expiry: exp, Entry: card.EntryKeyed}}
	return r
}

// TestWithSimulatedHost leads payments through the life that the guide describes.
func TestWithSimulatedHost(t *testing.T) {
	c, host, _ := gateway(t)
	expect := func(what string, got pos.Answer, state pos.State) pos.Payment {
		t.Helper()
		if got.State != state || got.HostID == "" {
			t.Fatalf("%s: %s, %v", what, got.State, got.Failure)
		}
		return pos.Payment{HostID: got.HostID}
	}
	const visa = "4111111111111111"
	sale := expect("sale", c.Authorize(t.Context(), payment(t, "r-1", pos.KindSale, 1500, visa)), pos.StateApproved)
	follow := func(ref string, kind pos.Kind, amountCents int64, parent pos.Payment) pos.Request {
		r := payment(t, ref, kind, amountCents, "")
		r.Parent = parent
		return r
	}
	expect("refund", c.Refund(t.Context(), follow("r-2", pos.KindRefund, 500, sale)), pos.StateAccepted)
	hold := expect("preauth", c.Authorize(t.Context(), payment(t, "r-3", pos.KindAuth, 2000, visa)), pos.StateApproved)
	capture := expect("capture", c.Capture(t.Context(), follow("r-4", pos.KindCapture, 1000, hold)), pos.StateAccepted)
	expect("void", c.Void(t.Context(), follow("r-5", pos.KindVoid, 1000, capture)), pos.StateAccepted)
	dinner := expect("preauth", c.Authorize(t.Context(), payment(t, "r-10", pos.KindAuth, 1500, visa)), pos.StateApproved)
	tipped := follow("r-11", pos.KindCapture, 1700, dinner)
	tipped.Payment.Tip = money.New(200, money.USD)
	expect("capture with tip", c.Capture(t.Context(), tipped), pos.StateAccepted)
	other := expect("preauth", c.Authorize(t.Context(), payment(t, "r-6", pos.KindAuth, 700, visa)), pos.StateApproved)
	expect("reversal", c.Reverse(t.Context(), follow("r-7", pos.KindReversal, 700, other)), pos.StateAccepted)
	expect("decline", c.Authorize(t.Context(), payment(t, "r-8", pos.KindSale, 100, "4012345678909")), pos.StateDeclined)
	if got := c.Refund(t.Context(), follow("r-9", pos.KindRefund, 999999, sale)); got.State != pos.StateRefused {
		t.Errorf("a refund above the sale: %s", got.State)
	}
	if net := host.Host.Ledger().Net; net != 2700 {
		t.Errorf("the host's net is %d cents, want 2700: sale 15, refund 5, dinner with tip 17", net)
	}
}

// TestLostAnswersAreFound loses the answer of each kind of payment and finds it by its ticket.
func TestLostAnswersAreFound(t *testing.T) {
	c, host, lose := gateway(t)
	const visa = "4111111111111111"
	sold := c.Authorize(t.Context(), payment(t, "p-1", pos.KindSale, 1500, visa))
	held := c.Authorize(t.Context(), payment(t, "p-2", pos.KindAuth, 1500, visa))
	spare := c.Authorize(t.Context(), payment(t, "p-3", pos.KindAuth, 1500, visa))
	tipped := c.Authorize(t.Context(), payment(t, "p-4", pos.KindAuth, 1500, visa))
	lose.Store(true)
	withTip := func(call func(context.Context, pos.Request) pos.Answer) func(context.Context, pos.Request) pos.Answer {
		return func(ctx context.Context, r pos.Request) pos.Answer {
			r.Payment.Tip = money.New(200, money.USD)
			return call(ctx, r)
		}
	}
	for i, l := range []struct {
		kind   pos.Kind
		number string
		parent pos.Answer
		call   func(context.Context, pos.Request) pos.Answer
		state  pos.State
	}{
		{pos.KindSale, visa, pos.Answer{}, c.Authorize, pos.StateApproved},
		{pos.KindSale, "4012345678909", pos.Answer{}, c.Authorize, pos.StateDeclined},
		{pos.KindAuth, visa, pos.Answer{}, c.Authorize, pos.StateApproved},
		{pos.KindCapture, "", held, c.Capture, pos.StateAccepted},
		{pos.KindCapture, "", tipped, withTip(c.Capture), pos.StateAccepted},
		{pos.KindReversal, "", spare, c.Reverse, pos.StateAccepted},
		{pos.KindRefund, "", sold, c.Refund, pos.StateAccepted},
	} {
		ref := fmt.Sprintf("lost-%s-%d", l.kind, i)
		r := payment(t, ref, l.kind, 1500, l.number)
		r.Parent.HostID = l.parent.HostID
		before := len(host.Host.Ledger().Entries)
		if got := l.call(t.Context(), r); got.State != pos.StateUnknown {
			t.Errorf("%s: %s, %v", ref, got.State, got.Failure)
		}
		if after := len(host.Host.Ledger().Entries); after != before+1 {
			t.Errorf("%s: booked %d times", ref, after-before)
		}
		f := c.Query(t.Context(), r.Payment)
		if f.Verdict != pos.VerdictFound || f.Answer.State != l.state || f.Answer.HostID == "" {
			t.Errorf("%s: %s %s, %v", ref, f.Verdict, f.Answer.State, f.Failure)
		}
	}
	if f := c.Query(t.Context(), payment(t, "never-sent", pos.KindSale, 1500, "").Payment); f.Verdict != pos.VerdictAbsent {
		t.Errorf("a payment that never was: %s, %v", f.Verdict, f.Failure)
	}
}

// TestWrongVaultPassword is no proof that a payment is not there.
func TestWrongVaultPassword(t *testing.T) {
	_, host, _ := gateway(t)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(host.CA)
	c, err := trustcommerce.New(trustcommerce.Config{
		Hosts: []string{host.Addr}, VerifyName: "localhost", RootCAs: pool, CustID: "123456", Password: "abc123",
		QueryURL: "https://" + host.Addr + "/query/", VaultPassword: "expired",
	})
	if err != nil {
		t.Fatal(err)
	}
	if f := c.Query(t.Context(), payment(t, "x", pos.KindSale, 1500, "").Payment); f.Verdict != pos.VerdictUnavailable {
		t.Errorf("%s", f.Verdict)
	}
}
