package faultproxy

import (
	"errors"
	"math/rand/v2"
	"time"
)

// Way is what happens to the bytes that go one way. Positions count the bytes of one connection; 0 is
// before the first one, nil is never.
type Way struct {
	DelayMS  int64  `json:"delay_ms"`         // before each piece is passed on
	JitterMS int64  `json:"jitter_ms"`        // at most so much more, drawn for each piece
	Rate     int64  `json:"bytes_per_s"`      // 0: as fast as it goes
	CutAt    *int64 `json:"cut_at,omitempty"` // both ends are closed in order after so many bytes
	ResetAt  *int64 `json:"reset_at,omitempty"`
	HoleAt   *int64 `json:"hole_at,omitempty"` // from here on all is swallowed, and the connection stays
}

// Fault is what happens to connections that begin while it is set.
type Fault struct {
	Refuse bool `json:"refuse"` // reset as soon as it is accepted
	Up     Way  `json:"up"`     // from who dialled to the address behind
	Down   Way  `json:"down"`
}

// maxWaitMS keeps every wait finite.
const maxWaitMS = 60_000

var errRange = errors.New("delay_ms, jitter_ms, bytes_per_s or a position is out of range")

func (f Fault) check() error {
	for _, w := range []Way{f.Up, f.Down} {
		if w.DelayMS < 0 || w.DelayMS > maxWaitMS || w.JitterMS < 0 || w.JitterMS > maxWaitMS || w.Rate < 0 {
			return errRange
		}
		for _, at := range []*int64{w.CutAt, w.ResetAt, w.HoleAt} {
			if at != nil && *at < 0 {
				return errRange
			}
		}
	}
	return nil
}

// end is how a way stops passing bytes on.
type end int

const (
	none end = iota
	cut
	reset
	hole
)

// first gives the first position at which the way ends, and how.
func (w Way) first() (at int64, how end) {
	for _, c := range []struct {
		at  *int64
		how end
	}{{w.ResetAt, reset}, {w.CutAt, cut}, {w.HoleAt, hole}} {
		if c.at != nil && (how == none || *c.at < at) {
			at, how = *c.at, c.how
		}
	}
	return at, how
}

// wait is how long a piece of n bytes takes.
func (w Way) wait(n int, random *rand.Rand) time.Duration {
	d := time.Duration(w.DelayMS) * time.Millisecond
	if w.JitterMS > 0 {
		d += time.Duration(random.Int64N(w.JitterMS+1)) * time.Millisecond
	}
	if w.Rate > 0 {
		d += time.Duration(int64(n) * int64(time.Second) / w.Rate)
	}
	return d
}
