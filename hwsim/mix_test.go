package hwsim

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

var some = []Chance{
	{Do: "plain"}, {Do: "often", Of: Times, Least: 1, Most: 3}, {Do: "late", Of: Milliseconds, Most: 250},
	{Do: UnplugIn, Of: Bytes, Least: 3, Most: 40},
}

// TestMixIsTheSameAgain draws by a seed: the same run comes twice, another one by another seed, in the long run every
// fault, within its bounds, and as many as the share says.
func TestMixIsTheSameAgain(t *testing.T) {
	run := func(seed uint64) (out []Fault, fired map[string]int) {
		m, err := NewMix(seed, 50, some)
		if err != nil {
			t.Fatal(err)
		}
		for range 600 {
			if f, wrong := m.Fault(); wrong {
				out = append(out, f)
			}
		}
		return out, m.Fired()
	}
	first, fired := run(1)
	if again, _ := run(1); !slices.Equal(first, again) {
		t.Error("the same seed makes another run")
	}
	if other, _ := run(2); slices.Equal(first, other) {
		t.Error("another seed makes the same run")
	}
	if len(fired) != len(some) || len(first) < 250 || len(first) > 350 {
		t.Errorf("%d of 600 went wrong, want about half: %v", len(first), fired)
	}
	for _, f := range first {
		if f.Count < 1 || f.Count > 3 || f.MS > 250 || f.Do == UnplugIn && (f.Bytes < 3 || f.Bytes > 40) {
			t.Errorf("out of bounds: %+v", f)
		}
	}
}

func TestMixOfNothing(t *testing.T) {
	for _, share := range []int{-1, 101} {
		if _, err := NewMix(1, share, some); err == nil {
			t.Errorf("a share of %d is taken", share)
		}
	}
	m, err := NewMix(0, 100, some)
	if _, wrong := m.Fault(); err != nil || wrong || m.Name() != "" || len(m.Fired()) != 0 {
		t.Errorf("seed 0 draws: %v, %v", m.Fired(), err)
	}
}

// TestMixByExchange: however the stream is cut, the same exchanges get the same faults and the plug is pulled after
// the same byte.
func TestMixByExchange(t *testing.T) {
	var stream strings.Builder
	for i := range 60 {
		fmt.Fprintf(&stream, "\x1B@slip %d\x1B\x1B@\n", i)
	}
	run := func(pieces func(io.Reader) io.Reader) (taken []string) {
		s := Faults{Verbs: []string{"plain"}, Opening: []byte("\x1B@")}
		begun := 0
		s.Begun = func() { begun++ }
		m, err := NewMix(4, 30, some)
		if err != nil {
			t.Fatal(err)
		}
		s.Mix(m)
		for range 5 {
			var got strings.Builder
			_ = s.Hear(pieces(strings.NewReader(stream.String())), func(b []byte) { got.Write(b) })
			taken = append(taken, got.String())
		}
		taken = append(taken, fmt.Sprint(s.Armed()))
		if whole := taken[0]; !strings.HasPrefix(stream.String(), whole) || len(whole) == stream.Len() {
			t.Errorf("the first connection takes %d bytes of %d", len(whole), stream.Len())
		}
		if begun == 0 {
			t.Error("no exchange begins")
		}
		s.Disarm()
		if s.Draw(); len(s.Armed()) != 0 {
			t.Error("it draws after it was disarmed")
		}
		return taken
	}
	whole := run(func(r io.Reader) io.Reader { return r })
	single := run(iotest.OneByteReader)
	half := run(iotest.HalfReader)
	if !slices.Equal(whole, single) || !slices.Equal(whole, half) {
		t.Errorf("cut otherwise, other faults come: %q, %q, %q", whole, single, half)
	}
}
