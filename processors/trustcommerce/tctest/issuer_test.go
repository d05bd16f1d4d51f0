package tctest

import (
	"slices"
	"strings"
	"testing"
)

const scripted = "[[card]]\nname=\"script\"\ncc=\"4012881888818888\"\n"

// TestScriptedCodes: a profile's card answers with any code of the guide's tables.
func TestScriptedCodes(t *testing.T) {
	for _, code := range strings.Split("ABCDEGIMNPRSUWXYZ", "") {
		got := newBench(t, account+scripted+"avs=\""+code+"\"\n").do("action", "sale", "amount", "100", "cc", "4012881888818888", "exp", "1230")
		wants(t, "avs "+code, got, "status", "approved", "avs", code)
	}
	for _, code := range []string{"M", "N", "P", "S", "U", " "} {
		b := newBench(t, account+scripted+"cvv=\""+code+"\"\n")
		got := b.do("action", "sale", "amount", "100", "cc", "4012881888818888", "exp", "1230", "cvv", "123", "cvvcheck", "n")
		wants(t, "cvv "+code, got, "status", "approved", "cvv", code)
		if !strings.Contains(string(got.Block()), "cvv="+code+"\n") {
			t.Errorf("cvv %q is not on the wire", code)
		}
		wants(t, "cvv not sent", b.do("action", "sale", "amount", "100", "cc", "4012881888818888", "exp", "1230"), "cvv", "")
	}
	for _, word := range []string{"expiredcard", "fraud", "blacklist", "velocity", "dailylimit"} {
		b := newBench(t, account+scripted+"decline=\""+word+"\"\n")
		wants(t, word, b.do("action", "sale", "amount", "100", "cc", "4012881888818888", "exp", "1230"), "status", "decline", "declinetype", word)
	}
}

// TestProcessorDown: nothing is decided and no money moves; the row shows the try.
func TestProcessorDown(t *testing.T) {
	b := newBench(t, account+scripted+"fail=true\n")
	card := []string{"cc", "4012881888818888", "exp", "1230"}
	id := b.do(with([]string{"action", "store"}, card)...).Get("billingid")
	for _, fields := range [][]string{
		with([]string{"action", "sale", "amount", "100"}, card), with([]string{"action", "preauth", "amount", "100"}, card),
		with([]string{"action", "verify"}, card), with([]string{"action", "store", "verify", "y"}, card),
		{"action", "sale", "amount", "100", "billingid", id},
	} {
		got := b.do(fields...)
		wants(t, fields[1], got, "status", "error", "errortype", "failtoprocess", "offenders", "")
		if got.Get("transid") == "" {
			t.Errorf("%s: no transid", fields[1])
		}
	}
	if l := b.Ledger(); l.Net != 0 || l.Held != 0 || len(l.Entries) != 6 {
		t.Errorf("net %d, held %d, rows %d", l.Net, l.Held, len(l.Entries))
	}
}

// TestTroubles: what faults do inside the gateway.
func TestTroubles(t *testing.T) {
	sale := query("custid", "123456", "password", "abc123", "action", "sale", "amount", "100", "cc", "4111111111111111", "exp", "1215")
	for name, c := range map[string]struct {
		trouble Trouble
		net     int64
		status  string
	}{
		"processor not reached": {Trouble{NoProcessor: true}, 0, "error"},
		"verdict lost":          {Trouble{LostVerdict: true}, 100, "error"},
		"hidden":                {Trouble{HideFor: 1}, 100, "approved"},
	} {
		b := newBench(t, "")
		got := b.HandleIn(sale, c.trouble)
		wants(t, name, got, "status", c.status)
		if c.status == "error" {
			wants(t, name, got, "errortype", "failtoprocess", "avs", "")
		}
		if l := b.Ledger(); l.Net != c.net || len(l.Entries) != 1 || l.Entries[0].TransID != got.Get("transid") {
			t.Errorf("%s: net %d, %d rows", name, l.Net, len(l.Entries))
		}
		rows := len(b.ask(t, "querytype", "transaction"))
		if want := map[bool]int{true: 0, false: 1}[c.trouble.HideFor > 0]; rows != want {
			t.Errorf("%s: %d rows in the report, want %d", name, rows, want)
		}
		b.now = b.now.Add(c.trouble.HideFor)
		if len(b.ask(t, "querytype", "transaction")) != 1 {
			t.Errorf("%s: never shown", name)
		}
	}
}

