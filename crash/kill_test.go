package crash

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	kills = flag.Int("kills", 20, "how often the terminal is killed")
	seed  = flag.Uint64("seed", 1, "of the moments and amounts")
	// The last line of `make crash` must be the JSON line alone, which go test does not allow.
	reportFile = flag.String("report", "", "file to write the JSON line to")
)

// window is where a kill fell.
type window int

const (
	beforeIntent window = iota
	intentToByte
	byteToAnswer
	answerToCommit
	commitToPrint
	afterPrint
	windows
)

func (w window) String() string {
	return [...]string{"before intent", "intent → first byte", "first byte → answer", "answer → commit", "commit → print", "after print"}[w]
}

// TestKill kills the real terminal in the middle of sales, in every window, starts it again and looks whether
// the journal and the host still say the same money.
func TestKill(t *testing.T) {
	w := newWorld(t, build(t, "till", ""), build(t, "hwsim", ""))
	c := newCampaign(w)
	c.run(*kills)
	c.report()
	for _, v := range c.violations {
		t.Error(v)
	}
	c.windows(*kills)
}

// windows wants enough kills to have fallen in each window.
func (c *campaign) windows(kills int) {
	c.t.Helper()
	least := 30
	if kills < 5*30 {
		least = kills / 10
	}
	for k := beforeIntent; k <= commitToPrint; k++ {
		if c.histogram[k] < least {
			c.t.Errorf("%d kills fell in the window %q, %d were wanted", c.histogram[k], k, least)
		}
	}
}

// sold is one sale and what the program that asked for it was told.
type sold struct {
	ref   string
	cents int64
	card  string // as JSON; empty: testCard
	told  string // state that the cashier was told; empty when the terminal died first
	// reached is how far the request came; only meaningful once the terminal dialled.
	reached moment
}

// campaign is a run of kills.
type campaign struct {
	*world
	blow       func(*process) // what ends the terminal
	faults     map[string]int // runs by kind
	random     *rand.Rand
	histogram  [windows]int
	sales      []sold
	drawer     int64 // cash taken
	violations []string
}

func newCampaign(w *world) *campaign {
	return &campaign{world: w, blow: (*process).strike, faults: map[string]int{}, random: rand.New(rand.NewPCG(*seed, 0))}
}

func (c *campaign) violate(format string, args ...any) {
	c.violations = append(c.violations, fmt.Sprintf(format, args...))
}

// run kills n times, in bounded tries, and checks everything at the end.
func (c *campaign) run(n int) {
	c.t.Helper()
	for killed, tries := 0, 0; killed < n && tries < 3*n; tries++ {
		c.boot()
		aim := c.next()
		s := c.strike(aim)
		c.terminal.kill()
		fell := c.evidence(s)
		if fell != afterPrint {
			killed++
		}
		c.histogram[fell]++
		c.sales = append(c.sales, s)
	}
	c.boot()
	c.settle()
	c.check()
}

// next aims at the window that was hit least.
func (c *campaign) next() window {
	aim := beforeIntent
	for k := beforeIntent; k <= commitToPrint; k++ {
		if c.histogram[k] < c.histogram[aim] {
			aim = k
		}
	}
	return aim
}

// strike starts a sale and kills the terminal at the moment that fits the aim.
func (c *campaign) strike(aim window) sold {
	s := sold{ref: fmt.Sprintf("kill-%d-%s", len(c.sales), letters(c.random)), cents: 100 + c.random.Int64N(90_000)}
	struck := make(chan struct{}, 1)
	victim := c.terminal // a kill that comes late must not hit the next one
	end := sync.OnceFunc(func() { c.blow(victim) })
	kill := func(after time.Duration) {
		time.Sleep(after)
		end()
		select {
		case struck <- struct{}{}:
		default:
		}
	}
	jitter := func(most time.Duration) time.Duration { return time.Duration(c.random.Int64N(int64(most) + 1)) }
	early, atDial, atRequest, atAnswer, late := jitter(time.Millisecond), jitter(200*time.Microsecond), jitter(hostDelay*3/4), jitter(300*time.Microsecond), 20*time.Millisecond+jitter(60*time.Millisecond)
	c.call(c.printer.text("control"), "POST", "/state", map[string]any{"stall": aim == commitToPrint})
	c.proxy.watch(func(m moment) {
		switch {
		case aim == intentToByte && m == connected:
			kill(atDial)
		case aim == byteToAnswer && m == requested:
			go kill(atRequest)
		case aim == answerToCommit && m == answered:
			kill(atAnswer)
		case aim == commitToPrint && m == answered:
			go kill(late)
		}
	})
	done := make(chan string, 1)
	conn := c.ask(s.ref, s.cents)
	go func() { done <- c.told(conn) }()
	if aim == beforeIntent {
		kill(early)
	}
	select {
	case <-struck:
		c.terminal.kill()
		s.told = <-done // it may have been out before the kill
	case s.told = <-done:
		end()
		c.terminal.kill()
	case <-time.After(patience):
		c.t.Fatal("a sale that neither ended nor was killed")
	}
	s.reached = c.proxy.seen()
	c.proxy.watch(nil)
	return s
}

// testCard is the approving Visa of the processor's guide, as a program hands it to the terminal.
const testCard = `{"pan":"4111111111111111","exp":"1230"}`

func letters(r *rand.Rand) string {
	out := make([]byte, 4)
	for i := range out {
		out[i] = "bcdfghjklm"[r.IntN(10)]
	}
	return string(out)
}

// evidence says where the kill fell, from what the dead terminal left behind.
func (c *campaign) evidence(s sold) window {
	c.afterDeath()
	r, there := c.durable(s)
	switch {
	case !there:
		return beforeIntent
	case r.State == "sending" && s.reached == connected:
		return intentToByte
	case r.State == "sending" && s.reached == requested:
		return byteToAnswer
	case r.State == "sending":
		return answerToCommit
	case !strings.Contains(c.paper(), s.ref):
		return commitToPrint
	}
	return afterPrint
}

func (c *campaign) report() {
	total := 0
	faults := map[string]int{}
	for k := beforeIntent; k < windows; k++ {
		c.t.Logf("%4d  %s", c.histogram[k], k)
		total += c.histogram[k]
		faults[k.String()] = c.histogram[k]
	}
	writeReport(c.t, map[string]any{"violations": len(c.violations), "faults": faults, "seed": *seed, "sales": total})
}

func writeReport(t *testing.T, of map[string]any) {
	t.Helper()
	line, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	if *reportFile == "" {
		return
	}
	if err := os.WriteFile(*reportFile, append(line, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}
