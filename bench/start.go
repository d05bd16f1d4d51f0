package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/creack/pty"
)

const startRounds = 30

// starts collects milliseconds of the terminal's start, and of what no start can do without.
type starts struct {
	run    *run
	frame  []float64 // to the first drawn text
	ready  []float64 // to the ready line
	spawn  []float64 // floor: a program that does nothing, from before the fork to its end
	opened []float64 // floor: the journal alone, in this process
}

// measureStart times the terminal's start, with a screen and without, on a journal that a few sales
// have gone through.
func measureStart(ctx context.Context, r *run) (rows []row, err error) {
	c, err := newCounter(ctx, r, "start")
	if err != nil {
		return nil, err
	}
	defer c.close()
	path, err := socketPath(c.dir, "reader")
	if err != nil {
		return nil, err
	}
	reader, err := newStripe(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reader.close()) }()
	d, err := c.desk("data", c.host.text("listen"), reader.uri())
	if err != nil {
		return nil, err
	}
	if err := d.sell(ctx, 20); err != nil {
		return nil, err
	}
	s := &starts{run: r}
	for range startRounds {
		if err := s.round(ctx, d); err != nil {
			return nil, err
		}
	}
	floor := sums(s.spawn, s.opened)
	return []row{
		{name: "start to first frame p50", unit: "ms", value: percentile(s.frame, 50), floor: percentile(floor, 50), goal: atMost(35)},
		{name: "start to first frame p99", unit: "ms", value: percentile(s.frame, 99), floor: percentile(floor, 99)},
		{name: "start to ready, headless, p50", unit: "ms", value: percentile(s.ready, 50), floor: percentile(floor, 50), goal: atMost(25)},
		{name: "start to ready, headless, p99", unit: "ms", value: percentile(s.ready, 99), floor: percentile(floor, 99)},
		{name: "  of the floor: spawn of /bin/true p50", unit: "ms", value: percentile(s.spawn, 50), floor: none},
		{name: "  of the floor: journal opened p50", unit: "ms", value: percentile(s.opened, 50), floor: none},
	}, nil
}

// sell runs the terminal for some sales and ends it.
func (d *desk) sell(ctx context.Context, n int) error {
	terminal, err := d.boot(ctx)
	if err != nil {
		return err
	}
	return errors.Join(sellMany(ctx, d.run, terminal, n), terminal.stop())
}

func sellMany(ctx context.Context, r *run, terminal *process, n int) error {
	for i := range n {
		typed, err := typedCard(r.random)
		if err != nil {
			return err
		}
		line, err := saleRequest{Amount: amount(r.random), Card: typed}.line(i)
		if err != nil {
			return err
		}
		if err := sell(ctx, terminal.text("socket"), line); err != nil {
			return err
		}
	}
	return nil
}

// round takes one of each, in an order that is drawn.
func (s *starts) round(ctx context.Context, d *desk) error {
	steps := []struct {
		into *[]float64
		once func(context.Context) (time.Duration, error)
	}{
		{&s.frame, d.firstFrame},
		{&s.ready, d.readyLine},
		{&s.spawn, spawnTrue},
		{&s.opened, func(ctx context.Context) (time.Duration, error) { return openOnce(ctx, d.data) }},
	}
	s.run.random.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	for _, step := range steps {
		took, err := step.once(ctx)
		if err != nil {
			return err
		}
		*step.into = append(*step.into, milliseconds(took))
	}
	return nil
}

// readyLine starts the terminal without a screen and ends it.
func (d *desk) readyLine(ctx context.Context) (time.Duration, error) {
	p, err := d.boot(ctx)
	if err != nil {
		return 0, err
	}
	return p.readyIn, p.stop()
}

func spawnTrue(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	err := exec.CommandContext(ctx, "/bin/true").Run()
	return time.Since(began), err
}

