package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const memorySales = 200

// measureMemory reads what the terminal keeps in memory after its start and after sales. The floor is
// this program with nothing but a journal open.
func measureMemory(ctx context.Context, r *run) (rows []row, err error) {
	c, err := newCounter(ctx, r, "memory")
	if err != nil {
		return nil, err
	}
	defer c.close()
	d, err := c.desk("data", c.host.text("listen"), "")
	if err != nil {
		return nil, err
	}
	floor, err := probeMemory(ctx, filepath.Join(c.dir, "probe"))
	if err != nil {
		return nil, err
	}
	terminal, err := d.boot(ctx)
	if err != nil {
		return nil, err
	}
	defer terminal.stop()
	fresh, err := residence(terminal.pid())
	if err != nil {
		return nil, err
	}
	if err := sellMany(ctx, r, terminal, memorySales); err != nil {
		return nil, err
	}
	used, err := residence(terminal.pid())
	if err != nil {
		return nil, err
	}
	return []row{
		{name: "resident memory after start", unit: "MB", value: fresh.all, floor: floor.all, goal: atMost(30)},
		{name: "anonymous memory after start", unit: "MB", value: fresh.anonymous, floor: floor.anonymous},
		{name: "resident memory after 200 sales", unit: "MB", value: used.all, floor: floor.all, goal: atMost(30)},
		{name: "anonymous memory after 200 sales", unit: "MB", value: used.anonymous, floor: floor.anonymous},
	}, nil
}

// resident is memory in MB of 2^20 bytes; anonymous is the part that no file stands behind.
type resident struct{ all, anonymous float64 }

func residence(pid int) (resident, error) {
	f, err := os.Open(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return resident{}, err
	}
	defer f.Close()
	return parseResidence(f)
}

// parseResidence reads /proc/PID/status.
func parseResidence(status io.Reader) (resident, error) {
	out := resident{none, none}
	lines := bufio.NewScanner(status)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		into := map[string]*float64{"VmRSS": &out.all, "RssAnon": &out.anonymous}[name]
		if into == nil {
			continue
		}
		kilobytes, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 64)
		if err != nil {
			return resident{}, fmt.Errorf("the status of a process cannot be read: %q", lines.Text())
		}
		*into = kilobytes / 1024
	}
	if math.IsNaN(out.all) || math.IsNaN(out.anonymous) {
		return resident{}, errors.New("the status of a process has no VmRSS or RssAnon")
	}
	return out, lines.Err()
}

// probeMemory runs this program as a probe and reads its memory.
func probeMemory(ctx context.Context, dir string) (resident, error) {
	self, err := os.Executable()
	if err != nil {
		return resident{}, err
	}
	p, err := start(ctx, self, "-probe", dir)
	if err != nil {
		return resident{}, err
	}
	m, err := residence(p.pid())
	return m, errors.Join(err, p.stop())
}

// beProbe opens a journal, says so, and waits until standard input or ctx ends.
func beProbe(ctx context.Context, dir string, in io.Reader, out io.Writer) error {
	j, err := openJournal(ctx, dir)
	if err != nil {
		return err
	}
	defer j.Close()
	if err := json.NewEncoder(out).Encode(map[string]any{"ready": true}); err != nil {
		return err
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		io.Copy(io.Discard, in)
	}()
	select {
	case <-closed:
	case <-ctx.Done():
	}
	return nil
}
