package reader

import (
	"bytes"
	"testing"
)

// FuzzFeatures sends a simulated reader feature reports.
func FuzzFeatures(f *testing.F) {
	for _, b := range [][]byte{{0, 1, 0}, {1, 2, 3, 64}, {2, 0}, {0, 255}, {}} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, _, err := find("magtek", "")
		if err != nil {
			t.Fatal(err)
		}
		set := newFeatures(m, 8)
		set.take(b)
		if n := len(set.answer); n < 2 || n > set.length || 2+int(set.answer[1]) != n {
			t.Fatalf("an answer of %d bytes", n)
		}
		if p := set.properties[set.packet]; len(p) != 1 || p[0] < 1 || p[0] > 64 {
			t.Fatal("the reader has packets of another size than it can have")
		}
	})
}

// FuzzCommands sends a simulated reader commands on its line, in two pieces.
func FuzzCommands(f *testing.F) {
	f.Add([]byte("\x02\x52\x4e\x03\x1d"), 2)
	f.Add([]byte("\x02\x53\x41\x01\x36\x03\x26"), 3)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		m, form, err := find("idtech-serial", "")
		if err != nil {
			t.Fatal(err)
		}
		whole, pieces := newSettings(m, form), newSettings(m, form)
		want := whole.take(b)
		cut = max(0, min(cut, len(b)))
		if got := append(pieces.take(b[:cut]), pieces.take(b[cut:])...); len(b) < longestSetting && !bytes.Equal(got, want) {
			t.Fatal("commands in pieces are answered otherwise")
		}
	})
}

func FuzzFault(f *testing.F) {
	for _, name := range Faults() {
		f.Add(name)
	}
	f.Add("unplug:12")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := New(Config{Model: "idtech-serial", Form: "aes"})
		if err != nil {
			t.Fatal(err)
		}
		d, err := r.plan(Swipe{Card: "visa", Fault: text})
		if err == nil && len(d.reports) == 0 {
			t.Fatal("a fault sends nothing at all")
		}
	})
}
