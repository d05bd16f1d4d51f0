package countertest

import (
	"fmt"
	"testing"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/suite"
	"github.com/tillpos/till/pos"
)

// Display is the suite of customer displays.
func Display(t *testing.T, start func(*testing.T) Bench) {
	run(t, start, []part{
		{"show", showOne}, {"many in a row", showMany}, {"deaf for a while", displayDeaf}, {"close while showing", closeWhileShowing},
		{"unplug at every byte taken", displayUnplug},
	})
}

func (r *rig) display() *device.Display {
	r.Helper()
	d, err := device.OpenDisplay(r.ctx, r.URI, r.Driver, device.Options{Waits: suite.Waits, Changed: r.changed})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { d.Close() })
	r.online(d)
	return d
}

// shows waits until the customer reads this.
func (r *rig) shows(top, bottom string) {
	r.Helper()
	var seen struct {
		Lines   [2]string `json:"lines"`
		Unknown int       `json:"unknown"`
	}
	r.until(fmt.Sprintf("%q over %q", top, bottom), func() bool {
		r.ask("GET", "/text", nil, &seen)
		return seen.Lines == [2]string{top, bottom}
	})
}

func showOne(r *rig) {
	d := r.display()
	d.Show("COFFEE", "TOTAL           2.50")
	r.shows("COFFEE", "TOTAL           2.50")
	d.Show("a line that is longer than that", "")
	r.shows("a line that is longe", "")
}

// showMany: the newest text counts, and Show waits for nothing.
func showMany(r *rig) {
	d := r.display()
	for i := range 200 {
		d.Show("ITEM", fmt.Sprint(i))
	}
	r.shows("ITEM", "199")
}

func displayDeaf(r *rig) {
	d := r.display()
	r.fault("deaf", 1, 0, 0)
	d.Show("NOBODY", "READS THIS")
	r.until("deaf", func() bool {
		var list struct {
			Faults []struct {
				Fired int `json:"fired"`
			} `json:"faults"`
		}
		r.ask("GET", "/faults", nil, &list)
		return list.Faults[0].Fired == 1
	})
	d.Show("BUT", "THIS")
	r.shows("BUT", "THIS")
}

func closeWhileShowing(r *rig) {
	d := r.display()
	for i := range 50 {
		d.Show("ITEM", fmt.Sprint(i))
	}
	d.Close()
	d.Show("AFTER", "CLOSE")
	if h := d.Health(); h.State != pos.DeviceClosed {
		r.Errorf("health is %+v", h)
	}
	d.Close()
}

// displayUnplug: what was to be shown when the plug was pulled is shown when it is back, whole and alone.
func displayUnplug(r *rig) {
	d := r.display()
	r.shows("", "")
	for n := range 50 {
		opened := d.Opened()
		r.fault("unplug_in", 1, n, 0)
		// A text may still fit into what is taken before the plug is pulled; the next one does not.
		for i := 0; d.Opened() == opened; i++ {
			d.Show(fmt.Sprintf("UNPLUGGED %d", n), fmt.Sprint(i%2))
			r.until("taken or gone", func() bool { return true })
		}
		last := fmt.Sprintf("TOTAL %d", n)
		d.Show(last, "SWIPE YOUR CARD")
		r.shows(last, "SWIPE YOUR CARD")
	}
}
