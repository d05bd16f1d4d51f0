package tctest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// visa is a demo card in the fields of a request.
var visa = []string{"cc", "4111111111111111", "exp", "1215"}

// with puts fields together.
func with(lists ...[]string) (out []string) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// wants compares an answer with pairs of name and value.
func wants(t *testing.T, what string, got Reply, pairs ...string) {
	t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		if v := got.Get(pairs[i]); v != pairs[i+1] {
			t.Errorf("%s: %s is %q, want %q (status %s %s %s)", what, pairs[i], v, pairs[i+1], got.Get("status"), got.Get("error"), got.Get("offenders"))
		}
	}
}

func TestRuleASCIIOnly(t *testing.T) {
	for _, name := range []string{"Andr\xe9", "Jos\u00e9", "\x80", "\x7f"} {
		got := newBench(t, "").do(with([]string{"action", "sale", "amount", "100", "name", name}, visa)...)
		wants(t, "a name outside ASCII", got, "error", "badformat", "offenders", "name")
	}
}

func TestRuleNoControlCharacters(t *testing.T) {
	for _, c := range []string{"\x00", "\t", "\r", "\n", "\x1b"} {
		got := newBench(t, "").do(with([]string{"action", "sale", "amount", "100", "name", "A" + c + "B"}, visa)...)
		wants(t, "a control character", got, "error", "badformat", "offenders", "name")
	}
}

// TestRuleBarStripped: the guide says that a bar may be removed; here it always is.
func TestRuleBarStripped(t *testing.T) {
	b := newBench(t, "")
	b.do(with([]string{"action", "sale", "amount", "100", "ticket", "A|1", "name", "|"}, visa)...)
	rows := b.ask(t, "querytype", "transaction")
	if rows[0]["ticket"] != "A1" || rows[0]["name"] != "" {
		t.Errorf("kept %q and %q", rows[0]["ticket"], rows[0]["name"])
	}
}

func TestRuleSpacesTrimmed(t *testing.T) {
	b := newBench(t, "")
	b.do(with([]string{"action", " sale ", "amount", " 100", "ticket", "  A  1  ", "name", "   "}, visa)...)
	rows := b.ask(t, "querytype", "transaction")
	if rows[0]["ticket"] != "A  1" || rows[0]["name"] != "" || rows[0]["amount"] != "100" {
		t.Errorf("kept %q, %q", rows[0]["ticket"], rows[0]["name"])
	}
}

func TestRuleAmountOfThreeDigits(t *testing.T) {
	b := newBench(t, "")
	for amount, want := range map[string]string{"1": "badlength", "13": "badlength", "013": "", "99999999": "", "100000000": "badlength", "1.00": "badformat", "000": "badformat"} {
		wants(t, "amount "+amount, b.do(with([]string{"action", "sale", "amount", amount}, visa)...), "error", want)
	}
	sale := b.sale("500")
	wants(t, "credit of 13", b.do("action", "credit", "transid", sale, "amount", "13"), "error", "badlength", "offenders", "amount")
	wants(t, "credit of 013", b.do("action", "credit", "transid", sale, "amount", "013"), "status", "accepted")
}

func TestRuleCreditWithinOriginal(t *testing.T) {
	b := newBench(t, "")
	sale := b.sale("500")
	wants(t, "more than the original", b.do("action", "credit", "transid", sale, "amount", "501"), "error", "mismatch", "offenders", "transid,amount")
	wants(t, "in part", b.do("action", "credit", "transid", sale, "amount", "200"), "status", "accepted")
	wants(t, "more than is left", b.do("action", "credit", "transid", sale, "amount", "301"), "error", "mismatch")
	wants(t, "the rest", b.do("action", "credit", "transid", sale, "amount", "300"), "status", "accepted")
	wants(t, "after it", b.do("action", "credit", "transid", sale, "amount", "001"), "error", "mismatch")
	other := b.sale("700")
	b.do("action", "credit", "transid", other)
	if e := b.Ledger(); e.Refunded != 500+700 {
		t.Errorf("without an amount the whole is credited: refunded %d", e.Refunded)
	}
}

