package tctest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// disk is a keeper as the simulator's: changes in a log, now and then a snapshot in its place.
type disk struct {
	snapshot []byte
	changes  [][]byte
	every    int
	full     bool
}

func (d *disk) keep(change []byte, whole func() ([]byte, error)) (err error) {
	if d.full {
		return errors.New("disk full")
	}
	if change != nil && len(d.changes) < d.every {
		d.changes = append(d.changes, bytes.Clone(change))
		return nil
	}
	d.snapshot, err = whole()
	d.changes = nil
	return err
}

// everything plays random requests and days of a whole account: cards, PINs, bank accounts, wallets and
// plans. Its book's sums have to hold by themselves.
type everything struct {
	*bench
	ids, stored []string
	debits      []Reply
}

func (e *everything) play(t *rapid.T) {
	amount := fmt.Sprintf("%03d", rapid.IntRange(1, 2000).Draw(t, "cents"))
	pick := func(from []string) string {
		if len(from) == 0 {
			return "Z00000"
		}
		return rapid.SampledFrom(from).Draw(t, "which")
	}
	var out Reply
	switch rapid.IntRange(0, 11).Draw(t, "what") {
	case 0:
		out = e.do(with([]string{"action", "sale", "amount", amount}, visa)...)
	case 1:
		out = e.do(with([]string{"action", "preauth", "amount", amount}, visa)...)
	case 2, 3, 4:
		action := rapid.SampledFrom([]string{"postauth", "credit", "reversal", "void", "chargeback"}).Draw(t, "action")
		out = e.do("action", action, "transid", pick(e.ids))
	case 5:
		out = e.do(with([]string{"action", "store", "wallet", "y", "walletexposure", "30"}, visa)...)
	case 6:
		out = e.do(with([]string{"action", "store", "amount", amount, "cycle", "1d", "payments", "4", "authnow", rapid.SampledFrom([]string{"y", "n"}).Draw(t, "authnow")}, visa)...)
	case 7, 8:
		out = e.do("action", "walletsale", "billingid", pick(e.stored), "amount", amount)
	case 9:
		out = e.debit(amount)
		if out.Get("status") == "approved" {
			e.debits = append(e.debits, out)
		}
	case 10:
		if len(e.debits) > 0 {
			sale := rapid.SampledFrom(e.debits).Draw(t, "debit")
			out = e.debitRefund(amount, sale.Get("debitdata"), sale.Get("originalsaledate"))
		}
	case 11:
		action := rapid.SampledFrom([]string{"unstore", "store"}).Draw(t, "action")
		out = e.do("action", action, "billingid", pick(e.stored), map[bool]string{true: "zip", false: ""}[action == "store"], "90001")
	}
	if id := out.Get("transid"); id != "" {
		e.ids = append(e.ids, id)
	}
	if id := out.Get("billingid"); id != "" {
		e.stored = append(e.stored, id)
	}
}

// sumsHold: net = sales + postauths - credits - chargebacks, row by row and in the totals; no row gives
// back more than it brought; the batches carry all that is due.
func (e *everything) sumsHold(t *rapid.T) {
	l := e.Ledger()
	var net, back, held, settledNet, pending int64
	for _, r := range l.Entries {
		switch r.Action {
		case "sale", "postauth", "walletsale":
			net += r.Captured
			if r.State == accepted && r.Action == "walletsale" {
				pending += r.Captured
			}
		case "credit", "credit2":
			if r.State == accepted || r.State == settled {
				net -= r.Approved
			}
		case "chargeback":
			net -= r.Approved
			back += r.Approved
		case "preauth":
			held += r.Held
		}
		if r.Held < 0 || r.Captured < 0 || r.Captured > 0 && r.Refunded+r.ChargedBack > r.Captured {
			t.Fatalf("%s: held %d, captured %d, refunded %d, charged back %d", r.Action, r.Held, r.Captured, r.Refunded, r.ChargedBack)
		}
	}
	for _, b := range l.Batches {
		settledNet += b.Net
	}
	if net != l.Net || l.Net != l.Captured-l.Refunded-l.ChargedBack || held != l.Held || settledNet+pending-back != l.Net {
		t.Fatalf("net %d by rows %d, captured %d, refunded %d, charged back %d, held %d by rows %d, batches %d, in wallets %d",
			l.Net, net, l.Captured, l.Refunded, l.ChargedBack, l.Held, held, settledNet, pending)
	}
}

