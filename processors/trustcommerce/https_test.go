package trustcommerce_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/processors/trustcommerce"
)

// web is a client over HTTPS of a server that answers as it is told.
func web(t *testing.T, answer http.HandlerFunc, alter func(*trustcommerce.Config)) *trustcommerce.Client {
	t.Helper()
	server := httptest.NewUnstartedServer(answer)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	cfg := trustcommerce.Config{Transport: trustcommerce.HTTPS, PostURL: server.URL + "/trans/", CustID: "123456", Password: "abc123",
		RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	if alter != nil {
		alter(&cfg)
	}
	c, err := trustcommerce.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestHTTPSFaults: what surely did not leave is not_sent, everything else that is no whole answer is unknown.
func TestHTTPSFaults(t *testing.T) {
	sends := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	const approval = "status=approved\ntransid=011-1234567890\n"
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		alter  func(*trustcommerce.Config)
		state  pos.State
	}{
		"approved":                  {answer: sends(200, approval), state: pos.StateApproved},
		"without a last newline":    {answer: sends(200, strings.TrimSpace(approval)), state: pos.StateApproved},
		"lines that are no pairs":   {answer: sends(200, "<!-- page -->\n"+approval), state: pos.StateApproved},
		"an empty body":             {answer: sends(200, ""), state: pos.StateUnknown},
		"no status":                 {answer: sends(200, "transid=011-1234567890\n"), state: pos.StateUnknown},
		"a page":                    {answer: sends(200, "<html>status is approved</html>"), state: pos.StateUnknown},
		"a body that is too long":   {answer: sends(200, approval+strings.Repeat("x=y\n", 9000)), state: pos.StateUnknown},
		"a server error":            {answer: sends(500, approval), state: pos.StateUnknown},
		"a gateway error":           {answer: sends(502, approval), state: pos.StateUnknown},
		"not found":                 {answer: sends(404, approval), state: pos.StateUnknown},
		"a refusal":                 {answer: sends(403, "status=decline\n"), state: pos.StateUnknown},
		"dropped before the answer": {answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, state: pos.StateUnknown},
		"cut in the body": {answer: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "400")
			io.WriteString(w, approval)
		}, state: pos.StateUnknown},
		"nobody there": {answer: sends(200, approval), alter: func(c *trustcommerce.Config) {
			c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, io.EOF }
		}, state: pos.StateNotSent},
		"not trusted": {answer: sends(200, approval), alter: func(c *trustcommerce.Config) { c.RootCAs = nil }, state: pos.StateNotSent},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			counted := func(w http.ResponseWriter, r *http.Request) { requests.Add(1); c.answer(w, r) }
			a := web(t, counted, c.alter).Authorize(t.Context(), request(t, pos.KindSale, 100, typed(t, guideVisa, "1209", ""), trustcommerce.Options{}))
			if a.State != c.state || (a.Failure == nil) != (c.state == pos.StateApproved) {
				t.Errorf("%s, %v", a.State, a.Failure)
			}
			if n := requests.Load(); n > 1 || n == 0 && c.state != pos.StateNotSent || n > 0 && c.state == pos.StateNotSent {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

// TestHTTPSFollowsNoRedirect, on which a form would be sent a second time.
func TestHTTPSFollowsNoRedirect(t *testing.T) {
	var elsewhere atomic.Bool
	other := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Store(true) }))
	defer other.Close()
	c := web(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusPermanentRedirect)
	}, nil)
	a := c.Authorize(t.Context(), request(t, pos.KindSale, 100, typed(t, guideVisa, "1209", ""), trustcommerce.Options{}))
	if a.State != pos.StateUnknown || elsewhere.Load() {
		t.Errorf("%s, followed %t", a.State, elsewhere.Load())
	}
}

// TestHTTPSNeverWaits for a caller that is gone.
func TestHTTPSNeverWaits(t *testing.T) {
	arrived, over := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	c := web(t, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-over
	}, nil)
	go func() { <-arrived; cancel() }()
	a := c.Authorize(ctx, request(t, pos.KindSale, 100, typed(t, guideVisa, "1209", ""), trustcommerce.Options{}))
	close(over)
	if a.State != pos.StateUnknown {
		t.Errorf("%s, %v", a.State, a.Failure)
	}
}

// TestHTTPSThroughAProxy: the configured one is dialled, for forms and queries alike.
func TestHTTPSThroughAProxy(t *testing.T) {
	var dialled []string
	c := web(t, nil, func(cfg *trustcommerce.Config) {
		cfg.Proxy, cfg.QueryURL, cfg.VaultPassword = "proxy.test:3128", cfg.PostURL, "p"
		cfg.Dial = func(_ context.Context, _, address string) (net.Conn, error) {
			dialled = append(dialled, address)
			return nil, io.EOF
		}
	})
	r := request(t, pos.KindSale, 100, typed(t, guideVisa, "1209", ""), trustcommerce.Options{})
	if a := c.Authorize(t.Context(), r); a.State != pos.StateNotSent {
		t.Errorf("%s", a.State)
	}
	c.Query(t.Context(), r.Payment)
	if strings.Join(dialled, " ") != "proxy.test:3128 proxy.test:3128" {
		t.Errorf("dialled %v", dialled)
	}
}

