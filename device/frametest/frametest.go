// Package frametest throws random frames at the parsers of the devices: valid ones with something changed, cut or
// doubled, and plain noise. A parser may refuse a frame; it may not panic, nor go on for ever.
package frametest

import (
	"fmt"
	"math/rand/v2"

	"github.com/tillpos/till/device/recording"
)

// Parser is one of them.
type Parser struct {
	Name string
	// Devices are the names of the drivers whose recordings its frames begin with.
	Devices []string
	// Seeds are valid frames besides.
	Seeds [][]byte
	// Parse parses a frame and wipes what comes of it; it says whether the frame was taken.
	Parse func(frame []byte) bool
	// Mend makes the checks of a changed frame fit again, so that it is read on; nil for frames without one.
	Mend func(frame []byte)
}

// Throw throws n frames at a parser, the same ones each time; recordings is the folder testdata/devices. It errs when
// the parser takes none or all of them: then it was not tested.
func (p Parser) Throw(recordings string, n int) error {
	seeds := p.Seeds
	if len(p.Devices) > 0 {
		list, err := recording.Readers(recordings)
		if err != nil {
			return err
		}
		for _, r := range list {
			for _, d := range p.Devices {
				if r.Values["device"] == d {
					seeds = append(seeds, r.Bytes())
				}
			}
		}
	}
	if len(seeds) == 0 {
		return fmt.Errorf("%s: no recording to begin with", p.Name)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var frame []byte
	taken := 0
	for range n {
		frame = change(random, frame[:0], seeds[random.IntN(len(seeds))])
		if p.Mend != nil && random.IntN(2) == 0 {
			p.Mend(frame)
		}
		if p.Parse(frame) {
			taken++
		}
	}
	if taken == 0 || taken == n {
		return fmt.Errorf("%s: %d of %d frames were taken", p.Name, taken, n)
	}
	return nil
}

// change makes a frame of a valid one, in dst.
func change(random *rand.Rand, dst, seed []byte) []byte {
	switch random.IntN(8) {
	case 0: // noise
		return scatter(random, dst, random.IntN(len(seed)+16))
	case 1: // cut
		return append(dst, seed[:random.IntN(len(seed)+1)]...)
	case 2: // a piece of it twice
		from := random.IntN(len(seed))
		to := from + random.IntN(len(seed)-from) + 1
		return append(append(append(dst, seed[:to]...), seed[from:to]...), seed[to:]...)
	case 3: // noise in front or behind
		if random.IntN(2) == 0 {
			return append(scatter(random, dst, random.IntN(16)), seed...)
		}
		return scatter(random, append(dst, seed...), random.IntN(16))
	}
	dst = append(dst, seed...)
	for range 1 + random.IntN(6) {
		at := random.IntN(len(dst))
		if random.IntN(2) == 0 {
			at = random.IntN(min(16, len(dst))) // where lengths and statuses stand
		}
		dst[at] = byte(random.Uint32())
	}
	return dst
}

func scatter(random *rand.Rand, dst []byte, n int) []byte {
	for range n {
		dst = append(dst, byte(random.Uint32()))
	}
	return dst
}
