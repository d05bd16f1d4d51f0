package sim

import (
	"time"

	"github.com/tillpos/till/pos"
)

// follow books what is done to an earlier transaction: capture, void, refund, reversal, adjustment, increment.
func (b *bank) follow(d demand, again bool) pos.Answer {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old := b.known(d); old != nil && again {
		return b.replies[old]
	}
	parent := b.parent(d.parent)
	b.lookAtKey(d)
	if parent != nil && d.kind == pos.KindRefund && parent.pin != (d.ksn != "") {
		b.w.violate("bank: the refund %s of a payment with PIN %v comes with PIN %v", d.ref, parent.pin, d.ksn != "")
	}
	if b.p.keeps && parent != nil && d.kept != parent.number {
		b.w.violate("bank: the %s %s comes without the card that it needs", d.kind, d.ref)
	}
	if parent == nil || !b.fits(parent, d) {
		a := refused("original")
		e := b.add(d, "declined", 0)
		b.replies[e] = a
		b.note(e, "refused")
		return a
	}
	e := b.apply(parent, d)
	a := yes(e)
	if b.p.queues && d.kind != pos.KindAuth && d.kind != pos.KindAdjust {
		e.state, a.State = "queued", pos.StateAccepted
		b.later(e)
	}
	b.replies[e] = a
	b.note(e, "booked")
	return a
}

func (b *bank) parent(id string) *entry {
	for _, e := range b.entries {
		if e.id == id && id != "" {
			return e
		}
	}
	for i := len(b.byRef[id]) - 1; i >= 0; i-- {
		if e := b.byRef[id][i]; e.state != "declined" {
			return e
		}
	}
	return nil
}

// fits are the rules of reference of any host.
func (b *bank) fits(p *entry, d demand) bool {
	open := p.batch == b.batch && !p.settled
	money := p.state == "booked" || p.state == "queued"
	switch d.kind {
	case pos.KindCapture:
		return p.kind == pos.KindAuth && p.state == "held" && d.amount <= p.amount+p.amount*15/100+d.tip
	case pos.KindVoid:
		return open && (money || p.state == "held") && p.refunded == 0
	case pos.KindRefund:
		return (p.kind == pos.KindSale || p.kind == pos.KindCapture) && (money || p.state == "held" && b.p.terminal) && p.refunded+d.amount <= p.amount
	case pos.KindReversal:
		return p.state == "held" && d.amount <= p.amount
	case pos.KindAuth:
		return p.kind == pos.KindAuth && p.state == "held"
	case pos.KindAdjust:
		return open && (money || p.state == "held" && p.kind == pos.KindSale) && p.refunded == 0
	}
	return false
}

// apply books a follow-up and what it does to its parent.
func (b *bank) apply(p *entry, d demand) *entry {
	d.number = p.number
	e := b.add(d, "booked", d.amount)
	e.parent, e.before = p, p.amount
	switch d.kind {
	case pos.KindCapture:
		p.state = "captured"
		if b.p.terminal {
			e.state = "booked"
		}
	case pos.KindVoid:
		p.state = "voided"
		if p.kind == pos.KindCapture && p.parent != nil {
			p.parent.state = "held"
		}
		if p.kind == pos.KindRefund && p.parent != nil {
			p.parent.refunded -= p.amount
		}
	case pos.KindRefund:
		p.refunded += d.amount
	case pos.KindReversal:
		if p.amount -= d.amount; p.amount == 0 {
			p.amount, p.state = d.amount, "reversed"
		}
	case pos.KindAuth:
		e.state = "increment"
		p.amount += d.amount
	case pos.KindAdjust:
		e.state = "adjustment"
		p.amount = d.amount
	}
	return e
}

// later decides about a follow-up that was only queued.
func (b *bank) later(e *entry) {
	draw := newStream(b.w.seed, "bank/later/"+e.ref)
	time.AfterFunc(draw.between(3*time.Minute, 25*time.Minute), func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if e.state != "queued" {
			return
		}
		e.state = "booked"
		if draw.chance(25) && b.reject(e) {
			e.state = "rejected"
		}
		b.note(e, "decided")
	})
}

// reject undoes what a queued follow-up did. It says no when something else was built on it since.
func (b *bank) reject(e *entry) bool {
	p := e.parent
	switch e.kind {
	case pos.KindCapture:
		if p.state != "captured" || e.refunded > 0 {
			return false
		}
		p.state = "held"
	case pos.KindRefund:
		p.refunded -= e.amount
	case pos.KindVoid:
		if p.kind != pos.KindSale {
			return false
		}
		p.state = "booked"
	case pos.KindReversal:
		if p.state != "reversed" {
			return false
		}
		p.state = "held"
	default:
		return false
	}
	return true
}

// closeBatch ends the bank's day: what is in it is settled.
func (b *bank) closeBatch() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.entries {
		if e.net() != 0 && !b.p.terminal {
			e.settled = true
		}
	}
	b.batch++
	b.w.diary.note("bank", "batch closed, %d begins", b.batch)
}

// upload is the terminal's batch: the bank captures what the rows say, if it authorized it.
// What is still to be found out about a row keeps it out of the batch.
func (b *bank) upload(rows []pos.Payment) {
	b.mu.Lock()
	defer b.mu.Unlock()
	open := map[string]bool{}
	for _, p := range rows {
		open[p.Parent] = open[p.Parent] || p.State.Open()
	}
	for _, p := range rows {
		if p.Kind != pos.KindSale || p.Net().IsZero() || p.Instrument.Kind == pos.InstrumentCash || open[p.ID] || p.Waiting() {
			continue
		}
		e := b.parent(p.Ref)
		switch {
		case e == nil:
			b.w.violate("the batch holds %s, which the bank never authorized", p.Ref)
		case e.state == "held":
			e.state, e.settled = "booked", true
		case e.settled && e.state == "booked":
		default:
			b.w.violate("the batch holds %s, which is %s at the bank", p.Ref, e.state)
		}
	}
}

// byHand is what the bank does when a person telephones: it takes a payment back.
func (b *bank) byHand(ref string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.byRef[ref] {
		if e.net() == 0 && e.held() == 0 {
			continue
		}
		e.state = "voided"
		if e.parent != nil && e.kind == pos.KindRefund {
			e.parent.refunded -= e.amount
		}
		if e.parent != nil && e.kind == pos.KindCapture {
			e.parent.state = "held"
		}
		b.note(e, "taken back by hand")
	}
}

// truth is what the bank has under a reference.
type truth struct {
	count     int // transactions that moved or hold money
	net, held int64
	done      bool // a void, reversal, increment or adjustment stands
	asked     int64
}

func (b *bank) truth(ref string) truth {
	b.mu.Lock()
	defer b.mu.Unlock()
	var t truth
	for _, e := range b.byRef[ref] {
		t.net += e.net()
		t.held += e.held()
		t.asked = e.asked
		if e.net() != 0 || e.held() != 0 {
			t.count++
		}
		switch e.state {
		case "booked", "queued", "increment", "adjustment":
			t.done = true
		}
	}
	return t
}

// refs are all references that the bank ever saw.
func (b *bank) refs() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	seen := map[string]bool{}
	for _, e := range b.entries {
		if !seen[e.ref] {
			seen[e.ref] = true
			out = append(out, e.ref)
		}
	}
	return out
}
