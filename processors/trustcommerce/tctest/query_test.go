package tctest

import (
	"encoding/csv"
	"maps"
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

// TestReports: sums, stored accounts, chargebacks and chains.
func TestReports(t *testing.T) {
	b := newBench(t, "")
	b.keep(t, "accepted", "name", "Ann Lee", "zip", "90001", "cycle", "2w", "amount", "500", "payments", "3", "start", "3d")
	b.do("action", "store", "media", "ach", "routing", demoRouting, "account", demoAccount, "name", "Bob")
	b.keep(t, "approved", "wallet", "y")
	sale := b.sale("100")
	b.sale("250")
	b.do("action", "sale", "amount", "900", "cc", "4012345678909", "exp", "1215")
	b.do("action", "chargeback", "transid", sale)

	t.Run("summary", func(t *testing.T) {
		sums := map[string]string{}
		rows := b.ask(t, "querytype", "summary", "limit", "1")
		for _, row := range rows {
			sums[row["media_name"]+" "+row["action_name"]+" "+row["status_name"]] = row["count"] + " " + row["sum"]
		}
		want := map[string]string{"VISA-D sale approved": "2 350", "VISA-D sale decline": "1 0", "VISA-D store accepted": "1 0",
			"VISA-D store approved": "1 0", "VISA-D chargeback accepted": "1 100"}
		if !maps.Equal(sums, want) {
			t.Errorf("got %v", sums)
		}
	})
	t.Run("billingid", func(t *testing.T) {
		cases := map[string][]string{"Ann Lee,Bob,": nil, "Bob": {"media", "ach"}, "Ann Lee,": {"media", "cc"}, "Ann Lee": {"name", "ann"},
			",": {"limit", "1", "offset", "2"}, "Ann Lee,Bob,,": {"pastdue", "n"}}
		for want, fields := range cases {
			var got []string
			for _, row := range b.ask(t, append([]string{"querytype", "billingid"}, fields...)...) {
				got = append(got, row["name"])
			}
			if joined := strings.Join(got, ","); strings.TrimRight(joined, ",") != strings.TrimRight(want, ",") {
				t.Errorf("%v gives %q", fields, joined)
			}
		}
		rows := b.ask(t, "querytype", "billingid")
		first, second, third := rows[0], rows[1], rows[2]
		if first["cycle"] != "2w" || first["payments"] != "3" || first["payments_made"] != "0" || first["next_date"] != "03-04-2026" || first["cc"] != "1111" || first["bank"] != "" {
			t.Errorf("plan: %v", first)
		}
		if second["bank"] != "3221" || second["cc"] != "" || second["media_name"] != "ACH-D" {
			t.Errorf("bank account: %v", second)
		}
		if third["wallet"] != "t" || third["walletsize"] != "1000" || third["walletexposure"] != "72" {
			t.Errorf("wallet: %v", third)
		}
	})
	t.Run("transactions of a billingid", func(t *testing.T) {
		id := b.ask(t, "querytype", "billingid", "name", "Ann")[0]["billingid"]
		b.until(t, "2026-03-04 03:00")
		rows := b.ask(t, "querytype", "transaction", "billingid", id)
		if len(rows) != 2 || rows[1]["action_name"] != "sale" || rows[1]["name"] != "Ann Lee" || rows[1]["billingid"] != id {
			t.Errorf("%v", rows)
		}
	})
	t.Run("chargeback", func(t *testing.T) {
		if row := b.ask(t, "querytype", "transaction", "transid", sale)[0]; row["chargeback_amount"] != "100" {
			t.Errorf("%v", row)
		}
		if row := b.ask(t, "querytype", "chain", "transid", sale)[0]; row["net_amount"] != "0" || row["count"] != "2" {
			t.Errorf("%v", row)
		}
	})
}

// TestHTMLReport: a table, nothing of a cardholder's name in it is markup.
func TestHTMLReport(t *testing.T) {
	b := newBench(t, "")
	b.do(with([]string{"action", "sale", "amount", "100", "name", "<b>Ann</b>"}, visa)...)
	out := b.Query(query("custid", "123456", "password", "abc123", "querytype", "transaction", "format", "html", "showcount", "y"))
	if !strings.HasPrefix(out, "<table>\n<tr><th>cc</th>") || strings.Contains(out, "<b>") || !strings.Contains(out, "&lt;b&gt;Ann") || !strings.HasSuffix(out, "</table>\n1\n") {
		t.Errorf("got %s", out)
	}
	if out := b.Query(query("custid", "123456", "password", "abc123", "querytype", "transaction", "format", "xml")); !strings.HasPrefix(out, "error") {
		t.Error("took another format")
	}
	dial := b.serve(t, &Server{})
	got := sendBlock(t, dial(), []byte("GET /query/?custid=123456&password=abc123&querytype=transaction&format=html HTTP/1.1\r\nHost: x\r\n\r\n"))
	if !strings.Contains(got, "Content-Type: text/html") {
		t.Error("not sent as HTML")
	}
}

// TestVaultPasswordExpires: it is good on its last day, Pacific, and the wire's password goes on.
func TestVaultPasswordExpires(t *testing.T) {
	b := newBench(t, account+"vault_until=\"2026-03-01\"\n")
	b.until(t, "2026-03-01 23:59")
	if out := b.Query(query("custid", "123456", "password", "abc123", "querytype", "transaction")); !strings.HasPrefix(out, "cc,") {
		t.Error("refused on its last day")
	}
	b.until(t, "2026-03-02 00:00")
	if out := b.Query(query("custid", "123456", "password", "abc123", "querytype", "transaction")); !strings.HasPrefix(out, "error") {
		t.Error("still good on the day after")
	}
	if b.sale("100") == "" {
		t.Error("no sale with the same password")
	}
}
