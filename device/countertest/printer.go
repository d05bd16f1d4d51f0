package countertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/escpos"
	"github.com/tillpos/till/device/suite"
	"github.com/tillpos/till/pos"
)

// Printer is the suite of printers.
func Printer(t *testing.T, start func(*testing.T) Bench) {
	run(t, start, []part{
		{"print", printOne}, {"two in a row", printTwo}, {"states", printerStates}, {"tells by itself", printerTells},
		{"cancel", printCancelled}, {"deadline", printDeadline}, {"garbage", printerGarbage}, {"late answers", printerLate},
		{"lost answer", printerLost}, {"drawer once", drawerOnce}, {"close while printing", closeWhilePrinting},
		{"unplug at every byte taken", printerUnplugIn}, {"unplug at every byte sent", printerUnplug},
	})
}

func (r *rig) printer() *device.Printer {
	r.Helper()
	p, err := device.OpenPrinter(r.ctx, r.URI, r.Driver, device.Options{Waits: suite.Waits, Changed: r.changed, Drawer: escpos.DrawerHigh})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { p.Close() })
	r.online(p)
	return p
}

func text(lines ...string) pos.Slip {
	var s pos.Slip
	for _, l := range lines {
		s.Lines = append(s.Lines, pos.SlipLine{Text: l})
	}
	return s
}

// paper is what came out, without the cuts.
func (r *rig) paper() (lines []string, cuts int) {
	r.Helper()
	var out struct {
		Text string `json:"text"`
		Cuts int    `json:"cuts"`
	}
	r.ask("GET", "/paper", nil, &out)
	for line := range strings.Lines(out.Text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "- - -") {
			lines = append(lines, line)
		}
	}
	return lines, out.Cuts
}

func (r *rig) state(change map[string]any) (state struct {
	Drawer  string `json:"drawer"`
	Kicks   int    `json:"kicks"`
	Unknown int    `json:"unknown"`
	Waiting int    `json:"waiting"`
}) {
	r.Helper()
	if change == nil {
		r.ask("GET", "/state", nil, &state)
	} else {
		r.ask("POST", "/state", change, &state)
	}
	return state
}

func (r *rig) wantPaper(want ...string) {
	r.Helper()
	if got, _ := r.paper(); strings.Join(got, "|") != strings.Join(want, "|") {
		r.Errorf("the paper says %q, not %q", got, want)
	}
}

// prints prints a slip, and once more each time the printer's answer was not there in time and nothing was printed: a
// machine may be busy for longer than a printer has. The paper shows that it came once.
func (r *rig) prints(p *device.Printer, s pos.Slip) (err error) {
	r.Helper()
	for range 5 {
		opened := p.Opened()
		if err = p.Print(r.ctx, s); !errors.Is(err, escpos.ErrSilent) || !strings.Contains(err.Error(), "nothing was printed") {
			return err
		}
		r.until("found again", func() bool { return p.Opened() > opened })
	}
	return err
}

func printOne(r *rig) {
	p := r.printer()
	if err := r.prints(p, text("SHOP", "TOTAL 12.34")); err != nil {
		r.Fatal(err)
	}
	r.wantPaper("SHOP", "TOTAL 12.34")
	if _, cuts := r.paper(); cuts != 1 || r.state(nil).Unknown != 0 {
		r.Errorf("%d cuts, state %+v", cuts, r.state(nil))
	}
}

func printTwo(r *rig) {
	p := r.printer()
	ended := make(chan error, 2)
	first := make(chan struct{})
	go func() { close(first); ended <- p.Print(r.ctx, text("ONE", "ONE END")) }()
	<-first
	go func() { ended <- p.Print(r.ctx, text("TWO", "TWO END")) }()
	for range 2 {
		if err := within(r, ended); err != nil {
			r.Error(err)
		}
	}
	got, cuts := r.paper()
	if all := strings.Join(got, "|"); cuts != 2 || all != "ONE|ONE END|TWO|TWO END" && all != "TWO|TWO END|ONE|ONE END" {
		r.Errorf("%d cuts, paper %q", cuts, got)
	}
}

