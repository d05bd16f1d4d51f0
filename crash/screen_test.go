package crash

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"

	"github.com/tillpos/till/pos"
)

// Keys as xterm sends them.
const (
	keyEnter = "\r"
	keyF3    = "\x1bOR"
)

// The signs by which the campaign reads the screen.
const (
	screenReady = "F10"
	screenCash  = "Cash given"
	screenTaken = "CASH"
)

// seat is a cashier before the real screen.
type seat struct {
	*process
	keys   *os.File
	mu     sync.Mutex
	screen vt10x.Terminal
}

// sit starts the terminal with its screen in a pseudo-terminal.
func (c *campaign) sit() *seat {
	c.t.Helper()
	keys, tty, err := pty.Open()
	if err != nil {
		c.t.Skipf("no pseudo-terminal (/dev/ptmx): %v", err)
	}
	c.must(pty.Setsize(keys, &pty.Winsize{Rows: 24, Cols: 80}))
	s := &seat{keys: keys, screen: vt10x.New(vt10x.WithSize(80, 24))}
	cmd := exec.Command(c.till, "run", "--config", c.config(), "--data-dir", c.data())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LANG=en_US.UTF-8", "LC_ALL=", "TMPDIR="+c.scratch())
	cmd.Dir = c.scratch()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true} // a process group of its own, too
	c.must(cmd.Start())
	tty.Close()
	gone := begin(c.t, aGroup, cmd.Process.Pid)
	s.process = &process{cmd: cmd, ended: make(chan struct{})}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for b := make([]byte, 4096); ; {
			n, err := keys.Read(b)
			s.mu.Lock()
			s.screen.Write(b[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() {
		defer close(s.ended)
		cmd.Wait()
		gone()
	}()
	c.t.Cleanup(func() { s.kill(); keys.Close(); <-read })
	c.terminal = s.process
	return s
}

func (s *seat) shows(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.screen.String(), text)
}

// sees waits for a text on the screen, or until done says that it need not come.
func (c *campaign) sees(s *seat, text string, done func() bool) bool {
	c.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if s.shows(text) {
			return true
		}
		if done() {
			return false
		}
	}
	c.t.Fatalf("%q does not come on the screen:\n%s", text, s.screen.String())
	return false
}

func never() bool { return false }

// cashSale is one sale at the screen. Amounts differ, so that they tell the sales apart.
type cashSale struct {
	cents int64
	shown bool // the cashier saw it taken
}

// takeCash ends n lives of the terminal at one call to the disk after the other of a cash sale at the screen.
func (c *campaign) takeCash(b *badDisk, n int) {
	c.t.Helper()
	c.boot()
	c.terminal.kill()
	var sales []cashSale
	for i := range n {
		s := c.sit()
		c.sees(s, screenReady, never)
		// A cash sale is some thirty calls; the last lives come through it.
		b.fail(diskFailure{Nth: 1 + 40*i/max(1, n-1), Does: []string{doesStop, doesStopIn}[c.random.IntN(2)]})
		sale := cashSale{cents: 10_000 + int64(i)}
		fmt.Fprintf(s.keys, "%d%s", sale.cents, keyF3)
		c.sees(s, screenCash, never)
		fmt.Fprint(s.keys, keyEnter)
		stopped := func() bool { return b.state().Stopped }
		sale.shown = c.sees(s, screenTaken, stopped)
		s.strike()
		b.heal()
		if i%2 == 0 {
			b.cut(c.random)
			c.faults["cash: power cut at a call"]++
		} else {
			c.faults["cash: kill at a call"]++
		}
		s.kill()
		c.afterDeath()
		sales = append(sales, sale)
		c.checkCash(sales)
	}
	for _, p := range c.payments() {
		c.drawer += p.Net().Minor() // what the rows say was compared with what was shown, sale by sale
	}
}

// checkCash wants each cash sale that was shown as taken to be in the journal once, no other twice, and the drawer never
// to have opened for one that is not there.
func (c *campaign) checkCash(sales []cashSale) {
	c.t.Helper()
	rows := map[int64]int{}
	total := 0
	for _, p := range c.payments() {
		if p.Instrument.Kind == pos.InstrumentCash && p.State.Succeeded() {
			rows[p.Net().Minor()]++
			total++
		}
	}
	for _, s := range sales {
		switch n := rows[s.cents]; {
		case n > 1:
			c.violate("cash of %d is in the journal %d times", s.cents, n)
		case n == 0 && s.shown:
			c.violate("cash of %d was shown as taken and is not in the journal", s.cents)
		}
	}
	var printer struct {
		Kicks int `json:"kicks"`
	}
	c.decode(c.call(c.printer.text("control"), "GET", "/state", nil), &printer)
	if printer.Kicks > total {
		c.violate("the drawer opened %d times for %d cash sales", printer.Kicks, total)
	}
}

// onScreen is a campaign whose cashier sits at the screen, on a disk of our own.
func onScreen(t *testing.T, till, hwsim string, n int) *campaign {
	c, b := onBadDisk(t, till, hwsim)
	c.takeCash(b, n)
	return c
}
