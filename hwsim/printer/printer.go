package printer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/tillpos/till/hwsim"
)

// State is what a person can do to a printer, and see of it.
type State struct {
	Paper     string `json:"paper"`  // ok, near or out
	Cover     string `json:"cover"`  // open or closed
	Cutter    string `json:"cutter"` // ok or stuck
	Head      string `json:"head"`   // ok or hot
	Online    bool   `json:"online"`
	Drawer    string `json:"drawer"`     // open or closed
	Stall     bool   `json:"stall"`      // takes data and prints nothing
	LinesLeft int    `json:"lines_left"` // -1 is a new roll
	Kicks     int    `json:"kicks"`
	Unknown   int    `json:"unknown"`
	Waiting   int    `json:"waiting"` // bytes in the buffer
}

// bufferSize is how many bytes a printer takes before it prints them.
const bufferSize = 64 << 10

// Columns is the width of the paper in characters.
const Columns = 42

// Printer is a simulated printer. Serve it, then look at its paper.
type Printer struct {
	mu      sync.Mutex
	state   State
	head    *head
	buffer  []byte
	escape  []byte  // the beginning of a real-time command
	told    [4]byte // the automatic status that was sent last
	session *session
	faults  hwsim.Faults
	random  *rand.Rand
	mending map[string]*time.Timer // of hitches that pass by themselves
	shuts   time.Duration          // after which an opened drawer is pushed shut; zero: never
}

// New makes a printer with paper, on-line, its drawer closed.
func New() *Printer { return NewSeeded(1) }

// NewSeeded is New with a seed for the bytes of garbage.
func NewSeeded(seed uint64) *Printer {
	p := &Printer{head: newHead(Columns), random: rand.New(rand.NewPCG(seed, 0x7072696E74)), mending: map[string]*time.Timer{}, state: State{
		Paper: "ok", Cover: "closed", Cutter: "ok", Head: "ok", Online: true, Drawer: "closed", LinesLeft: -1}}
	p.faults = hwsim.Faults{Verbs: verbs, Opening: initialise, Begun: p.begun}
	return p
}

// Serve takes connections on l, one at a time, until ctx ends. It closes l.
func (p *Printer) Serve(ctx context.Context, l net.Listener) error {
	return hwsim.Serve(ctx, l, func(conn net.Conn) { _ = p.Speak(conn) }) // a host that goes is no error of the printer
}

// take carries out what arrived and sends the answers.
func (p *Printer) take(data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range data {
		p.escape = append(p.escape, b)
		p.realTime()
	}
	p.print()
	p.tell(false)
}

// realTime looks at the bytes that may be a real-time command: DLE EOT n, DLE ENQ n and DLE DC4 1 m t. It moves what
// is none into the buffer.
func (p *Printer) realTime() {
	e := p.escape
	switch {
	case e[0] != 0x10:
	case len(e) == 1:
		return
	case e[1] == 0x14 && len(e) < 5:
		return
	case e[1] == 0x14 && e[2] == 1:
		p.escape = nil
		p.head.kicks++
		p.spring()
		return
	case e[1] != 0x04 && e[1] != 0x05:
	case len(e) == 2:
		return
	case e[1] == 0x04 && e[2] >= 1 && e[2] <= 4:
		// What came before is printed first, as far as it can be: so the answer tells of it.
		p.escape = nil
		p.print()
		p.answer(p.status(e[2]))
		return
	case e[1] == 0x05:
		if p.escape = nil; e[2] == 2 {
			p.buffer = nil
			p.head.line.Reset()
			p.head.length = 0
		}
		return
	}
	if room := bufferSize - len(p.buffer); room >= len(e) {
		p.buffer = append(p.buffer, e...)
	}
	p.escape = nil
}

// able says whether the printer can print.
func (p *Printer) able() bool { return !p.offLine() && !p.state.Stall }

func (p *Printer) offLine() bool {
	s := p.state
	return !s.Online || s.Cover == "open" || s.Paper == "out" || s.Cutter == "stuck" || s.Head == "hot"
}

// print carries the buffer out as far as it can.
func (p *Printer) print() {
	for len(p.buffer) > 0 && p.able() {
		n, e := p.head.step(p.buffer)
		if n == 0 {
			return
		}
		p.buffer = p.buffer[n:]
		switch e {
		case printed:
			p.wear()
		case kicked:
			p.spring()
		case asked:
			p.answer(p.inTurn())
		case cleared:
			p.head.auto = 0
		case watched:
			p.tell(true)
		}
	}
}

