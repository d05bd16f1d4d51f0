package trustcommerce

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// vault is a query address that answers as it is told.
func vault(t *testing.T, answer http.HandlerFunc) Config {
	t.Helper()
	server := httptest.NewUnstartedServer(answer)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	cfg := settings(nil)
	cfg.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	cfg.QueryURL, cfg.VaultPassword = server.URL+"/query/", "canary-vault-password"
	return cfg
}

func verdict(f pos.Finding) string {
	if f.Verdict != pos.VerdictFound {
		return string(f.Verdict)
	}
	return string(f.Verdict) + " " + describe(f.Answer)
}

func TestReports(t *testing.T) {
	files := archive(t, "client-reports.txtar")
	n := 0
	for name, body := range files {
		means, ok := files[name+": means"]
		if !ok {
			continue
		}
		n++
		t.Run(name, func(t *testing.T) {
			c := newTestClient(t, vault(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, body) }))
			if got := verdict(c.Query(t.Context(), sale(t).Payment)); got != strings.TrimSpace(means) {
				t.Errorf("%s, want %s", got, means)
			}
		})
	}
	if n < 20 {
		t.Errorf("only %d reports", n)
	}
}

// TestReportsOfFollowUps: the action decides, a void has no amount of its own.
func TestReportsOfFollowUps(t *testing.T) {
	const body = "transid,amount,action_name,status_name,ticket\n" +
		"011-0000000001,1500,preauth,approved,L1-261122-AB12-7\n011-0000000002,1500,postauth,accepted,L1-261122-AB12-7\n" +
		"011-0000000003,,void,accepted,L1-261122-AB12-7\n011-0000000004,1500,credit,accepted,L1-261122-AB12-7\n" +
		"011-0000000005,1500,reversal,rejected,L1-261122-AB12-7\n"
	c := newTestClient(t, vault(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, body) }))
	for kind, want := range map[pos.Kind]string{
		pos.KindAuth:     "found approved host=011-0000000001",
		pos.KindCapture:  "found accepted host=011-0000000002 payment.accepted",
		pos.KindVoid:     "found accepted host=011-0000000003 payment.accepted",
		pos.KindRefund:   "found accepted host=011-0000000004 payment.accepted",
		pos.KindReversal: "found declined host=011-0000000005 payment.declined|the host refused",
		pos.KindAdjust:   "unavailable",
	} {
		if got := verdict(c.Query(t.Context(), asked(kind, 1500).Payment)); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}

// TestReportOfACaptureWithTip: nobody says which of the two amounts the report shows.
func TestReportOfACaptureWithTip(t *testing.T) {
	p := asked(pos.KindCapture, 1700).Payment
	p.Tip = money.New(200, money.USD)
	for amount, want := range map[int64]pos.State{1700: pos.StateAccepted, 1500: pos.StateAccepted, 200: pos.StateUnknown, 1600: pos.StateUnknown} {
		rows := []row{{transID: "011-0000000001", action: "postauth", status: "accepted", ticket: p.Ref, amount: amount, hasAmount: true}}
		if f := (reportKey{ticket: p.Ref, actions: []string{"postauth"}}).find(rows, p); f.Answer.State != want {
			t.Errorf("%d cents: %s, want %s", amount, f.Answer.State, want)
		}
	}
}

func TestQueryRequest(t *testing.T) {
	var got *http.Request
	var form url.Values
	c := newTestClient(t, vault(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got, form = r, nil
		form, _ = url.ParseQuery(string(body))
	}))
	p := asked(pos.KindSale, 1500).Payment
	c.cfg.Now = func() time.Time { return time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC) }
	c.Query(t.Context(), p)
	if got == nil || got.Method != http.MethodPost || got.URL.RawQuery != "" || got.URL.Path != "/query/" || got.Proto != "HTTP/1.1" {
		t.Fatalf("not a plain POST")
	}
	// 03:04:05 UTC on the 22nd is 19:04:05 on the 21st in Pacific standard time; a day before that.
	want := url.Values{"custid": {"123456"}, "password": {"canary-vault-password"}, "querytype": {"transaction"}, "format": {"text"},
		"media": {"cc"}, "begindate": {"11-20-2026 19:04:05"}, "ticket": {"L1-261122-AB12-7"}}
	if form.Encode() != want.Encode() {
		t.Error("the fields differ")
	}
	p.Created = time.Date(2036, 11, 22, 3, 4, 5, 0, time.UTC) // the clock was ahead: thirty days, and one more
	if c.Query(t.Context(), p); form.Get("begindate") != "10-21-2026 19:04:05" {
		t.Errorf("a payment of a time to come is looked for from %s on", form.Get("begindate"))
	}
	p.Created = time.Time{}
	if c.Query(t.Context(), p); form.Encode() != want.Encode() {
		t.Error("a payment without a time is not looked for from yesterday on")
	}
	p.HostID = "011-1234567890"
	c.Query(t.Context(), p)
	want.Del("ticket")
	want.Set("transid", "011-1234567890")
	if form.Encode() != want.Encode() {
		t.Error("a known identifier is not used")
	}
}

