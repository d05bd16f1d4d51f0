package scenario

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hinshun/vt10x"

	"github.com/tillpos/till/hwsim/pty"
)

// Size of the terminal's screen.
const (
	screenColumns = 80
	screenRows    = 24
)

// endLimit is how long the terminal's program may take to end when it is asked to.
const endLimit = 5 * time.Second

// terminal is the terminal's program on a screen of its own.
type terminal struct {
	cmd    *exec.Cmd
	line   *pty.Line
	screen vt10x.Terminal
	drawn  chan struct{} // closed when nothing more is drawn
	exited chan struct{} // closed when the program ended
}

// startTerminal starts the program with its data in a folder, so that it leaves nothing in the caller's own.
func startTerminal(program, config, data string) (*terminal, error) {
	if program == "" {
		return nil, errors.New("the terminal's program is not known; name it by --till")
	}
	line, err := pty.Open()
	if err != nil {
		return nil, err
	}
	t := &terminal{
		cmd: exec.Command(program, "run", "--config", config, "--data-dir", data), line: line,
		screen: vt10x.New(vt10x.WithSize(screenColumns, screenRows)),
		drawn:  make(chan struct{}), exited: make(chan struct{}),
	}
	t.cmd.Env = environment()
	if err := line.Terminal(t.cmd, screenColumns, screenRows); err != nil {
		line.Close()
		return nil, err
	}
	if err := t.cmd.Start(); err != nil {
		line.Close()
		return nil, err
	}
	go func() {
		defer close(t.drawn)
		t.draw(line)
	}()
	go func() {
		defer close(t.exited)
		_ = t.cmd.Wait() // how it ended is not asked; a step that needs it says that it is gone
	}()
	return t, nil
}

// draw feeds the screen until the line ends. A character may be cut between two reads; the screen takes
// only whole ones and says how far it came.
func (t *terminal) draw(line io.Reader) {
	buf := make([]byte, 32<<10)
	kept := 0
	for {
		n, err := line.Read(buf[kept:])
		if err != nil {
			return
		}
		n += kept
		taken, _ := t.screen.Write(buf[:n])
		kept = copy(buf, buf[taken:n])
		if kept > 3 {
			kept = 0 // no character is that long: the screen refuses these bytes
		}
	}
}

// press types the bytes of one key.
func (t *terminal) press(key string) error {
	_, err := io.WriteString(t.line, key)
	return err
}

// text is what the screen shows, rows without the blanks at their ends.
func (t *terminal) text() string {
	rows := strings.Split(t.screen.String(), "\n")
	for i, r := range rows {
		rows[i] = strings.TrimRight(r, " \x00")
	}
	return strings.TrimRight(strings.Join(rows, "\n"), "\n")
}

func (t *terminal) ended() bool {
	select {
	case <-t.exited:
		return true
	default:
		return false
	}
}

// end asks the program to end, and kills it when it does not.
func (t *terminal) end() {
	_ = t.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.NewTimer(endLimit)
	defer timer.Stop()
	select {
	case <-t.exited:
	case <-timer.C:
		_ = t.cmd.Process.Kill()
		<-t.exited
	}
	t.line.Close()
	<-t.drawn
}

// environment is the caller's, without what would change the terminal's configuration or language: a scenario
// plays the same everywhere.
func environment() []string {
	out := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "TILL_") || strings.HasPrefix(v, "LC_") })
	return append(out, "TERM=xterm-256color", "LANG=C.UTF-8")
}
