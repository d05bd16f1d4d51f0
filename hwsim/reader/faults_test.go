package reader

import (
	"slices"
	"strings"
	"testing"
)

// TestFaultsOfEveryForm plans every fault that a form has, and refuses the others.
func TestFaultsOfEveryForm(t *testing.T) {
	models, forms := Models()
	for _, m := range models {
		for _, form := range forms[m] {
			r, err := New(Config{Model: m, Form: form})
			if err != nil {
				t.Fatal(err)
			}
			has := names(r.faults())
			for _, name := range Faults() {
				s := Swipe{Card: "visa", Fault: strings.NewReplacer(":MS", ":0", ":N", ":1").Replace(name)}
				_, err := r.plan(s)
				if (err == nil) != slices.Contains(has, name) {
					t.Errorf("%s %s, %s: %v", m, form, name, err)
				}
			}
		}
	}
}

// TestMixIsTheSameAgain draws faults by a seed: the same run comes twice, another one by another seed, and in the
// long run every fault of the form.
func TestMixIsTheSameAgain(t *testing.T) {
	run := func(seed uint64) (faults []string, fired map[string]int, bytes string) {
		r, err := New(Config{Model: "idtech", Form: "enhanced", FaultsSeed: seed, FaultsShare: 50})
		if err != nil {
			t.Fatal(err)
		}
		for range 400 {
			d, err := r.plan(Swipe{Card: "visa"})
			if err != nil {
				t.Fatal(err)
			}
			for _, report := range d.reports {
				bytes += string(report)
			}
		}
		return names(r.faults()), r.Fired(), bytes
	}
	faults, fired, first := run(1)
	if _, _, again := run(1); again != first {
		t.Error("the same seed makes another run")
	}
	if _, _, other := run(2); other == first {
		t.Error("another seed makes the same run")
	}
	sum := 0
	for _, f := range faults {
		name, _, _ := strings.Cut(f, ":")
		if fired[name] == 0 {
			t.Errorf("%s never came", name)
		}
		sum += fired[name]
	}
	if sum < 150 || sum > 250 {
		t.Errorf("%d of 400 swipes went wrong, want about half", sum)
	}
}

// TestMixLeavesNamedFaultsAlone: who asks for a fault, or runs without a mix, gets what was asked for.
func TestMixLeavesNamedFaultsAlone(t *testing.T) {
	r, err := New(Config{FaultsSeed: 1, FaultsShare: 100})
	if err != nil {
		t.Fatal(err)
	}
	if d, err := r.plan(Swipe{Card: "visa", Fault: "twice"}); err != nil || len(d.reports) != 2 || len(r.Fired()) != 0 {
		t.Errorf("%d reports, the mix fired %v, %v", len(d.reports), r.Fired(), err)
	}
	if _, err := New(Config{FaultsShare: 101}); err == nil {
		t.Error("more than all swipes go wrong")
	}
}

// TestStrippedKSN leaves out the leading F's, and only where the wire has room for that.
func TestStrippedKSN(t *testing.T) {
	for _, c := range []struct {
		model, form string
		shorter     int // bytes on the wire
	}{{"magtek-serial", "encrypted", 4}, {"idtech-serial", "original", 2}, {"idtech-serial", "enhanced", 2}} {
		full, err := Sample(Config{Model: c.model, Form: c.form}, Swipe{Card: "visa", Fault: "ksn_full"})
		if err != nil {
			t.Fatal(err)
		}
		stripped, err := Sample(Config{Model: c.model, Form: c.form}, Swipe{Card: "visa", Fault: "ksn_strip"})
		if err != nil || len(full)-len(stripped) != c.shorter {
			t.Errorf("%s %s: %d bytes of %d, %v", c.model, c.form, len(stripped), len(full), err)
		}
	}
}
