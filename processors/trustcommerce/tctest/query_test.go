package tctest

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"
)

// ask queries with the first demo account's vault password.
func (b *bench) ask(t *testing.T, fields ...string) []map[string]string {
	t.Helper()
	out := b.Query(query(append([]string{"custid", "123456", "password", "abc123"}, fields...)...))
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("no CSV: %v", err)
	}
	var found []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		found = append(found, m)
	}
	return found
}

func query(fields ...string) Request {
	var r Request
	for i := 0; i+1 < len(fields); i += 2 {
		r.put(fields[i], fields[i+1])
	}
	return r
}

func TestQueryTransaction(t *testing.T) {
	b := newBench(t, "")
	id := b.do("action", "sale", "amount", "1234", "cc", "4111111111111111", "exp", "1215", "ticket", "L1-1", "name", `Ann "A", Lee`,
		"address1", "123 Test St.", "zip", "90001").TransID
	rows := b.ask(t, "querytype", "transaction", "ticket", "L1-1")
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	want := map[string]string{"cc": "1111", "exp": "", "media_name": "VISA-D", "trans_date": "03-01-2026 12:00:00", "transid": id,
		"amount": "1234", "auth_amount": "1234", "bank_amount": "1234", "action_name": "sale", "status_name": "approved",
		"name": `Ann "A", Lee`, "chain": id, "chain_head": "t", "ticket": "L1-1", "custid": "123456", "avs": "Y", "authcode": "123456"}
	for name, v := range want {
		if rows[0][name] != v {
			t.Errorf("%s is %q, want %q", name, rows[0][name], v)
		}
	}
	if len(rows[0]) != 39 || columns[3] != "trans_date" || columns[12] != "status_name" || columns[35] != "billingid" {
		t.Error("the columns are not the documented ones")
	}
}

func TestQueryNarrows(t *testing.T) {
	b := newBench(t, "")
	sale := b.do("action", "sale", "amount", "100", "cc", "4111111111111111", "exp", "1215", "ticket", "A").TransID
	b.do("action", "credit", "transid", sale, "amount", "040", "ticket", "B")
	b.now = b.now.Add(time.Hour)
	b.do("action", "sale", "amount", "300", "cc", "4012345678909", "exp", "1215", "ticket", "C")
	b.do("action", "sale", "amount", "400", "media", "ach", "routing", demoRouting, "account", demoAccount, "ticket", "D")
	cases := []struct {
		name   string
		fields []string
		want   string // tickets in order
	}{
		{"everything by card", nil, "A B C"},
		{"bank accounts", []string{"media", "ach"}, "D"},
		{"ticket", []string{"ticket", "B"}, "B"},
		{"transid", []string{"transid", sale}, "A"},
		{"chain", []string{"chain", sale}, "A B"},
		{"one status", []string{"status", "decline"}, "C"},
		{"two statuses", []string{"status", "decline,accepted"}, "B C"},
		{"action", []string{"action", "credit"}, "B"},
		{"card", []string{"cc", "4111111111111111"}, "A B"},
		{"from a time on", []string{"begindate", "03-01-2026 12:30:00"}, "C"},
		{"up to a time", []string{"enddate", "03-01-2026 12:30:00"}, "A B"},
		{"a day", []string{"begindate", "03-01-2026"}, "A B C"},
		{"another day", []string{"begindate", "03-02-2026"}, ""},
		{"paged", []string{"limit", "1", "offset", "1"}, "B"},
		{"beyond the end", []string{"offset", "9"}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, row := range b.ask(t, append([]string{"querytype", "transaction"}, c.fields...)...) {
				got = append(got, row["ticket"])
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
	t.Run("chain report", func(t *testing.T) {
		rows := b.ask(t, "querytype", "chain", "ticket", "A")
		if len(rows) != 1 || rows[0]["count"] != "2" || rows[0]["auth_amount"] != "100" || rows[0]["net_amount"] != "60" {
			t.Errorf("got %v", rows)
		}
	})
	t.Run("count", func(t *testing.T) {
		out := b.Query(query("custid", "123456", "password", "abc123", "querytype", "transaction", "limit", "1", "showcount", "y"))
		if !strings.HasSuffix(out, "\n3\n") {
			t.Error("the last line is not the number of all rows")
		}
	})
}

func TestQueryRefuses(t *testing.T) {
	b := newBench(t, account+"vault_password=\"vault\"\n")
	b.sale("100")
	cases := map[string][]string{
		"password of the wire": {"custid", "123456", "password", "abc123", "querytype", "transaction"},
		"unknown custid":       {"custid", "654321", "password", "vault", "querytype", "transaction"},
		"unknown querytype":    {"custid", "123456", "password", "vault", "querytype", "fail"},
		"date":                 {"custid", "123456", "password", "vault", "querytype", "transaction", "begindate", "2026-03-01"},
	}
	for name, fields := range cases {
		t.Run(name, func(t *testing.T) {
			if out := b.Query(query(fields...)); !strings.HasPrefix(out, "error") || strings.Contains(out, "011-") {
				t.Error("not refused")
			}
		})
	}
	if out := b.Query(query("custid", "123456", "password", "vault", "querytype", "transaction")); strings.Count(out, "\n") != 2 {
		t.Error("the vault's own password does not work")
	}
}

// TestQueryLags: a transaction shows only after the switch's time.
func TestQueryLags(t *testing.T) {
	b := newBench(t, account+"[switches]\nquery_lag_s=90\n")
	b.sale("100")
	b.now = b.now.Add(89 * time.Second)
	if rows := b.ask(t, "querytype", "transaction"); len(rows) != 0 {
		t.Error("shown after 89 s")
	}
	b.now = b.now.Add(time.Second)
	if rows := b.ask(t, "querytype", "transaction"); len(rows) != 1 {
		t.Error("not shown after 90 s")
	}
}
