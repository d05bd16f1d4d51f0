package seed

import (
	"flag"
	"os"
	"testing"

	"pgregory.net/rapid"
)

// TestSameCasesEachTime: without a seed of the caller's, two searches draw the same.
func TestSameCasesEachTime(t *testing.T) {
	if got := flag.Lookup("rapid.seed").Value.String(); got != "1" {
		t.Skipf("the caller has chosen the seed %s (RAPID_SEED %q)", got, os.Getenv("RAPID_SEED"))
	}
	drawn := func() (out []uint64) {
		rapid.Check(t, func(t *rapid.T) { out = append(out, rapid.Uint64().Draw(t, "n")) })
		return out
	}
	first, second := drawn(), drawn()
	if len(first) == 0 || len(first) != len(second) {
		t.Fatalf("%d cases, then %d", len(first), len(second))
	}
	for i := range first {
		if first[i] != second[i] {
			t.Fatalf("case %d is another one", i)
		}
	}
}