func TestTransportConfig(t *testing.T) {
	good := trustcommerce.Config{Transport: trustcommerce.HTTPS, PostURL: "https://vault.test/trans/", CustID: "123456", Password: "abc123"}
	if _, err := trustcommerce.New(good); err != nil {
		t.Error(err)
	}
	for name, row := range map[string]struct {
		alter func(*trustcommerce.Config)
		key   string
	}{
		"no address":          {func(c *trustcommerce.Config) { c.PostURL = "" }, "https_url"},
		"http":                {func(c *trustcommerce.Config) { c.PostURL = "http://vault.test/trans/" }, "https_url"},
		"parameters":          {func(c *trustcommerce.Config) { c.PostURL += "?a=b" }, "https_url"},
		"a proxy's URL":       {func(c *trustcommerce.Config) { c.Proxy = "http://proxy" }, "proxy"},
		"a proxy, no port":    {func(c *trustcommerce.Config) { c.Proxy = "proxy.test" }, "proxy"},
		"another transport":   {func(c *trustcommerce.Config) { c.Transport = "smtp" }, "transport"},
		"TCLink without host": {func(c *trustcommerce.Config) { c.Transport = trustcommerce.TCLink }, "hosts"},
	} {
		cfg := good
		row.alter(&cfg)
		_, err := trustcommerce.New(cfg)
		if e, ok := err.(*pos.Error); !ok || e.Code != pos.CodeConfig || e.Args[0] != row.key {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLostAnswersOfEveryKind: over both transports, whatever was paid with, the query finds it by its ticket.
func TestLostAnswersOfEveryKind(t *testing.T) {
	for _, transport := range []string{trustcommerce.TCLink, trustcommerce.HTTPS} {
		t.Run(transport, func(t *testing.T) {
			_, host, lose := gateway(t)
			c := clients(t, host.Addr, host.CA, false)[transport]
			kept := c.Store(t.Context(), trustcommerce.Account{Ref: "k-1", Credentials: typed(t, guideVisa, "1230", ""), Purse: trustcommerce.Purse{Wallet: trustcommerce.Yes}})
			keptBank := c.Store(t.Context(), trustcommerce.Account{Ref: "k-2", Credentials: bank(t, "789456124", "55544433221")})
			lose.Store(true)
			for name, row := range map[string]struct {
				kind        pos.Kind
				instrument  pos.InstrumentKind
				credentials pos.Credentials
				o           trustcommerce.Options
				state       pos.State
			}{
				"bank account":        {pos.KindSale, pos.InstrumentBank, bank(t, "789456124", "55544433221"), trustcommerce.Options{}, pos.StateAccepted},
				"stored card":         {pos.KindSale, pos.InstrumentStoredCard, pos.Credentials{Stored: kept.BillingID}, trustcommerce.Options{}, pos.StateApproved},
				"stored bank account": {pos.KindSale, pos.InstrumentStoredCard, pos.Credentials{Stored: keptBank.BillingID}, trustcommerce.Options{BankAccount: true}, pos.StateAccepted},
				"wallet":              {pos.KindSale, pos.InstrumentStoredCard, pos.Credentials{Stored: kept.BillingID}, trustcommerce.Options{Wallet: true}, pos.StateApproved},
				"unlinked refund":     {pos.KindRefund, pos.InstrumentCard, typed(t, guideVisa, "1230", ""), trustcommerce.Options{}, pos.StateAccepted},
				"verification":        {pos.KindVerify, pos.InstrumentCard, typed(t, guideVisa, "1230", ""), trustcommerce.Options{}, pos.StateApproved},
			} {
				r := request(t, row.kind, 500, row.credentials, row.o)
				r.Payment.Ref, r.Payment.Created, r.Payment.Instrument.Kind = strings.ReplaceAll(name, " ", "-"), time.Now(), row.instrument
				call := c.Authorize
				if row.kind == pos.KindRefund {
					call = c.Refund
				}
				if a := call(t.Context(), r); a.State != pos.StateUnknown {
					t.Errorf("%s: %s, %v", name, a.State, a.Failure)
				}
				if f := c.Query(t.Context(), r.Payment); f.Verdict != pos.VerdictFound || f.Answer.State != row.state {
					t.Errorf("%s: %s %s, %v %v", name, f.Verdict, f.Answer.State, f.Failure, f.Answer.Failure)
				}
			}
		})
	}
}

// TestHundredLanes: a hundred tills at once on one host, each with its own client, over both transports.
func TestHundredLanes(t *testing.T) {
	_, host, _ := gateway(t)
	done := make(chan pos.Answer)
	const lanes = 100
	for i := range lanes {
		transport := []string{trustcommerce.TCLink, trustcommerce.HTTPS}[i%2]
		c := clients(t, host.Addr, host.CA, false)[transport]
		r := request(t, pos.KindSale, int64(100+i), typed(t, guideVisa, "1230", ""), trustcommerce.Options{})
		go func() { done <- c.Authorize(t.Context(), r) }()
	}
	seen := map[string]bool{}
	for range lanes {
		a := <-done
		if a.State != pos.StateApproved || seen[a.HostID] {
			t.Errorf("%s, %v", a.State, a.Failure)
		}
		seen[a.HostID] = true
	}
}
