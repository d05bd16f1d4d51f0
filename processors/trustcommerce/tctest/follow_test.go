package tctest

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

const account = "[[account]]\ncustid=\"123456\"\npassword=\"abc123\"\n"

func (b *bench) sale(amount string) string {
	return b.do("action", "sale", "amount", amount, "cc", "4111111111111111", "exp", "1215").TransID
}

func (b *bench) preauth(amount string) string {
	return b.do("action", "preauth", "amount", amount, "cc", "4111111111111111", "exp", "1215").TransID
}

// TestReferenceRules: what the wire shows when a reference does not fit is the profile's choice.
func TestReferenceRules(t *testing.T) {
	cases := []struct{ rule, status, state, later string }{
		{"strict", "baddata", "", ""},
		{"queue", "accepted", "accepted", "rejected"},
		{"rejected", "rejected", "rejected", "rejected"},
		{"lenient", "accepted", "accepted", "accepted"},
	}
	for _, c := range cases {
		t.Run(c.rule, func(t *testing.T) {
			b := newBench(t, "profile=\""+c.rule+"\"\n"+account)
			got := b.do("action", "credit", "transid", "011-0022698151", "amount", "100")
			if got.Get("status") != c.status || (got.TransID == "") != (c.rule == "strict") {
				t.Fatalf("got %s with transid %q", got.Get("status"), got.TransID)
			}
			if c.rule == "strict" {
				if n := len(b.Ledger().Entries); n != 0 {
					t.Fatalf("%d rows booked for bad data", n)
				}
				return
			}
			if s := b.Ledger().Entries[0].State; string(s) != c.state {
				t.Errorf("state %s, want %s", s, c.state)
			}
			b.now = b.now.Add(20 * time.Minute)
			if s := b.Ledger().Entries[0].State; string(s) != c.later {
				t.Errorf("state later %s, want %s", s, c.later)
			}
		})
	}
}

// TestDayEnds walks a sale over the cut-off: 20:00 Pacific is 04:00 UTC in winter.
func TestDayEnds(t *testing.T) {
	b := newBench(t, "")
	early, late := b.sale("100"), b.sale("200")
	b.now = time.Date(2026, 3, 2, 3, 59, 59, 0, time.UTC)
	if got := b.do("action", "void", "transid", early).Get("status"); got != "accepted" {
		t.Errorf("void a second before the cut-off: %s", got)
	}
	b.now = b.now.Add(time.Second)
	jobs := b.RunDue()
	if len(jobs) != 1 || jobs[0].Name != "settle" || jobs[0].Count != 1 || !jobs[0].At.Equal(b.now) {
		t.Errorf("jobs at the cut-off: %+v", jobs)
	}
	if got := b.do("action", "void", "transid", late); got.Get("offenders") != "transid" {
		t.Errorf("void of a settled sale: %s", got.Get("status"))
	}
	l := b.Ledger()
	if l.Entries[0].State != voided || l.Entries[1].State != settled || l.Net != 200 {
		t.Errorf("states %s, %s, net %d", l.Entries[0].State, l.Entries[1].State, l.Net)
	}
	if len(l.Batches) != 1 || l.Batches[0] != (Batch{1, "settled", 1, 200}) {
		t.Errorf("batches %+v", l.Batches)
	}
	evening := b.sale("300")
	b.now = b.now.Add(2 * time.Hour)
	if got := b.do("action", "void", "transid", evening).Get("status"); got != "accepted" {
		t.Errorf("a sale after the cut-off goes with the next day's batch; void: %s", got)
	}
	if got := b.do("action", "credit", "transid", late).Get("status"); got != "accepted" {
		t.Errorf("credit of a settled sale: %s", got)
	}
}

func TestPreauthLives14Days(t *testing.T) {
	b := newBench(t, "")
	young, old := b.preauth("100"), b.preauth("200")
	b.now = b.now.AddDate(0, 0, 14)
	if got := b.do("action", "postauth", "transid", young).Get("status"); got != "accepted" {
		t.Errorf("on the last day: %s", got)
	}
	if h := b.Ledger().Held; h != 200 {
		t.Errorf("held %d", h)
	}
	b.now = b.now.Add(time.Second)
	if got := b.do("action", "postauth", "transid", old); got.Get("declinetype") != "authexpired" || got.TransID == "" {
		t.Errorf("a second later: %s %s", got.Get("status"), got.Get("declinetype"))
	}
	if h := b.Ledger().Held; h != 0 {
		t.Errorf("held %d after it lapsed", h)
	}
}

func TestVoids(t *testing.T) {
	b := newBench(t, "")
	auth := b.preauth("500")
	capture := b.do("action", "postauth", "transid", auth, "amount", "400").TransID
	if got := b.do("action", "void", "transid", auth).Get("error"); got != "mismatch" {
		t.Error("a captured preauth was voided")
	}
	if got := b.do("action", "void", "transid", capture).Get("status"); got != "accepted" {
		t.Fatal("void of a postauth:", got)
	}
	if l := b.Ledger(); l.Held != 500 || l.Net != 0 {
		t.Errorf("after the void of a postauth: held %d, net %d", l.Held, l.Net)
	}
	sale := b.sale("300")
	credit := b.do("action", "credit", "transid", sale, "amount", "100").TransID
	if got := b.do("action", "void", "transid", sale).Get("error"); got != "mismatch" {
		t.Error("a sale that was credited in part was voided")
	}
	if got := b.do("action", "void", "transid", credit).Get("status"); got != "accepted" {
		t.Fatal("void of a credit:", got)
	}
	if l := b.Ledger(); l.Net != 300 || l.Refunded != 0 {
		t.Errorf("after the void of a credit: net %d, refunded %d", l.Net, l.Refunded)
	}
	if got := b.do("action", "void", "transid", auth).Get("status"); got != "accepted" || b.Ledger().Held != 0 {
		t.Error("void of a preauth:", got)
	}
}

