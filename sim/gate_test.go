package sim

import (
	"sync"

	"github.com/tillpos/till/pos"
)

// gate watches the wire for rule T11: where the host reverses lost payments, the reversal goes before the next
// authorization, unless it failed three times.
type gate struct {
	mu   sync.Mutex
	lost map[string]*lostOne
}

type lostOne struct {
	flying bool // its own request is under way
	tries  int
	word   bool // the host said something about it
}

// leaves is called when an authorization goes out. One that is sent once more is no next one: it was under way when
// the other was lost.
func (g *gate) leaves(w *world, ref string, attempt int) {
	g.mu.Lock()
	if g.lost == nil {
		g.lost = map[string]*lostOne{}
	}
	var before []string
	for other, l := range g.lost {
		if attempt == 0 && other != ref && !l.flying && l.tries < 3 && !l.word {
			before = append(before, other)
		}
	}
	if g.lost[ref] == nil {
		g.lost[ref] = &lostOne{}
	}
	g.lost[ref].flying = true
	g.mu.Unlock()
	if !w.plan.physics.advice && !w.plan.physics.bySeq {
		return
	}
	for _, other := range before {
		rows := w.disk.peek(pos.Filter{Ref: other})
		if len(rows) == 1 && (rows[0].State == pos.StateUnknown || rows[0].State == pos.StateReversing) {
			w.violate("%s goes out before the reversal of %s was tried three times", ref, other)
		}
	}
}

// returns is called when its answer came, or nothing did.
func (g *gate) returns(ref string, known bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known {
		delete(g.lost, ref)
		return
	}
	g.lost[ref].flying = false
}

// tried is called when a reversal came back.
func (g *gate) tried(ref string, word bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l := g.lost[ref]; l != nil {
		l.tries++
		l.word = l.word || word
	}
}
