package crash

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The two ends of the cable. The addresses are in the namespaces only; nothing leads out of them.
const (
	nearAddress = "10.213.7.1"
	farAddress  = "10.213.7.2"
)

// namespaces are two networks, joined by one cable: the terminal is in one, the host in the other. Each lasts as long as a
// process of ours in it, so that none can be left behind.
type namespaces struct {
	t         *testing.T
	near, far string // files of the namespaces
}

// namespacesMissing says why there can be none; empty when there can.
func namespacesMissing() string {
	if os.Geteuid() != 0 {
		return "a network namespace needs root"
	}
	for _, tool := range []string{"ip", "nsenter", "nft"} {
		if _, err := exec.LookPath(tool); err != nil {
			return tool + " is not installed"
		}
	}
	return ""
}

// newNamespaces makes the two networks and the cable.
func newNamespaces(t *testing.T) (*namespaces, error) {
	t.Helper()
	n := &namespaces{t: t}
	var pids []int
	for _, file := range []*string{&n.near, &n.far} {
		cmd, in, out, err := role("namespace", func(a *syscall.SysProcAttr) { a.Cloneflags = syscall.CLONE_NEWNET })
		if err != nil {
			return nil, err
		}
		ended := begin(t, aGroup, cmd.Process.Pid)
		t.Cleanup(func() { in.Close(); cmd.Wait(); ended() })
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			return nil, err
		}
		*file = fmt.Sprintf("/proc/%d/ns/net", cmd.Process.Pid)
		pids = append(pids, cmd.Process.Pid)
	}
	if err := run("ip", "link", "add", "near", "netns", fmt.Sprint(pids[0]), "type", "veth", "peer", "name", "far", "netns", fmt.Sprint(pids[1])); err != nil {
		return nil, err
	}
	for _, end := range []struct{ file, name, address string }{{n.near, "near", nearAddress}, {n.far, "far", farAddress}} {
		for _, line := range []string{"addr add " + end.address + "/30 dev " + end.name, "link set " + end.name + " up", "link set lo up"} {
			if err := run("nsenter", append([]string{"--net=" + end.file, "ip"}, strings.Fields(line)...)...); err != nil {
				return nil, err
			}
		}
	}
	return n, n.rules("")
}

func run(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// rules replaces what the terminal's side does with packets. Out and in stand for the chains.
func (n *namespaces) rules(text string) error {
	nft := exec.Command("nsenter", "--net="+n.near, "nft", "-f", "-")
	nft.Stdin = strings.NewReader(`flush ruleset
table ip crash {
	chain out { type filter hook output priority 0; }
	chain in { type filter hook input priority 0; }
}
` + text)
	if out, err := nft.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, out)
	}
	return nil
}

// cable plugs the cable in or pulls it.
func (n *namespaces) cable(state string) error {
	return run("nsenter", "--net="+n.near, "ip", "link", "set", "near", state)
}

// dial is of the far network.
func (n *namespaces) dial(ctx context.Context, network, address string) (c net.Conn, err error) {
	err = inside(n.far, func() error {
		var dialer net.Dialer
		c, err = dialer.DialContext(ctx, network, address)
		return err
	})
	return c, err
}

// inside calls f on a thread that is in a namespace for so long.
func inside(file string, f func() error) error {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer home.Close()
	there, err := os.Open(file)
	if err != nil {
		return err
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		return err
	}
	done := f()
	if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
		return errors.Join(done, err) // the thread stays locked and ends with its goroutine
	}
	runtime.UnlockOSThread()
	return done
}

// cableFault is what becomes of the packets of one sale.
type cableFault struct {
	name  string
	rules func(c *campaign) string
	pull  bool // the cable, some time after the sale has begun
	hole  bool // packets are swallowed, until the rules go again or the terminal dies
}

// The most bytes of a sale's connection that the positions of the faults are drawn from: up, then down. A sale is about 3000
// bytes up and 3500 down, the heads of its packets included.
const (
	bytesUp   = 3500
	bytesDown = 4000
)

