package trustcommerce_test

import (
	"strings"
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/processors/trustcommerce"
)

// TestDebitAnswers: everything but an approval, a refusal and bad data has to be followed up by a person.
func TestDebitAnswers(t *testing.T) {
	r := newRecorder(t)
	const id = "transid=011-1234567890\n"
	for _, c := range []struct {
		name, lines string
		state       pos.State
		code        pos.Code
	}{
		{"confirmed", "status=approved\n" + id + "debitack=y\n", pos.StateApproved, ""},
		{"nothing said of it", "status=approved\n" + id, pos.StateApproved, ""},
		{"not confirmed", "status=approved\n" + id + "debitack=n\n", pos.StateUnknown, pos.CodeDebitUnconfirmed},
		{"declined", "status=decline\n" + id + "declinetype=decline\n", pos.StateDeclined, pos.CodeDeclined},
		{"never attempted", "status=baddata\nerror=mismatch\noffenders=debitdata\n", pos.StateRefused, pos.CodeRefused},
		{"queued", "status=accepted\n" + id, pos.StateUnknown, pos.CodeDebitUnknown},
		{"not processed", "status=error\n" + id + "errortype=failtoprocess\n", pos.StateUnknown, pos.CodeDebitUnknown},
		{"a new word", "status=pending\n" + id, pos.StateUnknown, pos.CodeDebitUnknown},
		{"no status", id, pos.StateUnknown, pos.CodeDebitUnknown},
	} {
		r.mu.Lock()
		r.lines = c.lines
		r.mu.Unlock()
		for transport, client := range clients(t, r.addr, r.ca, false) {
			a := client.Authorize(t.Context(), debitSale(t))
			code := pos.Code("")
			if a.Failure != nil {
				code = a.Failure.Code
			}
			if a.State != c.state || code != c.code {
				t.Errorf("%s over %s: %s, %v", c.name, transport, a.State, a.Failure)
			}
		}
	}
}

// TestDebitLost: an answer that does not come is no matter of a query alone.
func TestDebitLost(t *testing.T) {
	c, _, lose := gateway(t)
	lose.Store(true)
	r := debitSale(t)
	a := c.Authorize(t.Context(), r)
	if a.State != pos.StateUnknown || a.Failure == nil || a.Failure.Code != pos.CodeDebitUnknown {
		t.Errorf("%s, %v", a.State, a.Failure)
	}
	plain := r.Payment
	plain.Fee, plain.Cashback, plain.Failure = usd(0), usd(0), a.Failure
	marked := plain // as it stands in the journal after a crash between intent and outcome
	marked.Failure, marked.Instrument.PIN = nil, true
	refund := marked
	refund.Kind = pos.KindRefund
	unconfirmed := marked
	unconfirmed.Failure = pos.NewError(pos.CodeDebitUnconfirmed, "011-1234567890")
	if f := c.Query(t.Context(), unconfirmed); f.Verdict != pos.VerdictPerson || f.Failure.Code != pos.CodeDebitUnconfirmed {
		t.Errorf("not confirmed: %s, %v", f.Verdict, f.Failure)
	}
	for name, p := range map[string]pos.Payment{"by its parts": r.Payment, "by its failure": plain, "by its mark": marked, "a refund": refund} {
		if f := c.Query(t.Context(), p); f.Verdict != pos.VerdictPerson || f.Failure == nil || f.Failure.Code != pos.CodeDebitUnknown {
			t.Errorf("%s: %s, %v", name, f.Verdict, f.Failure)
		}
	}
}

