package frametest

import (
	"flag"
	"slices"
	"testing"
)

var frames = flag.Int("frames", 1_000_000, "random frames for each parser")

const recordings = "../../testdata/devices"

// TestMillionFrames throws random frames at every parser of the devices; under the race detector a tenth of them. Those
// that only show frames get a tenth too: they are slower, and no terminal that sells calls them.
func TestMillionFrames(t *testing.T) {
	for i, p := range slices.Concat(Readers(), Explainers()) {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			n := *frames / share
			if i >= len(Readers()) {
				n /= 10
			}
			if testing.Short() {
				n /= 100
			}
			if err := p.Throw(recordings, n); err != nil {
				t.Error(err)
			}
		})
	}
}