// openOnce opens the journal of a data folder as the terminal does, and closes it.
func openOnce(ctx context.Context, dir string) (time.Duration, error) {
	began := time.Now()
	j, err := openJournal(ctx, dir)
	if err != nil {
		return 0, err
	}
	took := time.Since(began)
	return took, j.Close()
}

// firstFrame starts the terminal on a pseudo-terminal of 80x24 and waits for the first text on it.
func (d *desk) firstFrame(ctx context.Context) (time.Duration, error) {
	cmd := exec.Command(d.run.till, d.args()...)
	cmd.Env = append(environment(), "TERM=xterm-256color")
	began := time.Now()
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		return 0, err
	}
	ended := make(chan struct{})
	drawn := make(chan time.Time, 1)
	screen := &bytes.Buffer{}
	go func() {
		defer close(ended)
		defer cmd.Wait()
		defer tty.Close()
		watchScreen(tty, screen, drawn)
	}()
	timer := time.NewTimer(readyTime)
	defer timer.Stop()
	var took time.Duration
	select {
	case at := <-drawn:
		took = at.Sub(began)
	case <-ended:
		return 0, fmt.Errorf("till run ended before it drew anything: %q", screen.String())
	case <-timer.C:
		err = errors.New("till run drew nothing in time")
	case <-ctx.Done():
		err = ctx.Err()
	}
	cmd.Process.Signal(syscall.SIGTERM)
	return took, errors.Join(err, endOf(cmd, ended))
}

// alternateScreen is what a program for the whole screen begins with; a complaint has none.
const alternateScreen = "\x1b[?1049h"

// screenLimit is how much of a screen without text is kept, bytes.
const screenLimit = 64 << 10

// watchScreen reads a terminal to its end and says when the first text came.
func watchScreen(tty *os.File, screen *bytes.Buffer, drawn chan<- time.Time) {
	buffer := make([]byte, 16<<10)
	said := false
	for {
		n, err := tty.Read(buffer)
		at := time.Now()
		if !said {
			screen.Write(buffer[:n])
			_, frame, found := bytes.Cut(screen.Bytes(), []byte(alternateScreen))
			said = found && showsText(frame)
			if said {
				drawn <- at
			}
		}
		if err != nil || screen.Len() > screenLimit {
			return
		}
	}
}

// measureManyOpen times the start on a journal with 10 000 open payments, all due to be asked about,
// against the start on an empty one.
func measureManyOpen(ctx context.Context, r *run) (rows []row, err error) {
	c, err := newCounter(ctx, r, "open")
	if err != nil {
		return nil, err
	}
	defer c.close()
	for name, fill := range map[string]int{"empty": 0, "full": openPayments} {
		if err := unknownPayments(ctx, filepath.Join(c.dir, name), fill); err != nil {
			return nil, err
		}
	}
	var full, empty []float64
	sides := []struct {
		name string
		into *[]float64
	}{{"full", &full}, {"empty", &empty}}
	for range openRounds {
		r.random.Shuffle(len(sides), func(i, j int) { sides[i], sides[j] = sides[j], sides[i] })
		for _, s := range sides {
			took, err := c.startOnCopy(ctx, filepath.Join(c.dir, s.name))
			if err != nil {
				return nil, err
			}
			*s.into = append(*s.into, milliseconds(took))
		}
	}
	return []row{
		{name: "recovery: start with 10 000 open payments p50", unit: "ms", value: percentile(full, 50), floor: percentile(empty, 50), goal: atMost(100)},
		{name: "recovery: start with 10 000 open payments p99", unit: "ms", value: percentile(full, 99), floor: percentile(empty, 99)},
	}, nil
}

// startOnCopy starts on a copy of a data folder, since the terminal begins to settle what is open.
func (c *counter) startOnCopy(ctx context.Context, from string) (time.Duration, error) {
	d, err := c.desk("data", c.host.text("listen"), "")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(d.data)
	if err := copyFolder(from, d.data); err != nil {
		return 0, err
	}
	return d.readyLine(ctx)
}
