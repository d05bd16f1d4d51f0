package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const tracedSales = 1000

// syncsOfASale is what two commits cost with no checkpoint between.
const syncsOfASale = 2

// measureSyncs counts the fsyncs of sales with strace, checkpoints included.
func measureSyncs(ctx context.Context, r *run) (rows []row, err error) {
	const average, worst = "fsyncs a sale, mean of 1000", "fsyncs of the worst sale"
	strace, err := exec.LookPath("strace")
	if err != nil {
		why := "strace is not installed"
		return []row{unmeasured(average, why), unmeasured(worst, why)}, nil
	}
	c, err := newCounter(ctx, r, "syncs")
	if err != nil {
		return nil, err
	}
	defer c.close()
	d, err := c.desk("data", c.host.text("listen"), "")
	if err != nil {
		return nil, err
	}
	trace := filepath.Join(c.dir, "trace")
	// A signal to strace would not reach the terminal; so the terminal itself is told to end.
	args := append([]string{"-f", "-qq", "--seccomp-bpf", "-ttt", "-e", "trace=fsync,fdatasync", "-e", "signal=none", "-o", trace, r.till},
		d.args("--headless", "--json")...)
	terminal, err := start(ctx, strace, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stopTraced(terminal)) }()
	var began []time.Time
	for i := range tracedSales {
		typed, err := typedCard(r.random)
		if err != nil {
			return nil, err
		}
		line, err := saleRequest{Amount: amount(r.random), Card: typed}.line(i)
		if err != nil {
			return nil, err
		}
		began = append(began, time.Now())
		if err := sell(ctx, terminal.text("socket"), line); err != nil {
			return nil, err
		}
	}
	ended := time.Now()
	if err := stopTraced(terminal); err != nil {
		return nil, err
	}
	counts, err := countSyncs(trace, began, ended)
	if err != nil {
		return nil, err
	}
	return []row{
		{name: average, unit: "", value: mean(counts), floor: syncsOfASale, goal: atMost(3)},
		{name: worst, unit: "", value: slices.Max(counts), floor: syncsOfASale},
	}, nil
}

// stopTraced ends the terminal below strace, and with it strace.
func stopTraced(p *process) error {
	select {
	case <-p.ended:
		return nil
	default:
	}
	pid := strconv.Itoa(p.pid())
	text, err := os.ReadFile(filepath.Join("/proc", pid, "task", pid, "children"))
	if err != nil {
		return errors.Join(err, p.stop())
	}
	for _, child := range strings.Fields(string(text)) {
		n, err := strconv.Atoi(child)
		if err != nil {
			return errors.Join(err, p.stop())
		}
		syscall.Kill(n, syscall.SIGTERM)
	}
	return endOf(p.cmd, p.ended)
}

// countSyncs reads a trace and gives, for each sale, the syncs from its begin to that of the next one.
func countSyncs(trace string, began []time.Time, ended time.Time) ([]float64, error) {
	f, err := os.Open(trace)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	counts := make([]float64, len(began))
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		at, is, err := syncAt(lines.Text())
		if err != nil {
			return nil, err
		}
		// The sale that began last before the sync.
		sale, _ := slices.BinarySearchFunc(began, at, func(b, at time.Time) int { return b.Compare(at) })
		if is && sale > 0 && at.Before(ended) {
			counts[sale-1]++
		}
	}
	return counts, lines.Err()
}

// syncAt reads one line of strace -f -ttt: process id, seconds since 1970, call. The second line of a
// call that was interrupted is none.
func syncAt(line string) (at time.Time, is bool, err error) {
	fields := strings.Fields(line)
	if len(fields) < 3 {
		return time.Time{}, false, fmt.Errorf("a line of strace cannot be read: %q", line)
	}
	seconds, fraction, _ := strings.Cut(fields[1], ".")
	s, err1 := strconv.ParseInt(seconds, 10, 64)
	us, err2 := strconv.ParseInt(fraction, 10, 64)
	if err := errors.Join(err1, err2); err != nil || len(fraction) != 6 {
		return time.Time{}, false, fmt.Errorf("a line of strace has no time: %q", line)
	}
	call := fields[2]
	return time.Unix(s, us*1000), strings.HasPrefix(call, "fsync(") || strings.HasPrefix(call, "fdatasync("), nil
}