// TestRuleVoidBefore20Pacific in winter and in summer time.
func TestRuleVoidBefore20Pacific(t *testing.T) {
	for name, c := range map[string]struct{ sold, cutoff time.Time }{
		"winter": {time.Date(2026, 1, 10, 20, 0, 0, 0, time.UTC), time.Date(2026, 1, 11, 4, 0, 0, 0, time.UTC)},
		"summer": {time.Date(2026, 7, 10, 20, 0, 0, 0, time.UTC), time.Date(2026, 7, 11, 3, 0, 0, 0, time.UTC)},
	} {
		b := newBenchAt(t, "", c.sold)
		early, late := b.sale("100"), b.sale("100")
		b.now = c.cutoff.Add(-time.Second)
		wants(t, name+", a second before", b.do("action", "void", "transid", early), "status", "accepted")
		b.now = c.cutoff
		wants(t, name+", at 20:00", b.do("action", "void", "transid", late), "error", "mismatch", "offenders", "transid")
	}
}

func TestRuleVoidDisablesSameDayCredit(t *testing.T) {
	b := newBench(t, account+"[switches]\nvoid_blocks_same_day_credit=true\n")
	sale := b.sale("100")
	wants(t, "on the same day", b.do("action", "credit", "transid", sale), "errortype", "unsupported", "offenders", "action")
	b.now = b.now.AddDate(0, 0, 1)
	wants(t, "on the next day", b.do("action", "credit", "transid", sale), "status", "accepted")
	without := newBench(t, account+"services=[\"reversal\"]\n[switches]\nvoid_blocks_same_day_credit=true\n")
	wants(t, "without void", without.do("action", "credit", "transid", without.sale("100")), "status", "accepted")
}

func TestRuleReversalOfOpenPreauthOnly(t *testing.T) {
	b := newBench(t, "")
	auth := b.preauth("300")
	b.do("action", "postauth", "transid", auth)
	wants(t, "after a postauth", b.do("action", "reversal", "transid", auth), "error", "mismatch")
	wants(t, "of a sale", b.do("action", "reversal", "transid", b.sale("100")), "error", "mismatch")
	open := b.preauth("300")
	wants(t, "of an open preauth", b.do("action", "reversal", "transid", open), "status", "accepted")
	wants(t, "again", b.do("action", "reversal", "transid", open), "error", "mismatch")
	wants(t, "postauth after it", b.do("action", "postauth", "transid", open), "error", "mismatch")
	for industry, want := range map[string]string{"retail": "unsupported", "restaurant": "unsupported", "direct": "", "": ""} {
		b := newBench(t, account+"industry=\""+industry+"\"\n")
		wants(t, "industry "+industry, b.do("action", "reversal", "transid", b.preauth("100")), "errortype", want)
	}
}

func TestRuleReversalByBrand(t *testing.T) {
	cases := []struct{ name, pan, amount, want string }{
		{"Visa in part", "4111111111111111", "100", ""},
		{"Visa whole", "4111111111111111", "300", ""},
		{"Mastercard in part", "5411111111111115", "100", "unsupported"},
		{"Mastercard whole", "5411111111111115", "300", ""},
		{"Amex whole", "341111111111111", "300", "unsupported"},
		{"Discover whole", "6011111111111117", "300", "unsupported"},
	}
	for _, c := range cases {
		b := newBench(t, "")
		auth := b.do("action", "preauth", "amount", "300", "cc", c.pan, "exp", "1215").TransID
		wants(t, c.name, b.do("action", "reversal", "transid", auth, "amount", c.amount), "errortype", c.want)
	}
}

func TestRulePostauthAfterOwnDecline(t *testing.T) {
	avs := []string{"avs", "y", "address1", "9 Nowhere", "zip", "11111"}
	cases := []struct {
		name, action string
		fields       []string
		want         string
	}{
		{"preauth, avs", "preauth", with(visa, avs), "accepted"},
		{"preauth, cvv", "preauth", with(visa, []string{"cvv", "999"}), "accepted"},
		{"sale, avs", "sale", with(visa, avs), "accepted"},
		{"sale, cvv", "sale", with(visa, []string{"cvv", "999"}), "accepted"},
		{"sale, issuer", "sale", []string{"cc", "4012345678909", "exp", "1215"}, "baddata"},
		{"verify, cvv", "verify", with(visa, []string{"cvv", "999"}), "baddata"},
		{"store, cvv", "store", with(visa, []string{"verify", "y", "cvv", "999"}), "baddata"},
	}
	for _, c := range cases {
		b := newBench(t, "")
		fields := append([]string{"action", c.action}, c.fields...)
		if c.action != "verify" && c.action != "store" {
			fields = append(fields, "amount", "400")
		}
		refused := b.do(fields...)
		wants(t, c.name+", first", refused, "status", "decline")
		wants(t, c.name, b.do("action", "postauth", "transid", refused.TransID), "status", c.want)
		if net := b.Ledger().Net; (c.want == "accepted") != (net == 400) {
			t.Errorf("%s: net %d", c.name, net)
		}
	}
}

