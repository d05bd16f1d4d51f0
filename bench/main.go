package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// How long a run, and one group of it, may take at most.
const (
	wholeTime = 10 * time.Minute
	groupTime = 3 * time.Minute
)

// run is what all groups of figures share.
type run struct {
	till, hwsim string // the binaries
	dir         string // everything is written below it
	random      *rand.Rand
}

// group measures some figures.
type group struct {
	name    string
	measure func(context.Context, *run) ([]row, error)
}

var groups = []group{
	{"payments", measurePayments},
	{"commits", measureCommits},
	{"fsyncs", measureSyncs},
	{"wire", measureWire},
	{"sale", measureSale},
	{"start", measureStart},
	{"memory", measureMemory},
	{"open", measureManyOpen},
	{"client", measureClient},
	{"code", measureCode},
	{"frames", measureFrames},
}

// within measures with a deadline of its own.
func (g group) within(ctx context.Context, r *run) ([]row, error) {
	ctx, cancel := context.WithTimeout(ctx, groupTime)
	defer cancel()
	return g.measure(ctx, r)
}

func main() {
	till := flag.String("till", "bin/till", "the terminal")
	hwsim := flag.String("hwsim", "bin/hwsim", "the simulator")
	dir := flag.String("dir", "", "folder on the disk to measure on; a folder of its own is made in it and removed (default: beside the terminal)")
	seed := flag.Uint64("seed", 1, "of cards, amounts and orders")
	only := flag.String("only", "", "comma-separated groups to run: "+groupNames())
	probe := flag.String("probe", "", "open the journal of this folder, say so, and wait for the end of standard input: the floor of memory")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	if *probe != "" {
		os.Exit(exit(beProbe(ctx, *probe, os.Stdin, os.Stdout)))
	}
	os.Exit(exit(bench(ctx, *till, *hwsim, *dir, *only, *seed)))
}

func exit(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "bench:", err)
	return 1
}

func groupNames() string {
	var names []string
	for _, g := range groups {
		names = append(names, g.name)
	}
	return strings.Join(names, ", ")
}

func bench(ctx context.Context, till, hwsim, dir, only string, seed uint64) error {
	r := &run{random: rand.New(rand.NewPCG(seed, 0))}
	var err error
	if r.till, err = binary(till); err != nil {
		return err
	}
	if r.hwsim, err = binary(hwsim); err != nil {
		return err
	}
	if dir == "" {
		dir = filepath.Dir(r.till)
	}
	if r.dir, err = workFolder(dir); err != nil {
		return err
	}
	defer os.RemoveAll(r.dir)
	before := load()
	wanted := strings.FieldsFunc(only, func(c rune) bool { return c == ',' })
	var rows []row
	complete := true
	for _, g := range groups {
		if len(wanted) > 0 && !slices.Contains(wanted, g.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s …\n", g.name)
		found, err := g.within(ctx, r)
		if err != nil {
			found = append(found, unmeasured(g.name, err.Error()))
		}
		for _, f := range found {
			complete = complete && f.measured()
		}
		rows = append(rows, found...)
	}
	fmt.Printf("%d processors, load average %s before and %s after: what else runs here is in the p99 of both columns\n\n", runtime.NumCPU(), before, load())
	if err := errors.Join(printTable(os.Stdout, rows), printJSON(os.Stdout, rows, seed)); err != nil {
		return err
	}
	if !complete {
		return errors.New("not everything could be measured")
	}
	return nil
}

// load is the machine's load average of the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// binary makes the path absolute and sees that something is there to run.
func binary(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(abs); err != nil || info.Mode()&0o111 == 0 {
		return "", fmt.Errorf("%s cannot be run; `make build` makes it", path)
	}
	return abs, nil
}
