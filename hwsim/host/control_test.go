package host

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestControlRefuses: bad calls, their status, and that they change nothing.
func TestControlRefuses(t *testing.T) {
	l := startLane(t, Options{})
	l.send(l.Ready.Listen, saleBlock("A"))
	cases := []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/faults", `{"rules":[{"do":"explode"}]}`, 400},
		{"POST", "/faults", `{"rules":[{"do":"cut"},{"do":"explode"}]}`, 400},
		{"POST", "/faults", `{"rules":[{}]}`, 400},
		{"POST", "/faults", `{"rules":[]}`, 400},
		{"POST", "/faults", `{"rules":[{"do":"cut","speed":1}]}`, 400},
		{"POST", "/faults", `{"rules":[{"do":"cut","count":-1}]}`, 400},
		{"POST", "/faults", `{"rules":[{"do":"refuse","match":{"kind":"sale"}}]}`, 400},
		{"POST", "/faults", `[]`, 400},
		{"POST", "/clock", `{}`, 400},
		{"POST", "/clock", `{"now":"noon"}`, 400},
		{"POST", "/clock", `{"advance":"a day"}`, 400},
		{"POST", "/clock", `{"run":false}`, 400},
		{"POST", "/clock", `{"run":true,"advance":"1h"}`, 400},
		{"POST", "/clock", `{"now":"2001-01-01T00:00:00Z"}`, 409},
		{"POST", "/clock", `{"advance":"-1s"}`, 409},
		{"POST", "/reset", `{"all":true}`, 400},
		{"POST", "/ledger", ``, 405},
		{"GET", "/clock", ``, 405},
		{"GET", "/", ``, 404},
	}
	for _, c := range cases {
		t.Run(c.method+" "+c.path+" "+c.body, func(t *testing.T) {
			if status, body := l.call(c.method, c.path, c.body); status != c.status {
				t.Errorf("%d %s, want %d", status, body, c.status)
			}
		})
	}
	if n := len(l.Faults.List()); n != 0 || l.Clock.Frozen() || len(l.ledger("").Transactions) != 1 {
		t.Error("a refused call changed something")
	}
}

