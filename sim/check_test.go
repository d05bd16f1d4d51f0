package sim

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/report"
)

// check is the day's end: the host's ledger, the journal, the drawer and what people were told must agree.
func (w *world) check(b book, status string) {
	rows := w.disk.peek(pos.Filter{})
	known := map[string]pos.Payment{}
	for _, p := range rows {
		known[p.Ref] = p
	}
	w.checkMoney(rows)
	w.checkUnknown(rows)
	w.checkNothingLost(known)
	w.checkTold(known)
	w.checkDrawer(rows)
	w.checkTenders(rows)
	w.checkSales(rows)
	w.checkTotals(rows, status)
	w.checkHolds(rows)
	w.checkOffline(rows)
	w.checkUnattended(rows)
	w.checkSealed(b, rows)
	w.checkSecrets()
	w.census(rows)
}

// checkMoney compares each payment with what the host has under its reference, what is held apart from what moved.
func (w *world) checkMoney(rows []pos.Payment) {
	perhaps := map[string]int64{} // increments that may or may not have come to be held
	for _, p := range rows {
		if p.Kind == pos.KindAuth && p.Parent != "" && p.State == pos.StateHeld {
			perhaps[p.Parent] += p.Requested.Minor()
		}
	}
	for _, p := range rows {
		if p.Instrument.Kind == pos.InstrumentCash || p.State.Open() {
			continue
		}
		t, where := w.truth(p.Ref), p.Where()
		switch {
		case t.count > 1:
			w.violate("%s: taken %d times", p.Ref, t.count)
		case p.State == pos.StatePartial && !p.PartialOK && p.Parent == "":
			w.violate("%s: a part is kept that nobody allowed", p.Ref)
		case p.Net().Minor() != t.net:
			w.violate("%s: the journal says %s %s, net %s; the host has %d", p.Ref, p.Kind, p.State, p.Net(), t.net)
		case where == pos.MoneyHeld && p.State != pos.StateHeld && (t.held < p.Approved.Minor() || t.held > p.Approved.Minor()+perhaps[p.ID]):
			w.violate("%s: the journal says %s is held (%s), the host holds %d", p.Ref, p.Approved, p.State, t.held)
		case where == pos.MoneyNotMoved && t.held > perhaps[p.ID]:
			w.violate("%s: the journal says %s %s, the host holds %d", p.Ref, p.Kind, p.State, t.held)
		case where == pos.MoneyMoved && t.held != 0:
			w.violate("%s: the journal says %s %s, the host only holds %d", p.Ref, p.Kind, p.State, t.held)
		}
	}
}

// checkUnknown wants every open payment in a queue or before a person, and after the evening none left.
func (w *world) checkUnknown(rows []pos.Payment) {
	for _, p := range rows {
		if p.State.Open() {
			w.violate("%s: still %s after the evening (due %s, %d looks)", p.Ref, p.State, p.Due.Format("15:04:05"), p.Attempts)
		}
		if p.Waiting() {
			w.violate("%s: approved offline and never forwarded", p.Ref)
		}
	}
}

// checkQueue wants every open payment to be in a queue, with a time, or before a person: none just stands there.
func (w *world) checkQueue() {
	for _, p := range w.disk.peek(pos.Filter{Open: true}) {
		left := p.State == pos.StateSending && w.now().Sub(p.Updated) > 5*hostTimeout // else it is under way just now
		if left || p.State != pos.StateSending && p.Due.IsZero() && p.State != pos.StateNeedsPerson {
			w.violate("%s: %s, and nothing will ever be done about it", p.Ref, p.State)
		}
	}
}

// checkNothingLost wants a row for everything that the host has.
func (w *world) checkNothingLost(known map[string]pos.Payment) {
	for _, ref := range w.refs() {
		if _, there := known[ref]; !there {
			w.violate("%s: at the host, not in the journal", ref)
		}
	}
}

// lasting are the states in which what once was a success may end.
func lasting(p pos.Payment) bool {
	switch p.State {
	case pos.StateVoided, pos.StateReversed, pos.StateHeld, pos.StateNeedsPerson, pos.StateReversing, pos.StateRejectedLate:
		return true
	}
	return p.State.Succeeded()
}

// checkTold wants everything that a person or program was told to be in the journal for good.
func (w *world) checkTold(known map[string]pos.Payment) {
	w.mu.Lock()
	seen := w.seen
	w.mu.Unlock()
	for ref := range seen {
		if p, there := known[ref]; !there || !lasting(p) {
			w.violate("%s: somebody was told it is done, the journal says %q", ref, p.State)
		}
	}
}

func (w *world) checkDrawer(rows []pos.Payment) {
	var sum int64
	for _, p := range rows {
		if p.Instrument.Kind == pos.InstrumentCash {
			sum += p.Net().Minor()
		}
	}
	for _, out := range w.paidOut {
		sum -= out
	}
	if sum != w.drawer {
		w.violate("the drawer holds %d, the cash rows less cash back add up to %d", w.drawer, sum)
	}
}

