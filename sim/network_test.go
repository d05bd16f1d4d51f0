package sim

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
)

// hostTimeout is the processor's own limit of one exchange with a model bank.
const hostTimeout = 30 * time.Second

// reach is how far an exchange came.
type reach int

const (
	notSent reach = iota
	unanswered
	answered
)

// message is what one exchange is about.
type message struct {
	ref, kind string
	states    []pos.State // of the payments that it concerns
}

// network carries messages between the till and a model bank, or does not.
type network struct {
	w       *world
	mu      sync.Mutex
	tries   map[string]int
	outages []span
}

type span struct{ from, to time.Duration }

func newNetwork(w *world) *network {
	n := &network{w: w, tries: map[string]int{}}
	d := newStream(w.seed, "outages")
	for at := d.between(time.Minute, 30*time.Minute); at < 3*time.Hour && w.plan.net > 0; at += d.between(8*time.Minute, 40*time.Minute) {
		n.outages = append(n.outages, span{at, at + d.between(20*time.Second, 4*time.Minute)})
	}
	return n
}

func (n *network) down() bool {
	if n.w.calm.Load() {
		return false
	}
	at := time.Since(n.w.diary.began)
	for _, o := range n.outages {
		if at >= o.from && at < o.to {
			return true
		}
	}
	return false
}

func (n *network) draw(m message) stream {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := m.kind + "/" + m.ref
	n.tries[key]++
	return newStream(n.w.seed, fmt.Sprintf("net/%s/%d", key, n.tries[key]))
}

func (n *network) fate(d stream) fault {
	if n.w.calm.Load() {
		return none
	}
	if n.down() {
		return pick(d, hostRefused, hostRefused, requestLost)
	}
	r := n.w.plan.net
	all := []fault{hostRefused, requestLost, requestLate, answerLost, answerLate, answerCut, answerWrong, callHangs, duplicated}
	at := d.Float64() * 100
	for i, rate := range []float64{2, 1.5, 2, 3, 2, 1.5, 1.5, 1.5, 2} {
		if at -= rate * r; at < 0 {
			return all[i]
		}
	}
	return none
}

// exchange carries one message. Handle is what the bank does when the message reaches it, perhaps long after the
// till gave up; again says that the very same message came a second time.
func (n *network) exchange(ctx context.Context, t *till, m message, handle func(again bool) any) (any, reach) {
	d := n.draw(m)
	actor := "net " + m.ref
	fate := n.fate(d)
	connect := d.between(time.Millisecond, 400*time.Millisecond)
	if fate == hostRefused {
		connect = d.between(10*time.Millisecond, 12*time.Second)
	}
	n.w.tempt("dial", m.kind+" "+m.ref, connect)
	if !rest(ctx, connect) || fate == hostRefused || t.dead() {
		n.w.struck(fate, m.states...)
		n.w.diary.note(actor, "%s not sent", m.kind)
		return nil, notSent
	}
	n.w.struck(fate, m.states...)
	out, back := d.between(5*time.Millisecond, 900*time.Millisecond), d.between(5*time.Millisecond, 900*time.Millisecond)
	switch fate {
	case requestLate:
		// At most twice the limit: what is older, no network delivers, and a host drops.
		out = d.between(hostTimeout/2, hostTimeout*19/10)
	case answerLate:
		back = d.between(hostTimeout*9/10, 3*hostTimeout)
	}
	n.w.tempt("wire", m.kind+" "+m.ref, out+back)
	n.w.diary.note(actor, "%s sent (%s)", m.kind, fate)
	reply := make(chan any, 1)
	if fate != requestLost {
		go n.deliver(d, fate, out, back, handle, reply)
	}
	limit := hostTimeout
	if fate == callHangs {
		// A defect of the processor's client: only whoever called it can end the wait (rule T20).
		limit = 2*hostTimeout + time.Second
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case r := <-reply:
		if r == nil {
			return nil, unanswered
		}
		return r, answered
	case <-timer.C:
		if fate == callHangs {
			n.w.violate("%s: the call (%s) of a client that does not end is waited for after %s", m.ref, m.kind, 2*hostTimeout)
		}
	case <-ctx.Done():
	}
	n.w.diary.note(actor, "%s no answer", m.kind)
	return nil, unanswered
}

func (n *network) deliver(d stream, fate fault, out, back time.Duration, handle func(again bool) any, reply chan<- any) {
	time.Sleep(out)
	r := handle(false)
	if fate == duplicated {
		time.Sleep(d.between(time.Millisecond, 300*time.Millisecond))
		handle(true)
	}
	if fate == answerLost || fate == callHangs {
		return
	}
	time.Sleep(back)
	if fate == answerWrong {
		r = ofAnother(r)
	}
	if fate == answerCut {
		r = nil
	}
	reply <- r
}

// rest sleeps unless ctx ends.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// ofAnother is the answer to another payment, of another amount. What is no yes, the processor's own client
// tells apart.
func ofAnother(r any) any {
	a, ok := r.(pos.Answer)
	if !ok || a.State != pos.StateApproved || a.Approved.IsZero() {
		return nil
	}
	a.Approved, a.HostID, a.AuthCode = cents(a.Approved.Minor()+1_00), "H999999", "A999999"
	return a
}
