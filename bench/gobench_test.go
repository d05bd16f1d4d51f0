package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The lines are as go 1.25 writes them.
const benchText = `goos: linux
pkg: github.com/tillpos/till/device/magtek
BenchmarkReport-2   	  188916	      3511 ns/op	     352 B/op	       4 allocs/op
BenchmarkReport-2   	  188916	      3400.5 ns/op	 10.5 MB/s	     352 B/op	       5 allocs/op
BenchmarkSafe/visa-keyed-16   	  10	      20 ns/op	     0 B/op	       0 allocs/op
PASS
ok  	github.com/tillpos/till/device/magtek	1.066s
`

func TestParseBenchmarks(t *testing.T) {
	want := []benchmark{
		{"Report", []float64{3511, 3400.5}, []float64{4, 5}},
		{"Safe/visa-keyed", []float64{20}, []float64{0}},
	}
	if d := cmp.Diff(want, parseBenchmarks([]byte(benchText)), cmp.AllowUnexported(benchmark{})); d != "" {
		t.Error(d)
	}
}

func TestLinesThatAreNoBenchmark(t *testing.T) {
	for name, line := range map[string]string{
		"a failure":           "--- FAIL: BenchmarkReport-2",
		"no allocations":      "BenchmarkReport-2 10 20 ns/op",
		"no time":             "BenchmarkReport-2 10 2 allocs/op",
		"half a pair":         "BenchmarkReport-2 10 20 ns/op 2",
		"a time that is none": "BenchmarkReport-2 10 fast ns/op 2 allocs/op",
		"a negative time":     "BenchmarkReport-2 10 -1 ns/op 2 allocs/op",
		"no name":             "Benchmark 10 20 ns/op 2 allocs/op",
	} {
		t.Run(name, func(t *testing.T) {
			if found := parseBenchmarks([]byte(line)); len(found) != 0 {
				t.Errorf("it was read as %+v", found)
			}
		})
	}
}

func FuzzParseBenchmarks(f *testing.F) {
	f.Add([]byte(benchText))
	f.Add([]byte("BenchmarkReport-2 10 NaN ns/op 2 allocs/op"))
	f.Fuzz(func(t *testing.T, out []byte) {
		for _, b := range parseBenchmarks(out) {
			if b.name == "" || len(b.nanos) == 0 || len(b.nanos) != len(b.allocs) {
				t.Errorf("a benchmark without a name or with values missing: %q", b.name)
			}
			for _, v := range append(b.nanos, b.allocs...) {
				if !(v >= 0) {
					t.Errorf("a value of %v", v)
				}
			}
		}
	})
}

func TestNameOfASubBenchmark(t *testing.T) {
	for name, want := range map[string]string{"Codec": "a sale", "Swipe/magtek-visa": "a sale, magtek-visa"} {
		if got := (benchmark{name: name}).of("a sale"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