// TestDebitRefundOfASale leads a debit sale to its refund by what the answer left.
func TestDebitRefundOfASale(t *testing.T) {
	c, _, _ := gateway(t)
	sale := c.Authorize(t.Context(), debitSale(t))
	if sale.State != pos.StateApproved {
		t.Fatalf("%s, %v", sale.State, sale.Failure)
	}
	extra, ok := trustcommerce.RefundExtra(sale.Extra)
	if !ok {
		t.Fatal("the sale left nothing for its refund")
	}
	r := request(t, pos.KindRefund, 300, withPIN(t, "AAAA3379A717D40E", "4B00010000200000001B"), trustcommerce.Options{})
	r.Extra = extra
	if a := c.Refund(t.Context(), r); a.State != pos.StateApproved || a.HostID == "" {
		t.Errorf("%s, %v", a.State, a.Failure)
	}
	r = request(t, pos.KindRefund, 100, withPIN(t, "AAAA3379A717D40E", "4B00010000200000001C"), trustcommerce.Options{})
	r.Payment.Ref += "2"
	r.Parent, r.ParentExtra = pos.Payment{HostID: sale.HostID, Instrument: pos.Instrument{PIN: true}}, sale.Extra
	if a := c.Refund(t.Context(), r); a.State != pos.StateApproved || a.HostID == "" {
		t.Errorf("by what the journal sealed: %s, %v", a.State, a.Failure)
	}
	if _, ok := trustcommerce.RefundExtra(pos.Extra{}); ok {
		t.Error("a payment that left nothing has something for a debit refund")
	}
	g, ok := trustcommerce.GivenOf(sale.Extra)
	if !ok || len(g.OriginalSaleDate) != 14 || g.DebitAck != trustcommerce.Yes {
		t.Error("the answer's fields are not kept")
	}
}

// TestPINOnTheWire: a key serial number has 20 digits here, however many F's the pad left out.
func TestPINOnTheWire(t *testing.T) {
	r := newRecorder(t)
	c := clients(t, r.addr, r.ca, false)[trustcommerce.TCLink]
	for name, row := range map[string]struct{ ksn, wire string }{
		"the guide's":              {"4B00010000200000001A", "4B00010000200000001A"},
		"filled up with F's":       {"FFFF9876543210E00001", "FFFF9876543210E00001"},
		"read without the F's":     {"9876543210E00001", "FFFF9876543210E00001"},
		"other leading digits":     {"00009876543210E00001", "00009876543210E00001"},
		"a reader that drops more": {"3210E00001", "FFFFFFFFFF3210E00001"},
	} {
		a := c.Authorize(t.Context(), func() pos.Request {
			out := debitSale(t)
			out.Credentials = withPIN(t, "1B9C1845EB993A7A", row.ksn)
			return out
		}())
		sent := ""
		for _, p := range r.sent() {
			if v, ok := strings.CutPrefix(p, "pin="); ok {
				sent = v
			}
		}
		if a.State != pos.StateApproved || sent != "1B9C1845EB993A7A"+row.wire {
			t.Errorf("%s: %s, another key serial number is sent", name, a.State)
		}
	}
}

// TestDebitRefused: what is not whole does not leave.
func TestDebitRefused(t *testing.T) {
	c := unreachable(t)
	for name, row := range map[string]struct {
		alter func(*pos.Request)
		want  string
	}{
		"no track 2":    {func(r *pos.Request) { r.Credentials.Card = typed(t, guideVisa, "1212", "").Card }, "track2"},
		"no key serial": {func(r *pos.Request) { r.Credentials.PINBlock, _ = card.NewPINBlock(make([]byte, 8), "") }, "pin"},
		"another cipher": {func(r *pos.Request) {
			r.Credentials.PINBlock, _ = card.NewPINBlock(make([]byte, 16), "FFFF9876543210E00001")
		}, "pin"},
		"parts too large": {func(r *pos.Request) { r.Payment.Cashback = usd(2401) }, "amount,surcharge,cashback"},
		"personal data": {func(r *pos.Request) {
			r.Extra, _ = trustcommerce.Options{Person: trustcommerce.Person{Name: "A"}}.Extra()
		}, "name"},
	} {
		r := debitSale(t)
		row.alter(&r)
		if a := c.Authorize(t.Context(), r); a.State != pos.StateRefused || a.Failure.Args[0] != row.want {
			t.Errorf("%s: %s, %v", name, a.State, a.Failure)
		}
	}
	refund := request(t, pos.KindRefund, 400, withPIN(t, "AAAA3379A717D40E", "4B00010000200000001A"), trustcommerce.Options{})
	if a := c.Refund(t.Context(), refund); a.State != pos.StateRefused || a.Failure.Args[0] != "debitdata,originalsaledate" {
		t.Errorf("a refund without its receipt: %s, %v", a.State, a.Failure)
	}
	refund = request(t, pos.KindRefund, 400, pos.Credentials{}, trustcommerce.Options{Receipt: guideParents().receipt})
	if a := c.Refund(t.Context(), refund); a.State != pos.StateRefused {
		t.Errorf("a refund without a PIN: %s, %v", a.State, a.Failure)
	}
}
