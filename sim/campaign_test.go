package sim

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

var (
	seedCount = flag.Int("seeds", 20, "days to play")
	seedFirst = flag.Uint64("first", 0, "the first seed")
	seedOnly  = flag.Int64("seed", -1, "one day to play, with its events")
	stopEarly = flag.Bool("stop", false, "end at the first violation")
	// The last line of `make sim` must be the JSON line alone, which go test does not allow.
	reportFile = flag.String("report", "", "file to write the report to")
)

func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// TestDays plays days and wants no violation.
func TestDays(t *testing.T) {
	if *seedOnly >= 0 {
		one(t, uint64(*seedOnly))
		return
	}
	c := newCampaign()
	t.Run("days", func(t *testing.T) { c.play(t, *seedFirst, *seedCount) })
	var text bytes.Buffer
	if err := c.write(&text, *seedFirst); err != nil {
		t.Fatal(err)
	}
	hand(t, text.String())
	for _, v := range c.violations {
		t.Errorf("seed %d: %s", v.seed, v.text)
	}
	if min := 60 * c.days; c.payments < min && !*stopEarly {
		t.Errorf("%d payments on %d days, at least %d were wanted", c.payments, c.days, min)
	}
	if n := c.empty(); c.days >= 1000 && n > 0 {
		t.Errorf("%d cells of the table of faults are empty", n)
	}
	if list := c.missing(); c.days >= 1000 && len(list) > 0 {
		t.Errorf("no day did: %s", strings.Join(list, ", "))
	}
}

// play lives the days on all processors.
func (c *campaign) play(t *testing.T, first uint64, count int) {
	var next atomic.Uint64
	var found atomic.Bool
	for i := range runtime.GOMAXPROCS(0) {
		t.Run(fmt.Sprint("worker ", i), func(t *testing.T) {
			t.Parallel()
			for {
				n := next.Add(1) - 1
				if n >= uint64(count) || *stopEarly && found.Load() {
					return
				}
				r := playDay(t, first+n, false)
				if len(r.violations) > 0 {
					found.Store(true)
				}
				c.add(r)
			}
		})
	}
}

// one replays a day and tells its events.
func one(t *testing.T, seed uint64) {
	r := playDay(t, seed, true)
	var text strings.Builder
	fmt.Fprintf(&text, "%s\nhost: %s, journal: sqlite %v, payments %d, lives %d, event hash %s\nviolations %d\n", r.events, r.plan.physics.name, r.plan.sqlite,
		r.payments, r.lives, r.hash, len(r.violations))
	for _, v := range r.violations {
		fmt.Fprintf(&text, "  %s\n", v)
		t.Errorf("seed %d: %s", seed, v)
	}
	fmt.Fprintf(&text, "{\"violations\":%d,\"faults\":{},\"seed\":%d,\"hash\":%q}\n", len(r.violations), seed, r.hash)
	hand(t, text.String())
}

func hand(t *testing.T, text string) {
	if *reportFile == "" {
		t.Log("\n" + text)
		return
	}
	if err := os.WriteFile(*reportFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
