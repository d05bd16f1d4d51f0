package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	"github.com/hinshun/vt10x"
	"golang.org/x/sys/unix"
)

// seat is a person at a real terminal on which till runs.
type seat struct {
	t       *testing.T
	cmd     *exec.Cmd
	keys    *os.File // the person's side
	tty     *os.File // the program's side, kept open to look at its modes
	before  unix.Termios
	ended   chan struct{} // the program was waited for
	changed chan struct{} // the screen changed, or the program ended

	mu     sync.Mutex
	screen vt10x.Terminal
	raw    bytes.Buffer
}

// sit starts till in a pseudo-terminal of 80 by 24.
func sit(t *testing.T, args ...string) *seat {
	t.Helper()
	return sitAt(t, 80, 24, args...)
}

// sitAt starts till in a pseudo-terminal of that size.
func sitAt(t *testing.T, columns, rows uint16, args ...string) *seat {
	t.Helper()
	needsBinaries(t)
	keys, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal (/dev/ptmx): %v", err)
	}
	if err := pty.Setsize(keys, &pty.Winsize{Rows: rows, Cols: columns}); err != nil {
		t.Fatal(err)
	}
	s := &seat{
		t: t, keys: keys, tty: tty, ended: make(chan struct{}), changed: make(chan struct{}, 1),
		screen: vt10x.New(vt10x.WithSize(max(int(columns), 80), max(int(rows), 24))),
	}
	s.before = s.modes()
	s.cmd = exec.Command(filepath.Join(binaries, "till"), args...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = tty, tty, tty
	s.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LANG=en_US.UTF-8", "LC_ALL=", "LINES=", "COLUMNS=")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		s.read()
	}()
	go func() {
		defer close(s.ended)
		s.cmd.Wait()
	}()
	t.Cleanup(func() {
		s.cmd.Process.Kill()
		<-s.ended
		tty.Close()
		keys.Close()
		<-read
	})
	return s
}

func (s *seat) read() {
	b := make([]byte, 4096)
	for {
		n, err := s.keys.Read(b)
		s.mu.Lock()
		s.screen.Write(b[:n])
		s.raw.Write(b[:n])
		s.mu.Unlock()
		select {
		case s.changed <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

func (s *seat) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.screen.String()
}

// sees waits until all the texts stand on the screen together.
func (s *seat) sees(texts ...string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for {
		shown := s.text()
		missing := ""
		for _, want := range texts {
			if !strings.Contains(shown, want) {
				missing = want
			}
		}
		if missing == "" {
			return
		}
		select {
		case <-s.changed:
		case <-s.ended:
			s.t.Fatalf("the program ended; %q is not on its screen:\n%s", missing, s.text())
		case <-ctx.Done():
			s.t.Fatalf("%q is not on the screen:\n%s", missing, s.text())
		}
	}
}

func (s *seat) presses(keys string) {
	s.t.Helper()
	if _, err := s.keys.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// leaves waits for the program's end and looks at what it left behind.
func (s *seat) leaves(code int) {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatalf("the program does not end:\n%s", s.text())
	}
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		s.t.Errorf("exit code %d, not %d:\n%s", got, code, s.text())
	}
	if diff := cmp.Diff(s.before, s.modes()); diff != "" {
		s.t.Errorf("the terminal's modes are not as they were:\n%s", diff)
	}
	if !s.gaveBack() {
		s.t.Error("the program did not give the screen back")
	}
}

// gaveBack waits until all that the program wrote has been read, and says whether it took the screen and
// gave it back.
func (s *seat) gaveBack() bool {
	const enterScreen, leaveScreen = "\x1b[?1049h", "\x1b[?1049l"
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		s.mu.Lock()
		out := s.raw.String()
		s.mu.Unlock()
		if at := strings.LastIndex(out, enterScreen); at >= 0 && strings.LastIndex(out, leaveScreen) > at {
			return true
		}
		select {
		case <-s.changed:
		case <-limit.C:
			return false
		}
	}
}

func (s *seat) modes() unix.Termios {
	s.t.Helper()
	m, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
	if err != nil {
		s.t.Fatal(err)
	}
	return *m
}

// Keys of a terminal as xterm sends them.
const (
	keyEnter = "\r"
	keyF9    = "\x1b[20~"
	keyF10   = "\x1b[21~"
)

