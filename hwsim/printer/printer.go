package printer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/tillpos/till/hwsim"
)

// State is what a person can do to a printer, and see of it.
type State struct {
	Paper     string `json:"paper"` // ok, near or out
	Cover     string `json:"cover"` // open or closed
	Online    bool   `json:"online"`
	Drawer    string `json:"drawer"`     // open or closed
	Stall     bool   `json:"stall"`      // takes data and prints nothing
	LinesLeft int    `json:"lines_left"` // -1 is a new roll
	Kicks     int    `json:"kicks"`
	Unknown   int    `json:"unknown"`
}

// bufferSize is how many bytes a printer takes before it prints them.
const bufferSize = 64 << 10

// Columns is the width of the paper in characters.
const Columns = 42

// Printer is a simulated printer. Serve it, then look at its paper.
type Printer struct {
	mu     sync.Mutex
	state  State
	head   *head
	buffer []byte
	owed   []byte // answers in turn that fell due while nothing arrived
	escape []byte // the beginning of a real-time command
}

// New makes a printer with paper, on-line, its drawer closed.
func New() *Printer {
	return &Printer{head: newHead(Columns), state: State{Paper: "ok", Cover: "closed", Online: true, Drawer: "closed", LinesLeft: -1}}
}

// Serve takes connections on l, one at a time, until ctx ends. It closes l.
func (p *Printer) Serve(ctx context.Context, l net.Listener) error {
	return hwsim.Serve(ctx, l, func(conn net.Conn) { _ = p.Speak(conn) }) // a host that goes is no error of the printer
}

// Speak answers on one stream until it ends.
func (p *Printer) Speak(stream io.ReadWriter) error { return hwsim.Answer(stream, p.take) }

// take carries out what arrived and gives the answers.
func (p *Printer) take(data []byte) (answer []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer, p.owed = p.owed, nil
	for _, b := range data {
		p.escape = append(p.escape, b)
		done, reply := p.realTime()
		if !done {
			continue
		}
		answer = append(answer, reply...)
	}
	return append(answer, p.print()...)
}

// realTime looks at the bytes that may be a real-time command: DLE EOT n, DLE ENQ n and DLE DC4 1 m t. It moves what is
// none into the buffer; done is false while more bytes are needed.
func (p *Printer) realTime() (done bool, reply []byte) {
	e := p.escape
	switch {
	case e[0] != 0x10:
	case len(e) == 1:
		return false, nil
	case e[1] == 0x14 && len(e) < 5:
		return false, nil
	case e[1] == 0x14 && e[2] == 1:
		p.escape = nil
		p.head.kicks++
		p.state.Drawer = "open"
		return true, nil
	case e[1] != 0x04 && e[1] != 0x05:
	case len(e) == 2:
		return false, nil
	case e[1] == 0x04 && e[2] >= 1 && e[2] <= 4:
		// What came before is printed first, as far as it can be: so the answer tells of it.
		p.escape = nil
		reply = p.print()
		return true, append(reply, p.status(e[2]))
	case e[1] == 0x05:
		if p.escape = nil; e[2] == 2 {
			p.buffer = nil
			p.head.line.Reset()
			p.head.length = 0
		}
		return true, nil
	}
	if room := bufferSize - len(p.buffer); room >= len(e) {
		p.buffer = append(p.buffer, e...)
	}
	p.escape = nil
	return true, nil
}

// able says whether the printer can print.
func (p *Printer) able() bool {
	return p.state.Online && !p.state.Stall && p.state.Cover == "closed" && p.state.Paper != "out"
}

// print carries the buffer out as far as it can and gives the answers in turn.
func (p *Printer) print() (answer []byte) {
	for len(p.buffer) > 0 && p.able() {
		n, e := p.head.step(p.buffer)
		if n == 0 {
			return answer
		}
		p.buffer = p.buffer[n:]
		switch e {
		case printed:
			p.wear()
		case kicked:
			p.state.Drawer = "open"
		case asked:
			answer = append(answer, p.inTurn())
		}
	}
	return answer
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

// status answers DLE EOT n.
func (p *Printer) status(n byte) byte {
	b := byte(0x12)
	set := func(yes bool, bits byte) {
		if yes {
			b |= bits
		}
	}
	out := p.state.Paper == "out"
	switch n {
	case 1:
		set(p.state.Drawer == "open", 0x04)
		set(!p.state.Online || p.state.Cover == "open" || out, 0x08)
	case 2:
		set(p.state.Cover == "open", 0x04)
		set(out, 0x20)
	case 4:
		set(p.state.Paper != "ok", 0x0C)
		set(out, 0x60)
	}
	return b
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

// State is how the printer is.
func (p *Printer) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state
	s.Kicks, s.Unknown = p.head.kicks, p.head.unknown
	return s
}

// Set changes what a person can change, and prints what stands in the buffer if the printer can now; an
// answer in turn that falls due goes out with the next answer. It errs with a sentence when a value is not known.
func (p *Printer) Set(s State) error {
	one := func(name, value string, of ...string) error {
		for _, o := range of {
			if value == o {
				return nil
			}
		}
		return fmt.Errorf("%s is one of %q", name, of)
	}
	err := errors.Join(
		one("paper", s.Paper, "ok", "near", "out"),
		one("cover", s.Cover, "open", "closed"),
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
	p.owed = append(p.owed, p.print()...)
	return nil
}
