package transport

import (
	"bytes"
	"testing"
	"time"
)

// testReport is a report whose bytes differ, so that mixed-up packets show.
func testReport(length int, seed byte) []byte {
	b := make([]byte, length)
	for i := range b {
		b[i] = byte(i*7) + seed
	}
	return b
}

func split(b []byte, n int) (out [][]byte) {
	for len(b) > 0 {
		k := min(n, len(b))
		out = append(out, b[:k])
		b = b[k:]
	}
	return out
}

func without(list [][]byte, i int) [][]byte {
	return append(append([][]byte{}, list[:i]...), list[i+1:]...)
}

func TestAssemble(t *testing.T) {
	a, b := testReport(337, 1), testReport(337, 99)
	long := testReport(338, 5)
	whole := testReport(856, 3)
	for _, c := range []struct {
		name    string
		size    reportSize
		packets [][]byte
		whole   [][]byte
		damaged int
		pending bool
	}{
		{name: "packets of 8", size: reportSize{337, 337}, packets: split(a, 8), whole: [][]byte{a}},
		{name: "packets of 1", size: reportSize{337, 337}, packets: split(a, 1), whole: [][]byte{a}},
		{name: "packets of 16", size: reportSize{337, 337}, packets: split(a, 16), whole: [][]byte{a}},
		{name: "packets of 64", size: reportSize{337, 337}, packets: split(a, 64), whole: [][]byte{a}},
		{name: "whole reports", size: reportSize{337, 337}, packets: [][]byte{a, b}, whole: [][]byte{a, b}},
		{name: "a report longer than its family's", size: reportSize{337, 338}, packets: split(long, 8), whole: [][]byte{long}},
		{name: "no short packet at the end", size: reportSize{856, 856}, packets: split(whole, 8), whole: [][]byte{whole}},
		{name: "two back to back", size: reportSize{337, 338}, packets: append(split(a, 8), split(b, 8)...), whole: [][]byte{a, b}},
		{name: "first packet lost", size: reportSize{337, 338}, packets: append(without(split(a, 8), 0), split(b, 8)...), whole: [][]byte{b}, damaged: 1},
		{name: "a packet lost in the middle", size: reportSize{337, 338}, packets: append(without(split(a, 8), 20), split(b, 8)...), whole: [][]byte{b}, damaged: 1},
		// The next report's first packet does not fit any more: both halves are told apart by it.
		{name: "last packet lost", size: reportSize{337, 338}, packets: append(without(split(a, 8), 42), split(b, 8)...), whole: [][]byte{b}, damaged: 1},
		{name: "short noise first", size: reportSize{337, 337}, packets: append([][]byte{{1, 2, 3}}, split(a, 8)...), whole: [][]byte{a}, damaged: 1},
		{name: "half a report", size: reportSize{337, 337}, packets: split(a, 8)[:21], pending: true},
		{name: "nothing", size: reportSize{337, 337}, packets: [][]byte{{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			asm := &assembler{size: c.size}
			var got [][]byte
			damaged := 0
			for _, p := range c.packets {
				w, d := asm.add(p, time.Time{})
				if d != nil {
					damaged++
				}
				if w != nil {
					got = append(got, w.Data)
				}
			}
			if asm.pending() != c.pending {
				t.Errorf("pending is %v", asm.pending())
			}
			if damaged != c.damaged {
				t.Errorf("%d damaged reports, want %d", damaged, c.damaged)
			}
			if len(got) != len(c.whole) {
				t.Fatalf("%d whole reports, want %d", len(got), len(c.whole))
			}
			for i := range got {
				if !bytes.Equal(got[i], c.whole[i]) {
					t.Errorf("report %d is not the one that was sent", i)
				}
			}
		})
	}
}

func TestDropWipes(t *testing.T) {
	asm := &assembler{size: reportSize{337, 337}}
	asm.add([]byte("12345678"), time.Time{})
	held := asm.buf
	e := asm.drop()
	if e.Got != 8 || e.Want != 337 {
		t.Errorf("the error says %d of %d bytes", e.Got, e.Want)
	}
	if !bytes.Equal(held, make([]byte, 8)) {
		t.Error("bytes of a broken report are still in memory")
	}
}

// FuzzAssemble cuts any stream anywhere: no byte may be in two reports, and no report may be longer than
// it can be.
func FuzzAssemble(f *testing.F) {
	f.Add(testReport(100, 1), uint8(8))
	f.Add(testReport(37, 1), uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, n uint8) {
		asm := &assembler{size: reportSize{20, 21}}
		total := 0
		for _, p := range split(stream, int(n%64)+1) {
			w, _ := asm.add(p, time.Time{})
			if w == nil {
				continue
			}
			total += len(w.Data)
			if len(w.Data) < 20 || len(w.Data) > 21 && len(w.Data) > len(p) {
				t.Fatalf("a report of %d bytes", len(w.Data))
			}
		}
		if total > len(stream) {
			t.Fatalf("%d bytes in reports, %d were sent", total, len(stream))
		}
	})
}