func TestSwitches(t *testing.T) {
	cases := []struct {
		name, profile string
		first, then   []string
		want          string // offender of error/unsupported; empty: accepted
	}{
		{"same-day credit is possible", account, []string{"action", "sale"}, []string{"action", "credit"}, ""},
		{"void ends same-day credits", account + "[switches]\nvoid_blocks_same_day_credit=true\n", []string{"action", "sale"}, []string{"action", "credit"}, "action"},
		{"tip", account, []string{"action", "preauth"}, []string{"action", "postauth", "tip", "10"}, ""},
		{"no tip on this platform", account + "[switches]\ntip=false\n", []string{"action", "preauth"}, []string{"action", "postauth", "tip", "10"}, "tip"},
		{"no tip in mail order", account + "industry=\"direct\"\n", []string{"action", "preauth"}, []string{"action", "postauth", "tip", "10"}, "tip"},
		{"ship date", account, []string{"action", "preauth"}, []string{"action", "postauth", "shipdate", "03-01-2026"}, ""},
		{"no ship date on this platform", account + "[switches]\nshipdate=false\n", []string{"action", "preauth"}, []string{"action", "postauth", "shipdate", "03-01-2026"}, "shipdate"},
		{"no ship date in a restaurant", account + "industry=\"restaurant\"\n", []string{"action", "preauth"}, []string{"action", "postauth", "shipdate", "03-01-2026"}, "shipdate"},
		{"reversal is card-not-present", account + "industry=\"retail\"\n", []string{"action", "preauth"}, []string{"action", "reversal"}, "action"},
		{"reversal in mail order", account + "industry=\"direct\"\n", []string{"action", "preauth"}, []string{"action", "reversal"}, ""},
		{"extra fields let pass", account + "[switches]\nlenient_extra=true\n", []string{"action", "sale"}, []string{"action", "credit", "name", "Ann", "avs", "y"}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, c.profile)
			parent := b.do(append(c.first, "amount", "100", "cc", "4111111111111111", "exp", "1215")...).TransID
			got := b.do(append(c.then, "transid", parent)...)
			if c.want == "" && got.Get("status") != "accepted" {
				t.Errorf("got %s %s %s", got.Get("status"), got.Get("error"), got.Get("offenders"))
			}
			if c.want != "" && (got.Get("errortype") != "unsupported" || got.Get("offenders") != c.want || got.TransID == "") {
				t.Errorf("got %s %s %s, want unsupported %s", got.Get("status"), got.Get("errortype"), got.Get("offenders"), c.want)
			}
		})
	}
	t.Run("extra fields refused", func(t *testing.T) {
		got := newBench(t, "").do("action", "credit", "transid", "011-1234567890", "name", "Ann", "avs", "y")
		if got.Get("error") != "extrafields" || got.Get("offenders") != "avs,name" {
			t.Errorf("got %s %s", got.Get("error"), got.Get("offenders"))
		}
	})
}

// TestSnapshot: a host that takes up another one's snapshot goes on where that one stood, and the
// snapshot holds no card data.
func TestSnapshot(t *testing.T) {
	var kept []byte
	now := noon
	cfg := Config{Now: func() time.Time { return now }, Random: strings.NewReader("1234567812345678"),
		Keep: func(_ []byte, whole func() ([]byte, error)) (err error) { kept, err = whole(); return err }}
	first, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b := bench{Host: first}
	sale, capture := b.sale("700"), b.do("action", "postauth", "transid", b.preauth("200")).TransID
	if !json.Valid(kept) {
		t.Fatal("nothing was kept before the answer")
	}
	for _, secret := range []string{"4111111111111111", "1215", "abc123"} {
		if strings.Contains(string(kept), secret) {
			t.Error("the snapshot holds card data or a password")
		}
	}
	second, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Restore(kept, nil); err != nil {
		t.Fatal(err)
	}
	b = bench{Host: second}
	for _, parent := range []string{sale, capture} {
		if got := b.do("action", "credit", "transid", parent, "amount", "050"); got.Get("status") != "accepted" || got.TransID == capture {
			t.Errorf("credit after the restart: %s", got.Get("status"))
		}
	}
	if l := second.Ledger(); l.Net != 800 || l.Captured != 900 || len(l.Entries) != 5 {
		t.Errorf("net %d, captured %d, rows %d", l.Net, l.Captured, len(l.Entries))
	}
	if err := second.Restore([]byte("{"), nil); err == nil {
		t.Error("half a snapshot was taken up")
	}
}

// TestFullDisk: a booking that cannot be kept is answered as one whose outcome is unknown.
func TestFullDisk(t *testing.T) {
	h, err := New(Config{Now: func() time.Time { return noon }, Random: strings.NewReader("12345678"),
		Keep: func([]byte, func() ([]byte, error)) error { return errors.New("disk full") }})
	if err != nil {
		t.Fatal(err)
	}
	b := bench{Host: h}
	got := b.do("action", "sale", "amount", "100", "cc", "4111111111111111", "exp", "1215")
	if got.Get("status") != "error" || got.Get("errortype") != "failtoprocess" || got.Get("transid") == "" {
		t.Errorf("got %s %s", got.Get("status"), got.Get("errortype"))
	}
}
