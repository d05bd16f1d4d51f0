package crash

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

// badDiskFault is how the disk of our own fails in one life of the terminal.
type badDiskFault struct {
	name  string
	f     diskFailure // without its Nth
	power bool        // and the power is cut at the end, whatever the terminal was told meanwhile
}

var badDiskFaults = []badDiskFault{
	{name: "FUSE: EIO at fsync", f: diskFailure{Calls: aSync, Does: doesEIO}},
	{name: "FUSE: ENOSPC at write", f: diskFailure{Calls: aWrite, Does: doesENOSPC}},
	{name: "FUSE: EIO at fsync, then power cut", f: diskFailure{Calls: aSync, Does: doesEIO}, power: true},
	{name: "FUSE: ENOSPC from a write on", f: diskFailure{Calls: aWrite, Does: doesENOSPC, Onward: true}},
	{name: "FUSE: short writes", f: diskFailure{Calls: aWrite, Does: doesShort, Onward: true}},
	{name: "FUSE: EIO from a fsync on", f: diskFailure{Calls: aSync, Does: doesEIO, Onward: true}},
	{name: "FUSE: slow fsync", f: diskFailure{Calls: aSync, Does: doesSlow, Onward: true, DelayMS: 80}},
	{name: "FUSE: EIO at write", f: diskFailure{Calls: aWrite, Does: doesEIO}},
}

// onBadDisk is a campaign whose journal stands on a disk of our own.
func onBadDisk(t *testing.T, till, hwsim string) (*campaign, *badDisk) {
	t.Helper()
	c := newCampaign(newWorld(t, till, hwsim))
	b := c.ownDisk()
	return c, b
}

// failBadDisk makes n lives of the terminal in which the disk fails.
func (c *campaign) failBadDisk(b *badDisk, n int) {
	c.t.Helper()
	c.boot()
	c.sell("plain")
	c.terminal.kill()
	for done, tries := 0, 0; done < n && tries < 4*n; tries++ {
		f := badDiskFaults[(done+int(*seed)-1)%len(badDiskFaults)]
		if c.badDiskLife(b, f) {
			c.faults[f.name]++
			done++
		}
	}
}

// badDiskLife is one life on a failing disk; it says whether the failure came.
func (c *campaign) badDiskLife(b *badDisk, f badDiskFault) (came bool) {
	c.t.Helper()
	failure := f.f
	if failure.Nth = 1 + c.random.IntN(24); failure.Calls == aSync {
		failure.Nth = 1 + c.random.IntN(7)
	}
	up := true
	if c.random.IntN(3) == 0 { // in the middle of the start
		b.fail(failure)
		up = c.tryBoot() == nil
	} else {
		c.boot()
		b.fail(failure)
	}
	var tried []sold
	for i := 0; up && i < salesUnderFault; i++ {
		tried = append(tried, c.sell(f.name[6:]))
	}
	came = b.state().Fired > 0
	switch {
	case !up:
	case f.power:
		c.terminal.strike()
	case c.random.IntN(2) == 0:
		c.terminal.stop()
	default:
		c.terminal.kill()
	}
	b.heal()
	if f.power {
		b.cut(c.random)
	}
	c.afterDeath()
	for _, s := range tried {
		c.durable(s)
	}
	return came
}

// stop asks the terminal to end, and makes it end.
func (p *process) stop() {
	if !p.dead() {
		p.cmd.Process.Signal(syscall.SIGTERM)
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.kill()
	}
}

// phase is a part of the terminal's life in which a call to the disk is the last one.
type phase int

const (
	whileBorn phase = iota // on an empty disk: key file, journal, their names
	whileStarting
	whileSelling
	whileStopping   // the log is moved into the database and removed
	whileForwarding // what was approved offline, right after the start
	phases
)

func (p phase) String() string { return [...]string{"birth", "start", "sale", "stop", "forwarding"}[p] }

