package hwsim

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
)

// Number is what the number of a fault counts.
type Number int

// A fault has no number, or one of these.
const (
	None Number = iota
	Times
	Bytes
	Milliseconds
)

// Chance is a fault that a mix may draw, with the bounds of its number.
type Chance struct {
	Do          string
	Of          Number
	Least, Most int
}

// usualShare is of a hundred exchanges how many go wrong when nobody says.
const usualShare = 20

// Mix draws faults by a seed, so that a run can be had again: the same seed gives the same faults to the same
// exchanges. nil draws nothing. Its device holds it: one goroutine at a time may call it.
type Mix struct {
	random  *rand.Rand
	share   int // of a hundred exchanges, how many go wrong
	chances []Chance
	fired   map[string]int
}

// NewMix gives a mix, or nil for seed 0. A share of 0 is 20; it errs with a sentence when there is no such share.
func NewMix(seed uint64, share int, chances []Chance) (*Mix, error) {
	switch {
	case share < 0 || share > 100:
		return nil, errors.New("the share of what goes wrong is 0 to 100 of a hundred")
	case seed == 0:
		return nil, nil
	case share == 0:
		share = usualShare
	}
	return &Mix{rand.New(rand.NewPCG(seed, 0x4661756C74)), share, chances, map[string]int{}}, nil
}

// next gives what goes wrong with the next exchange, mostly nothing.
func (m *Mix) next() (c Chance, n int, wrong bool) {
	if m == nil || m.random.IntN(100) >= m.share {
		return Chance{}, 0, false
	}
	c = m.chances[m.random.IntN(len(m.chances))]
	m.fired[c.Do]++
	if c.Of != None {
		n = c.Least + m.random.IntN(c.Most-c.Least+1)
	}
	return c, n, true
}

// Name draws a fault as a command names it, its number behind a colon; empty is none.
func (m *Mix) Name() string {
	c, n, _ := m.next()
	if c.Of == None {
		return c.Do
	}
	return fmt.Sprintf("%s:%d", c.Do, n)
}

// Fault draws one to be armed.
func (m *Mix) Fault() (f Fault, wrong bool) {
	c, n, wrong := m.next()
	f = Fault{Do: c.Do, Count: 1}
	switch c.Of {
	case Times:
		f.Count = n
	case Bytes:
		f.Bytes = n
	case Milliseconds:
		f.MS = n
	}
	return f, wrong
}

// Fired counts what was drawn, by name.
func (m *Mix) Fired() map[string]int {
	if m == nil {
		return map[string]int{}
	}
	return maps.Clone(m.fired)
}
