package sim

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tillpos/till/pos"
)

// lane is the terminal's name in every ref, clerk who stands at it (or the name that it has if nobody does).
const (
	lane  = "L1"
	clerk = "ann"
)

// plan is what the seed decides for the whole day.
type plan struct {
	physics  physics
	wire     bool    // the host is tctest, behind the real client
	sqlite   bool    // the journal is the real storage package
	net      float64 // how bad the network is; 1 is usual
	disk     float64
	crashes  float64
	people   float64
	jumps    bool
	offline  bool
	kiosk    bool // nobody stands at the terminal
	charges  bool // a surcharge on credit, a fee on debit
	payments int  // at least so many
}

func newPlan(seed uint64) plan {
	d := newStream(seed, "plan")
	p := plan{
		physics: all[seed%uint64(len(all))], sqlite: seed%10 == 3, wire: seed%20 == 9,
		net: pick(d, 0.3, 1, 1, 1, 2.5), disk: pick(d, 0.2, 1, 1, 2.5), crashes: pick(d, 0.3, 1, 1, 2), people: pick(d, 0.3, 1, 2),
		jumps: d.chance(50), offline: d.chance(55), payments: 60 + d.IntN(10),
	}
	p.kiosk, p.charges = d.chance(8), d.chance(30)
	if p.wire {
		p.physics = all[slices.IndexFunc(all, func(p physics) bool { return p.query > 0 })]
	}
	return p
}

// world is one day: everything that outlives a crash of the terminal.
type world struct {
	seed   uint64
	plan   plan
	diary  *diary
	tally  *tally
	disk   disk
	bank   *bank
	net    *network
	wire   *wire // nil: a model bank
	gate   gate
	calm   atomic.Bool
	jumped atomic.Int64 // nanoseconds that the wall clock is wrong
	lives  int
	random stream // of the day's course

	mu         sync.Mutex
	violations []string
	numbers    map[string]string // card by ref, as the bank knows it
	baits      map[string]int
	doom       chan fault // tells the day's loop that the terminal dies now
	drawer     int64      // cents that stand in it beyond the float
	totals     map[string]int64
	paidOut    map[string]int64 // of it, cash back by ref
	cashBack   map[string]bool  // cash that went back to the shopper, by ref
	released   map[string]bool  // payments whose sale was given up
	agreed     map[string]bool  // sales of which the cashier said that the same card pays the same twice
	seen       map[string]int64
	undone     map[string]bool // sales of which the screen said that all was given back
	wentOut    map[string]bool // references of offline approvals that were forwarded
	seenGone   map[string]bool // reference and word of payments that the screen called undone
	slips      []string
	log        lockedText
	keys       int // that the PIN pad has used
}

func newWorld(seed uint64) *world {
	w := &world{seed: seed, plan: newPlan(seed), diary: &diary{began: time.Now()}, tally: newTally(), random: newStream(seed, "day"),
		numbers: map[string]string{}, baits: map[string]int{}, doom: make(chan fault, 1), totals: map[string]int64{},
		paidOut: map[string]int64{}, released: map[string]bool{}, cashBack: map[string]bool{}, agreed: map[string]bool{}, seen: map[string]int64{}, seenGone: map[string]bool{}, wentOut: map[string]bool{}, undone: map[string]bool{}}
	w.net = newNetwork(w)
	w.bank = newBank(w, w.plan.physics)
	return w
}

// now is the terminal's wall clock. It has no monotonic part, so that it can jump.
func (w *world) now() time.Time {
	return time.Now().Add(time.Duration(w.jumped.Load())).Round(0)
}

func (w *world) violate(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.diary.note("VIOLATION", "%s", text)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.violations, text) {
		w.violations = append(w.violations, text)
	}
}

// struck counts a fault with the states of the payments that it struck.
func (w *world) struck(f fault, states ...pos.State) {
	if f != none {
		w.tally.count(f, states...)
	}
}

// standing are the states that the journal's payments have now.
func (w *world) standing() []pos.State {
	var out []pos.State
	for _, p := range w.disk.peek(pos.Filter{}) {
		out = append(out, p.State)
	}
	return out
}

// tempt is a moment at which a crash would hurt: in the middle of what takes so long. Some of them come true.
func (w *world) tempt(kind, what string, took time.Duration) {
	if w.calm.Load() {
		return
	}
	w.mu.Lock()
	w.baits[kind+what]++
	d := newStream(w.seed, fmt.Sprintf("crash/%s/%s/%d", kind, what, w.baits[kind+what]))
	w.mu.Unlock()
	if !d.chance(0.35 * w.plan.crashes) {
		return
	}
	how := pick(d, killed, killed, powerCut)
	time.AfterFunc(d.between(0, took*5/4), func() {
		select {
		case w.doom <- how:
		default:
		}
	})
}

func (w *world) remember(ref, number string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if number != "" {
		w.numbers[ref] = number
	}
}

func (w *world) numberOf(ref string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.numbers[ref]
}