func atByte(out bool, does string) func(*campaign) string {
	return func(c *campaign) string {
		if out {
			return fmt.Sprintf("add rule ip crash out ip daddr %s quota over %d bytes %s\n", farAddress, c.random.IntN(bytesUp), does)
		}
		return fmt.Sprintf("add rule ip crash in ip saddr %s quota over %d bytes %s\n", farAddress, c.random.IntN(bytesDown), does)
	}
}

var cableFaults = []cableFault{
	{name: "netns: packets lost", rules: func(c *campaign) string {
		lost := 10 + c.random.IntN(30)
		return fmt.Sprintf("add rule ip crash out ip daddr %s numgen random mod 100 < %d drop\nadd rule ip crash in ip saddr %s numgen random mod 100 < %d drop\n",
			farAddress, lost, farAddress, lost)
	}},
	{name: "netns: black hole up", rules: atByte(true, "drop"), hole: true},
	{name: "netns: reset to the terminal", rules: atByte(true, "reject with tcp reset")},
	{name: "netns: black hole down", rules: atByte(false, "drop"), hole: true},
	{name: "netns: reset to the host", rules: atByte(false, "reject with tcp reset"), hole: true},
	{name: "netns: cable pulled", pull: true, hole: true},
	{name: "netns: no host", rules: func(*campaign) string {
		return "add rule ip crash out ip daddr " + farAddress + " reject\n"
	}},
}

// inNamespaces is a campaign whose host is in a network of its own.
func inNamespaces(t *testing.T, till, hwsim string) (*campaign, *namespaces) {
	t.Helper()
	if why := namespacesMissing(); why != "" {
		t.Skip(why)
	}
	n, err := newNamespaces(t)
	if err != nil {
		t.Skipf("no network namespaces here: %v", err)
	}
	w := newWorldWith(t, till, hwsim, surroundings{
		inside: []string{"nsenter", "--net=" + n.near}, host: []string{"nsenter", "--net=" + n.far, hwsim},
		listen: farAddress + ":0", dial: n.dial,
		processor: "certified_by = \"crash campaign\"\nanswer_seconds = 4\n", // so much for loopback only; and no hole lasts long
	})
	// The host's certificate is for loopback, by which name queries ask for it: they go on from there over the cable.
	queries := start(t, "nsenter", "--net="+n.near, hwsim, "proxy", "--to", w.host.text("https"))
	w.configure(w.host.text("listen"), queries.text("listen"))
	return newCampaign(w), n
}

// failCable makes n sales over a cable that fails. Half of what would hang ends with the death of the terminal.
func (c *campaign) failCable(n *namespaces, count int) {
	c.t.Helper()
	c.boot()
	c.sellWell()
	for i := range count {
		f := cableFaults[(i+int(*seed)-1)%len(cableFaults)]
		if c.terminal.dead() {
			c.boot()
		}
		if f.rules != nil {
			c.must(n.rules(f.rules(c)))
		}
		told := make(chan sold, 1)
		wait, dies := 60*time.Millisecond+time.Duration(c.random.IntN(400))*time.Millisecond, c.random.IntN(2) == 0
		pulled := time.Duration(c.random.IntN(120)) * time.Millisecond
		go func() { told <- c.sell(f.name[7:]) }()
		if f.pull {
			time.Sleep(pulled)
			c.must(n.cable("down"))
		}
		s, over := c.wait(told, f, wait)
		if died := !over && dies; died {
			c.terminal.kill()
			c.afterDeath()
		}
		c.must(n.cable("up"))
		c.must(n.rules(""))
		if !over {
			s = <-told
		}
		c.durable(s)
		c.faults[f.name]++
	}
	c.terminal.kill()
}

// wait gives the sale, or up after so long where a sale may hang.
func (c *campaign) wait(told <-chan sold, f cableFault, limit time.Duration) (s sold, over bool) {
	if !f.hole {
		return <-told, true
	}
	select {
	case s = <-told:
		return s, true
	case <-time.After(limit):
		return s, false
	}
}

func (c *campaign) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}
