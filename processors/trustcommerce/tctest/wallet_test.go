package tctest

import (
	"testing"
	"time"
)

func TestWallet(t *testing.T) {
	b := newBench(t, "")
	id := b.keep(t, "approved", "wallet", "y", "walletsize", "1500", "walletexposure", "24")
	buy := func(amount string) Reply {
		return b.do("action", "walletsale", "billingid", id, "amount", amount)
	}
	wants(t, "first", buy("400"), "status", "approved", "avs", "0")
	second := buy("500").TransID
	if got := b.story(); got != "preauth 1500 03-01 12; walletsale 400 03-01 12; walletsale 500 03-01 12" {
		t.Error(got)
	}
	if l := b.Ledger(); l.Held != 600 || l.Net != 900 {
		t.Errorf("held %d, net %d: what is used is no longer held", l.Held, l.Net)
	}
	wants(t, "one that does not fit any more", buy("601"), "status", "approved")
	if got := b.story(); got != "preauth 1500 03-01 12; walletsale 400 03-01 12; walletsale 500 03-01 12; postauth 900 03-01 12; "+
		"preauth 1500 03-01 12; walletsale 601 03-01 12" {
		t.Error(got)
	}
	wants(t, "one that uses up the rest", buy("899"), "status", "approved")
	if l := b.Ledger(); l.Held != 0 || l.Net != 2400 {
		t.Errorf("used up: held %d, net %d", l.Held, l.Net)
	}
	wants(t, "credit of one of them", b.do("action", "credit", "transid", second, "amount", "100"), "status", "accepted")
	if l := b.Ledger(); l.Net != 2300 || l.Refunded != 100 {
		t.Errorf("net %d, refunded %d", l.Net, l.Refunded)
	}
	b.now = b.now.AddDate(0, 0, 1)
	l := b.Ledger()
	if len(l.Batches) != 1 || l.Batches[0].Net != 2300 || l.Batches[0].Count != 5 {
		t.Errorf("batches %+v", l.Batches)
	}
}

// TestWalletRefusals: the host's own authorization belongs to nobody else, and a refused one is a refusal.
func TestWalletRefusals(t *testing.T) {
	b := newBench(t, "")
	id := b.keep(t, "approved", "wallet", "y")
	sale := b.do("action", "walletsale", "billingid", id, "amount", "400").TransID
	var hold string
	for _, e := range b.Ledger().Entries {
		if e.Action == "preauth" {
			hold = e.TransID
		}
	}
	for _, action := range []string{"postauth", "reversal", "void"} {
		wants(t, action+" of its hold", b.do("action", action, "transid", hold), "error", "mismatch", "offenders", "transid")
	}
	for _, action := range []string{"credit", "chargeback"} {
		wants(t, action+" before the capture", b.do("action", action, "transid", sale), "error", "mismatch", "offenders", "transid")
	}
	wants(t, "void before the capture", b.do("action", "void", "transid", sale), "status", "accepted")
	if l := b.Ledger(); l.Held != 1000 || l.Net != 0 {
		t.Errorf("after the void: held %d, net %d", l.Held, l.Net)
	}
	wants(t, "not a wallet", b.do("action", "walletsale", "billingid", b.keep(t, "accepted"), "amount", "100"), "error", "mismatch", "offenders", "billingid")
	wants(t, "not stored", b.do("action", "walletsale", "billingid", "Z00000", "amount", "100"), "error", "mismatch", "offenders", "billingid")
	b.do("action", "store", "billingid", id, "cc", "4012345678909")
	b.now = b.now.Add(73 * time.Hour)
	wants(t, "a card that declines", b.do("action", "walletsale", "billingid", id, "amount", "400"), "status", "decline", "declinetype", "decline")
	b.do(with([]string{"action", "store", "billingid", id}, visa)...)
	b.do("action", "walletsale", "billingid", id, "amount", "300")
	wants(t, "unstore", b.do("action", "unstore", "billingid", id), "status", "accepted")
	if l := b.Ledger(); l.Net != 300 || l.Held != 1000 { // 1000: the one that nothing used lapses
		t.Errorf("unstore captures: net %d, held %d", l.Net, l.Held)
	}
	sizes := newBench(t, "")
	id = sizes.keep(t, "approved", "wallet", "y")
	sizes.do("action", "walletsale", "billingid", id, "amount", "600")
	wants(t, "another size", sizes.do("action", "store", "billingid", id, "walletsize", "3000"), "status", "accepted")
	wants(t, "is for the next authorization", sizes.do("action", "walletsale", "billingid", id, "amount", "2000"), "status", "approved")
	if l := sizes.Ledger(); l.Net != 2600 || l.Held != 1000 {
		t.Errorf("net %d, held %d", l.Net, l.Held)
	}
}

// TestLongExposure: no wallet is captured after its authorization lapsed.
func TestLongExposure(t *testing.T) {
	b := newBench(t, "")
	id := b.keep(t, "approved", "wallet", "y", "walletexposure", "999")
	b.do("action", "walletsale", "billingid", id, "amount", "600")
	b.now = b.now.AddDate(0, 2, 0)
	jobs := b.RunDue()
	if len(jobs) == 0 || jobs[0].Name != "wallet" || jobs[0].At.After(noon.AddDate(0, 0, 14)) {
		t.Errorf("jobs %v", jobs)
	}
}