func TestClockControl(t *testing.T) {
	l := startLane(t, Options{})
	type answer struct {
		Now    time.Time `json:"now"`
		Frozen bool      `json:"frozen"`
		Jobs   []Job     `json:"jobs"`
	}
	set := func(body string) answer {
		t.Helper()
		status, text := l.call("POST", "/clock", body)
		var a answer
		if err := json.Unmarshal([]byte(text), &a); err != nil || status != 200 || a.Jobs == nil {
			t.Fatal(status, text, err)
		}
		return a
	}
	start := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	if a := set(`{"now":"2026-07-01T12:00:00Z"}`); !a.Frozen || !a.Now.Equal(start) {
		t.Errorf("%+v", a)
	}
	if a := set(`{"now":"2025-07-01T12:00:00Z"}`); !a.Frozen {
		t.Error("back in time with an empty ledger has to be possible")
	}
	set(`{"now":"2026-07-01T12:00:00Z"}`)
	l.send(l.Ready.Listen, saleBlock("A"))
	if row := l.ledger("").Transactions[0]; !row.BookedAt.Equal(start) || row.State != "captured" {
		t.Errorf("%+v", row)
	}
	a := set(`{"advance":"26h"}`)
	if !a.Now.Equal(start.Add(26*time.Hour)) || len(a.Jobs) != 1 || a.Jobs[0].Name != "settle" || a.Jobs[0].Count != 1 ||
		!a.Jobs[0].At.Equal(time.Date(2026, 7, 2, 3, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", a)
	}
	book := l.ledger("")
	if book.Transactions[0].State != "settled" || !slices.Equal(book.Batches, []Batch{{1, "settled", 1, 1234}}) {
		t.Errorf("%+v", book)
	}
	if a := set(`{"run":true}`); a.Frozen || a.Now.Before(start.Add(26*time.Hour)) || a.Now.After(start.Add(27*time.Hour)) {
		t.Errorf("%+v", a)
	}
	if a := set(`{"advance":"1h"}`); a.Frozen || a.Now.Before(start.Add(27*time.Hour)) {
		t.Errorf("%+v", a)
	}
	if status, body := l.call("POST", "/reset", "{}"); status != 200 || body != `{"ok":true}` {
		t.Error(status, body)
	}
	if book := l.ledger(""); len(book.Transactions) != 0 || book.NetCents != 0 || book.Now.Before(start) {
		t.Errorf("after a reset: %+v", book)
	}
}

// TestLedgerShape keeps the keys that outside programs read.
func TestLedgerShape(t *testing.T) {
	l := startLane(t, Options{})
	l.call("POST", "/clock", `{"now":"2026-07-01T12:00:00Z"}`)
	got, _, _ := l.send(l.Ready.Listen, saleBlock("A"))
	l.send(l.Ready.Listen, saleBlock("B"))
	id := got[strings.Index(got, "transid=")+8:][:14]
	want := `{"host":"trustcommerce","now":"2026-07-01T12:00:00Z","held_cents":0,"captured_cents":1234,"refunded_cents":0,"net_cents":1234,` +
		`"transactions":[{"host_id":"` + id + `","ref":"A","merchant":"123456","terminal":"","seq":0,"kind":"sale","state":"captured",` +
		`"requested_cents":1234,"approved_cents":1234,"captured_cents":1234,"refunded_cents":0,"net_cents":1234,"card":"411111******1111",` +
		`"parent":"","batch":1,"booked_at":"2026-07-01T12:00:00Z","answered":true}],"batches":[{"number":1,"state":"open","count":2,"net_cents":2468}]}`
	if status, body := l.call("GET", "/ledger?ref=A", ""); status != 200 || body != want {
		t.Errorf("%d got\n%s\nwant\n%s", status, body, want)
	}
	l.arm(`{"match":{"kind":"sale","ref":"C","amount_cents":5},"after":1,"count":2,"do":"late","ms":3,"bytes":4}`)
	want = `{"rules":[{"match":{"kind":"sale","ref":"C","amount_cents":5},"after":1,"count":2,"do":"late","ms":3,"bytes":4,"fired":0}]}`
	if status, body := l.call("GET", "/faults", ""); status != 200 || body != want {
		t.Errorf("%d got %s", status, body)
	}
	if status, _ := l.call("DELETE", "/faults", ""); status != 200 {
		t.Error(status)
	}
	if _, body := l.call("GET", "/faults", ""); body != `{"rules":[]}` {
		t.Error("not cleared:", body)
	}
	if _, body := l.call("GET", "/ledger?ref=nobody", ""); !strings.Contains(body, `"transactions":[],`) {
		t.Error(body)
	}
}

// TestProfileFile: accounts and the frozen clock come from the file.
func TestProfileFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "profile.toml")
	text := "clock=\"2007-03-01T12:00:00Z\"\n[[account]]\ncustid=\"123456\"\npassword=\"other\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l := startLane(t, Options{Profile: file})
	got, _, _ := l.send(l.Ready.Listen, saleBlock("A"))
	if !strings.Contains(got, "offenders=custid,password") {
		t.Errorf("got %q", got)
	}
	if now := l.ledger("").Now; now.Year() != 2007 {
		t.Error(now)
	}
}

// TestAnsweredAtOnce: whoever has read the answer sees it in the ledger as answered, every time.
func TestAnsweredAtOnce(t *testing.T) {
	l := startLane(t, Options{})
	for range 100 {
		l.send(l.Ready.Listen, saleBlock("A"))
		rows := l.Sim.Book().Transactions
		if !rows[len(rows)-1].Answered {
			t.Fatal("the answer is known to its reader and not to the ledger")
		}
	}
}
