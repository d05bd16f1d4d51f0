package crash

import (
	"flag"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

var runs = flag.Int("runs", 24, "runs of the campaign over all kinds of fault; each kind comes at least once, and kills are among them from 100 on")

// part is a share of the campaign with a journal and a host of its own.
type part struct {
	name  string
	of300 int // runs of 300
	least int // runs that bring each of its kinds once
	run   func(t *testing.T, till, hwsim string, n int) *campaign
}

var parts = []part{
	{"strace", 28, len(diskFaults), func(t *testing.T, till, hwsim string, n int) *campaign {
		if why := straceMissing(); why != "" {
			t.Skip(why)
		}
		c := newCampaign(newWorld(t, till, hwsim))
		c.failDisk(n)
		return c
	}},
	{"power cuts of a loop device", 32, 2, func(t *testing.T, till, hwsim string, n int) *campaign {
		c, v := onVolume(t, till, hwsim)
		c.cutPower(v, n)
		c.blow = (*process).strike
		return c
	}},
	{"full disk", 8, 1, func(t *testing.T, till, hwsim string, n int) *campaign {
		c, v := onVolume(t, till, hwsim)
		c.fillDisk(v, n)
		return c
	}},
	{"bad disk", 32, len(badDiskFaults), func(t *testing.T, till, hwsim string, n int) *campaign {
		c, b := onBadDisk(t, till, hwsim)
		c.failBadDisk(b, n)
		return c
	}},
	{"power cuts at birth", 16, 2, func(t *testing.T, till, hwsim string, n int) *campaign {
		c, b := onBadDisk(t, till, hwsim)
		c.stopAtCalls(b, n, true, whileBorn)
		return c
	}},
	{"power cuts at each call", 36, 3, func(t *testing.T, till, hwsim string, n int) *campaign {
		c, b := onBadDisk(t, till, hwsim)
		c.boot()
		c.terminal.kill()
		c.stopAtCalls(b, n, true, whileStarting, whileSelling, whileStopping)
		return c
	}},
	{"kills at each call", 18, 3, func(t *testing.T, till, hwsim string, n int) *campaign {
		c, b := onBadDisk(t, till, hwsim)
		c.boot()
		c.terminal.kill()
		c.stopAtCalls(b, n, false, whileStarting, whileSelling, whileStopping)
		return c
	}},
	{"offline", 18, 5, func(t *testing.T, till, hwsim string, n int) *campaign {
		c, b, network := offline(t, till, hwsim)
		c.drain(b, network, n)
		return c
	}},
	{"cash at the screen", 12, 3, onScreen},
	{"network", 27, len(networkFaults), func(t *testing.T, till, hwsim string, n int) *campaign {
		c := newCampaign(newWorld(t, till, hwsim))
		c.failNetwork(c.network(hwsim), n)
		return c
	}},
	{"cable", 21, len(cableFaults), func(t *testing.T, till, hwsim string, n int) *campaign {
		c, cable := inNamespaces(t, till, hwsim)
		c.failCable(cable, n)
		return c
	}},
}

// share is how many runs each part has; what is left of a campaign that is long enough is kills.
func share(runs int) (of map[string]int, kills int) {
	of = map[string]int{}
	kills = runs
	for _, p := range parts {
		of[p.name] = max(p.least, runs*p.of300/300)
		kills -= of[p.name]
	}
	if runs < manyRuns { // a plain go test has TestKill for them
		kills = 0
	}
	return of, kills
}

// total is what a campaign found, over all its kinds.
type total struct {
	mu         sync.Mutex
	faults     map[string]int
	violations []string
	sales      int
}

func (all *total) add(c *campaign) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for kind, n := range c.faults {
		all.faults[kind] += n
	}
	all.violations = append(all.violations, c.violations...)
	all.sales += len(c.sales)
}

// conclude brings the terminal up on a good disk and a good network and compares everything.
func (c *campaign) conclude() {
	c.t.Helper()
	c.boot()
	c.settle()
	c.check()
	c.terminal.kill()
	for _, v := range c.violations {
		c.t.Errorf("seed %d: %s", *seed, v)
	}
}

// TestCampaign runs every kind of fault against the real terminal and a host that survives.
func TestCampaign(t *testing.T) {
	till, hwsim := build(t, "till", ""), build(t, "hwsim", "")
	n, kills := share(*runs)
	all := &total{faults: map[string]int{}}
	t.Run("kill", func(t *testing.T) {
		if kills == 0 {
			return
		}
		c := newCampaign(newWorld(t, till, hwsim))
		c.run(kills)
		c.windows(kills)
		for _, v := range c.violations {
			t.Errorf("seed %d: %s", *seed, v)
		}
		for k := beforeIntent; k < windows; k++ {
			c.faults["kill: "+k.String()] = c.histogram[k]
		}
		all.add(c)
	})
	t.Run("faults", func(t *testing.T) {
		for _, p := range parts {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				c := p.run(t, till, hwsim, n[p.name])
				c.conclude()
				all.add(c)
			})
		}
	})
	runs := 0
	for _, kind := range slices.Sorted(maps.Keys(all.faults)) {
		t.Logf("%4d  %s", all.faults[kind], kind)
		runs += all.faults[kind]
	}
	writeReport(t, map[string]any{"violations": len(all.violations), "faults": all.faults, "runs": runs, "seed": *seed, "sales": all.sales})
}

// volumeBytes is a small disk: the journal, its log and a little more.
const volumeBytes = 16 << 20

// onVolume is a campaign whose journal stands on a disk of its own.
func onVolume(t *testing.T, till, hwsim string) (*campaign, *volume) {
	t.Helper()
	if why := volumeMissing(); why != "" {
		t.Skip(why)
	}
	c := newCampaign(newWorld(t, till, hwsim))
	v, err := newVolume(t, c.dir, volumeBytes)
	if err != nil {
		t.Skipf("no loop file system here: %v", err)
	}
	c.moveTo(v.mount)
	return c, v
}

// moveTo has the terminal keep its journal below a folder, in which there must not be one yet.
func (c *campaign) moveTo(folder string) {
	c.t.Helper()
	c.store = filepath.Join(folder, "data")
	c.configure(c.proxy.addr(), c.host.text("https"))
}