// calls is about how many calls to the disk each phase has: few runs are spread over all of them.
var calls = [phases]int{whileBorn: 36, whileStarting: 8, whileSelling: 54, whileStopping: 8, whileForwarding: 60}

// walk goes through the calls of a phase in steps; once it is through it begins anew, one call later.
type walk struct{ nth, round [phases]int }

func (w *walk) next(p phase, runs int) int {
	if w.nth[p] == 0 {
		w.round[p]++
		w.nth[p] = w.round[p]
	} else {
		w.nth[p] += max(1, calls[p]/max(1, runs))
	}
	return w.nth[p]
}

func (w *walk) over(p phase) { w.nth[p] = 0 }

// stopAtCalls ends n lives of the terminal at one call to the disk after the other: with the power, or by kill -9.
func (c *campaign) stopAtCalls(b *badDisk, n int, power bool, list ...phase) {
	c.t.Helper()
	name := "FUSE: kill at a call of "
	if power {
		name = "FUSE: power cut at a call of "
	}
	w := &walk{}
	for done, tries := 0, 0; done < n && tries < 2*n+8; tries++ {
		p := list[tries%len(list)]
		if !c.stopLife(b, p, w.next(p, n/len(list)), power) {
			w.over(p)
			continue
		}
		c.faults[name+p.String()]++
		done++
	}
}

// stopLife is one life that ends at the nth call of a phase; it says whether there was such a call.
func (c *campaign) stopLife(b *badDisk, p phase, nth int, power bool) bool {
	c.t.Helper()
	stop := diskFailure{Nth: nth, Does: []string{doesStop, doesStopIn}[c.random.IntN(2)]}
	if p == whileBorn {
		c.moveTo(fmt.Sprintf("%s/born-%d-%s", b.mount, nth, letters(c.random))) // nothing was sold there
	}
	told := make(chan sold, 1)
	var done <-chan struct{}
	switch p {
	case whileBorn, whileStarting, whileForwarding:
		b.fail(stop)
		line := c.line()
		victim, err := spawn(c.t, line[0], line[1:]...)
		if err != nil {
			c.t.Fatal(err)
		}
		if c.terminal, done = victim, victim.up(); p == whileForwarding {
			done = after(forwardingTakes)
		}
	case whileSelling:
		c.boot()
		b.fail(stop)
		over := make(chan struct{})
		go func() { defer close(over); told <- c.sell("stop") }()
		done = over
	case whileStopping:
		c.boot()
		told <- c.sell("stop")
		b.fail(stop)
		c.terminal.cmd.Process.Signal(syscall.SIGTERM)
		done = c.terminal.ended
	}
	came := b.stopsBefore(done)
	c.terminal.strike()
	b.heal()
	if power {
		b.cut(c.random)
	}
	c.terminal.kill()
	c.afterDeath()
	switch p {
	case whileSelling, whileStopping:
		c.durable(<-told)
	case whileBorn: // half a journal must not keep the next one from being made
		c.boot()
		c.terminal.kill()
	}
	return came
}

// forwardingTakes is more than a start with a few sales to forward.
const forwardingTakes = 5 * time.Second

func after(d time.Duration) <-chan struct{} {
	done := make(chan struct{})
	time.AfterFunc(d, func() { close(done) })
	return done
}

// up is closed when the terminal is ready, or will never be.
func (p *process) up() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		<-p.came
	}()
	return done
}

// stopsBefore waits until the disk has stopped or done is closed, and says whether it has stopped.
func (b *badDisk) stopsBefore(done <-chan struct{}) bool {
	b.t.Helper()
	limit := time.After(2 * patience)
	for {
		if b.state().Stopped {
			return true
		}
		select {
		case <-done:
			return b.state().Stopped
		case <-limit:
			b.t.Fatal("a terminal that neither comes to its end nor to the call of the disk at which it should")
		case <-time.After(2 * time.Millisecond):
		}
	}
}
