package printer

import (
	"io"
	"time"

	"github.com/tillpos/till/hwsim"
)

// The verbs of faults.
const (
	faultLate    = "late"    // an answer comes MS later, and holds up what comes behind it
	faultDrop    = "drop"    // an answer does not come
	faultGarbage = "garbage" // other bytes before and behind an answer
	faultUnplug  = "unplug"  // after Bytes more bytes were sent
)

var verbs = []string{faultLate, faultDrop, faultGarbage, faultUnplug, hwsim.UnplugIn, paperOut, coverOpen, drawerOpen}

// held is how many answers a printer keeps for a host that does not read; more are lost.
const held = 4096

// session is one connection. A printer answers without waiting for the host to read.
type session struct {
	printer *Printer
	stream  io.ReadWriteCloser
	out     chan chunk
	ended   chan struct{}
}

// chunk is bytes to send after a pause.
type chunk struct {
	data []byte
	wait time.Duration
}

func newSession(p *Printer, stream io.ReadWriteCloser) *session {
	return &session{p, stream, make(chan chunk, held), make(chan struct{})}
}

// run takes what the host sends until the stream ends.
func (s *session) run() error {
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		s.write()
		s.stream.Close()
	}()
	defer func() {
		close(s.ended)
		s.stream.Close()
		<-sent
	}()
	return s.printer.faults.Hear(s.stream, s.printer.take)
}

func (s *session) send(c chunk) {
	select {
	case s.out <- c:
	default:
	}
}

// write sends until the stream or the session ends, or the plug is pulled.
func (s *session) write() {
	for {
		select {
		case c := <-s.out:
			if !s.pause(c.wait) {
				return
			}
			cut := s.printer.faults.Cut(faultUnplug, len(c.data))
			if cut >= 0 {
				c.data = c.data[:cut]
			}
			if _, err := s.stream.Write(c.data); err != nil || cut >= 0 {
				return
			}
		case <-s.ended:
			return
		}
	}
}

// pause is false when the session ended meanwhile.
func (s *session) pause(d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ended:
		return false
	}
}

// mishap is what a fault makes of an answer. The caller holds the printer.
func (p *Printer) mishap(b []byte) chunk {
	if _, yes := p.faults.Fires(faultDrop); yes {
		return chunk{}
	}
	c := chunk{data: append([]byte(nil), b...)}
	if f, yes := p.faults.Fires(faultLate); yes {
		c.wait = time.Duration(f.MS) * time.Millisecond
	}
	if _, yes := p.faults.Fires(faultGarbage); yes {
		c.data = append(append(p.garbage(), c.data...), p.garbage()...)
	}
	return c
}

// garbage is a few bytes that are no answer of any kind: all of those have their highest bit off.
func (p *Printer) garbage() []byte {
	b := make([]byte, 1+p.random.IntN(8))
	for i := range b {
		b[i] = 0x80 | byte(p.random.Uint32())
	}
	return b
}

// Arm adds a fault; see the package comment. It errs with a sentence when there is no such one.
func (p *Printer) Arm(f hwsim.Fault) error { return p.faults.Arm(f) }