// checkSales wants no sale paid more than once, and no money of a sale that was given up.
func (w *world) checkSales(rows []pos.Payment) {
	paid := map[string]int64{}
	for _, p := range rows {
		paid[p.Sale] += p.Net().Minor()
		if p.Net().IsPositive() {
			paid[p.Sale] -= p.Tip.Minor() + p.Cashback.Minor() + p.Surcharge.Minor() + p.Fee.Minor()
		}
		kept := p.Net().Minor() - p.Refunded.Minor()
		if p.Kind == pos.KindSale && w.gaveUp(p) && kept > 0 {
			w.violate("%s: kept %d in silence, its sale went on without it", p.Ref, kept)
		}
	}
	for sale := range w.undone {
		if paid[sale] > 0 {
			w.violate("%s: the screen said that all of it went back, and %d was kept (%s)", sale, paid[sale], w.refsOf(sale))
		}
	}
	for sale, total := range w.totals {
		if paid[sale] > total {
			w.violate("%s: %d was due and %d was taken (%s)", sale, total, paid[sale], w.refsOf(sale))
		}
	}
}

// longestHold is how long a hold may stand uncaptured (T12), card there or not.
const longestHold = 72 * time.Hour

// checkHolds wants no hold forgotten.
func (w *world) checkHolds(rows []pos.Payment) {
	open := map[string]bool{} // something was done to it whose outcome is not known
	for _, p := range rows {
		open[p.Parent] = open[p.Parent] || p.State.Open()
	}
	for _, p := range rows {
		if open[p.ID] || p.Kind != pos.KindAuth || p.Parent != "" || w.now().Sub(p.Created) < longestHold {
			continue
		}
		switch p.State {
		case pos.StateApproved, pos.StatePartial, pos.StateConfirmed:
			w.violate("%s: a hold stands uncaptured since %s", p.Ref, p.Created.Format("2006-01-02 15:04"))
		}
	}
}

// checkOffline holds what was approved without the host to the merchant's limits.
func (w *world) checkOffline(rows []pos.Payment) {
	limits := w.offline()
	for _, p := range rows {
		switch {
		case !p.Offline:
		case limits == nil, w.plan.kiosk:
			w.violate("%s: approved offline, which is off", p.Ref)
		case p.Requested.Minor() > limits.PerSale.Minor(), p.Cashback.IsPositive(), p.Kind != pos.KindSale:
			w.violate("%s: approved offline beyond the limits", p.Ref)
		case !p.Released && (p.State == pos.StateHeld || p.State == pos.StateNotSent):
			w.violate("%s: its goods are gone, and it is let go as %s", p.Ref, p.State)
		}
	}
}

// checkTotals compares the status bar with the rows of the open batch.
func (w *world) checkTotals(rows []pos.Payment, status string) {
	if len(rows) == 0 {
		return
	}
	batch, sum := rows[len(rows)-1].Batch, int64(0)
	for _, p := range rows {
		if p.Batch == batch {
			sum += p.Net().Minor()
		}
	}
	if status != "" && minor(status) != sum {
		w.violate("the status bar says %s, the rows of batch %d add up to %d", status, batch, sum)
	}
}

// checkTenders compares the report's totals by tender with the drawer and with the host's whole ledger.
func (w *world) checkTenders(rows []pos.Payment) {
	summaries, err := report.Totals(rows)
	if err != nil || len(summaries) > 1 {
		w.violate("the report has %d currencies, %v", len(summaries), err)
		return
	}
	var cash, rest int64
	for _, s := range summaries {
		for _, g := range s.Tenders {
			if g.Name == string(pos.InstrumentCash) {
				cash += g.NetCents
			} else {
				rest += g.NetCents
			}
		}
	}
	out := int64(0)
	for _, n := range w.paidOut {
		out += n
	}
	if cash-out != w.drawer {
		w.violate("the report says %d in cash and %d was paid out, the drawer holds %d", cash, out, w.drawer)
	}
	if total := w.total(); rest != total {
		w.violate("the report says %d by card and account, the host's ledger comes to %d", rest, total)
	}
}

func (w *world) total() int64 {
	if w.wire != nil {
		return w.wire.total()
	}
	return w.bank.total()
}

// checkSealed wants nothing sealed that no later message can need, and never a track or a PIN block.
func (w *world) checkSealed(b book, rows []pos.Payment) {
	for _, p := range rows {
		seal, _, err := b.Unseal(context.Background(), p.ID)
		switch {
		case err != nil:
			w.violate("%s: what is sealed for it cannot be read: %v", p.Ref, err)
		case seal == nil:
		case !p.State.Succeeded() && p.State != pos.StateHeld && !p.State.Open():
			w.violate("%s: a card is kept for a payment that is %s", p.Ref, p.State)
		case bytes.Contains(seal, []byte(pinMark)) || bytes.ContainsRune(seal, '='):
			w.violate("%s: a track or a PIN block is kept", p.Ref)
		}
		clear(seal)
	}
}

// checkSecrets scans what the day left behind.
func (w *world) checkSecrets() {
	for what, text := range map[string]string{"journal": w.disk.text(), "log": w.log.String(), "slips": strings.Join(w.slips, "\n"), "event log": w.diary.String()} {
		if cardIn(text) || strings.Contains(text, accountNumber) {
			w.violate("a card or account number stands in the %s", what)
		}
		if strings.Contains(text, pinMark) {
			w.violate("a PIN block stands in the %s", what)
		}
		for _, p := range wallet {
			if strings.Contains(text, "="+p.expiry) {
				w.violate("a track stands in the %s", what)
			}
		}
	}
}

// refs are all references that the host ever saw.
func (w *world) refs() []string {
	if w.wire != nil {
		return w.wire.refs()
	}
	return w.bank.refs()
}

func (w *world) refsOf(sale string) string {
	var out []string
	for _, p := range w.disk.peek(pos.Filter{Sale: sale}) {
		out = append(out, p.Ref+" "+string(p.Kind)+" "+string(p.State)+" "+p.Net().String())
	}
	return strings.Join(out, ", ")
}