// printerStates: what keeps a printer from printing is an error and a state, and passes when it is mended.
func printerStates(r *rig) {
	p := r.printer()
	for _, c := range []struct {
		wrong, mended map[string]any
		code          pos.Code
		reason        string
	}{
		{map[string]any{"paper": "out"}, map[string]any{"paper": "ok"}, pos.CodePrinterPaper, "no paper"},
		{map[string]any{"cover": "open"}, map[string]any{"cover": "closed"}, pos.CodePrinterOffline, "cover open"},
		{map[string]any{"cutter": "stuck"}, map[string]any{"cutter": "ok"}, pos.CodePrinterOffline, "cutter stuck"},
		{map[string]any{"head": "hot"}, map[string]any{"head": "ok"}, pos.CodePrinterOffline, "head too hot"},
		{map[string]any{"online": false}, map[string]any{"online": true}, pos.CodePrinterOffline, "printer off-line"},
	} {
		r.state(c.wrong)
		if err := r.prints(p, text("NOT THIS")); pos.CodeOf(err) != c.code {
			r.Errorf("%s: printing gives %v", c.reason, err)
		}
		r.until(c.reason, func() bool { return p.Health() == pos.Health{State: pos.DeviceOffline, Reason: c.reason} })
		r.state(c.mended)
		r.online(p)
		if err := r.prints(p, text("AFTER "+c.reason)); err != nil {
			r.Errorf("after %s: %v", c.reason, err)
		}
	}
	r.wantPaper("AFTER no paper", "AFTER cover open", "AFTER cutter stuck", "AFTER head too hot", "AFTER printer off-line")
}

// printerTells: what a person does to the printer is known although nobody prints.
func printerTells(r *rig) {
	p := r.printer()
	for _, c := range []struct {
		change map[string]any
		want   pos.Health
	}{
		{map[string]any{"paper": "near"}, pos.Health{State: pos.DeviceAttention, Reason: "paper near its end"}},
		{map[string]any{"paper": "ok", "drawer": "open"}, pos.Health{State: pos.DeviceAttention, Reason: "drawer open"}},
		{map[string]any{"drawer": "closed", "cover": "open"}, pos.Health{State: pos.DeviceOffline, Reason: "cover open"}},
		{map[string]any{"cover": "closed"}, pos.Health{State: pos.DeviceOnline}},
	} {
		r.state(c.change)
		r.until(fmt.Sprint(c.want), func() bool { return p.Health() == c.want })
	}
}

func printCancelled(r *rig) {
	ctx, cancel := context.WithCancel(r.ctx)
	time.AfterFunc(20*time.Millisecond, cancel)
	r.givenUp(ctx, context.Canceled)
}

func printDeadline(r *rig) {
	ctx, cancel := context.WithTimeout(r.ctx, 30*time.Millisecond)
	defer cancel()
	r.givenUp(ctx, context.DeadlineExceeded)
}

// givenUp prints while the printer is stalled: what was given up does not come out behind the next slip.
func (r *rig) givenUp(ctx context.Context, want error) {
	r.Helper()
	p := r.printer()
	r.state(map[string]any{"stall": true})
	ended := make(chan error, 1)
	go func() { ended <- p.Print(ctx, text("GIVEN UP")) }()
	if err := within(r, ended); !errors.Is(err, want) {
		r.Errorf("printing gives %v", err)
	}
	r.until("forgotten", func() bool { return r.state(nil).Waiting == 0 })
	r.state(map[string]any{"stall": false})
	r.online(p)
	if err := r.prints(p, text("NEXT")); err != nil {
		r.Fatal(err)
	}
	r.wantPaper("NEXT")
}

func printerGarbage(r *rig) {
	p := r.printer()
	r.fault("garbage", 40, 0, 0)
	var want []string
	for i := range 5 {
		want = append(want, fmt.Sprintf("SLIP %d", i))
		if err := r.prints(p, text(want[i])); err != nil {
			r.Error(err)
		}
	}
	r.wantPaper(want...)
}

// printerLate: answers that come late but in time change nothing, and are not taken for others.
func printerLate(r *rig) {
	p := r.printer()
	r.fault("late", 6, 0, 40)
	for i := range 3 {
		if err := r.prints(p, text(fmt.Sprintf("SLIP %d", i))); err != nil {
			r.Error(err)
		}
	}
	r.wantPaper("SLIP 0", "SLIP 1", "SLIP 2")
	if h := p.Health(); h.State != pos.DeviceOnline {
		r.Errorf("health is %+v", h)
	}
}

