package crash

import (
	"bytes"
	"database/sql"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
)

// sellsOffline is the configuration of a terminal that approves alone while the host is away.
const sellsOffline = `[offline]
enabled = true
per_sale = "1000.00"
total = "1000000.00"
count = 10000
age_hours = 24
brands = ["visa"]
`

// dueAfter is how long an offline approval waits before the terminal tries to forward it.
const dueAfter = 15 * time.Second

// lossCard is the guide's Visa that the host declines.
const lossCard = `{"pan":"4012345678909","exp":"1230"}`

// offline is a campaign whose terminal approves alone, on a disk of our own, behind a proxy that can take the host away.
func offline(t *testing.T, till, hwsim string) (*campaign, *badDisk, *process) {
	t.Helper()
	c := newCampaign(newWorldWith(t, till, hwsim, surroundings{sections: sellsOffline}))
	b := c.ownDisk()
	return c, b, c.network(hwsim)
}

// drain ends n lives of the terminal while it seals offline sales and while it forwards them, one call to the disk after
// the other, by kill -9 and by power cut.
func (c *campaign) drain(b *badDisk, network *process, n int) {
	c.t.Helper()
	c.call(network.text("control"), "POST", "/fault", fields{"refuse": true})
	c.boot()
	c.terminal.kill()
	sealing := n / 3
	for i := range sealing {
		// The first sale makes a key file; walk through that, then through the sale.
		c.stopLife(b, whileSelling, 1+i*70/max(sealing, 1), i%2 == 0)
		c.faults["offline: end while sealing"]++
	}
	c.boot()
	for range n + 6 {
		c.sellFor("offline", cardOf(c.random))
	}
	c.terminal.kill()
	c.afterDeath()
	c.taken()
	sealed := c.sealed()
	if len(sealed) == 0 {
		c.t.Fatal("nothing was sealed: the campaign would show nothing")
	}
	time.Sleep(dueAfter + time.Second)
	c.call(network.text("control"), "DELETE", "/fault", nil)
	forwarding := n - sealing
	for i := range forwarding {
		if !c.stopLife(b, whileForwarding, 1+i*calls[whileForwarding]/max(forwarding, 1), i%2 == 0) {
			break // all is forwarded
		}
		c.taken()
		c.faults["offline: end while forwarding"]++
	}
	c.boot()
	c.forwarded()
	c.settle()
	c.terminal.kill()
	c.erased(sealed)
	c.checkOffline()
}

// cardOf draws the card of an offline sale: one in four will be declined, too late.
func cardOf(r *rand.Rand) string {
	if r.IntN(4) == 0 {
		return lossCard
	}
	return testCard
}

// taken wants every offline approval that was told to be durable, and no card that the journal does not seal.
func (c *campaign) taken() {
	c.t.Helper()
	rows := c.rows()
	for _, s := range c.sales {
		if s.told == "accepted" && !kept(rows[s.ref], s) {
			c.violate("%s: the cashier saw an offline approval, the journal says %q", s.ref, rows[s.ref].State)
		}
	}
}

// sealed reads what is sealed, as it lies on the disk.
func (c *campaign) sealed() (out [][]byte) {
	c.t.Helper()
	db, err := sql.Open("sqlite", "file:"+c.journalPath()+"?mode=ro")
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT sealed FROM vault`)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var one []byte
		if err := rows.Scan(&one); err != nil {
			c.t.Fatal(err)
		}
		out = append(out, one)
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	return out
}

// forwarded waits until no offline approval waits any more.
func (c *campaign) forwarded() {
	c.t.Helper()
	deadline := time.Now().Add(2 * patience)
	for {
		waiting := slices.ContainsFunc(c.payments(), pos.Payment.Waiting)
		if !waiting {
			return
		}
		if time.Now().After(deadline) {
			c.violate("offline approvals are not forwarded though the host is back")
			return
		}
		<-time.After(100 * time.Millisecond)
	}
}

// erased wants nothing sealed to be left of what has its answer, in no file of the journal.
func (c *campaign) erased(sealed [][]byte) {
	c.t.Helper()
	open := 0
	for _, p := range c.payments() {
		if p.Offline && p.State.Open() {
			open++ // its answer is not there yet
		}
	}
	if left := len(c.sealed()); left > open {
		c.violate("%d offline approvals are open, and %d have sealed data", open, left)
	}
	found := 0
	for _, file := range []string{c.journalPath(), c.journalPath() + "-wal"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // there need be no log
		}
		for _, one := range sealed {
			if bytes.Contains(text, one[:min(len(one), 32)]) {
				found++
			}
		}
	}
	if found > 2*open {
		c.violate("sealed data lie in the journal's files %d times; %d offline approvals are open", found, open)
	}
}

// checkOffline wants what was forwarded to be at the host once, the oldest first, and what the host declined to be a loss.
func (c *campaign) checkOffline() {
	c.t.Helper()
	seq := map[string]int64{}
	state := map[string]pos.State{}
	for _, p := range c.payments() {
		if p.Offline {
			seq[p.Ref], state[p.Ref] = p.Seq, p.State
		}
	}
	var last int64
	times := map[string]int{}
	for _, b := range c.ledger("") {
		n, ours := seq[b.Ref]
		if !ours {
			continue
		}
		if times[b.Ref]++; times[b.Ref] > 1 {
			c.violate("%s: forwarded %d times", b.Ref, times[b.Ref])
		}
		if n < last {
			c.violate("%s: forwarded after a younger one", b.Ref)
		}
		last = n
		if strings.HasPrefix(b.State, "declined") && state[b.Ref] != pos.StateRejectedLate && !state[b.Ref].Open() {
			c.violate("%s: declined at last, and the journal says %q, which is no loss line", b.Ref, state[b.Ref])
		}
	}
	if len(times) == 0 {
		c.violate("nothing was forwarded")
	}
	c.t.Logf("%d offline approvals, %d at the host", len(seq), len(times))
}
