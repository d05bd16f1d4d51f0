package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

const module = "github.com/tillpos/till/"

// benchedPackage is one whose own benchmarks give rows.
type benchedPackage struct {
	path   string
	match  string // regular expression of the benchmarks
	title  string // what one operation is; a sub-benchmark's name follows it
	floor  string // name of the benchmark among them that is the floor of the others; empty: none
	micros goal
	allocs goal // the zero value: no row
}

var benchedPackages = []benchedPackage{
	{path: "processors/trustcommerce", match: "^BenchmarkCodec$", title: "TCLink: a sale encoded, its answer decoded", micros: atMost(3)},
	{path: "processors/trustcommerce", match: "^BenchmarkFormCodec$", title: "the same over HTTPS"},
	{path: "device/frametest", match: "^BenchmarkSwipe$", title: "frame to swipe", micros: atMost(20), allocs: atMost(10)},
	{path: "device/verifone", match: "^BenchmarkCutAndRead$", title: "PIN pad message cut and read"},
	{path: "device", match: "^BenchmarkPINPad(Exchange|Bare)$", floor: "PINPadBare", title: "PIN pad exchange: look and text, pad that answers at once"},
}

// measureCode runs the packages' own benchmarks; for it the go command and the source have to be there.
func measureCode(ctx context.Context, _ *run) ([]row, error) {
	var rows []row
	for _, p := range benchedPackages {
		rows = append(rows, p.measure(ctx)...)
	}
	return rows, nil
}

func (p benchedPackage) measure(ctx context.Context) []row {
	out, err := goBench(ctx, p.path, p.match, "50ms", 5)
	if err != nil {
		return []row{unmeasured(p.title, fmt.Sprintf("go test: %v", err))}
	}
	found := parseBenchmarks(out)
	if len(found) == 0 {
		return []row{unmeasured(p.title, "the package has no such benchmark")}
	}
	var rows []row
	floor := none
	for _, b := range found {
		if b.name == p.floor {
			floor = median(b.nanos) / 1000
		}
	}
	for _, b := range found {
		if b.name == p.floor {
			continue
		}
		title := b.of(p.title)
		rows = append(rows, row{name: title, unit: "µs", value: median(b.nanos) / 1000, floor: floor, goal: p.micros})
		if p.allocs != (goal{}) {
			rows = append(rows, row{name: title + ", allocations", value: median(b.allocs), floor: none, goal: p.allocs})
		}
	}
	return rows
}

// goBench runs benchmarks of a package, each count times for a time or, as "100x", a number of operations.
func goBench(ctx context.Context, path, match, time string, count int) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", match, "-benchmem", "-benchtime", time, "-count", strconv.Itoa(count), module+path)
	return cmd.CombinedOutput()
}

// benchmark is what its runs gave, one value a run.
type benchmark struct {
	name          string
	nanos, allocs []float64
}

// of puts the name of a sub-benchmark behind a title.
func (b benchmark) of(title string) string {
	if _, sub, is := strings.Cut(b.name, "/"); is {
		return title + ", " + sub
	}
	return title
}

// parseBenchmarks reads the output of go test -bench -benchmem (golang.org/design/14313-benchmark-format).
// Lines that are no result are passed over.
func parseBenchmarks(out []byte) []benchmark {
	var all []benchmark
	for line := range bytes.Lines(out) {
		name, nanos, allocs, ok := benchmarkLine(string(line))
		if !ok {
			continue
		}
		if len(all) == 0 || all[len(all)-1].name != name {
			all = append(all, benchmark{name: name})
		}
		b := &all[len(all)-1]
		b.nanos, b.allocs = append(b.nanos, nanos), append(b.allocs, allocs)
	}
	return all
}

// benchmarkLine reads a name, a count, and pairs of value and unit.
func benchmarkLine(line string) (name string, nanos, allocs float64, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 2 || len(fields)%2 != 0 {
		return "", 0, 0, false
	}
	name, is := strings.CutPrefix(fields[0], "Benchmark")
	if !is || name == "" {
		return "", 0, 0, false
	}
	if dash := strings.LastIndexByte(name, '-'); dash > 0 { // the number of processors
		name = name[:dash]
	}
	timed, counted := false, false
	for i := 2; i < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil || !(value >= 0) {
			return "", 0, 0, false
		}
		switch fields[i+1] {
		case "ns/op":
			nanos, timed = value, true
		case "allocs/op":
			allocs, counted = value, true
		}
	}
	return name, nanos, allocs, timed && counted
}