func TestDemoScreen(t *testing.T) {
	s := sit(t, "demo")
	s.sees("TRAINING", "F10")
	s.presses("1234")
	s.sees("12.34")
	s.presses(keyEnter)
	s.sees("SWIPE THE CARD NOW")
	s.presses(keyF9)
	s.sees("APPROVED")
	s.presses(keyEnter)
	s.sees("F10")
	s.presses(keyF10)
	s.leaves(0)
}

// TestDemoScreenDebit: in the demo F9 swipes and then types the PIN. The second card's PIN is longer; it pays out cash.
func TestDemoScreenDebit(t *testing.T) {
	data := t.TempDir()
	s := sit(t, "demo", "--data-dir", data)
	s.sees("TRAINING", "F10", "PIN pad ready")
	s.presses("1234" + keyEnter)
	s.sees("SWIPE THE CARD NOW")
	s.presses("d")
	s.sees("SWIPE THE DEBIT CARD NOW", "Swipe a test card")
	s.presses(keyF9)
	s.sees("THE CUSTOMER TYPES THE PIN", "swiped the test card visa", "Type the test PIN")
	s.presses(keyF9)
	s.sees("APPROVED", "411111******1111", "typed the test card's PIN")
	s.presses(keyEnter)
	s.sees("New sale")
	s.presses("500" + keyEnter)
	s.sees("SWIPE THE CARD NOW")
	s.presses("d")
	s.sees("SWIPE THE DEBIT CARD NOW")
	s.presses("b")
	s.sees("at most 100.00")
	s.presses("20.00" + keyEnter)
	s.sees("with 20.00 cash back")
	s.presses(keyF9)
	s.sees("THE CUSTOMER TYPES THE PIN", "swiped the test card mastercard") // F9 does one thing at a time
	s.presses(keyF9)
	s.sees("APPROVED  USD 25.00")
	s.presses(keyEnter)
	s.sees("New sale")
	s.presses(keyF10)
	s.leaves(0)
	out, err := exec.Command(filepath.Join(binaries, "till"), "journal", "scan", "--data-dir", data).CombinedOutput()
	if err != nil {
		t.Errorf("the scan ends with %v: %s", err, out)
	}
}

// TestThePowerGoesInASaleThatIsPaidInPart: the next start shows the sale and goes on with it.
func TestThePowerGoesInASaleThatIsPaidInPart(t *testing.T) {
	data := t.TempDir()
	s := sit(t, "demo", "--data-dir", data)
	s.sees("TRAINING", "F10")
	s.presses("5000" + keyEnter)
	s.sees("SWIPE THE CARD NOW")
	s.presses("s")
	s.sees("Pay a part")
	s.presses("20.00" + keyEnter)
	s.sees("part of 50.00")
	s.presses(keyF9)
	s.sees("Still to pay", "30.00", "swiped the test card")
	s.cmd.Process.Kill()
	<-s.ended
	s = sit(t, "demo", "--data-dir", data)
	s.sees("The till stopped in a sale of 50.00", "30.00 is still to pay", "411111******1111")
	s.presses(keyEnter)
	s.sees("Still to pay", "F8 Undo")
	s.presses(keyEnter)
	s.sees("SWIPE THE CARD NOW")
	s.presses(keyF9)
	s.sees("APPROVED  USD 30.00")
	s.presses(keyEnter)
	s.sees("New sale")
	s.presses(keyF10)
	s.leaves(0)
}

func TestDemoScreenAtSIGTERM(t *testing.T) {
	s := sit(t, "demo")
	s.sees("TRAINING", "F10")
	s.presses("999" + keyEnter)
	s.sees("SWIPE THE CARD NOW")
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.leaves(0)
}

// TestScreenOfAnotherSize: the terminal's size is not the one that tcell assumes before it has asked, and the
// line hangs up in the end.
func TestScreenOfAnotherSize(t *testing.T) {
	s := sitAt(t, 132, 43, "demo", "--data-dir", t.TempDir())
	s.sees("New sale", "TRAINING")
	s.presses("1234")
	s.sees("12.34")
	s.cmd.Process.Signal(syscall.SIGHUP)
	select {
	case <-s.ended:
	case <-time.After(patience):
		t.Fatal("till runs on after its terminal hung up")
	}
}

// TestATerminalWithoutASize: some consoles and containers say that they have 0 columns; there it is 80 by 24.
func TestATerminalWithoutASize(t *testing.T) {
	s := sitAt(t, 0, 0, "demo")
	s.sees("New sale", "F10 Quit")
	s.presses("1234")
	s.sees("12.34")
	s.cmd.Process.Signal(syscall.SIGTERM)
	s.leaves(0)
}