// TestCommercialCards: the letter comes with a Level II or III authorization of a card that has one.
func TestCommercialCards(t *testing.T) {
	levels := [][]string{nil, {"purchaselevel", "2"}, {"purchaselevel", "3"}}
	for letter, profile := range map[string]string{"S": account, "R": account + scripted + "commercial=\"R\"\n", "B": account + scripted + "commercial=\"B\"\n", "": account + scripted} {
		for i, level := range levels {
			for _, action := range []string{"sale", "preauth"} {
				if i == 2 && action == "preauth" {
					continue
				}
				got := newBench(t, profile).do(append([]string{"action", action, "amount", "100", "cc", "4012881888818888", "exp", "1230"}, level...)...)
				want := letter
				if i == 0 {
					want = ""
				}
				wants(t, action, got, "status", "approved", "commercialcard", want)
			}
		}
	}
	wants(t, "consumer", newBench(t, "").do(with([]string{"action", "sale", "amount", "100", "purchaselevel", "2"}, visa)...), "commercialcard", "")
}

// TestMarks: what the industry's edits make of a transaction. Missing Level II data fail nothing.
func TestMarks(t *testing.T) {
	level2 := []string{"purchaselevel", "2", "tax", "100", "taxidentifier", "localsales", "purchaseordernum", "ABC123"}
	amex := []string{"cc", "341111111111111", "exp", "1230"}
	cases := []struct {
		name   string
		fields []string
		want   string
	}{
		{"plain", with(visa), ""},
		{"mail order", with(visa, []string{"type", "moto"}), "moto"},
		{"recurring", with(visa, []string{"paymentnumber", "7"}), "recurring"},
		{"installment", with(visa, []string{"paymentnumber", "1", "totalpayments", "3"}), "installment 1/3"},
		{"Level II", with(visa, level2), "level2"},
		{"Level II without tax", with(visa, []string{"purchaselevel", "2", "taxidentifier", "taxexempt"}), "level2 downgraded"},
		{"Level II of Amex without a zip", with(amex, level2), "level2 downgraded"},
		{"Level II of Amex", with(amex, level2, []string{"shipto_zip", "92606"}), "level2"},
		{"Level III", with(visa, []string{"purchaselevel", "3", "tax", "100"}), "level3"},
		{"all together", with(visa, level2, []string{"type", "moto", "paymentnumber", "2", "tip", "5"}), "moto, recurring, tip 5, level2"},
	}
	for _, c := range cases {
		b := newBench(t, "")
		wants(t, c.name, b.do(append([]string{"action", "sale", "amount", "1500"}, c.fields...)...), "status", "approved")
		if got := strings.Join(b.Ledger().Entries[0].Marks, ", "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	b := newBench(t, nextRun)
	wants(t, "recurring preauth", b.do(with([]string{"action", "preauth", "amount", "100", "paymentnumber", "1"}, visa)...), "error", "extrafields", "offenders", "paymentnumber")
	wants(t, "total alone", b.do(with([]string{"action", "sale", "amount", "100", "totalpayments", "3"}, visa)...), "error", "missingfields", "offenders", "paymentnumber")
	wants(t, "fourth of three", b.do(with([]string{"action", "sale", "amount", "100", "totalpayments", "3", "paymentnumber", "4"}, visa)...), "error", "mismatch", "offenders", "paymentnumber,totalpayments")
	b.do(with([]string{"action", "preauth", "amount", "100", "purchaselevel", "2"}, visa)...)
	b.keep(t, "accepted", "cycle", "1m", "amount", "500")
	b.until(t, "2026-03-02 03:00")
	entries := b.Ledger().Entries
	if first, last := entries[0].Marks, entries[len(entries)-1].Marks; !slices.Equal(first, []string{"level2 announced"}) || !slices.Equal(last, []string{"recurring"}) {
		t.Errorf("%v, %v", first, last)
	}
}

// TestOfflineSale: five or six letters or digits, sale only, and no test card in live mode.
func TestOfflineSale(t *testing.T) {
	call := []string{"cc", "5555444433332226", "exp", "1215", "amount", "700"}
	for code, want := range map[string]string{"A1234": "", "123456": "", "1234": "badlength", "1234567": "badlength", "12 45": "badformat"} {
		wants(t, "code", newBench(t, "").do(with([]string{"action", "sale", "offlineauthcode", code}, call)...), "error", want)
	}
	b := newBench(t, "")
	wants(t, "sale", b.do(with([]string{"action", "sale", "offlineauthcode", "A1234"}, call)...), "status", "accepted", "avs", "")
	if row := b.ask(t, "querytype", "transaction")[0]; row["authcode"] != "A1234" || b.Ledger().Net != 700 {
		t.Error("not booked with its code")
	}
	wants(t, "preauth", b.do(with([]string{"action", "preauth", "offlineauthcode", "A1234"}, call)...), "error", "extrafields", "offenders", "offlineauthcode")
	live := newBench(t, "[[account]]\ncustid=\"123456\"\npassword=\"abc123\"\nmode=\"live\"\n")
	wants(t, "live", live.do(with([]string{"action", "sale", "offlineauthcode", "A1234"}, call)...), "status", "decline", "declinetype", "carderror")
}

// TestServices: each action with each feature of the account switched off in turn.
func TestServices(t *testing.T) {
	card := with([]string{"amount", "100"}, visa)
	bank := []string{"media", "ach", "routing", demoRouting, "account", demoAccount}
	cases := []struct {
		name   string
		fields []string
		needs  string
	}{
		{"sale", with([]string{"action", "sale"}, card), ""},
		{"preauth", with([]string{"action", "preauth"}, card), ""},
		{"credit2", with([]string{"action", "credit2"}, card), ""},
		{"bank sale", with([]string{"action", "sale", "amount", "100"}, bank), "ach"},
		{"bank store", with([]string{"action", "store"}, bank), "ach citadel"},
		{"debit", []string{"action", "sale", "amount", "100", "track2", debitTrack, "pin", firstPIN}, "debit"},
		{"void", []string{"action", "void", "transid", "011-1234567890"}, "void"},
		{"reversal", []string{"action", "reversal", "transid", "011-1234567890"}, "reversal"},
		{"chargeback", []string{"action", "chargeback", "transid", "011-1234567890"}, ""},
		{"verify", with([]string{"action", "verify"}, visa), "verify"},
		{"store", with([]string{"action", "store"}, visa), "citadel"},
		{"wallet", with([]string{"action", "store", "wallet", "y"}, visa), "citadel wallet"},
		{"unstore", []string{"action", "unstore", "billingid", "B01234"}, "citadel"},
		{"walletsale", []string{"action", "walletsale", "amount", "100", "billingid", "B01234"}, "citadel wallet"},
		{"stored sale", []string{"action", "sale", "amount", "100", "billingid", "B01234"}, "citadel"},
		{"Level III", with([]string{"action", "sale", "purchaselevel", "3"}, card), "level3"},
		{"Level II", with([]string{"action", "sale", "purchaselevel", "2"}, card), ""},
	}
	for _, off := range services {
		rest := slices.DeleteFunc(slices.Clone(services), func(s string) bool { return s == off })
		profile := account + "services=[\"" + strings.Join(rest, "\",\"") + "\"]\n"
		for _, c := range cases {
			got := newBench(t, profile).do(c.fields...)
			refused := got.Get("error") == "merchantcantaccept"
			if want := slices.Contains(strings.Fields(c.needs), off); refused != want || refused && got.Get("offenders") != "action" {
				t.Errorf("%s without %s: %s %s", c.name, off, got.Get("error"), got.Get("offenders"))
			}
		}
	}
}
