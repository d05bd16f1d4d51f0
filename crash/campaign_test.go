package crash

import (
	"flag"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

var runs = flag.Int("runs", 24, "runs of the campaign over all kinds of fault; kills are among them from 100 on")

// shares of a campaign of so many runs.
type shares struct{ kills, cuts, disks, fills, network int }

func share(runs int) shares {
	s := shares{cuts: max(2, runs*2/15), disks: max(4, runs/6), fills: max(1, runs/30), network: max(5, runs*2/15)}
	if runs >= manyRuns { // a plain go test has TestKill for them
		s.kills = runs - s.cuts - s.disks - s.fills - s.network
	}
	return s
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
	n := share(*runs)
	all := &total{faults: map[string]int{}}
	t.Run("kill", func(t *testing.T) {
		if n.kills == 0 {
			return
		}
		c := newCampaign(newWorld(t, till, hwsim))
		c.run(n.kills)
		c.windows(n.kills)
		for _, v := range c.violations {
			t.Errorf("seed %d: %s", *seed, v)
		}
		for k := beforeIntent; k < windows; k++ {
			c.faults["kill: "+k.String()] = c.histogram[k]
		}
		all.add(c)
	})
	t.Run("faults", func(t *testing.T) {
		t.Run("disk errors", func(t *testing.T) {
			t.Parallel()
			if why := straceMissing(); why != "" {
				t.Skip(why)
			}
			c := newCampaign(newWorld(t, till, hwsim))
			c.failDisk(n.disks)
			c.conclude()
			all.add(c)
		})
		t.Run("power cuts", func(t *testing.T) {
			t.Parallel()
			c, v := onVolume(t, till, hwsim)
			c.cutPower(v, n.cuts)
			c.blow = (*process).strike
			c.conclude()
			all.add(c)
		})
		t.Run("full disk", func(t *testing.T) {
			t.Parallel()
			c, v := onVolume(t, till, hwsim)
			c.fillDisk(v, n.fills)
			c.conclude()
			all.add(c)
		})
		t.Run("network", func(t *testing.T) {
			t.Parallel()
			c := newCampaign(newWorld(t, till, hwsim))
			c.failNetwork(c.network(hwsim), n.network)
			c.conclude()
			all.add(c)
		})
	})
	for _, kind := range slices.Sorted(maps.Keys(all.faults)) {
		t.Logf("%4d  %s", all.faults[kind], kind)
	}
	writeReport(t, map[string]any{"violations": len(all.violations), "faults": all.faults, "seed": *seed, "sales": all.sales})
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
	c.useVolume(v)
	return c, v
}

// useVolume moves the journal, which there must not yet be, to a volume.
func (c *campaign) useVolume(v *volume) {
	c.t.Helper()
	c.store = filepath.Join(v.mount, "data")
	c.configure(c.proxy.addr(), c.host.text("https"))
}
