package pinpad

import (
	"io"
	"strings"
	"time"
)

// How a pad waits for ACK or NAK, and how often it sends again.
const (
	ackPatience = 5 * time.Second
	mostResends = 2
)

// mode is what the pad waits for a person to type.
type mode string

const (
	idle     mode = ""
	pinMode  mode = "pin"
	keyMode  mode = "key"
	textMode mode = "text"
)

// session is one connection. All of it runs in one goroutine, but for the reading.
type session struct {
	pad    *Pad
	stream io.ReadWriteCloser
	in     intake
	closed bool

	mode     mode
	ask      question
	entry    *time.Timer
	prompted bool
	drawn    bool // a mix was asked about the PIN that is being asked for; frames that are sent again draw nothing
	slot     int  // of the master key that is selected, -1 for none
	naks     int  // in a row that the pad sent

	unacked  []byte // an answer that waits for its ACK
	resent   int
	patience *time.Timer
	afterACK func()
	held     []byte // an answer that comes too late
	waiting  []byte // an answer that is delayed
	delayed  *time.Timer
}

func (s *session) run() error {
	s.slot = -1
	arrived := make(chan []byte)
	quit, ended := make(chan struct{}), make(chan struct{})
	var failed error
	go func() {
		defer close(ended)
		defer close(arrived)
		failed = pump(s.stream, arrived, quit)
	}()
	s.loop(arrived)
	close(quit)
	s.stream.Close()
	<-ended
	for _, t := range []*time.Timer{s.entry, s.patience, s.delayed} {
		t.Stop()
	}
	return failed
}

// pump hands on what arrives until the stream ends.
func pump(r io.Reader, arrived chan<- []byte, quit <-chan struct{}) error {
	buf := make([]byte, 256)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			select {
			case arrived <- append([]byte(nil), buf[:n]...):
			case <-quit:
				return nil
			}
		}
		if err != nil {
			return err
		}
	}
}

func (s *session) loop(arrived <-chan []byte) {
	for !s.closed {
		var typed chan typing
		if s.mode != idle {
			typed = s.pad.typing
		}
		select {
		case chunk, ok := <-arrived:
			if !ok {
				return
			}
			s.take(chunk)
		case t := <-typed:
			t.result <- s.person(t)
		case <-s.entry.C:
			s.timeout()
		case <-s.patience.C:
			s.resend()
		case <-s.delayed.C:
			s.put(s.waiting)
			s.waiting = nil
			s.patience.Reset(ackPatience)
		}
	}
}

func (s *session) take(chunk []byte) {
	for _, b := range chunk {
		if n := s.pad.faults.Cut(faultUnplugIn, 1); n >= 0 {
			s.closed = true
			return
		}
		if in, ok := s.in.take(b); ok {
			s.hear(in)
		}
		if s.closed {
			return
		}
	}
}

func (s *session) hear(in input) {
	switch in.control {
	case ack:
		s.acknowledged()
		return
	case nak:
		if s.unacked != nil {
			s.resend()
		}
		return
	case eot:
		s.forget()
		s.leave()
		return
	}
	s.pad.change(func(st *State) { st.Frames++ })
	if in.good && in.start == stx && asksPIN(in.body) && !s.drawn {
		s.drawn = true
		s.pad.faults.Draw()
	}
	if _, yes := s.pad.faults.Fires(faultDropACK); yes {
		return
	}
	_, refuse := s.pad.faults.Fires(faultNAK)
	if !in.good || refuse {
		s.refuse()
		return
	}
	s.naks = 0
	s.request(in.start, in.body)
}

// refuse sends NAK; after the third one the session is over.
func (s *session) refuse() {
	if s.naks++; s.naks > mostResends {
		s.naks = 0
		s.leave()
	}
	s.put([]byte{nak})
}