// printerLost: a printer that does not answer is gone, and there again when it does.
func printerLost(r *rig) {
	p := r.printer()
	r.fault("drop", 1, 0, 0)
	if err := p.Print(r.ctx, text("LOST")); err != nil && pos.CodeOf(err) != pos.CodePrinterOffline {
		r.Errorf("printing gives %v", err)
	}
	r.online(p)
	if err := r.prints(p, text("NEXT")); err != nil {
		r.Fatal(err)
	}
	if got, _ := r.paper(); len(got) == 0 || got[len(got)-1] != "NEXT" {
		r.Errorf("the paper says %q", got)
	}
}

// drawerOnce: a slip that failed and is printed later opens no drawer that is open.
func drawerOnce(r *rig) {
	p := r.printer()
	r.state(map[string]any{"paper": "out"})
	s := text("CASH")
	s.Drawer = true
	err := p.Print(r.ctx, s)
	if pos.CodeOf(err) != pos.CodePrinterPaper || !errors.Is(err, pos.ErrDrawerOpened) {
		r.Errorf("printing gives %v", err)
	}
	r.until("one kick", func() bool { return r.state(nil).Kicks == 1 })
	r.state(map[string]any{"paper": "ok", "drawer": "closed"})
	r.online(p)
	s.Drawer = false
	if err := r.prints(p, s); err != nil {
		r.Error(err)
	}
	if s := r.state(nil); s.Kicks != 1 || s.Drawer != "closed" {
		r.Errorf("after the reprint: %+v", s)
	}
}

func closeWhilePrinting(r *rig) {
	p := r.printer()
	r.state(map[string]any{"stall": true})
	ended := make(chan error, 1)
	go func() { ended <- p.Print(r.ctx, text("X")) }()
	p.Close()
	if err := within(r, ended); pos.CodeOf(err) != pos.CodePrinterOffline {
		r.Errorf("printing gives %v", err)
	}
	if err := p.Print(r.ctx, text("X")); pos.CodeOf(err) != pos.CodePrinterOffline || p.Health().State != pos.DeviceClosed {
		r.Errorf("after close it gives %v", err)
	}
	p.Close()
}

func printerUnplugIn(r *rig) {
	p := r.printer()
	whole := 9 + len(escpos.DefaultPaper.Encode(slipOf(0))) // what one print sends: the status is asked first
	for n := range whole + 1 {
		r.pull(p, "unplug_in", n)
	}
}

func printerUnplug(r *rig) {
	p := r.printer()
	for n := range 4 { // three answers to the status, one in turn
		r.pull(p, "unplug", n)
	}
}

func slipOf(n int) pos.Slip { return text("TOP", fmt.Sprintf("BOTTOM %03d", n)) }

// pull pulls the plug after n bytes of a slip, and prints another one when the printer is back. What was said to be
// printed is on paper; of what was not, nothing comes out later or in the next slip.
func (r *rig) pull(p *device.Printer, fault string, n int) {
	r.Helper()
	opened := p.Opened()
	r.fault(fault, 1, n, 0)
	err := p.Print(r.ctx, slipOf(n))
	if err != nil && pos.CodeOf(err) != pos.CodePrinterOffline {
		r.Fatalf("%s after %d bytes: printing gives %v", fault, n, err)
	}
	r.until("plugged in again", func() bool { return p.Opened() > opened && p.Health().State == pos.DeviceOnline })
	before, _ := r.paper()
	if bottom := fmt.Sprintf("BOTTOM %03d", n); err == nil && (len(before) == 0 || before[len(before)-1] != bottom) {
		r.Fatalf("%s after %d bytes: said to be printed, and the paper ends with %q", fault, n, before)
	}
	next := fmt.Sprintf("NEXT %03d", n)
	if err := r.prints(p, text(next)); err != nil {
		r.Fatalf("%s after %d bytes: the next one gives %v", fault, n, err)
	}
	if after, _ := r.paper(); len(after) != len(before)+1 || after[len(after)-1] != next {
		r.Fatalf("%s after %d bytes: the paper then says %q", fault, n, after[len(before):])
	}
}