// wear uses up a line of paper.
func (p *Printer) wear() {
	if p.state.LinesLeft < 0 {
		return
	}
	if p.state.LinesLeft > 0 {
		p.state.LinesLeft--
	}
	if p.state.LinesLeft == 0 {
		p.state.Paper = "out"
	}
}

// bits is the sum of the bits whose condition holds.
func bits(base byte, all map[byte]bool) byte {
	for bit, yes := range all {
		if yes {
			base |= bit
		}
	}
	return base
}

// status answers DLE EOT n.
func (p *Printer) status(n byte) byte {
	s := p.state
	broken := s.Cutter == "stuck" || s.Head == "hot"
	switch n {
	case 1:
		return bits(0x12, map[byte]bool{0x04: s.Drawer == "open", 0x08: p.offLine()})
	case 2:
		return bits(0x12, map[byte]bool{0x04: s.Cover == "open", 0x20: s.Paper == "out", 0x40: broken})
	case 3:
		return bits(0x12, map[byte]bool{0x08: s.Cutter == "stuck", 0x40: s.Head == "hot"})
	}
	return bits(0x12, map[byte]bool{0x0C: s.Paper != "ok", 0x60: s.Paper == "out"})
}

// automatic is what GS a tells.
func (p *Printer) automatic() [4]byte {
	s := p.state
	return [4]byte{
		bits(0x10, map[byte]bool{0x04: s.Drawer == "open", 0x08: p.offLine(), 0x20: s.Cover == "open"}),
		bits(0, map[byte]bool{0x08: s.Cutter == "stuck", 0x40: s.Head == "hot"}),
		bits(0, map[byte]bool{0x03: s.Paper != "ok", 0x0C: s.Paper == "out"}),
		0,
	}
}

// watches are the bits of automatic status that belong to a bit of GS a's n.
var watches = map[byte][4]byte{0x01: {0x04}, 0x02: {0x28}, 0x04: {0, 0x68}, 0x08: {0, 0, 0x0F}}

// tell sends an automatic status when something changed that the host wants to hear of, or in any case.
func (p *Printer) tell(always bool) {
	now := p.automatic()
	changed := always
	for bit, mask := range watches {
		for i := range now {
			changed = changed || p.head.auto&bit != 0 && (now[i]^p.told[i])&mask[i] != 0
		}
	}
	if p.head.auto != 0 && changed {
		p.told = now
		p.answer(now[:]...)
	}
}

// answer sends bytes to the host that is connected.
func (p *Printer) answer(b ...byte) {
	if p.session != nil {
		p.session.send(p.mishap(b))
	}
}

// inTurn answers GS r 1. Paper is never out here: then nothing in the buffer is carried out.
func (p *Printer) inTurn() byte {
	if p.state.Paper == "near" {
		return 0x03
	}
	return 0
}

// Paper is all that came out so far, and how often it was cut.
func (p *Printer) Paper() (text string, cuts int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.head.paper.String(), p.head.cuts
}

// Marked is Paper with the size and weight of each line in front of it, where they are not the usual ones.
func (p *Printer) Marked() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.head.marked.String()
}

// State is how the printer is.
func (p *Printer) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state
	s.Kicks, s.Unknown, s.Waiting = p.head.kicks, p.head.unknown, len(p.buffer)
	return s
}

// Set changes what a person can change, and prints what stands in the buffer if the printer can now. It errs
// with a sentence when a value is not known.
func (p *Printer) Set(s State) error {
	one := func(name, value string, of ...string) error {
		if slices.Contains(of, value) {
			return nil
		}
		return fmt.Errorf("%s is one of %q", name, of)
	}
	err := errors.Join(
		one("paper", s.Paper, "ok", "near", "out"),
		one("cover", s.Cover, "open", "closed"),
		one("cutter", s.Cutter, "ok", "stuck"),
		one("head", s.Head, "ok", "hot"),
		one("drawer", s.Drawer, "open", "closed"),
	)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state = s; s.Paper != "out" && s.LinesLeft == 0 {
		p.state.LinesLeft = -1
	}
	p.print()
	p.tell(false)
	return nil
}

// Speak answers on one stream until it ends or the plug is pulled, and closes it.
func (p *Printer) Speak(stream io.ReadWriteCloser) error {
	s := newSession(p, stream)
	p.mu.Lock()
	p.session = s
	p.mu.Unlock()
	err := s.run()
	p.mu.Lock()
	p.session = nil
	p.mu.Unlock()
	p.mendAll()
	return err
}