func TestRuleStoreVerifiesWithADollar(t *testing.T) {
	fields := with([]string{"action", "store", "verify", "y"}, visa)
	b := newBench(t, "")
	wants(t, "with verification", b.do(fields...), "status", "approved")
	if l := b.Ledger(); len(l.Entries) != 2 || l.Entries[0].Action != "verify" || l.Held != 0 {
		t.Errorf("%d rows, held %d", len(l.Entries), l.Held)
	}
	b = newBench(t, account+"services=[\"citadel\"]\n")
	wants(t, "without", b.do(fields...), "status", "approved")
	if l := b.Ledger(); len(l.Entries) != 2 || l.Entries[0].Action != "preauth" || l.Held != 100 || l.Net != 0 {
		t.Errorf("%d rows, held %d", len(l.Entries), l.Held)
	}
	got := b.do("action", "store", "verify", "y", "cc", "4012345678909", "exp", "1215")
	wants(t, "a card that is refused", got, "status", "decline", "declinetype", "decline", "billingid", "")
	if n := len(b.ask(t, "querytype", "billingid")); n != 1 {
		t.Errorf("%d accounts are stored, want 1", n)
	}
}

func TestRuleRecurringAt0200Pacific(t *testing.T) {
	for name, c := range map[string]struct{ stored, run time.Time }{
		"winter": {time.Date(2026, 1, 10, 20, 0, 0, 0, time.UTC), time.Date(2026, 1, 11, 10, 0, 0, 0, time.UTC)},
		"summer": {time.Date(2026, 7, 10, 20, 0, 0, 0, time.UTC), time.Date(2026, 7, 11, 9, 0, 0, 0, time.UTC)},
	} {
		b := newBenchAt(t, account+"[switches]\nstart_absent=\"next_run\"\n", c.stored)
		b.do(with([]string{"action", "store", "amount", "700", "cycle", "1m"}, visa)...)
		b.now = c.run.Add(-time.Second)
		if net := b.Ledger().Net; net != 0 {
			t.Errorf("%s: net %d a second before the run", name, net)
		}
		b.now = c.run
		l := b.Ledger()
		if l.Net != 700 || !l.Entries[1].BookedAt.Equal(c.run) {
			t.Errorf("%s: net %d at the run", name, l.Net)
		}
	}
}

func TestRuleWalletStandard(t *testing.T) {
	b := newBench(t, "")
	id := b.do(with([]string{"action", "store", "wallet", "y"}, visa)...).Get("billingid")
	wants(t, "11 dollars", b.do("action", "walletsale", "billingid", id, "amount", "1001"), "error", "mismatch", "offenders", "amount")
	wants(t, "a dollar", b.do("action", "walletsale", "billingid", id, "amount", "100"), "status", "approved")
	if l := b.Ledger(); l.Held != 900 {
		t.Errorf("held %d of 10 dollars after one was used", l.Held)
	}
	b.now = b.now.Add(72*time.Hour - time.Second)
	if jobs := b.RunDue(); len(jobs) != 0 {
		t.Errorf("captured before 72 hours: %v", jobs)
	}
	b.now = b.now.Add(time.Second)
	if jobs := b.RunDue(); len(jobs) != 1 || jobs[0].Name != "wallet" {
		t.Errorf("jobs at 72 hours: %v", jobs)
	}
	if l := b.Ledger(); l.Held != 0 || l.Net != 100 {
		t.Errorf("held %d, net %d", l.Held, l.Net)
	}
}

