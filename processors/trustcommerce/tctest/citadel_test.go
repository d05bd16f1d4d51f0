package tctest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	_ "github.com/tillpos/till/ci/seed"
)

// nextRun is an account whose plans begin in the coming night, as the guide has it.
const nextRun = account + "[switches]\nstart_absent=\"next_run\"\n"

// until moves the clock to a Pacific date and time and runs what falls due.
func (b *bench) until(t testing.TB, day string) {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", day, b.pacific)
	if err != nil {
		t.Fatal(err)
	}
	b.now = at
	b.RunDue()
}

// story tells the book in one line: action, cents, Pacific day and hour of each row but stores.
func (b *bench) story() string {
	var out []string
	for _, e := range b.Ledger().Entries {
		if e.Action != "store" {
			out = append(out, fmt.Sprintf("%s %d %s", e.Action, e.Approved, e.BookedAt.In(b.pacific).Format("01-02 15")))
		}
	}
	return strings.Join(out, "; ")
}

func (b *bench) keep(t testing.TB, status string, fields ...string) string {
	t.Helper()
	got := b.do(with([]string{"action", "store"}, visa, fields)...)
	if got.Get("status") != status || got.Get("billingid") == "" {
		t.Fatalf("store: %s %s %s, want %s", got.Get("status"), got.Get("error"), got.Get("offenders"), status)
	}
	return got.Get("billingid")
}

// TestPlans: stored on Sunday, March 1st, 2026, at noon in California.
func TestPlans(t *testing.T) {
	cases := []struct {
		name, profile string
		fields        []string
		status        string
		want          string
		active        string
	}{
		{"every month, from the coming night", nextRun, []string{"cycle", "1m", "amount", "500"}, "accepted",
			"sale 500 03-02 02; sale 500 04-02 02; sale 500 05-02 02", "t"},
		{"every month, from now", account, []string{"cycle", "1m", "amount", "500"}, "approved",
			"sale 500 03-01 12; sale 500 04-01 02; sale 500 05-01 02", "t"},
		{"three weeks from a date", account, []string{"cycle", "3w", "amount", "500", "start", "2026-04-20"}, "accepted",
			"sale 500 04-20 02; sale 500 05-11 02", "t"},
		{"a start that is over", account, []string{"cycle", "2m", "amount", "500", "start", "2025-04-20"}, "accepted",
			"sale 500 03-02 02; sale 500 05-02 02", "t"},
		{"an offset, with the hold now", account, []string{"cycle", "2m", "amount", "500", "start", "3d", "authnow", "y"}, "approved",
			"preauth 500 03-01 12; postauth 500 03-04 02; sale 500 05-04 02", "t"},
		{"authnow without a start", account, []string{"cycle", "2m", "amount", "500", "authnow", "y"}, "approved",
			"preauth 500 03-01 12; postauth 500 03-02 02; sale 500 05-02 02", "t"},
		{"a hold that lapsed before the start", account, []string{"cycle", "1y", "amount", "500", "start", "15d", "authnow", "y"}, "approved",
			"preauth 500 03-01 12; sale 500 03-16 02", "t"},
		{"installments, unstored after the last", nextRun, []string{"cycle", "1m", "amount", "500", "payments", "2"}, "accepted",
			"sale 500 03-02 02; sale 500 04-02 02; unstore 0 04-02 02", "f"},
		{"installments, kept", nextRun, []string{"cycle", "1m", "amount", "500", "payments", "2", "lastpaymentunstore", "n"}, "accepted",
			"sale 500 03-02 02; sale 500 04-02 02", "t"},
		{"one payment in the future", account, []string{"amount", "500", "payments", "1", "start", "10d"}, "accepted",
			"sale 500 03-11 02; unstore 0 03-11 02", "f"},
		{"every day over the change to summer time", nextRun, []string{"cycle", "1d", "amount", "500", "start", "2026-03-07", "payments", "3"}, "accepted",
			"sale 500 03-07 02; sale 500 03-08 %s; sale 500 03-09 02; unstore 0 03-09 02", "f"},
		{"the last day of the month", account, []string{"cycle", "1m", "amount", "500", "start", "2026-03-31", "payments", "3"}, "accepted",
			"sale 500 03-31 02; sale 500 04-30 02; sale 500 05-31 02; unstore 0 05-31 02", "f"},
		{"no plan", account, []string{"amount", "500"}, "accepted", "", "t"},
		{"verified and held", account, []string{"cycle", "9y", "amount", "500", "start", "3d", "authnow", "y", "verify", "y"}, "approved",
			"verify 0 03-01 12; preauth 500 03-01 12; postauth 500 03-04 02", "t"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, c.profile)
			id := b.keep(t, c.status, c.fields...)
			b.until(t, "2026-05-31 20:00")
			got, want := b.story(), c.want
			if strings.Contains(want, "%s") { // 02:00 does not exist on that day: the run is once, an hour off
				want = fmt.Sprintf(want, got[strings.Index(got, "03-08 ")+6:][:2])
			}
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if row := b.ask(t, "querytype", "billingid", "billingid", id)[0]; row["active"] != c.active {
				t.Errorf("active %s, want %s", row["active"], c.active)
			}
		})
	}
}