func TestQueryFailures(t *testing.T) {
	report := "transid,amount,action_name,status_name,ticket\n"
	for name, answer := range map[string]http.HandlerFunc{
		"a server error": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500); io.WriteString(w, report) },
		"not authorized": func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(401); io.WriteString(w, report) },
		"no content":     func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) },
		"a body without end": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, report+"a,b,c,d,"+strings.Repeat("e", maxReport))
		},
		"a body that breaks": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "4000")
			io.WriteString(w, report)
		},
		"a connection dropped": func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newTestClient(t, vault(t, answer)).Query(t.Context(), sale(t).Payment)
			if f.Verdict != pos.VerdictUnavailable || f.Failure == nil {
				t.Fatalf("%s", verdict(f))
			}
			if text := f.Failure.Error(); strings.Contains(text, "canary") || strings.Contains(text, "/query/") {
				t.Error("the error shows the request or the address")
			}
		})
	}
}

func TestQueryFollowsNoRedirect(t *testing.T) {
	var elsewhere atomic.Bool
	other := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Store(true) }))
	defer other.Close()
	f := newTestClient(t, vault(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})).
		Query(t.Context(), sale(t).Payment)
	if f.Verdict != pos.VerdictUnavailable || elsewhere.Load() {
		t.Errorf("%s", verdict(f))
	}
}

func TestQueryUsesNoProxyOfTheEnvironment(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("NO_PROXY", "")
	cfg := settings(nil)
	dialled := ""
	cfg.Dial = func(_ context.Context, _, address string) (net.Conn, error) { dialled = address; return nil, io.EOF }
	cfg.QueryURL, cfg.VaultPassword = "https://vault.example/query/", "p"
	newTestClient(t, cfg).Query(t.Context(), sale(t).Payment)
	if dialled != "vault.example:443" {
		t.Errorf("dialled %s", dialled)
	}
}

func TestQueryOfAnUntrustedVault(t *testing.T) {
	cfg := vault(t, func(http.ResponseWriter, *http.Request) { t.Error("a request reached a vault that was not verified") })
	cfg.RootCAs = certificates().pool
	if f := newTestClient(t, cfg).Query(t.Context(), sale(t).Payment); f.Verdict != pos.VerdictUnavailable {
		t.Errorf("%s", verdict(f))
	}
}

func TestQueryLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := settings(func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		cfg.QueryURL, cfg.VaultPassword = "https://vault.example/query/", "p"
		began := time.Now()
		f := newTestClient(t, cfg).Query(t.Context(), sale(t).Payment)
		if f.Verdict != pos.VerdictUnavailable || time.Since(began) != 30*time.Second {
			t.Errorf("%s after %s", verdict(f), time.Since(began))
		}
	})
}

func TestQueryWithoutConfiguration(t *testing.T) {
	if f := newTestClient(t, settings(nil)).Query(t.Context(), sale(t).Payment); f.Verdict != pos.VerdictUnavailable {
		t.Errorf("%s", verdict(f))
	}
}

func TestReportColumns(t *testing.T) {
	// Places that a public client reads by position, counted from 1.
	for place, want := range map[int]string{4: "trans_date", 5: "transid", 7: "amount", 13: "status_name", 36: "billingid"} {
		if got := ReportColumns()[place-1]; got != want {
			t.Errorf("column %d is %s, want %s", place, got, want)
		}
	}
	if n := len(ReportColumns()); n != 39 {
		t.Errorf("%d columns", n)
	}
}

func FuzzQueryCSV(f *testing.F) {
	for _, body := range archive(f, "client-reports.txtar") {
		f.Add([]byte(body))
	}
	p := pos.Payment{Ref: "L1-261122-AB12-7", Kind: pos.KindSale, Requested: money.New(1500, money.USD)}
	f.Fuzz(func(t *testing.T, body []byte) {
		rows, err := parseReport(strings.NewReader(string(body)))
		if err != nil {
			return
		}
		finding := reportKey{ticket: p.Ref, actions: []string{"sale"}}.find(rows, p)
		if finding.Verdict == pos.VerdictUnavailable {
			t.Error("a whole report leaves no answer")
		}
		if finding.Verdict == pos.VerdictFound && finding.Answer.State == "" {
			t.Error("an answer without a state")
		}
	})
}

