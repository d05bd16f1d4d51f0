package storage

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
)

// The test binary runs itself as a terminal that is killed, or whose disk fails. These name what it does.
const (
	childTask   = "TILL_STORAGE_TASK"
	childFolder = "TILL_STORAGE_FOLDER"
	childRows   = "TILL_STORAGE_ROWS"
)

func childOptions(dir string) Options {
	return Options{Path: dir + "/journal.db", KeyFile: dir + "/terminal.key", Lane: "LANE1", Now: func() time.Time { return noon }}
}

// childMain appends rows and prints "N code" for each, code empty for nil. It says whether it was called.
func childMain() bool {
	if os.Getenv(childTask) == "" {
		return false
	}
	// strace counts system calls per thread.
	runtime.LockOSThread()
	rows, _ := strconv.ParseInt(os.Getenv(childRows), 10, 64)
	j, err := Open(context.Background(), childOptions(os.Getenv(childFolder)))
	if err != nil {
		fmt.Println("open", pos.CodeOf(err))
		return true
	}
	first := j.Position().LastSeq + 1
	for n := first; n < first+rows; n++ {
		code := pos.Code("ok")
		if err := j.Append(context.Background(), intent(n)); err != nil {
			code = pos.CodeOf(err)
		}
		fmt.Println(n, code)
	}
	j.Close()
	return true
}

func childCommand(t *testing.T, dir string, rows int, wrap ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(wrap, self)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Env = append(os.Environ(), childTask+"=append", childFolder+"="+dir, childRows+"="+strconv.Itoa(rows), "GOMAXPROCS=1",
		"GORACE=atexit_sleep_ms=0") // the race detector waits a second before it ends a program
	return c
}

// TestKilledTerminal kills a terminal in the middle of its appends, again and again on one journal.
func TestKilledTerminal(t *testing.T) {
	dir := t.TempDir()
	acked := int64(0)
	for loop := range 5 {
		c := childCommand(t, dir, 1_000_000)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for seen := 0; lines.Scan(); seen++ {
			n, code := reported(t, lines.Text())
			if code != "ok" {
				t.Errorf("row %d: %s", n, code)
			}
			acked = n
			if seen == 20+13*loop {
				c.Process.Kill() // what it printed meanwhile is read before the pipe ends
			}
		}
		c.Wait()
		j := mustOpen(t, childOptions(dir))
		if last := j.Position().LastSeq; last < acked || last > acked+1 {
			t.Errorf("loop %d: %d rows acknowledged, %d there", loop, acked, last)
		}
		acked = j.Position().LastSeq
		open, err := j.List(context.Background(), pos.Filter{Open: true})
		if err != nil || int64(len(open)) != acked {
			t.Errorf("loop %d: %d of %d intents listed, %v", loop, len(open), acked, err)
		}
		verified(t, j)
		j.Close()
	}
}

func reported(t *testing.T, line string) (n int64, code pos.Code) {
	t.Helper()
	number, text, _ := strings.Cut(line, " ")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		t.Fatalf("the child said %q", line)
	}
	return n, pos.Code(text)
}

func needStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is not installed")
	}
	if err := exec.Command("strace", "-f", "--seccomp-bpf", "-e", "trace=fsync", "-o", "/dev/null", "true").Run(); err != nil {
		t.Skipf("strace may not trace here: %v", err)
	}
}

func TestOneFsyncAnAppend(t *testing.T) {
	needStrace(t)
	syncs := func(rows int) int {
		dir := t.TempDir()
		log := t.TempDir() + "/trace"
		if out, err := childCommand(t, dir, rows, "strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=fsync,fdatasync", "-o", log).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		b, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), "sync(")
	}
	// The difference leaves out birth, the first frame of the log, and the checkpoint at Close.
	if few, many := syncs(15), syncs(45); many-few != 30 {
		t.Errorf("30 appends more make %d fsyncs more", many-few)
	}
}

// TestFailingDisk lets system calls of a running terminal fail and compares what it said of each row
// with what is on the disk afterwards.
func TestFailingDisk(t *testing.T) {
	needStrace(t)
	said := map[pos.Code]int{}
	for _, fault := range []string{"fsync:error=EIO", "pwrite64:error=ENOSPC", "pwrite64:error=EIO"} {
		for _, when := range []string{"1", "2", "4", "7", "20", "2+", "4+", "20+"} {
			t.Run(fault+" "+when, func(t *testing.T) {
				dir := t.TempDir()
				mustOpen(t, childOptions(dir)).Close()
				c := childCommand(t, dir, 6, "strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=fsync,pwrite64", "-e", "inject="+fault+":when="+when)
				out, err := c.Output()
				if err != nil {
					t.Fatal(err)
				}
				if code, refused := strings.CutPrefix(strings.TrimSpace(string(out)), "open "); refused {
					if code != string(pos.CodeJournalFull) && code != string(pos.CodeJournalWrite) {
						t.Errorf("Open: %s", code)
					}
					verified(t, mustOpen(t, childOptions(dir)))
					return
				}
				j := mustOpen(t, childOptions(dir))
				verified(t, j)
				for line := range strings.Lines(string(out)) {
					n, code := reported(t, strings.TrimSpace(line))
					said[code]++
					_, err := j.Find(context.Background(), samplePayment(n).ID)
					there := err == nil
					switch {
					case code == "ok" && !there:
						t.Errorf("row %d was acknowledged and is not there", n)
					case code != "ok" && code != pos.CodeJournalUnknown && there:
						t.Errorf("row %d is there, though %s", n, code)
					}
				}
			})
		}
	}
	t.Logf("said: %v", said)
	if said["ok"] == 0 || said[pos.CodeJournalFull] == 0 || said[pos.CodeJournalUnknown] == 0 {
		t.Errorf("not every outcome came up: %v", said)
	}
}

// TestReadOnlyFolder opens a journal in a folder that may not be written, as a user whom modes bind.
func TestReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	c := childCommand(t, dir, 1)
	if os.Geteuid() == 0 {
		copySelf(t, c)
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	} else if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	out, err := c.CombinedOutput()
	if err != nil {
		t.Skipf("another user cannot run the test binary here: %v", err)
	}
	if got := strings.TrimSpace(string(out)); got != "open "+string(pos.CodeJournalReadOnly) {
		t.Errorf("got %q", got)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// copySelf puts the test binary where every user can run it.
func copySelf(t *testing.T, c *exec.Cmd) {
	t.Helper()
	b, err := os.ReadFile(c.Path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for p := dir; p != os.TempDir() && len(p) > 1; p = p[:strings.LastIndexByte(p, '/')] {
		if err := os.Chmod(p, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c.Path = dir + "/storage.test"
	c.Args[0] = c.Path
	if err := os.WriteFile(c.Path, b, 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestLogWithoutADurableNameIsRefused: SQLite does not look whether the folder was flushed in which it made its log.
func TestLogWithoutADurableNameIsRefused(t *testing.T) {
	needStrace(t)
	dir := t.TempDir()
	mustOpen(t, childOptions(dir)).Close()
	out, err := childCommand(t, dir, 1, "strace", "-f", "-qq", "-o", "/dev/null", "-P", dir, "-e", "trace=fsync", "-e", "inject=fsync:error=EIO").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(out)); got != "open "+string(pos.CodeJournalWrite) {
		t.Errorf("got %q: a sale could be lost with the log's name", got)
	}
	verified(t, mustOpen(t, childOptions(dir)))
}
