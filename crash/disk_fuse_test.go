package crash

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// diskOrder is one line to the process that is the disk; it answers each with a diskState.
type diskOrder struct {
	Do     string      `json:"do"` // mount, fault, state, release, cut
	At     string      `json:"at,omitempty"`
	Fault  diskFailure `json:"fault"`
	Chance float64     `json:"chance"`
	Seed   uint64      `json:"seed"`
}

// diskState is what the disk has seen since the last fault was set.
type diskState struct {
	Error   string         `json:"error,omitempty"`
	Counts  map[string]int `json:"counts"`
	Fired   int            `json:"fired"`
	Stopped bool           `json:"stopped"`
}

// serveDisk is the process that is a disk. It unmounts itself when its standard input ends.
func serveDisk(in io.Reader, out io.Writer) error {
	s := diskServer{disk: newDisk()}
	defer s.unmount()
	answers := json.NewEncoder(out)
	for orders := json.NewDecoder(in); ; {
		var o diskOrder
		if err := orders.Decode(&o); err != nil {
			return nil
		}
		err := s.carryOut(o)
		s.disk.mu.Lock()
		state := diskState{Counts: s.disk.counts, Fired: s.disk.fired, Stopped: s.disk.held != nil}
		if err != nil {
			state.Error = err.Error()
		}
		werr := answers.Encode(state)
		s.disk.mu.Unlock()
		if werr != nil {
			return werr
		}
	}
}

type diskServer struct {
	disk   *disk
	at     string
	server *fuse.Server
}

func (s *diskServer) carryOut(o diskOrder) error {
	switch o.Do {
	case "mount":
		s.at = o.At
		return s.mount()
	case "fault":
		s.disk.set(o.Fault)
	case "release":
		s.disk.release()
	case "cut":
		if err := s.unmount(); err != nil {
			return err
		}
		s.disk.cutPower(o.Chance, o.Seed)
		return s.mount()
	}
	return nil
}

func (s *diskServer) mount() (err error) {
	s.server, err = mountDisk(s.disk, s.at)
	return err
}

// unmount waits until nobody has a file open, and then no longer.
func (s *diskServer) unmount() error {
	s.disk.release()
	if s.server == nil {
		return nil
	}
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if err = syscall.Unmount(s.at, 0); !errors.Is(err, syscall.EBUSY) {
			break
		}
	}
	if err != nil {
		syscall.Unmount(s.at, syscall.MNT_DETACH)
		return fmt.Errorf("unmounting the disk: %w", err)
	}
	s.server.Wait()
	s.server = nil
	return nil
}

// badDisk is the test's side of a disk that fails.
type badDisk struct {
	t     *testing.T
	mount string
	mu    sync.Mutex
	in    io.Writer
	out   *bufio.Reader
}

// badDiskMissing says why there can be no such disk; empty when there can.
func badDiskMissing() string {
	if os.Geteuid() != 0 {
		return "a file system of our own (FUSE) needs root"
	}
	if _, err := os.Stat("/dev/fuse"); err != nil {
		return "there is no /dev/fuse"
	}
	return ""
}

// newBadDisk starts a disk and mounts it below dir.
func newBadDisk(t *testing.T, dir string) (*badDisk, error) {
	t.Helper()
	b := &badDisk{t: t, mount: filepath.Join(dir, "disk")}
	if err := os.Mkdir(b.mount, 0o700); err != nil {
		return nil, err
	}
	cmd, in, out, err := role("disk", nil)
	if err != nil {
		return nil, err
	}
	ended, unmounted := begin(t, aGroup, cmd.Process.Pid), begin(t, aMount, b.mount)
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
		ended()
		if mounts, err := os.ReadFile("/proc/mounts"); err != nil || strings.Contains(string(mounts), " "+b.mount+" ") {
			t.Errorf("%s is still mounted, %v", b.mount, err)
			syscall.Unmount(b.mount, syscall.MNT_DETACH)
		}
		unmounted()
	})
	b.in, b.out = in, bufio.NewReader(out)
	_, err = b.tell(diskOrder{Do: "mount", At: b.mount})
	return b, err
}

// ownDisk puts the journal on a disk of our own.
func (c *campaign) ownDisk() *badDisk {
	c.t.Helper()
	if why := badDiskMissing(); why != "" {
		c.t.Skip(why)
	}
	b, err := newBadDisk(c.t, c.dir)
	if err != nil {
		c.t.Skipf("no file system of our own here: %v", err)
	}
	c.moveTo(b.mount)
	return b
}

// tell gives the disk an order.
func (b *badDisk) tell(o diskOrder) (s diskState, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	text, err := json.Marshal(o)
	if err != nil {
		return s, err
	}
	if _, err := b.in.Write(append(text, '\n')); err != nil {
		return s, err
	}
	line, err := b.out.ReadBytes('\n')
	if err != nil {
		return s, fmt.Errorf("the disk has ended: %w", err)
	}
	if err := json.Unmarshal(line, &s); err != nil {
		return s, err
	}
	if s.Error != "" {
		return s, errors.New(s.Error)
	}
	return s, nil
}

func (b *badDisk) order(o diskOrder) diskState {
	b.t.Helper()
	s, err := b.tell(o)
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *badDisk) fail(f diskFailure) { b.t.Helper(); b.order(diskOrder{Do: "fault", Fault: f}) }
func (b *badDisk) heal() diskState    { b.t.Helper(); return b.order(diskOrder{Do: "release"}) }
func (b *badDisk) state() diskState   { b.t.Helper(); return b.order(diskOrder{Do: "state"}) }

// cut is a power cut. The terminal has been struck; what it still waits for is let go once nothing of it can run.
func (b *badDisk) cut(r *rand.Rand) {
	b.t.Helper()
	b.order(diskOrder{Do: "cut", Chance: []float64{0, 0.5, 0.9}[r.IntN(3)], Seed: r.Uint64()})
}
