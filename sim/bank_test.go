package sim

import (
	"fmt"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// entry is one transaction in the bank's own ledger.
type entry struct {
	id       string
	ref      string
	seq      int64
	kind     pos.Kind
	state    string // held, booked, queued, declined, voided, reversed, rejected
	amount   int64  // cents that it holds or moved
	asked    int64
	refunded int64
	parent   *entry
	before   int64 // the parent's amount before this adjustment
	batch    int64
	at       time.Time
	number   string // the card's, as a host knows it
	settled  bool
	pin      bool // a debit
}

// net is what it moved to the merchant.
func (e *entry) net() int64 {
	switch {
	case e.state != "booked" && e.state != "queued":
		return 0
	case e.kind == pos.KindSale, e.kind == pos.KindCapture:
		return e.amount
	case e.kind == pos.KindRefund:
		return -e.amount
	}
	return 0
}

func (e *entry) held() int64 {
	if e.state == "held" {
		return e.amount
	}
	return 0
}

// total is what the bank moved to the merchant, all in all.
func (b *bank) total() (net int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.entries {
		net += e.net()
	}
	return net
}

// bank is a model host: a ledger of its own, and the rules of one physics.
type bank struct {
	w *world
	p physics

	mu      sync.Mutex
	entries []*entry
	byRef   map[string][]*entry
	batch   int64
	replies map[*entry]pos.Answer
	ksns    map[card.KSN]string // ref by the key of its PIN block
	early   map[string]bool     // refs whose reversal came before they did
}

func newBank(w *world, p physics) *bank {
	return &bank{w: w, p: p, byRef: map[string][]*entry{}, batch: 1, replies: map[*entry]pos.Answer{},
		ksns: map[card.KSN]string{}, early: map[string]bool{}}
}

func (b *bank) note(e *entry, what string) {
	of := ""
	if e.parent != nil {
		of = " of " + e.parent.ref
	}
	b.w.diary.note("bank "+e.ref, "%s %s%s %d (%s)", what, e.kind, of, e.amount, e.state)
}

// demand is a message as the bank reads it.
type demand struct {
	ref, parent  string // the bank's own id of the parent, or its ref
	seq          int64
	kind         pos.Kind
	amount, tip  int64
	attempt      int
	allowPartial bool
	code         string   // approved by telephone
	ksn          card.KSN // of the PIN block that came with it; empty: none
	number       string
	kept         string
}

func yes(e *entry) pos.Answer {
	return pos.Answer{State: pos.StateApproved, Approved: cents(e.amount), HostID: e.id, AuthCode: "A" + e.id}
}

func no(code pos.Code) pos.Answer {
	return pos.Answer{State: pos.StateDeclined, Failure: pos.NewError(code)}
}

func refused(what string) pos.Answer {
	return pos.Answer{State: pos.StateRefused, Failure: pos.NewError(pos.CodeRefused, what)}
}

func (b *bank) add(d demand, state string, amount int64) *entry {
	e := &entry{id: fmt.Sprintf("H%d", len(b.entries)+1), ref: d.ref, seq: d.seq, kind: d.kind, state: state, amount: amount, asked: d.amount,
		batch: b.batch, at: time.Now(), number: d.number, pin: d.ksn != ""}
	b.entries = append(b.entries, e)
	b.byRef[e.ref] = append(b.byRef[e.ref], e)
	return e
}

// known finds the original of a message that came again, as long as its batch is open.
func (b *bank) known(d demand) *entry {
	for _, e := range b.byRef[d.ref] {
		if e.kind == d.kind && e.batch == b.batch {
			return e
		}
	}
	return nil
}

// authorize books a sale, a hold, a verification or an unlinked refund.
func (b *bank) authorize(d demand, again bool) pos.Answer {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.known(d)
	if old != nil && again {
		return b.replies[old] // one message, delivered twice by the network
	}
	if d.attempt > 0 || old != nil && b.p.resends > 0 {
		if d.attempt > b.p.resends {
			b.w.violate("bank: %s is sent again, attempt %d; this host allows %d", d.ref, d.attempt, b.p.resends)
		}
		if old != nil {
			b.note(old, "sent again")
			return b.replies[old]
		}
	}
	b.lookAtNumber(d)
	b.lookAtKey(d)
	if b.early[d.ref] {
		b.w.did(deedOvertaken)
	}
	a := b.decide(d)
	e := b.entries[len(b.entries)-1]
	b.replies[e] = a
	b.note(e, "booked")
	return a
}

// lookAtNumber complains about a sequence number that a living transaction of this batch has.
func (b *bank) lookAtNumber(d demand) {
	n := b.p.numbers
	if n.Last == 0 || d.seq == 0 {
		return
	}
	if d.seq < n.First || d.seq > n.Last {
		b.w.violate("bank: %s has the number %d outside the range", d.ref, d.seq)
	}
	for _, e := range b.entries {
		open := e.batch == b.batch && (e.net() != 0 || e.held() != 0) || e.kind == pos.KindAuth && e.parent == nil && e.held() != 0
		if e.seq == d.seq && e.ref != d.ref && open {
			b.w.violate("bank: %s has the number %d that %s still has", d.ref, d.seq, e.ref)
		}
	}
}

// lookAtKey complains about a PIN block that came before with another payment.
func (b *bank) lookAtKey(d demand) {
	if d.ksn == "" {
		return
	}
	if other, used := b.ksns[d.ksn]; used && other != d.ref {
		b.w.violate("bank: %s comes with the PIN block of %s", d.ref, other)
	}
	b.ksns[d.ksn] = d.ref
}

// decide draws by the reference alone, so that the bank says the same however often it is asked.
func (b *bank) decide(d demand) pos.Answer {
	draw := newStream(b.w.seed, "bank/"+d.ref)
	state := "booked"
	if d.kind == pos.KindAuth || b.p.terminal && d.kind == pos.KindSale {
		state = "held"
	}
	switch roll := draw.Float64() * 100; {
	case d.kind == pos.KindVerify:
		return yes(b.add(d, "verified", 0))
	case roll < 7:
		b.add(d, "declined", 0)
		return no(pos.CodeDeclined)
	case roll < 9:
		b.add(d, "declined", 0)
		return refused("amount")
	case roll < 16 && b.p.partial && d.kind == pos.KindSale && d.code == "" && d.amount > 200 && (d.allowPartial || roll < 11):
		// Some hosts approve a part although nobody asked for one.
		e := b.add(d, state, d.amount*2/5)
		a := yes(e)
		a.State = pos.StatePartial
		return a
	}
	return yes(b.add(d, state, d.amount))
}

// reverseLost takes back a payment whose answer was lost.
func (b *bank) reverseLost(d demand) pos.ReversalAnswer {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.p.keeps && d.kept != d.number {
		b.w.violate("bank: the reversal of %s comes without the card that it needs", d.ref)
		return pos.ReversalAnswer{Verdict: pos.VerdictRefused}
	}
	draw := newStream(b.w.seed, "bank/reverse/"+d.ref)
	e := b.lost(d)
	switch {
	case e == nil:
		if b.early[d.ref] {
			b.w.did(deedNotFoundTwice)
		}
		b.early[d.ref] = true
		return pos.ReversalAnswer{Verdict: pos.VerdictNotFound}
	case e.state == "declined", e.state == "voided", e.state == "reversed":
		return pos.ReversalAnswer{Verdict: pos.VerdictReversed}
	case e.settled || e.batch != b.batch:
		return pos.ReversalAnswer{Verdict: pos.VerdictSettled, Failure: pos.NewError(pos.CodeReversalSettled)}
	case draw.chance(2):
		return pos.ReversalAnswer{Verdict: pos.VerdictRefused, Failure: pos.NewError(pos.CodeReversalRefused)}
	}
	e.state = "reversed"
	b.note(e, "lost, reversed")
	return pos.ReversalAnswer{Verdict: pos.VerdictReversed}
}

// lost finds what a reversal means: by number where the host counts, the newest one first; else by reference.
func (b *bank) lost(d demand) *entry {
	for i := len(b.entries) - 1; i >= 0; i-- {
		e := b.entries[i]
		switch {
		case e.state == "declined" && e.ref != d.ref:
		case b.p.bySeq && e.seq == d.seq && (e.batch == b.batch || e.ref == d.ref) && e.parent == nil && (e.kind == pos.KindSale || e.kind == pos.KindAuth):
			return e
		case !b.p.bySeq && e.ref == d.ref:
			return e
		}
	}
	return nil
}

// query finds a payment in the reports, which lag.
func (b *bank) query(ref string, kind pos.Kind) pos.Finding {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.byRef[ref] {
		if e.kind != kind || time.Since(e.at) < b.p.query {
			continue
		}
		a := yes(e)
		switch e.state {
		case "declined", "rejected", "voided", "reversed":
			a = no(pos.CodeDeclined)
			a.HostID = e.id
		case "queued":
			a.State = pos.StateAccepted
		}
		if a.State == pos.StateApproved && e.amount < e.asked && e.kind == pos.KindSale {
			a.State = pos.StatePartial
		}
		return pos.Finding{Verdict: pos.VerdictFound, Answer: a}
	}
	return pos.Finding{Verdict: pos.VerdictAbsent}
}