// TestBookOnDisk: at every moment the snapshot and the changes after it give the same book again.
func TestBookOnDisk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &disk{every: rapid.IntRange(0, 6).Draw(t, "changes before a snapshot")}
		e := &everything{bench: &bench{now: noon}}
		cfg := Config{Now: func() time.Time { return e.now }, Random: zero{}, Keep: d.keep}
		var err error
		if e.Host, err = New(cfg); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 40).Draw(t, "requests") {
			if rapid.IntRange(0, 5).Draw(t, "night") == 0 {
				e.now = e.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "hours")) * time.Hour)
			}
			e.play(t)
			e.sumsHold(t)
		}
		if err := e.Flush(); err != nil {
			t.Fatal(err)
		}
		cfg.Keep = nil
		again, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Restore(d.snapshot, d.changes); err != nil {
			t.Fatal(err)
		}
		want, err := e.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		got, err := again.Snapshot()
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("another book after the restart: %v", err)
		}
		e.now = e.now.Add(time.Hour)
		if a, b := e.do("action", "sale", "amount", "100", "cc", "4111111111111111", "exp", "1215"), (&bench{Host: again}).sale("100"); a.TransID != b {
			t.Fatal("the numbers do not go on where they stood")
		}
	})
}

func TestRestoreRefuses(t *testing.T) {
	d := &disk{every: 100}
	cfg := Config{Now: func() time.Time { return noon }, Random: zero{}, Keep: d.keep}
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b := bench{Host: h}
	for range 3 {
		b.sale("100")
	}
	whole, err := h.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name     string
		snapshot []byte
		changes  [][]byte
		want     string // empty: three sales
	}{
		{"changes alone", nil, d.changes, ""},
		{"a snapshot alone", whole, nil, ""},
		{"changes that it holds already", whole, d.changes, ""},
		{"no JSON", []byte("{"), nil, "snapshot"},
		{"a change that is no JSON", nil, [][]byte{[]byte("{")}, "change 1"},
		{"a gap", nil, [][]byte{d.changes[0], d.changes[2]}, "change 2"},
	}
	for _, c := range cases {
		again, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		err = again.Restore(c.snapshot, c.changes)
		if c.want == "" && (err != nil || again.Ledger().Net != 300) {
			t.Errorf("%s: %v, net %d", c.name, err, again.Ledger().Net)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestStoredCardsOnDisk: what is kept of a stored account is no account number.
func TestStoredCardsOnDisk(t *testing.T) {
	d := &disk{every: 100}
	h, err := New(Config{Now: func() time.Time { return noon }, Random: zero{}, Keep: d.keep})
	if err != nil {
		t.Fatal(err)
	}
	b := bench{Host: h}
	id := b.keep(t, "accepted", "cvv", "123")
	b.do("action", "store", "media", "ach", "routing", demoRouting, "account", demoAccount)
	b.debit("100")
	whole, err := h.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for _, kept := range append(d.changes, whole) {
		for _, secret := range []string{"4111111111111111", demoRouting, demoAccount, firstPIN, "abc123", `"123"`} {
			if bytes.Contains(kept, []byte(secret)) {
				t.Error("card data or a password is kept")
			}
		}
	}
	again, err := New(Config{Now: func() time.Time { return noon }, Random: zero{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Restore(whole, nil); err != nil {
		t.Fatal(err)
	}
	b = bench{Host: again}
	wants(t, "a sale on it after a restart", b.do("action", "sale", "amount", "100", "billingid", id, "address1", "123 Test St.", "zip", "90001"),
		"status", "approved", "avs", "Y")
}

// TestUnkeptBooking: what could not be kept is an unknown outcome, and goes with the next change.
func TestUnkeptBooking(t *testing.T) {
	d := &disk{every: 100}
	cfg := Config{Now: func() time.Time { return noon }, Random: zero{}, Keep: d.keep}
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b := bench{Host: h}
	d.full = true
	got := b.do(with([]string{"action", "sale", "amount", "100"}, visa)...)
	wants(t, "full disk", got, "status", "error", "errortype", "failtoprocess")
	d.full = false
	b.sale("200")
	again, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Restore(nil, d.changes); err != nil || again.Ledger().Net != 300 {
		t.Errorf("%v, net %d", err, again.Ledger().Net)
	}
}

// TestBeginningIsKeptOnce: a profile's history, with a batch in it, is not in the book twice after a
// restart, whether it began, was reset or is known from a snapshot.
func TestBeginningIsKeptOnce(t *testing.T) {
	p, err := ParseProfile([]byte(guideProfile(t)))
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Profile: p, Now: func() time.Time { return guideDay }, Random: zero{}}
	for _, reset := range []bool{false, true} {
		for _, snapshotFirst := range []bool{false, true} {
			d := &disk{every: 100}
			cfg.Keep = d.keep
			h, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if snapshotFirst {
				d.snapshot, err = h.Snapshot()
			}
			if reset {
				err = h.Reset()
			}
			if err != nil {
				t.Fatal(err)
			}
			(&bench{Host: h}).sale("100")
			again, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if err := again.Restore(d.snapshot, d.changes); err != nil {
				t.Fatal(err)
			}
			want, _ := h.Snapshot()
			if got, err := again.Snapshot(); err != nil || !bytes.Equal(got, want) {
				t.Errorf("reset %v, snapshot first %v: another book, %v", reset, snapshotFirst, err)
			}
		}
	}
}
