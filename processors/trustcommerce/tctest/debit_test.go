package tctest

import "testing"

const (
	debitTrack = ";4111111111111111=3012?"
	firstPIN   = "BECD3379A717D40E4B00010000200000001A"
	secondPIN  = "AAAA3379A717D40E4B00010000200000001B"
)

func (b *bench) debit(amount string, more ...string) Reply {
	return b.do(append([]string{"action", "sale", "track2", debitTrack, "pin", firstPIN, "amount", amount}, more...)...)
}

func (b *bench) debitRefund(amount, data, date string, more ...string) Reply {
	return b.do(append([]string{"action", "credit2", "track2", debitTrack, "pin", secondPIN, "amount", amount,
		"debitdata", data, "originalsaledate", date}, more...)...)
}

// TestDebit: what a sale gives back is what a refund needs; only the goods come back.
func TestDebit(t *testing.T) {
	b := newBench(t, "")
	sale := b.debit("2500", "surcharge", "100", "cashback", "2000")
	wants(t, "sale", sale, "status", "approved", "debitack", "y", "originalsaledate", "20260301120000", "avs", "", "cvv", "")
	data, date := sale.Get("debitdata"), sale.Get("originalsaledate")
	if data == "" || b.debit("100").Get("debitdata") == data {
		t.Fatal("debitdata is empty or not its own")
	}
	wants(t, "more than the goods", b.debitRefund("401", data, date), "error", "mismatch", "offenders", "amount,debitdata")
	wants(t, "another date", b.debitRefund("400", data, "20260301120001"), "error", "mismatch", "offenders", "debitdata,originalsaledate")
	wants(t, "no date", b.debitRefund("400", data, "20261301120000"), "error", "badformat", "offenders", "originalsaledate")
	wants(t, "unknown debitdata", b.debitRefund("400", "X", date), "error", "mismatch", "offenders", "debitdata")
	wants(t, "another card", b.do("action", "credit2", "track2", ";5411111111111115=3012?", "pin", secondPIN, "amount", "400",
		"debitdata", data, "originalsaledate", date), "error", "mismatch", "offenders", "track2,debitdata")
	wants(t, "surcharge on a refund", b.debitRefund("400", data, date, "surcharge", "0"), "error", "extrafields", "offenders", "surcharge")
	wants(t, "in part", b.debitRefund("300", data, date), "status", "approved", "debitack", "y")
	wants(t, "more than is left", b.debitRefund("101", data, date), "error", "mismatch", "offenders", "amount,debitdata")
	if l := b.Ledger(); l.Net != 2500+100-300 || l.Refunded != 300 {
		t.Errorf("net %d, refunded %d", l.Net, l.Refunded)
	}
}

func TestDebitRefusals(t *testing.T) {
	b := newBench(t, "")
	sale := b.debit("400")
	wants(t, "void", b.do("action", "void", "transid", sale.TransID), "errortype", "unsupported", "offenders", "action")
	wants(t, "credit", b.do("action", "credit", "transid", sale.TransID), "errortype", "unsupported", "offenders", "action")
	wants(t, "zero is legal", b.debit("400", "surcharge", "0", "cashback", "0"), "status", "approved")
	wants(t, "more cash than amount", b.debit("400", "surcharge", "001", "cashback", "400"), "error", "mismatch", "offenders", "amount,surcharge,cashback")
	wants(t, "declined", b.do("action", "sale", "track2", ";4012345678909=3012?", "pin", firstPIN, "amount", "400"),
		"status", "decline", "declinetype", "decline", "debitdata", "", "debitack", "", "avs", "")
	other := b.do("custid", "TestMerchant", "password", "password", "action", "credit2", "track2", debitTrack, "pin", secondPIN, "amount", "400",
		"debitdata", sale.Get("debitdata"), "originalsaledate", sale.Get("originalsaledate"))
	wants(t, "another merchant", other, "error", "mismatch", "offenders", "debitdata")
}

// TestCredit2OfCards: money back without a transid.
func TestCredit2OfCards(t *testing.T) {
	b := newBench(t, "")
	id := b.do(with([]string{"action", "credit2", "amount", "400"}, visa)...).TransID
	if l := b.Ledger(); l.Net != -400 || l.Refunded != 400 || l.Batches[0].Net != -400 {
		t.Errorf("net %d, refunded %d", l.Net, l.Refunded)
	}
	wants(t, "void of it", b.do("action", "void", "transid", id), "status", "accepted")
	if l := b.Ledger(); l.Net != 0 || l.Refunded != 0 {
		t.Errorf("after the void: net %d, refunded %d", l.Net, l.Refunded)
	}
	wants(t, "a stripe", b.do("action", "credit2", "amount", "400", "track1", "%B4111111111111111^A/B^3012?"), "status", "accepted")
	wants(t, "no card", b.do("action", "credit2", "amount", "400"), "error", "missingfields", "offenders", "cc,exp")
	live := newBench(t, "[[account]]\ncustid=\"123456\"\npassword=\"abc123\"\nmode=\"live\"\n")
	wants(t, "a test card, live", live.do(with([]string{"action", "credit2", "amount", "400"}, visa)...), "status", "decline", "declinetype", "carderror")
}

// TestChargebacks take what credits left, once, and no batch carries them.
func TestChargebacks(t *testing.T) {
	b := newBench(t, "")
	sale := b.sale("500")
	capture := b.do("action", "postauth", "transid", b.preauth("300")).TransID
	b.do("action", "credit", "transid", sale, "amount", "200")
	wants(t, "sale", b.do("action", "chargeback", "transid", sale), "status", "accepted")
	wants(t, "postauth", b.do("action", "chargeback", "transid", capture), "status", "accepted")
	l := b.Ledger()
	if l.Net != 0 || l.ChargedBack != 600 || l.Refunded != 200 || l.Captured != 800 {
		t.Errorf("net %d, charged back %d, refunded %d, captured %d", l.Net, l.ChargedBack, l.Refunded, l.Captured)
	}
	for _, action := range []string{"chargeback", "void"} {
		wants(t, action+" afterwards", b.do("action", action, "transid", sale), "error", "mismatch", "offenders", "transid")
	}
	wants(t, "credit afterwards", b.do("action", "credit", "transid", sale, "amount", "001"), "error", "mismatch", "offenders", "transid,amount")
	wants(t, "of a hold", b.do("action", "chargeback", "transid", b.preauth("100")), "error", "mismatch", "offenders", "transid")
	wants(t, "with an amount", b.do("action", "chargeback", "transid", sale, "amount", "100"), "error", "extrafields", "offenders", "amount")
	b.now = b.now.AddDate(0, 0, 1)
	l = b.Ledger()
	if l.Batches[0].Net != 600 || l.Batches[0].Count != 3 {
		t.Errorf("batch %+v", l.Batches[0])
	}
	late := newBench(t, "")
	sale = late.sale("500")
	late.now = late.now.AddDate(0, 2, 0)
	wants(t, "months later", late.do("action", "chargeback", "transid", sale), "status", "accepted")
}
