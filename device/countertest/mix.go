package countertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
)

// brief is how long a slip of a mix may take: longer than any delay that is drawn.
const brief = 2 * time.Second

// PrinterMix prints n slips, every third with the drawer, while the printer draws faults by a seed. What was said to be
// printed is on paper, whole and once; the rest is told as failed, and what there is of it stands in front of the next
// slip. A slip pulses the drawer once at most.
func PrinterMix(t *testing.T, b Bench, n int) {
	r := newRig(t, b)
	p := r.printer()
	good, from, kicks := 0, 0, 0
	var last error // of the last slip with the drawer
	for i := range n {
		r.until("able to print", func() bool {
			h := p.Health()
			return h.State == pos.DeviceOnline || h.State == pos.DeviceAttention
		})
		s := text(fmt.Sprintf("TOP %d", i), fmt.Sprintf("BOTTOM %d", i))
		s.Drawer = i%3 == 0
		if s.Drawer {
			// Since then two slips were printed, or a new connection made: no pulse is on its way any more.
			now := r.state(map[string]any{"drawer": "closed"}).Kicks
			if pulses := now - kicks; pulses > 1 || i > 0 && pulses == 0 && last == nil {
				r.Errorf("slip %d pulses the drawer %d times and gives %v", i-3, pulses, last)
			}
			kicks = now
		}
		ctx, cancel := context.WithTimeout(r.ctx, brief)
		err := p.Print(ctx, s)
		cancel()
		switch code := pos.CodeOf(err); {
		case err == nil:
			good++
		case code != pos.CodePrinterOffline && code != pos.CodePrinterPaper && !errors.Is(err, context.DeadlineExceeded):
			r.Errorf("slip %d gives %v", i, err)
		}
		if s.Drawer {
			last = err
		}
		paper, _ := r.paper()
		whole := []string{s.Lines[0].Text, s.Lines[1].Text}
		came := paper[from:]
		from = len(paper)
		if err == nil && !slices.Equal(came, whole) || len(came) > len(whole) || !slices.Equal(came, whole[:len(came)]) {
			r.Errorf("slip %d gives %v, and the paper says %q", i, err, came)
		}
	}
	r.enough(good, n)
}

// enough: a mix is one only when much goes well and much goes wrong.
func (r *rig) enough(good, n int) {
	r.Helper()
	if good < n/3 || good == n {
		r.Errorf("%d of %d went well", good, n)
	}
}

// DisplayMix shows n texts while the display draws faults by a seed. Each comes to stand on it, also when the plug is
// pulled, unless the display was deaf; none leaves anything of another. The last stands there when all is well again.
func DisplayMix(t *testing.T, b Bench, n int) {
	r := newRig(t, b)
	d := r.display()
	good := 0
	for i := range n {
		deaf := r.deaf()
		top, bottom := fmt.Sprintf("ITEM %d", i), strings.Repeat("*", i%21)
		d.Show(top, bottom)
		shown := false
		r.until(top, func() bool {
			shown = r.reads() == [2]string{top, bottom}
			return shown || r.deaf() > deaf
		})
		if shown {
			good++
		}
	}
	r.enough(good, n)
	r.ask("DELETE", "/faults", nil, nil)
	d.Show("TOTAL", "SWIPE YOUR CARD")
	r.shows("TOTAL", "SWIPE YOUR CARD")
}

func (r *rig) reads() [2]string {
	r.Helper()
	var seen struct {
		Lines [2]string `json:"lines"`
	}
	r.ask("GET", "/text", nil, &seen)
	return seen.Lines
}

// deaf is how many pieces the display did not hear.
func (r *rig) deaf() (sum int) {
	r.Helper()
	var list struct {
		Faults []struct {
			Do    string `json:"do"`
			Fired int    `json:"fired"`
		} `json:"faults"`
	}
	r.ask("GET", "/faults", nil, &list)
	for _, f := range list.Faults {
		if f.Do == "deaf" {
			sum += f.Fired
		}
	}
	return sum
}

// ean is a number with its check digit.
func ean(i int) string {
	for digit := range 10 {
		if code := fmt.Sprintf("40063813%04d%d", i, digit); pos.CheckDigit(code) {
			return code
		}
	}
	return ""
}

// cleanCode is more than a code takes that nothing is wrong with.
const cleanCode = 10 * time.Second

// ScannerMix scans n codes while the scanner draws faults by a seed. Each comes whole and in its turn or not at all,
// none is made of two, and no more are missing than the faults explain.
func ScannerMix(t *testing.T, b Bench, n int) {
	r := newRig(t, b)
	s := r.scanner()
	var sent, got []string
	take := func(patience time.Duration) bool {
		ctx, cancel := context.WithTimeout(r.ctx, patience)
		defer cancel()
		scan, err := s.Next(ctx)
		if err == nil {
			got = append(got, scan.Text)
		}
		return err == nil
	}
	half := false
	for i := range n {
		r.online(s)
		sent = append(sent, ean(i))
		opened, before := s.Opened(), r.drawn()
		r.scan(sent[i], "")
		now := r.drawn()
		if now["unplug"] > before["unplug"] { // what is scanned before the terminal knows of it is lost too
			r.until("plugged in again", func() bool { return s.Opened() > opened })
		}
		// What nothing spoils comes, unless half a code took it along: the next plug that is pulled takes what was not taken yet.
		patience := time.Millisecond
		if spoiled(now) == spoiled(before) && !half {
			patience = cleanCode
		}
		half = now["partial"] > before["partial"]
		for take(patience) {
			patience = time.Millisecond
		}
	}
	fired := r.drawn()
	r.ask("DELETE", "/faults", nil, nil)
	for last := n; len(got) == 0 || got[len(got)-1] != ean(n) && last < n+20; last++ {
		r.online(s)
		r.scan(ean(n), "") // half a code takes the next one with it
		for take(50 * time.Millisecond) {
		}
	}
	got = slices.DeleteFunc(got, func(code string) bool { return code == ean(n) })
	double := len(got)
	got = slices.Compact(got)
	double -= len(got)
	good := len(got)
	for _, code := range sent {
		if len(got) > 0 && got[0] == code {
			got = got[1:]
		}
	}
	if len(got) != 0 {
		r.Errorf("%q never was scanned, or not in this turn", got[0])
	}
	if double > fired["twice"] {
		r.Errorf("%d codes came twice, %d were sent so", double, fired["twice"])
	}
	if missing := n - good; missing > spoiled(fired)+fired["partial"] {
		r.Errorf("%d of %d codes are missing, after the faults %v", missing, n, fired)
	}
	r.enough(good, n)
}

// spoiled is how many codes may be missing after these faults, but for the one that half a code takes along.
func spoiled(fired map[string]int) int {
	return fired["partial"] + fired["garbage"] + fired["check"] + fired["unplug"]
}

// drawn counts the faults of a scanner's mix.
func (r *rig) drawn() map[string]int {
	r.Helper()
	var list struct {
		Fired map[string]int `json:"fired"`
	}
	r.ask("GET", "/faults", nil, &list)
	return list.Fired
}
