package crash

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// roleVariable names what the test binary is when it runs itself.
const roleVariable = "TILL_CRASH_ROLE"

// roles are the programs that the campaign needs beside the real ones. Each ends when its standard input does,
// so that none outlives the test.
var roles = map[string]func(in io.Reader, out io.Writer) error{
	"guard":     guard,
	"disk":      serveDisk,
	"namespace": func(in io.Reader, out io.Writer) error { fmt.Fprintln(out, "{}"); return drain(in) },
}

func drain(in io.Reader) error { _, err := io.Copy(io.Discard, in); return err }

func TestMain(m *testing.M) {
	if role, ok := roles[os.Getenv(roleVariable)]; ok {
		if err := role(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// role starts the test binary as one of the roles. It is a process group of its own: what ends the test from the
// keyboard does not end it.
func role(name string, change func(*syscall.SysProcAttr)) (*exec.Cmd, io.WriteCloser, io.Reader, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleVariable+"="+name)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if change != nil {
		change(cmd.SysProcAttr)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	return cmd, in, out, cmd.Start()
}

// What the guard is told to end: a process group, a mount, a folder.
const (
	aGroup  = "group"
	aMount  = "mount"
	aFolder = "folder"
)

// guard notes what the test has begun and ends what is left of it when the test is gone, however it went: a test
// that runs out of time or is killed cleans nothing up by itself.
func guard(in io.Reader, _ io.Writer) error {
	var left []string
	for lines := bufio.NewScanner(in); lines.Scan(); {
		sign, what, _ := strings.Cut(lines.Text(), " ")
		if sign == "+" {
			left = append(left, what)
		} else if i := slices.Index(left, what); i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
	}
	order := []string{aGroup, aMount, aFolder}
	for _, kind := range order {
		for _, what := range slices.Backward(left) {
			if name, ok := strings.CutPrefix(what, kind+" "); ok {
				endLeftover(kind, name)
			}
		}
	}
	return nil
}

func endLeftover(kind, name string) {
	switch kind {
	case aGroup:
		if pid, err := strconv.Atoi(name); err == nil && pid > 1 {
			syscall.Kill(-pid, syscall.SIGKILL)
		}
	case aMount:
		syscall.Unmount(name, syscall.MNT_DETACH)
	case aFolder:
		os.RemoveAll(name)
	}
}

// guarded is the one guard of this test process, begun when it is first needed.
var guarded = sync.OnceValues(func() (io.Writer, error) {
	_, in, _, err := role("guard", nil)
	return in, err
})

// guardMu keeps the lines whole.
var guardMu sync.Mutex

// begin tells the guard of something that must not outlive the test, and gives what says that it has ended.
func begin(t *testing.T, kind string, name any) (ended func()) {
	t.Helper()
	in, err := guarded()
	if err != nil {
		t.Fatal(err)
	}
	say := func(sign string) {
		guardMu.Lock()
		defer guardMu.Unlock()
		fmt.Fprintf(in, "%s %s %v\n", sign, kind, name)
	}
	say("+")
	return sync.OnceFunc(func() { say("-") })
}