func (s *session) acknowledged() {
	if s.unacked == nil || s.waiting != nil {
		return
	}
	again := s.unacked
	after := s.afterACK
	s.forget()
	if _, yes := s.pad.faults.Fires(faultTwice); yes {
		s.put(again)
	}
	if after != nil {
		after()
	}
}

// forget gives up an answer that was not acknowledged.
func (s *session) forget() {
	s.unacked, s.afterACK, s.resent = nil, nil, 0
	s.patience.Stop()
}

// resend sends the answer again, and gives it up after the third time.
func (s *session) resend() {
	if s.unacked == nil {
		return
	}
	if s.resent++; s.resent > mostResends {
		s.forget()
		s.put([]byte{eot})
		return
	}
	s.put(s.unacked)
	s.patience.Reset(ackPatience)
}

// accept acknowledges a request; stray and late bytes come before it.
func (s *session) accept() {
	s.pad.change(func(st *State) { st.Requests++ })
	s.forget()
	if s.held != nil {
		s.put(s.held)
		s.held = nil
	}
	if _, yes := s.pad.faults.Fires(faultEOT); yes {
		s.put([]byte{eot})
	}
	s.put([]byte{ack})
}

// answer sends a frame and waits for its ACK, after which then is done.
func (s *session) answer(start byte, body string, then func()) {
	frame := framed(start, body)
	if start == stx {
		if _, yes := s.pad.faults.Fires(faultLate); yes {
			s.held = frame
			return
		}
	}
	s.unacked, s.resent, s.afterACK = frame, 0, then
	if f, yes := s.pad.faults.Fires(faultDelay); yes {
		s.waiting = frame
		s.delayed.Reset(time.Duration(f.MS) * time.Millisecond)
		return
	}
	out := append([]byte(nil), frame...)
	if _, yes := s.pad.faults.Fires(faultBadLRC); yes {
		out[len(out)-1] ^= 0x55
	}
	if _, yes := s.pad.faults.Fires(faultGarbage); yes {
		out = append(append(s.garbage(), out...), s.garbage()...)
	}
	s.put(out)
	s.patience.Reset(ackPatience)
}

// garbage is what a bad line makes of nothing: bytes that are no control characters.
func (s *session) garbage() []byte {
	s.pad.mu.Lock()
	defer s.pad.mu.Unlock()
	out := make([]byte, 1+s.pad.random.IntN(20))
	for i := range out {
		out[i] = byte(0x20 + s.pad.random.IntN(0xE0))
	}
	return out
}

// put writes, at the line's pace, up to where the plug is pulled. A host that is gone shows when reading.
func (s *session) put(b []byte) {
	if s.closed {
		return
	}
	if n := s.pad.faults.Cut(faultUnplug, len(b)); n >= 0 {
		b, s.closed = b[:n], true
	}
	if s.pad.cfg.Baud == 0 {
		_, _ = s.stream.Write(b)
		return
	}
	for i := range b {
		time.Sleep(10 * time.Second / time.Duration(s.pad.cfg.Baud)) // ten bits are a character
		_, _ = s.stream.Write(b[i : i+1])
	}
}

// show puts text on the screen.
func (s *session) show(lines ...string) {
	s.pad.change(func(st *State) { st.Screen = lines })
}

// wait begins to wait for a person, for so long.
func (s *session) wait(m mode, limit time.Duration) {
	s.mode = m
	s.entry.Reset(limit)
	s.pad.change(func(st *State) { st.Waits = string(m) })
}

// leave ends what a person was asked for.
func (s *session) leave() {
	s.mode = idle
	s.ask.pan.Wipe()
	s.ask = question{}
	s.entry.Stop()
	s.pad.change(func(st *State) { st.Waits, st.Card = "", "" })
}

// timeout is when the person took too long.
func (s *session) timeout() {
	was := s.mode
	s.leave()
	if was == keyMode {
		s.answer(stx, "Z43?", nil)
		return
	}
	s.put([]byte{eot})
}

func split(text string) []string { return strings.Split(text, string(rune(fs))) }