func TestPlanNeeds(t *testing.T) {
	cases := []struct {
		fields []string
		want   string
	}{
		{[]string{"cycle", "1m"}, "amount"},
		{[]string{"start", "3d"}, "amount,cycle"},
		{[]string{"authnow", "y", "amount", "100"}, "cycle"},
		{[]string{"payments", "3", "amount", "100"}, "cycle"},
		{[]string{"payments", "1", "start", "3d"}, "amount"},
	}
	for _, c := range cases {
		got := newBench(t, "").do(with([]string{"action", "store"}, visa, c.fields)...)
		wants(t, strings.Join(c.fields, " "), got, "error", "missingfields", "offenders", c.want)
	}
}

// TestRefusedPayments: a plan goes on after a payment that was refused, which does not count.
func TestRefusedPayments(t *testing.T) {
	b := newBench(t, nextRun)
	got := b.do("action", "store", "cc", "4012345678909", "exp", "1215", "cycle", "1m", "amount", "500", "payments", "2")
	id := got.Get("billingid")
	b.until(t, "2026-03-02 03:00")
	ask := func() map[string]string { return b.ask(t, "querytype", "billingid", "billingid", id)[0] }
	if row := ask(); row["pastdue"] != "t" || row["payments_made"] != "0" || row["next_date"] != "04-02-2026" {
		t.Errorf("after a refusal: %v", row)
	}
	if n := len(b.ask(t, "querytype", "billingid", "pastdue", "y")); n != 1 {
		t.Errorf("%d past due", n)
	}
	wants(t, "another card", b.do(with([]string{"action", "store", "billingid", id}, visa)...), "status", "accepted")
	b.until(t, "2026-06-01 03:00")
	if row := ask(); row["pastdue"] != "f" || row["payments_made"] != "2" || row["active"] != "f" {
		t.Errorf("at the end: %v", row)
	}
	if net := b.Ledger().Net; net != 1000 {
		t.Errorf("net %d", net)
	}
	t.Run("at once", func(t *testing.T) {
		b := newBench(t, "")
		for _, more := range [][]string{{"cycle", "1m"}, {"cycle", "1m", "authnow", "y"}, {"wallet", "y"}} {
			got := b.do(append([]string{"action", "store", "cc", "4012345678909", "exp", "1215", "amount", "500"}, more...)...)
			wants(t, more[0], got, "status", "decline", "declinetype", "decline", "billingid", "")
		}
		if n := len(b.ask(t, "querytype", "billingid")); n != 0 {
			t.Errorf("%d stored", n)
		}
	})
	t.Run("bank account", func(t *testing.T) {
		b := newBench(t, "")
		bank := []string{"action", "store", "media", "ach", "routing", demoRouting, "cycle", "1m", "amount", "500"}
		wants(t, "the demo account", b.do(append(bank, "account", demoAccount)...), "status", "accepted")
		wants(t, "another one", b.do(append(bank, "account", "123")...), "status", "decline")
		b.until(t, "2026-04-01 03:00")
		if got := b.story(); got != "sale 500 03-01 12; sale 500 04-01 02" {
			t.Error(got)
		}
	})
}