func TestRuleLevel3SaleOnly99Items(t *testing.T) {
	sale := with([]string{"action", "sale", "amount", "2000", "purchaselevel", "3"}, visa)
	items := func(n int) (out []string) {
		for i := 1; i <= n; i++ {
			out = append(out, fmt.Sprintf("productcode%d", i), "A", fmt.Sprintf("price%d", i), "1")
		}
		return out
	}
	cases := []struct {
		name   string
		fields []string
		want   []string
	}{
		{"no items", sale, []string{"status", "approved"}},
		{"99 items", with(sale, []string{"numitems", "99"}, items(99)), []string{"status", "approved"}},
		{"100 items", with(sale, []string{"numitems", "100"}), []string{"error", "badformat", "offenders", "numitems"}},
		{"a hundredth item", with(sale, []string{"numitems", "99", "price100", "1"}), []string{"error", "extrafields", "offenders", "price100"}},
		{"item number 0", with(sale, []string{"numitems", "1", "price0", "1"}), []string{"error", "extrafields", "offenders", "price0"}},
		{"more items than said", with(sale, []string{"numitems", "1"}, items(2)), []string{"error", "mismatch", "offenders", "numitems"}},
		{"fewer items than said", with(sale, []string{"numitems", "3"}, items(2)), []string{"status", "approved"}},
		{"items without their number", with(sale, items(1)), []string{"error", "missingfields", "offenders", "numitems"}},
		{"freight twice", with(sale, []string{"numitems", "1", "shippinghandling", "1", "shippinghandling1", "1"}), []string{"error", "mismatch", "offenders", "shippinghandling,shippinghandling1"}},
		{"preauth", with([]string{"action", "preauth", "amount", "2000", "purchaselevel", "3"}, visa), []string{"errortype", "unsupported", "offenders", "action"}},
	}
	for _, c := range cases {
		wants(t, c.name, newBench(t, "").do(c.fields...), c.want...)
	}
	b := newBench(t, "")
	wants(t, "postauth", b.do("action", "postauth", "transid", b.preauth("100"), "purchaselevel", "3"), "errortype", "unsupported", "offenders", "action")
}

func TestRuleDebitNeedsTrack2AmountPIN(t *testing.T) {
	whole := map[string]string{"track2": ";4111111111111111=3012?", "amount": "400", "pin": "BECD3379A717D40E4B00010000200000001A"}
	for _, left := range []string{"", "track2", "amount"} {
		fields := []string{"action", "sale"}
		for name, v := range whole {
			if name != left {
				fields = append(fields, name, v)
			}
		}
		got := newBench(t, "").do(fields...)
		if left == "" {
			wants(t, "whole", got, "status", "approved")
			continue
		}
		wants(t, "without "+left, got, "error", "missingfields", "offenders", left)
	}
	got := newBench(t, "").do("action", "credit2", "pin", whole["pin"], "track2", whole["track2"], "amount", "400")
	wants(t, "refund", got, "error", "missingfields", "offenders", "debitdata,originalsaledate")
	for name, pin := range map[string]string{"badlength": "BECD3379A717D40E4B00010000", "badformat": strings.Repeat("Z", 36)} {
		wants(t, "pin", newBench(t, "").do("action", "sale", "track2", whole["track2"], "amount", "400", "pin", pin), "error", name, "offenders", "pin")
	}
	wants(t, "a cvv beside it", newBench(t, "").do("action", "sale", "track2", whole["track2"], "amount", "400", "pin", whole["pin"], "cvv", "123"),
		"error", "extrafields", "offenders", "cvv")
}

func TestRuleDebitUnconfirmed(t *testing.T) {
	b := newBench(t, account+"debitack=\"n\"\n")
	got := b.do("action", "sale", "track2", ";4111111111111111=3012?", "amount", "400", "pin", "BECD3379A717D40E4B00010000200000001A")
	wants(t, "sale", got, "status", "approved", "debitack", "n")
	if net := b.Ledger().Net; net != 400 {
		t.Errorf("net %d: an unconfirmed debit may well have moved the money", net)
	}
}

func TestRuleTipOnPostauth(t *testing.T) {
	b := newBench(t, "")
	auth := b.preauth("1500")
	wants(t, "tip above the hold", b.do("action", "postauth", "transid", auth, "tip", "200"), "status", "accepted")
	l := b.Ledger()
	if l.Net != 1700 || l.Entries[1].Captured != 1700 || !strings.Contains(strings.Join(l.Entries[1].Marks, ","), "tip 200") {
		t.Errorf("net %d, marks %v", l.Net, l.Entries[1].Marks)
	}
	wants(t, "amount above the hold", b.do("action", "postauth", "transid", b.preauth("100"), "amount", "101"), "error", "mismatch")
	wants(t, "tip within a sale", b.do(with([]string{"action", "sale", "amount", "500", "tip", "100"}, visa)...), "status", "approved")
	wants(t, "tip above a sale", b.do(with([]string{"action", "sale", "amount", "500", "tip", "501"}, visa)...), "error", "mismatch", "offenders", "amount,tip")
	for name, profile := range map[string]string{"industry": account + "industry=\"direct\"\n", "platform": account + "[switches]\ntip=false\n"} {
		b := newBench(t, profile)
		wants(t, name, b.do("action", "postauth", "transid", b.preauth("100"), "tip", "020"), "errortype", "unsupported", "offenders", "tip")
		wants(t, name, b.do(with([]string{"action", "sale", "amount", "500", "tip", "100"}, visa)...), "errortype", "unsupported", "offenders", "tip")
	}
}

