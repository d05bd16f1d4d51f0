package sim

import (
	"flag"
	"testing"
)

var seedOnly = flag.Int64("seed", -1, "one day to replay with its events")

var seedCount = flag.Int("seeds", 8, "days to play")

func TestDays(t *testing.T) {
	if *seedOnly >= 0 {
		r := playDay(t, uint64(*seedOnly), true)
		t.Logf("\n%s%v", r.events, r.violations)
		return
	}
	for seed := range uint64(*seedCount) {
		r := playDay(t, seed, false)
		t.Logf("seed %d: %s %d payments, %d lives, %s", seed, r.plan.physics.name, r.payments, r.lives, r.hash)
		for _, v := range r.violations {
			t.Errorf("seed %d: %s", seed, v)
		}
	}
}
