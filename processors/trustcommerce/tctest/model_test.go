package tctest

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// modelRow is what the simplest possible book would know of one transaction, in cents.
type modelRow struct {
	action             string
	parent             int // index; -1 for none
	amount             int64
	gone, taken        bool // voided or reversed whole; preauth that was captured
	refunded, reversed int64
	charged            int64
	day                int
}

// book is a list of rows with the rules of the guide written the plain way: no states, no sums kept.
type modelBook struct {
	rows []modelRow
	ids  []string
	day  int
}

func (m *modelBook) net() (net, held int64) {
	for _, r := range m.rows {
		switch {
		case r.gone:
		case r.action == "sale", r.action == "postauth":
			net += r.amount
		case r.action == "credit", r.action == "credit2", r.action == "chargeback":
			net -= r.amount
		case r.action == "preauth" && !r.taken:
			held += r.amount - r.reversed
		}
	}
	return net, held
}

// allows says whether a follow-up should be accepted, and books it.
func (m *modelBook) allows(action string, at int, amount int64) bool {
	p := &m.rows[at]
	ok := false
	switch action {
	case "postauth":
		ok = p.action == "preauth" && !p.gone && !p.taken && amount <= p.amount-p.reversed
	case "credit":
		ok = (p.action == "sale" || p.action == "postauth") && !p.gone && amount <= p.amount-p.refunded-p.charged
	case "chargeback":
		amount = p.amount - p.refunded - p.charged
		ok = (p.action == "sale" || p.action == "postauth") && !p.gone && amount > 0
	case "reversal":
		ok = p.action == "preauth" && !p.gone && !p.taken && amount <= p.amount-p.reversed
	case "void":
		ok = !p.gone && p.day == m.day && p.refunded+p.charged == 0 && !p.taken && p.action != "void" && p.action != "reversal" && p.action != "chargeback"
	}
	if !ok {
		return false
	}
	row := modelRow{action: action, parent: at, amount: amount, day: m.day}
	switch action {
	case "postauth":
		p.taken = true
	case "credit":
		p.refunded += amount
	case "chargeback":
		p.charged += amount
	case "reversal":
		p.reversed += amount
		p.gone = p.reversed == p.amount
	case "void":
		p.gone = true
		switch p.action {
		case "postauth":
			m.rows[p.parent].taken = false
		case "credit":
			m.rows[p.parent].refunded -= p.amount
		}
	}
	m.rows = append(m.rows, row)
	return true
}

// TestLedgerAgainstModel plays random days: every answer, the net and the holds agree with the model, and
// the rows always sum up to the totals.
func TestLedgerAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &bench{now: noon}
		h, err := New(Config{Now: func() time.Time { return b.now }, Random: zero{}})
		if err != nil {
			t.Fatal(err)
		}
		b.Host = h
		m := &modelBook{}
		t.Repeat(map[string]func(*rapid.T){
			"authorize": func(t *rapid.T) {
				action := rapid.SampledFrom([]string{"sale", "preauth", "credit2"}).Draw(t, "action")
				amount := rapid.Int64Range(1, 5000).Draw(t, "cents")
				got := b.do("action", action, "amount", fmt.Sprintf("%03d", amount), "cc", "4111111111111111", "exp", "1215")
				m.rows = append(m.rows, modelRow{action: action, parent: -1, amount: amount, day: m.day})
				m.ids = append(m.ids, got.TransID)
			},
			"follow": func(t *rapid.T) {
				if len(m.rows) == 0 {
					t.Skip("nothing to follow")
				}
				action := rapid.SampledFrom([]string{"postauth", "credit", "reversal", "void", "chargeback"}).Draw(t, "action")
				at := rapid.IntRange(0, len(m.rows)-1).Draw(t, "parent")
				amount := rapid.Int64Range(1, 6000).Draw(t, "cents")
				fields := []string{"action", action, "transid", m.ids[at]}
				if action != "void" && action != "chargeback" {
					fields = append(fields, "amount", fmt.Sprintf("%03d", amount))
				}
				got := b.do(fields...)
				want := m.allows(action, at, amount)
				if (got.Get("status") == "accepted") != want {
					t.Fatalf("%s of row %d (%s): host says %s, model %v", action, at, m.rows[at].action, got.Get("status"), want)
				}
				if want {
					m.ids = append(m.ids, got.TransID)
				}
			},
			"night": func(t *rapid.T) {
				if m.day < 10 { // the life of a preauth has a test of its own
					b.now = b.now.AddDate(0, 0, 1)
					m.day++
				}
			},
			"": func(t *rapid.T) { sumsUp(t, h, m) },
		})
	})
}

func sumsUp(t *rapid.T, h *Host, m *modelBook) {
	l := h.Ledger()
	net, held := m.net()
	if l.Net != net || l.Held != held || l.Net != l.Captured-l.Refunded-l.ChargedBack {
		t.Fatalf("net %d (model %d), held %d (model %d), captured %d, refunded %d", l.Net, net, l.Held, held, l.Captured, l.Refunded)
	}
	if len(l.Entries) != len(m.rows) {
		t.Fatalf("%d rows, model %d", len(l.Entries), len(m.rows))
	}
	var rows, batches int64
	for _, e := range l.Entries {
		rows += e.Net
		if e.Refunded+e.ChargedBack > e.Captured && e.Refunded > 0 && e.Action != "credit2" || e.Held < 0 || e.Captured < 0 {
			t.Fatalf("row of a %s: captured %d, refunded %d, held %d", e.Action, e.Captured, e.Refunded, e.Held)
		}
	}
	for _, b := range l.Batches {
		batches += b.Net
	}
	if rows != l.Net || batches-l.ChargedBack != l.Net {
		t.Fatalf("rows sum up to %d, batches to %d, the net is %d", rows, batches, l.Net)
	}
}

type zero struct{}

func (zero) Read(b []byte) (int, error) { clear(b); return len(b), nil }
