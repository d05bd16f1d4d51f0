package main

import (
	"bytes"
	"context"
	"fmt"
)

// framePackages have a benchmark whose operation is one random frame, for each of their parsers.
var framePackages = []string{"device/frametest", "device/verifone"}

const framesAParser = 1_000_000

// measureFrames throws a million random frames at every parser of the devices and counts the panics: one at most for
// each package, which it ends.
func measureFrames(ctx context.Context, _ *run) (rows []row, err error) {
	parsers, panics := 0, 0.0
	for _, path := range framePackages {
		out, err := goBench(ctx, path, "^BenchmarkRandomFrame$", fmt.Sprintf("%dx", framesAParser), 1)
		for _, b := range parseBenchmarks(out) {
			parsers++
			rows = append(rows, row{name: b.of("a million random frames"), unit: "frames/s", value: 1e9 / median(b.nanos), floor: none})
		}
		switch {
		case bytes.Contains(out, []byte("panic: ")):
			panics++
		case err != nil:
			rows = append(rows, unmeasured("a million random frames, "+path, fmt.Sprintf("go test: %v", err)))
		}
	}
	return append(rows, row{name: fmt.Sprintf("panics in a million random frames, %d parsers", parsers), value: panics, floor: none, goal: atMost(0)}), nil
}