// TestPlanUpdates: what a store with a billingid changes of a plan.
func TestPlanUpdates(t *testing.T) {
	cases := []struct {
		name   string
		fields []string
		want   string
	}{
		{"amount", []string{"amount", "700"}, "sale 500 03-02 02; sale 700 04-02 02; sale 700 05-02 02"},
		{"cycle", []string{"cycle", "3w"}, "sale 500 03-02 02; sale 500 04-02 02; sale 500 04-23 02; sale 500 05-14 02"},
		{"start", []string{"start", "2026-05-20"}, "sale 500 03-02 02; sale 500 05-20 02"},
		{"payments are counted anew", []string{"payments", "2"}, "sale 500 03-02 02; sale 500 04-02 02; sale 500 05-02 02; unstore 0 05-02 02"},
		{"cycle erased", []string{"cycle", "null"}, "sale 500 03-02 02"},
		{"amount erased", []string{"amount", "null"}, "sale 500 03-02 02"},
		{"nothing of the plan", []string{"zip", "90001"}, "sale 500 03-02 02; sale 500 04-02 02; sale 500 05-02 02"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, nextRun)
			id := b.keep(t, "accepted", "cycle", "1m", "amount", "500")
			b.until(t, "2026-03-10 12:00")
			wants(t, "update", b.do(append([]string{"action", "store", "billingid", id}, c.fields...)...), "status", "accepted", "billingid", id)
			b.until(t, "2026-05-30 12:00")
			if got := b.story(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	t.Run("a plan for a card that had none", func(t *testing.T) {
		b := newBench(t, "")
		id := b.keep(t, "accepted")
		b.do("action", "store", "billingid", id, "cycle", "1m", "amount", "500")
		b.until(t, "2026-04-02 12:00")
		if got := b.story(); got != "sale 500 03-02 02; sale 500 04-02 02" {
			t.Error(got)
		}
	})
	t.Run("unstore", func(t *testing.T) {
		b := newBench(t, nextRun)
		id := b.keep(t, "accepted", "cycle", "1m", "amount", "500")
		wants(t, "unstore", b.do("action", "unstore", "billingid", id), "status", "accepted")
		b.until(t, "2026-05-30 12:00")
		if got := b.story(); got != "unstore 0 03-01 12" {
			t.Error(got)
		}
	})
}

// TestUpdates: what is sent changes, null erases, the rest stays; nothing sensitive comes back.
func TestUpdates(t *testing.T) {
	b := newBench(t, account+"customfields=[\"customfield1\"]\n")
	id := b.keep(t, "accepted", "name", "Ann Lee", "zip", "90001", "address1", "123 Test St.", "customfield1", "gold")
	sale := func() Reply { return b.do("action", "sale", "amount", "100", "billingid", id) }
	wants(t, "the stored address counts", sale(), "status", "approved", "avs", "Y")
	wants(t, "the request's goes before it", b.do("action", "sale", "amount", "100", "billingid", id, "zip", "11111"), "avs", "A")
	wants(t, "update", b.do("action", "store", "billingid", id, "zip", "null", "name", "Bob"), "status", "accepted", "billingid", id)
	wants(t, "the zip is gone", sale(), "avs", "A")
	if row := b.ask(t, "querytype", "billingid")[0]; row["name"] != "Bob" || row["zip"] != "" || row["address1"] != "123 Test St." || row["cc"] != "1111" || row["exp"] != "" {
		t.Errorf("%v", row)
	}
	wants(t, "another card", b.do("action", "store", "billingid", id, "cc", "4012345678909", "verify", "y"), "status", "decline")
	wants(t, "which was not taken", sale(), "status", "approved")
	wants(t, "unchecked it is", b.do("action", "store", "billingid", id, "cc", "4012345678909"), "status", "accepted")
	wants(t, "and declines", sale(), "status", "decline")
	wants(t, "verified", b.do(with([]string{"action", "store", "billingid", id, "verify", "y"}, visa)...), "status", "approved", "billingid", id)
	wants(t, "a card is never erased", b.do("action", "store", "billingid", id, "cc", "null"), "error", "badformat", "offenders", "cc")
	wants(t, "null is a name in a new store", b.do(with([]string{"action", "store", "cycle", "null", "amount", "100"}, visa)...), "error", "badformat", "offenders", "cycle")
	wants(t, "half a bank account", b.do("action", "store", "billingid", id, "media", "ach", "routing", demoRouting), "error", "missingfields", "offenders", "account")
	wants(t, "no wallet later on", b.do("action", "store", "billingid", id, "wallet", "y"), "error", "mismatch", "offenders", "billingid,wallet")
}

// TestStoredPayers: where a billingid may stand, and what it is when it is not there.
func TestStoredPayers(t *testing.T) {
	b := newBench(t, "")
	id := b.keep(t, "accepted")
	bank := b.do("action", "store", "media", "ach", "routing", demoRouting, "account", demoAccount).Get("billingid")
	gone := b.keep(t, "accepted")
	b.do("action", "unstore", "billingid", gone)
	const amount = "100"
	cases := []struct {
		name   string
		fields []string
		want   []string
	}{
		{"sale", []string{"action", "sale", "amount", amount, "billingid", id}, []string{"status", "approved"}},
		{"preauth", []string{"action", "preauth", "amount", amount, "billingid", id}, []string{"status", "approved"}},
		{"verify", []string{"action", "verify", "billingid", id}, []string{"status", "approved"}},
		{"credit2", []string{"action", "credit2", "amount", amount, "billingid", id}, []string{"status", "accepted"}},
		{"bank, media named", []string{"action", "sale", "amount", amount, "media", "ach", "billingid", bank}, []string{"status", "accepted"}},
		{"bank, media left out", []string{"action", "sale", "amount", amount, "billingid", bank}, []string{"status", "accepted"}},
		{"bank refund", []string{"action", "credit2", "amount", amount, "media", "ach", "billingid", bank}, []string{"status", "accepted"}},
		{"bank preauth", []string{"action", "preauth", "amount", amount, "billingid", bank}, []string{"errortype", "unsupported", "offenders", "action"}},
		{"bank verify", []string{"action", "verify", "billingid", bank}, []string{"errortype", "unsupported", "offenders", "action"}},
		{"a card for a bank account", []string{"action", "sale", "amount", amount, "media", "ach", "billingid", id}, []string{"error", "mismatch", "offenders", "media,billingid"}},
		{"a card beside it", with([]string{"action", "sale", "amount", amount, "billingid", id}, visa), []string{"error", "extrafields", "offenders", "cc,exp"}},
		{"unknown", []string{"action", "sale", "amount", amount, "billingid", "Z00000"}, []string{"error", "mismatch", "offenders", "billingid"}},
		{"unstored", []string{"action", "preauth", "amount", amount, "billingid", gone}, []string{"error", "mismatch", "offenders", "billingid"}},
		{"unstored again", []string{"action", "unstore", "billingid", gone}, []string{"error", "mismatch", "offenders", "billingid"}},
		{"update of an unstored one", []string{"action", "store", "billingid", gone, "zip", "90001"}, []string{"error", "mismatch", "offenders", "billingid"}},
		{"too long", []string{"action", "sale", "amount", amount, "billingid", "doesnotexist"}, []string{"error", "badlength", "offenders", "billingid"}},
		{"another merchant's", []string{"custid", "TestMerchant", "password", "password", "action", "sale", "amount", amount, "billingid", id}, []string{"error", "mismatch", "offenders", "billingid"}},
	}
	for _, c := range cases {
		wants(t, c.name, b.do(c.fields...), c.want...)
	}
	wants(t, "the rule rejected", newBench(t, "profile=\"rejected\"\n"+account).do("action", "unstore", "billingid", "Z00000"), "status", "rejected")
	wants(t, "the rule rejected, of a sale", newBench(t, "profile=\"rejected\"\n"+account).do("action", "sale", "amount", "100", "billingid", "Z00000"), "status", "rejected")
}

// TestPlanIsKeptToTheDay: whatever the cycle, runs are at 02:00, in order, and as many as days allow.
func TestPlanIsKeptToTheDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &bench{now: noon.AddDate(0, 0, rapid.IntRange(0, 700).Draw(t, "day"))}
		p, err := ParseProfile([]byte(nextRun))
		if err != nil {
			t.Fatal(err)
		}
		if b.Host, err = New(Config{Profile: p, Now: func() time.Time { return b.now }, Random: zero{}}); err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(1, 99).Draw(t, "n")
		unit := rapid.SampledFrom([]string{"d", "w", "m", "y"}).Draw(t, "unit")
		payments := rapid.IntRange(1, 12).Draw(t, "payments")
		b.do(with([]string{"action", "store", "amount", "100", "cycle", fmt.Sprint(n, unit), "payments", fmt.Sprint(payments)}, visa)...)
		b.now = b.now.AddDate(n*payments+1, 0, 0)
		var last time.Time
		runs := 0
		for _, e := range b.Ledger().Entries {
			if e.Action != "sale" {
				continue
			}
			at := e.BookedAt.In(b.pacific)
			if h := at.Hour(); h < 1 || h > 3 || at.Minute() != 0 {
				t.Fatalf("a run at %v", at)
			}
			if gap := at.Sub(last); runs > 0 && gap < time.Duration(n)*23*time.Hour {
				t.Fatalf("%v after the one before, cycle %d%s", gap, n, unit)
			}
			last, runs = at, runs+1
		}
		if runs != payments {
			t.Fatalf("%d runs, want %d", runs, payments)
		}
	})
}
