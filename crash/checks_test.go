package crash

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/receipt"
	"github.com/tillpos/till/pos/words"
	"github.com/tillpos/till/storage"
)

// durable reads what the dead terminal left of a sale, and wants it to hold what the host booked and what the cashier saw.
func (c *campaign) durable(s sold) (row, bool) {
	r, there := c.rows()[s.ref]
	booked := c.ledger(s.ref)
	switch {
	case !there && len(booked) > 0:
		c.violate("%s: the host booked what the journal never heard of", s.ref)
	case len(booked) > 1:
		c.violate("%s: taken %d times", s.ref, len(booked))
	case len(booked) > 0 && booked[0].Net != 0 && saysNo(s.told):
		c.violate("%s: the cashier was told %s, and the host booked it", s.ref, s.told)
	}
	if saysYes(s.told) && !kept(r, s) {
		c.violate("%s: %s was shown before it was durable; the journal says %q", s.ref, s.told, r.State)
	}
	if !kept(r, s) && strings.Contains(c.paper(), s.ref) {
		c.violate("%s: there is a slip, and the journal says %q", s.ref, r.State)
	}
	return r, there
}

// afterDeath looks at what a dead terminal left on its disk: a journal that is whole, and no card data in it, its log and
// index, the terminal's log, its temporary files or a core.
func (c *campaign) afterDeath() {
	c.t.Helper()
	places := []string{c.scratch()}
	if _, err := os.Stat(c.store); err == nil { // it may have died before there was one
		places = append(places, c.store)
	}
	if out, code := c.command("", append([]string{"journal", "scan", "--json"}, places...)...); code != 0 {
		c.violate("journal scan after a death: exit %d, %s", code, out)
	}
	if _, err := os.Stat(c.journalPath()); errors.Is(err, fs.ErrNotExist) {
		return
	}
	if out, code := c.command("", "journal", "verify", "--json"); code != 0 {
		c.violate("journal verify after a death: exit %d, %s", code, out)
	}
}

// saysYes holds for what lets the customer go with the goods.
func saysYes(told string) bool { return told == "approved" || told == "accepted" }

// paid holds for a payment that the customer owes nothing for.
func paid(r row) bool { return r.Money == "moved" || r.State == "accepted" }

// kept says whether what was told as paid still is: money, or an offline approval that was forwarded since and has no answer
// yet, or one that the host declined too late, which is a known loss.
func kept(r row, s sold) bool {
	return paid(r) || s.told == "accepted" && (r.State == "unknown" || r.State == "rejected_late" && s.card == lossCard)
}

// saysNo holds for what tells the cashier that no money moved and none will.
func saysNo(told string) bool {
	return slices.Contains([]string{"declined", "refused", "not_sent", failed}, told)
}

// settle waits until the terminal has asked the host about everything that the host knows.
func (c *campaign) settle() {
	c.t.Helper()
	<-time.After(5 * hostDelay) // what was under way when the terminal died is booked by then, or lost
	deadline := time.Now().Add(2 * patience)
	for {
		left := ""
		for ref, r := range c.rows() {
			if r.Money == "unknown" && len(c.ledger(ref)) > 0 {
				left = ref
			}
		}
		if left == "" {
			return
		}
		if time.Now().After(deadline) {
			c.violate("%s is booked at the host and still unknown to the journal", left)
			return
		}
		<-time.After(100 * time.Millisecond)
	}
}

// check compares what the cashier was told, the journal and the host.
func (c *campaign) check() {
	c.t.Helper()
	rows := c.rows()
	bookings := map[string][]booking{}
	for _, b := range c.ledger("") {
		bookings[b.Ref] = append(bookings[b.Ref], b)
	}
	var journal, host int64
	for ref, r := range rows {
		net := int64(0)
		if r.Money == "moved" && r.Processor != "" { // cash is no host's
			net = r.Approved
			journal += net
		}
		booked := int64(0)
		for _, b := range bookings[ref] {
			booked += b.Net
		}
		switch {
		case len(bookings[ref]) > 1:
			c.violate("%s: taken %d times", ref, len(bookings[ref]))
		case net != booked:
			c.violate("%s: the journal says %d (%s), the host %d", ref, net, r.State, booked)
		}
	}
	for ref, list := range bookings {
		for _, b := range list {
			host += b.Net
		}
		if _, there := rows[ref]; !there {
			c.violate("%s: booked at the host, not in the journal", ref)
		}
	}
	for _, s := range c.sales {
		moved := rows[s.ref].Money == "moved"
		switch {
		case saysYes(s.told) && !kept(rows[s.ref], s):
			c.violate("%s: the cashier saw %s, the journal says %q", s.ref, s.told, rows[s.ref].State)
		case saysNo(s.told) && moved:
			c.violate("%s: the cashier was told %s, and the money moved", s.ref, s.told)
		}
	}
	if journal != host {
		c.violate("the journal adds up to %d, the host to %d", journal, host)
	}
	c.checkJournal()
	if err := os.WriteFile(filepath.Join(c.scratch(), "paper"), []byte(c.paper()), 0o600); err != nil {
		c.t.Fatal(err)
	}
	c.afterDeath() // once more, alive, and the paper with it
}

// checkJournal looks into the journal itself: nothing waits without a time at which it is looked at again, each sale that
// the cashier saw approved has a receipt, if only once more, and what was paid adds up by tender.
func (c *campaign) checkJournal() {
	c.t.Helper()
	list := c.payments()
	told := map[string]string{}
	for _, s := range c.sales {
		told[s.ref] = s.told
	}
	var cards, cash int64
	for _, p := range list {
		switch {
		case p.State == pos.StateSending || p.State == pos.StateCreated:
			c.violate("%s: still between intent and outcome", p.Ref)
		case (p.State == pos.StateUnknown || p.State == pos.StateReversing || p.Waiting()) && p.Due.IsZero():
			c.violate("%s: %s, and nobody will look at it again", p.Ref, p.State)
		case saysYes(told[p.Ref]) && p.State.Succeeded() && !hasReceipt(p):
			c.violate("%s: it was %s, and its receipt does not say what was paid", p.Ref, told[p.Ref])
		}
		if p.Instrument.Kind == pos.InstrumentCash {
			cash += p.Net().Minor()
		} else {
			cards += p.Net().Minor()
		}
	}
	var host int64
	for _, b := range c.ledger("") {
		host += b.Net
	}
	if cards != host || cash != c.drawer {
		c.violate("paid by card %d, the host says %d; cash %d, in the drawer %d", cards, host, cash, c.drawer)
	}
}

// hasReceipt says whether the journal's row is enough to print the receipt again.
func hasReceipt(p pos.Payment) bool {
	var text strings.Builder
	for _, line := range receipt.Render(receipt.Receipt{Payment: p, Copy: receipt.Reprint, Word: words.New("en").Word}).Lines {
		text.WriteString(line.Left + " " + line.Text + " " + line.Right + "\n")
	}
	return strings.Contains(text.String(), p.Ref) && strings.Contains(text.String(), p.Approved.String())
}

// payments reads the journal beside the terminal.
func (c *campaign) payments() []pos.Payment {
	c.t.Helper()
	j, err := storage.Open(context.Background(), storage.Options{Path: c.journalPath(), KeyFile: filepath.Join(c.store, "terminal.key"), ReadOnly: true})
	if err != nil {
		c.t.Fatal(err)
	}
	list, err := j.List(context.Background(), pos.Filter{})
	if err = errors.Join(err, j.Close()); err != nil {
		c.t.Fatal(err)
	}
	return list
}
