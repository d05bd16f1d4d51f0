package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"
)

// stream is the random source of one actor or one decision. What it draws depends on the seed and its
// name alone, never on what other actors draw or when.
type stream struct{ *rand.Rand }

func newStream(seed uint64, name string) stream {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s", seed, name))
	return stream{rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])))}
}

// newBytes is a stream as a reader.
func newBytes(seed uint64, name string) *rand.ChaCha8 {
	return rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "%d/%s", seed, name)))
}

// chance is true in so many of a hundred cases.
func (s stream) chance(percent float64) bool { return s.Float64()*100 < percent }

// between draws a duration to the nanosecond.
func (s stream) between(least, most time.Duration) time.Duration {
	return least + time.Duration(s.Int64N(int64(most-least)+1))
}

// pick draws one of a list.
func pick[T any](s stream, from ...T) T { return from[s.IntN(len(from))] }

// weighted draws an index by weight; -1 if all weights are zero.
func (s stream) weighted(weights ...float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	at := s.Float64() * total
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return -1
}
