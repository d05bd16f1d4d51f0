package sim

import (
	"context"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/register"
)

// result is what one day gave.
type result struct {
	seed       uint64
	plan       plan
	violations []string
	payments   int
	lives      int
	hash       string
	events     string
	tally      *tally
}

// playDay lives one seed's day in a bubble of its own.
func playDay(t *testing.T, seed uint64, events bool) (out result) {
	folder := ""
	if newPlan(seed).sqlite {
		var err error
		if folder, err = os.MkdirTemp("", "till-sim-"); err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(folder)
	}
	if _, err := authority(); err != nil { // outside the bubble
		t.Fatal(err)
	}
	defer func() {
		if v := recover(); v != nil { // nobody can go on: some wait has no end
			out = broken(seed, v)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		defer func() {
			if v := recover(); v != nil {
				out = broken(seed, v)
			}
		}()
		w := newWorld(seed)
		w.disk = memoryDisk{newPlatter()}
		if folder != "" {
			w.disk = &sqliteDisk{folder: folder}
		}
		if w.plan.wire {
			var err error
			if w.wire, err = newWire(w); err != nil {
				t.Fatal(err)
			}
			defer w.wire.close()
		}
		out = w.day()
		if events {
			out.events = w.diary.String()
		}
	})
	return out
}

// broken is a day that came to no end: a standstill of the bubble, or a panic of the day's own goroutine.
func broken(seed uint64, v any) result {
	return result{seed: seed, plan: newPlan(seed), tally: newTally(), violations: []string{fmt.Sprintf("the day comes to no end: %v", v)}}
}

// mostSteps ends a day on which little is paid.
const mostSteps = 6000

// day is opening, work, evening and the checks.
func (w *world) day() result {
	c := &cashier{w: w, d: newStream(w.seed, "cashier"), card: wallet[0]}
	c.start()
	batch := w.plan.payments / 3
	for steps, n := 0, 0; n < w.plan.payments && steps < mostSteps; steps++ {
		c.step()
		w.meddle()
		if n = w.disk.count(); n >= w.plan.payments {
			n = len(w.disk.peek(pos.Filter{}))
		}
		if n >= batch {
			batch += w.plan.payments / 3
			c.closeBatch()
		}
	}
	c.evening()
	c.till.halt()
	c.till.book.Close()
	c.start()
	c.pause(3 * time.Second)
	status := c.till.now().Status.BatchNet
	c.till.halt()
	time.Sleep(4 * hostTimeout) // what is on its way arrives
	w.upload()
	w.check(c.till.book, status)
	out := result{seed: w.seed, plan: w.plan, violations: w.violations, payments: len(w.disk.peek(pos.Filter{})), lives: w.lives, tally: w.tally}
	c.till.book.Close()
	out.hash = w.diary.hash()
	return out
}

// meddle sets the wall clock wrong now and then.
func (w *world) meddle() {
	if !w.plan.jumps || !w.random.chance(0.4) {
		return
	}
	synctest.Wait() // what was done at this moment was done by the old time
	by, how := w.random.between(time.Second, 90*time.Minute), clockForward
	if w.random.chance(40) {
		by, how = -w.random.between(time.Second, 40*time.Minute), clockBack
	}
	w.struck(how, w.standing()...)
	w.diary.note("clock", "%s", how)
	w.jumped.Add(int64(by))
}

// closeBatch stops the terminal, ends the batch at the journal and at the host, and starts again.
func (c *cashier) closeBatch() {
	if c.w.plan.wire {
		return
	}
	// What is on its way would be a new sale in the next batch: nobody ends a batch in the middle of one. A payment with all its
	// copies takes longer than one pause, and the last copy may be under way when it is over.
	c.keys = nil
	for began, busy := time.Now(), true; busy && time.Since(began) < longestSending; {
		busy = c.behind.Load() || c.till.now().Screen == register.ScreenSending
		busy = !c.pause(3*hostTimeout+time.Duration(c.d.Int64N(1_000_000))) || busy
	}
	c.till.halt()
	if _, err := c.till.book.NextBatch(context.Background()); err != nil {
		c.w.violate("the batch does not close: %v", err)
	}
	c.w.upload()
	c.w.bank.closeBatch()
	c.till.book.Close()
	c.start()
}

// evening lets everything work again, gives the queue its time and settles by hand what is left.
func (c *cashier) evening() {
	w := c.w
	w.calm.Store(true)
	c.pause(15*time.Minute + time.Duration(c.d.Int64N(1000)))
	w.checkQueue()
	for range 3 {
		w.jumped.Add(int64(25 * time.Hour)) // holds that nobody captured come to their end
		c.pause(10*time.Minute + time.Duration(c.d.Int64N(1000)))
	}
	for range 6 {
		c.settleAll()
		c.pause(26*time.Minute + time.Duration(c.d.Int64N(1000))) // the bank decides about what it queued
		w.jumped.Add(int64(2 * time.Hour))
		c.pause(10*time.Minute + time.Duration(c.d.Int64N(1000)))
		if c.settled() {
			return
		}
	}
}

// settled says that nothing needs a person and nothing that the bank queued is still asked about.
func (c *cashier) settled() bool {
	for _, p := range c.w.disk.peek(pos.Filter{State: pos.StateAccepted}) {
		if !p.Due.IsZero() {
			return false
		}
	}
	return len(c.w.disk.peek(pos.Filter{State: pos.StateNeedsPerson})) == 0
}

// upload is the batch that a terminal sends whose host keeps none.
func (w *world) upload() {
	if w.plan.physics.terminal {
		w.bank.upload(w.disk.peek(pos.Filter{}))
	}
}
