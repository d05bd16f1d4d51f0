package sim

import (
	"flag"
	"testing"
)

var (
	replaySeeds = flag.Int("replay-seeds", 4, "days to replay")
	replays     = flag.Int("replays", 2, "how often")
)

// TestReplay wants the same events each time a seed is played.
func TestReplay(t *testing.T) {
	for n := range *replaySeeds {
		seed := uint64(n)
		want := playDay(t, seed, true)
		for i := 1; i < *replays; i++ {
			if got := playDay(t, seed, true); got.hash != want.hash {
				t.Fatalf("seed %d: replay %d gives %s, not %s; first difference:\n%s", seed, i, got.hash, want.hash, firstDifference(want.events, got.events))
			}
		}
	}
}

// firstDifference gives the lines around the place where two diaries part.
func firstDifference(a, b string) string {
	start := 0
	for i := 0; i < len(a) && i < len(b) && a[i] == b[i]; i++ {
		if a[i] == '\n' {
			start = i + 1
		}
	}
	return "  " + cut(a[start:], 400) + "\nand\n  " + cut(b[start:], 400)
}

func cut(s string, n int) string { return s[:min(n, len(s))] }