// FuzzStored reads reports of stored accounts; whatever comes, a line has an id of the documented form.
func FuzzStored(f *testing.F) {
	f.Add([]byte("billingid,cc,name,media_name,active\nB01234,1111,A B,VISA,t\n"))
	f.Add([]byte("billingid,bank,account\nQ5T7PT,\"First, Bank\",9876\nnothing,,\n"))
	f.Add([]byte("error: custid or password not known\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := parseStored(strings.NewReader(string(body)))
		if err != nil {
			return
		}
		for _, s := range list {
			if len(s.BillingID) != 6 || len(s.Masked) > 4 || !printable([]byte(s.Name+s.Media)) {
				t.Error("a line holds what is no stored account")
			}
		}
	})
}

// TestStoredReports: columns count by name, and only billingid has to be there.
func TestStoredReports(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want []Stored
		bad  bool
	}{
		"all columns":       {"name,billingid,cc,media_name,unstored\nA B,B01234,1111,VISA,f\nC,B01235,2222,MC,t\n", []Stored{{"B01234", "1111", "VISA", "A B", true}, {"B01235", "2222", "MC", "C", false}}, false},
		"an id alone":       {"billingid\nB01234\n", []Stored{{BillingID: "B01234", Active: true}}, false},
		"a bank account":    {"billingid,account,active\nB01234,9876,t\n", []Stored{{BillingID: "B01234", Masked: "9876", Active: true}}, false},
		"a number in clear": {"billingid,cc\nB01234,4111111111111111\n", []Stored{{BillingID: "B01234", Active: true}}, false},
		"nothing stored":    {"billingid,cc\n", nil, false},
		"no id in a line":   {"billingid,cc\nx,1111\n", nil, false},
		"another report":    {"transid,amount\n011-1234567890,100\n", nil, true},
		"an error":          {"error: custid or password not known\n", nil, true},
		"a page":            {"<html>\n", nil, true},
		"nothing":           {"", nil, true},
		"a short line":      {"billingid,cc\nB01234\n", nil, true},
	} {
		got, err := parseStored(strings.NewReader(c.body))
		if (err != nil) != c.bad || len(got) != len(c.want) {
			t.Errorf("%s: %d lines, %v", name, len(got), err)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: line %d differs", name, i+1)
			}
		}
	}
}

// TestListUnavailable: what is no report is never an empty list.
func TestListUnavailable(t *testing.T) {
	c := newTestClient(t, vault(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "error: no\n") }))
	if list, err := c.List(t.Context(), ""); err == nil || list != nil {
		t.Errorf("%d lines, %v", len(list), err)
	}
	if _, err := newTestClient(t, settings(nil)).List(t.Context(), ""); err == nil {
		t.Error("a client without a vault lists something")
	}
}

// TestReportOfAnotherCard: a ticket is unique in one journal only, and somebody else's payment was taken for a lost one.
func TestReportOfAnotherCard(t *testing.T) {
	p := asked(pos.KindSale, 1500).Payment
	p.Instrument = pos.Instrument{Kind: pos.InstrumentCard, Masked: "411111******1111"}
	booked := func(last4 string) row {
		return row{transID: "011-0000000001", action: "sale", status: "approved", ticket: p.Ref, amount: 1500, hasAmount: true, last4: last4}
	}
	for _, c := range []struct {
		name string
		rows []row
		want pos.State
	}{
		{"the card", []row{booked("1111")}, pos.StateApproved},
		{"no card in the report", []row{booked("")}, pos.StateApproved},
		{"another card", []row{booked("0026")}, pos.StateUnknown},
		{"another card's and the card's", []row{booked("0026"), booked("1111")}, pos.StateApproved},
	} {
		t.Run(c.name, func(t *testing.T) {
			if f := (reportKey{ticket: p.Ref, actions: []string{"sale"}}).find(c.rows, p); f.Verdict != pos.VerdictFound || f.Answer.State != c.want {
				t.Errorf("%s %s", f.Verdict, f.Answer.State)
			}
		})
	}
	p.Instrument = pos.Instrument{Kind: pos.InstrumentStoredCard, Masked: "B01234"}
	if f := (reportKey{ticket: p.Ref, actions: []string{"sale"}}).find([]row{booked("0026")}, p); f.Answer.State != pos.StateApproved {
		t.Errorf("a stored card, of which the till knows no digit: %s", f.Answer.State)
	}
}
