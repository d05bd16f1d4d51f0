package crash

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// diskFault is what strace does to the terminal's calls that make the journal durable.
type diskFault struct {
	name, calls, does string
	onward            bool // from the N-th call on, not at the N-th alone
}

// strace counts the calls of each thread by itself, so "the N-th" is that of one thread.
var diskFaults = []diskFault{
	{"kill at fsync", "fsync,fdatasync", "signal=SIGKILL", false},
	{"kill at write", "pwrite64", "signal=SIGKILL", false},
	{"EIO at fsync", "fsync,fdatasync", "error=EIO", false},
	{"EIO at write", "pwrite64", "error=EIO", false},
	{"ENOSPC at write", "pwrite64", "error=ENOSPC", false},
	{"EIO from a fsync on", "fsync,fdatasync", "error=EIO", true},
	{"ENOSPC from a write on", "pwrite64", "error=ENOSPC", true},
}

// straceLimit ends a terminal that hangs under strace.
const straceLimit = "120"

// under is the line of programs that the terminal runs under.
func (d diskFault) under(nth int, trace string) []string {
	when := fmt.Sprint(nth)
	if d.onward {
		when += "+"
	}
	return []string{"timeout", "-s", "KILL", straceLimit, "strace", "-f", "-qq", "-o", trace,
		"-e", "trace=" + d.calls, "-e", "signal=none", "-e", fmt.Sprintf("inject=%s:%s:when=%s", d.calls, d.does, when)}
}

// straceMissing says why there can be no disk faults; empty when there can.
func straceMissing() string {
	for _, tool := range []string{"strace", "timeout"} {
		if _, err := exec.LookPath(tool); err != nil {
			return tool + " is not installed"
		}
	}
	return ""
}

// salesUnderFault is how many sales each life under a disk fault tries.
const salesUnderFault = 3

// failDisk makes n lives of the terminal, in each of which a call fails or kills. Those in which the moment never
// came do not count.
func (c *campaign) failDisk(n int) {
	c.t.Helper()
	c.boot() // a journal that is not yet there is another story
	c.sell("plain")
	c.terminal.kill()
	for done, tries := 0, 0; done < n && tries < 6*n; tries++ {
		f := diskFaults[(done+int(*seed))%len(diskFaults)]
		nth := 1 + c.random.IntN(16)
		if strings.Contains(f.calls, "fsync") {
			nth = 1 + c.random.IntN(6)
		}
		if c.diskLife(f, nth) {
			c.faults[f.name]++
			done++
		}
	}
}

// diskLife is one life of the terminal under a disk fault; it says whether the fault came.
func (c *campaign) diskLife(f diskFault, nth int) bool {
	c.t.Helper()
	trace := filepath.Join(c.dir, "trace")
	var tried []sold
	died := c.tryBoot(f.under(nth, trace)...) != nil // a terminal that does not come up with a bad disk is right
	if !died {
		for range salesUnderFault {
			tried = append(tried, c.sell(f.name))
			if c.terminal.dead() {
				died = true
				break
			}
		}
		c.terminal.kill()
	}
	c.afterDeath()
	for _, s := range tried {
		c.durable(s)
	}
	if strings.HasPrefix(f.does, "signal") {
		return died
	}
	calls, err := os.ReadFile(trace)
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.Contains(string(calls), "(INJECTED)")
}

// sell makes one sale in the hope that it fails in an interesting way, and says what was told.
func (c *campaign) sell(kind string) sold {
	c.t.Helper()
	return c.sellFor(kind, testCard)
}

// sellFor is sell with a card as JSON.
func (c *campaign) sellFor(kind, card string) sold {
	c.t.Helper()
	s := sold{ref: fmt.Sprintf("%s-%d-%s", strings.Map(letter, kind)[:4], len(c.sales), letters(c.random)), cents: 100 + c.random.Int64N(90_000), card: card}
	if conn, err := c.tryAsk(s.ref, s.cents, card); err == nil {
		s.told = c.told(conn)
	}
	c.sales = append(c.sales, s)
	return s
}

// sellWell makes a sale that nothing stands in the way of. The terminal waits two seconds for a connection: a machine that
// is busier than that spoils a sale, but not three.
func (c *campaign) sellWell() {
	c.t.Helper()
	told := ""
	for range 3 {
		if told = c.sell("plain").told; told == "approved" {
			return
		}
	}
	c.t.Fatalf("a sale without a fault was %q", told)
}

func letter(r rune) rune {
	if r == ' ' {
		return '-'
	}
	return r
}
