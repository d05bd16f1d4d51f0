package printer

import (
	"time"

	"github.com/tillpos/till/hwsim"
)

// Faults of which somebody hears at the printer: they come when a host initialises it, as a slip begins, and are
// mended MS later, or by POST /state when MS is 0.
const (
	paperOut   = "paper_out"
	coverOpen  = "cover_open"
	drawerOpen = "drawer_open"
)

// initialise begins a connection, a slip and the pulse of a drawer: an exchange.
var initialise = []byte{0x1B, 0x40}

// hitches are what those faults do, and what mends it.
var hitches = []struct {
	do           string
	wrong, right func(*State)
}{
	{paperOut, func(s *State) { s.Paper = "out" }, func(s *State) {
		if s.Paper = "ok"; s.LinesLeft == 0 {
			s.LinesLeft = -1
		}
	}},
	{coverOpen, func(s *State) { s.Cover = "open" }, func(s *State) { s.Cover = "closed" }},
	{drawerOpen, func(s *State) { s.Drawer = "open" }, func(s *State) { s.Drawer = "closed" }},
}

// Bounds of what a mix draws: a delay that a test can wait for, and an unplug inside a slip or behind it. Behind the
// beginning of a slip a printer sends an automatic status, the answer in turn, and those to the next questions.
const (
	mixLeast   = 20
	mixDelay   = 250
	mixTaken   = 120
	mixAnswers = 8
)

var chances = []hwsim.Chance{
	{Do: faultLate, Of: hwsim.Milliseconds, Most: mixDelay},
	{Do: faultDrop, Of: hwsim.Times, Least: 1, Most: 3},
	{Do: faultGarbage, Of: hwsim.Times, Least: 1, Most: 3},
	{Do: faultUnplug, Of: hwsim.Bytes, Most: mixAnswers},
	{Do: hwsim.UnplugIn, Of: hwsim.Bytes, Most: mixTaken},
	{Do: paperOut, Of: hwsim.Milliseconds, Least: mixLeast, Most: mixDelay},
	{Do: coverOpen, Of: hwsim.Milliseconds, Least: mixLeast, Most: mixDelay},
	{Do: drawerOpen, Of: hwsim.Milliseconds, Least: mixLeast, Most: mixDelay},
}

// Mix draws faults by a seed, for so many of a hundred exchanges; seed 0 draws none. It errs with a sentence when
// there is no such share.
func (p *Printer) Mix(seed uint64, share int) error {
	m, err := hwsim.NewMix(seed, share, chances)
	if err == nil {
		p.faults.Mix(m)
	}
	return err
}

// begun lets the hitches happen that are due.
func (p *Printer) begun() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range hitches {
		f, yes := p.faults.Fires(h.do)
		if !yes {
			continue
		}
		h.wrong(&p.state)
		if before := p.mending[h.do]; before != nil {
			before.Stop()
		}
		if f.MS > 0 {
			p.mending[h.do] = time.AfterFunc(time.Duration(f.MS)*time.Millisecond, func() { p.mend(h.do) })
		}
	}
	p.tell(false)
}

// mend makes a hitch right, if it was to pass by itself and did not yet.
func (p *Printer) mend(do string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	timer, yes := p.mending[do]
	if !yes {
		return
	}
	timer.Stop()
	delete(p.mending, do)
	for _, h := range hitches {
		if h.do == do {
			h.right(&p.state)
		}
	}
	p.print()
	p.tell(false)
}

// spring opens the drawer by a pulse. Whoever was about to close it does so before.
func (p *Printer) spring() {
	p.state.Drawer = "open"
	if timer, yes := p.mending[drawerOpen]; yes {
		timer.Stop()
		delete(p.mending, drawerOpen)
	}
	if p.shuts > 0 {
		p.mending[drawerOpen] = time.AfterFunc(p.shuts, func() { p.mend(drawerOpen) })
	}
}

// ShutDrawer has somebody push an opened drawer shut after a while. Before, it stays open until POST /state closes it.
func (p *Printer) ShutDrawer(after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shuts = after
}

// mendAll is for the end of a connection: no timer outlasts it.
func (p *Printer) mendAll() {
	for _, h := range hitches {
		p.mend(h.do)
	}
}