// TestRuleShipDate: given, by default the day of the postauth, and where it is not supported.
func TestRuleShipDate(t *testing.T) {
	b := newBench(t, "")
	b.do("action", "postauth", "transid", b.preauth("100"), "shipdate", "12-01-2006")
	b.do("action", "postauth", "transid", b.preauth("100"))
	l := b.Ledger()
	if first, second := l.Entries[1].Marks, l.Entries[3].Marks; first[0] != "shipped 12-01-2006" || second[0] != "shipped 03-01-2026" {
		t.Errorf("%v, %v", first, second)
	}
	for name, profile := range map[string]string{"industry": account + "industry=\"restaurant\"\n", "platform": account + "[switches]\nshipdate=false\n"} {
		b := newBench(t, profile)
		wants(t, name, b.do("action", "postauth", "transid", b.preauth("100"), "shipdate", "12-01-2006"), "errortype", "unsupported", "offenders", "shipdate")
	}
}

func TestRuleDefaultTicketIsTransID(t *testing.T) {
	b := newBench(t, "")
	sale := b.sale("100")
	b.do("action", "credit", "transid", sale)
	b.do(with([]string{"action", "sale", "amount", "100", "ticket", "T"}, visa)...)
	for _, row := range b.ask(t, "querytype", "transaction") {
		if want := map[bool]string{true: "T", false: row["transid"]}[row["ticket"] == "T"]; row["ticket"] != want {
			t.Errorf("ticket %q of %s", row["ticket"], row["transid"])
		}
	}
	if rows := b.ask(t, "querytype", "transaction", "ticket", "T"); len(rows) != 1 {
		t.Errorf("%d rows with the ticket", len(rows))
	}
}

// TestRuleDemoCards is the guide's table, in a test account and in a live one.
func TestRuleDemoCards(t *testing.T) {
	live := "[[account]]\ncustid=\"123456\"\npassword=\"abc123\"\nmode=\"live\"\n"
	cases := []struct{ name, pan, address, zip, cvv, declinetype string }{
		{"approve.visa", "4111111111111111", "123 Test St.", "90001", "123", ""},
		{"approve.mastercard", "5411111111111115", "4000 Main St.", "85001", "777", ""},
		{"approve.amex", "341111111111111", "12 Colorado Blvd.", "54321", "4000", ""},
		{"approve.discover", "6011111111111117", "6789 Green Ave", "12345", "", ""},
		{"approve.diners", "36484444444446", "7390 Del Mar Blvd", "01101", "", ""},
		{"approve.jcb", "213122222222221", "350 Madison Ave", "40000", "", ""},
		{"decline", "4012345678909", "", "", "", "decline"},
		{"call", "5555444433332226", "", "", "", "call"},
		{"carderror", "4444111144441111", "", "", "", "carderror"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, action := range []string{"sale", "preauth"} {
				fields := []string{"action", action, "amount", "100", "cc", c.pan, "exp", "1215", "address1", c.address, "zip", c.zip, "cvv", c.cvv}
				got := newBench(t, "").do(fields...)
				status := map[bool]string{true: "approved", false: "decline"}[c.declinetype == ""]
				wants(t, action, got, "status", status, "declinetype", c.declinetype)
				if c.declinetype == "" {
					wants(t, action, got, "avs", "Y", "cvv", map[bool]string{true: "M", false: ""}[c.cvv != ""])
				}
				fields[7] = "1230"
				wants(t, action+", live", newBench(t, live).do(fields...), "status", "decline", "declinetype", "carderror")
				wants(t, action+", live with demo=y", newBench(t, live).do(append(fields, "demo", "y")...), "status", status, "declinetype", c.declinetype)
			}
		})
	}
	bank := []string{"action", "sale", "amount", "133", "media", "ach", "routing", "789456124", "account", "55544433221"}
	t.Run("accept.ach", func(t *testing.T) {
		wants(t, "demo", newBench(t, "").do(bank...), "status", "accepted")
		wants(t, "live", newBench(t, live).do(bank...), "status", "decline", "declinetype", "decline")
		other := with(bank, []string{"account", "55544433222"})
		wants(t, "another account, demo", newBench(t, "").do(other...), "status", "decline", "declinetype", "decline")
		wants(t, "another account, live", newBench(t, live).do(other...), "status", "accepted")
	})
}
