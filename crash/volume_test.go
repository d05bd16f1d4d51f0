package crash

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// volume is an ext4 file system in a file, on a loop device.
type volume struct {
	t            *testing.T
	image, mount string
}

// volumeMissing says why there can be no volume; empty when there can.
func volumeMissing() string {
	if os.Geteuid() != 0 {
		return "a loop file system needs root"
	}
	for _, tool := range []string{"mkfs.ext4", "mount", "umount"} {
		if _, err := exec.LookPath(tool); err != nil {
			return tool + " is not installed"
		}
	}
	if _, err := os.Stat("/dev/loop-control"); err != nil {
		return "there is no loop device"
	}
	return ""
}

// newVolume makes a volume; where loop devices are forbidden it says so.
func newVolume(t *testing.T, dir string, bytes int64) (*volume, error) {
	t.Helper()
	v := &volume{t: t, image: filepath.Join(dir, "image"), mount: filepath.Join(dir, "disk")}
	if err := errors.Join(os.WriteFile(v.image, nil, 0o600), os.Truncate(v.image, bytes), os.Mkdir(v.mount, 0o700)); err != nil {
		return nil, err
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", "-m", "0", v.image).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mkfs.ext4: %w: %s", err, out)
	}
	gone := begin(t, aMount, v.mount)
	if err := v.attach(); err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		if err := v.detach(); err != nil {
			t.Error(err)
		}
		gone()
	})
	return v, nil
}

func (v *volume) attach() error {
	if out, err := exec.Command("mount", "-o", "loop", v.image, v.mount).CombinedOutput(); err != nil {
		return fmt.Errorf("mount: %w: %s", err, out)
	}
	return nil
}

func (v *volume) detach() error {
	deadline := time.Now().Add(patience)
	for {
		out, err := exec.Command("umount", v.mount).CombinedOutput()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("umount: %w: %s", err, out)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// shutdown is EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32); noLogFlush drops the page cache and what the file
// system's own log had not written.
const (
	shutdown   = 0x8004587d
	noLogFlush = 2
)

// cut is a power cut: every thread of the program stops first, for no fsync may be half way when the disk goes.
func (v *volume) cut(p *process) {
	pid := p.cmd.Process.Pid
	if !p.dead() {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err == nil {
			v.stopped(pid)
		}
	}
	f, err := os.Open(v.mount)
	if err != nil {
		v.t.Error(err)
		p.strike()
		return
	}
	flags := uint32(noLogFlush)
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&flags)))
	f.Close()
	if errno != 0 {
		v.t.Errorf("shutting the file system down: %v", errno)
	}
	p.strike()
}

// stopped waits until every thread has stopped or ended.
func (v *volume) stopped(pid int) {
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		running := 0
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				continue // it has ended
			}
			// The state follows the name, which stands in brackets and may hold anything.
			_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')'):]), " ")
			if !strings.ContainsAny(rest[:1], "TtZX") {
				running++
			}
		}
		if running == 0 {
			return
		}
	}
	v.t.Error("the terminal does not stop")
}

// back is the power coming back: the file system recovers from its own log.
func (v *volume) back() {
	v.t.Helper()
	if err := errors.Join(v.detach(), v.attach()); err != nil {
		v.t.Fatal(err)
	}
}

// fill writes until not one block is left, and gives what empties it again.
func (v *volume) fill() (empty func()) {
	path := filepath.Join(v.mount, "filler")
	empty = func() { os.Remove(path) }
	f, err := os.Create(path)
	if err != nil {
		v.t.Error(err)
		return empty
	}
	defer f.Close()
	for size := 1 << 20; size >= 1; size /= 4 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			v.t.Error(err)
		}
	}
	return empty
}

// cutPower cuts the power n times in the middle of sales, aimed like the kills; a sale that got through before is cut
// right after its answer, which must then be on the disk.
func (c *campaign) cutPower(v *volume, n int) {
	c.t.Helper()
	c.blow = v.cut
	for range n {
		c.boot()
		s := c.strike(c.next())
		v.back()
		c.histogram[c.evidence(s)]++
		c.sales = append(c.sales, s)
		c.faults["power cut"]++
	}
}

// fillDisk fills the disk to the last block in the middle of sales, n times; some die while it is full.
func (c *campaign) fillDisk(v *volume, n int) {
	c.t.Helper()
	for i := range n {
		c.boot()
		c.sell("fill")
		filled := make(chan func(), 1)
		go func() { filled <- v.fill() }()
		meanwhile := c.sell("fill")
		empty := <-filled
		late := []sold{meanwhile, c.sell("fill"), c.sell("fill")}
		if i%2 == 0 { // the terminal must not need room to come up again, but it may refuse
			c.terminal.kill()
			if c.tryBoot() == nil {
				late = append(late, c.sell("fill"))
			}
			c.terminal.kill()
			empty()
		} else {
			empty()
			late = append(late, c.sell("fill"))
			c.terminal.kill()
		}
		c.afterDeath()
		for _, s := range late {
			c.durable(s)
		}
		c.faults["disk full"]++
	}
}
