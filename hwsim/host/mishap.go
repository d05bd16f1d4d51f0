package host

import (
	"bytes"
	"context"
	"net"
	"slices"
	"time"

	"github.com/tillpos/till/hwsim"
)

// Mishap is a fault on its way to one request.
type Mishap struct{ rule Rule }

// Before is how long to wait before booking.
func (m Mishap) Before() time.Duration {
	if m.rule.Do == Delay {
		return m.rule.wait()
	}
	return 0
}

// After is how long to wait between booking and answering.
func (m Mishap) After() time.Duration {
	switch m.rule.Do {
	case Delay, BlankLines, Stall, SlowReport:
		return 0
	}
	return m.rule.wait()
}

// NoBook says that the request is not to be booked.
func (m Mishap) NoBook() bool { return m.rule.Do == DropBeforeBook || m.rule.Do == ResetBeforeBook }

// NoProcessor says that the payment processor behind the host is not reached.
func (m Mishap) NoProcessor() bool { return m.rule.Do == FailBeforeBook }

// LostVerdict says that the host books and never hears how the processor decided.
func (m Mishap) LostVerdict() bool { return m.rule.Do == FailAfterBook }

// HideFor is how long reports do not show the transaction.
func (m Mishap) HideFor() time.Duration {
	if m.rule.Do == SlowReport {
		return m.rule.wait()
	}
	return 0
}

// Reply is what a simulator would have sent.
type Reply struct {
	Body  []byte
	Frame func([]byte) []byte      // puts a body into its envelope; nil: none
	Wrong func(body []byte) []byte // makes a body name another transaction
}

func (r Reply) framed(body []byte) []byte {
	if r.Frame == nil {
		return body
	}
	return r.Frame(body)
}

// Write sends the mistreated reply and says whether the true one left whole. It is the last thing to
// happen on the connection.
func (m Mishap) Write(ctx context.Context, c net.Conn, r Reply) bool {
	switch m.rule.Do {
	case DropBeforeBook, DropAfterBook:
		socket(c).Close()
		return false
	case ResetBeforeBook, ResetAfterBook:
		reset(c)
		return false
	case Cut:
		send(c, m.cut(r))
		socket(c).Close()
		return false
	case Garbage:
		send(c, noise(m.orElse(64)))
		return false
	case Duplicate:
		whole := r.framed(r.Body)
		return send(c, append(whole[:len(whole):len(whole)], whole...))
	case WrongSeq:
		send(c, r.framed(r.Wrong(r.Body)))
		return false
	case CRLF:
		return send(c, r.framed(bytes.ReplaceAll(r.Body, []byte("\n"), []byte("\r\n"))))
	case BlankLines:
		return m.blankLines(ctx, c, r)
	case NoBegin, TwoBegin, NoEnd, NoEquals, LongLine:
		send(c, r.framed(m.misshape(r.Body)))
		return false
	case Stall:
		return m.stall(ctx, c, r)
	}
	return send(c, r.framed(r.Body))
}

// misshape breaks the shape of an answer, which begins and ends with a line of its own.
func (m Mishap) misshape(body []byte) []byte {
	first, rest, _ := bytes.Cut(body, []byte("\n"))
	last := bytes.LastIndexByte(bytes.TrimSuffix(body, []byte("\n")), '\n') + 1
	switch m.rule.Do {
	case NoBegin:
		return rest
	case TwoBegin:
		return slices.Concat(first, []byte("\n"), body)
	case NoEnd:
		return body[:last]
	case NoEquals:
		return slices.Concat(body[:last], []byte("no pair\n"), body[last:])
	}
	const name = "note="
	long := bytes.Repeat([]byte("x"), max(0, m.orElse(4000)-len(name)-1))
	return slices.Concat(body[:last], []byte(name), long, []byte("\n"), body[last:])
}

// stall keeps the line open in the middle of an answer, longer than a client's inactivity timer.
func (m Mishap) stall(ctx context.Context, c net.Conn, r Reply) bool {
	whole := r.framed(r.Body)
	c.SetWriteDeadline(time.Now().Add(time.Minute + m.rule.wait()))
	return send(c, whole[:len(whole)/2]) && hwsim.Sleep(ctx, m.rule.wait()) == nil && send(c, whole[len(whole)/2:])
}

func (m Mishap) orElse(standard int) int {
	if m.rule.Bytes == 0 {
		return standard
	}
	return m.rule.Bytes
}

// cut keeps the envelope's promise of length and breaks it.
func (m Mishap) cut(r Reply) []byte {
	whole := r.framed(r.Body)
	head := len(whole) - len(r.Body)
	return whole[:head+min(len(r.Body), m.orElse(len(r.Body)/2))]
}

// blankLines sends empty lines, each of which restarts a client's inactivity timer. In an envelope they
// are part of the body and come at once.
func (m Mishap) blankLines(ctx context.Context, c net.Conn, r Reply) bool {
	n := m.orElse(3)
	if r.Frame != nil {
		return send(c, r.Frame(append(bytes.Repeat([]byte("\n"), n), r.Body...)))
	}
	for range n {
		c.SetWriteDeadline(time.Now().Add(time.Minute + m.rule.wait()))
		if !send(c, []byte("\n")) || hwsim.Sleep(ctx, m.rule.wait()) != nil {
			return false
		}
	}
	return send(c, r.Body)
}

func send(c net.Conn, b []byte) bool {
	_, err := c.Write(b)
	return err == nil
}

// noise is bytes that are no text in any wire: the same at every run.
func noise(n int) []byte {
	out := make([]byte, n)
	x := uint32(0x9e3779b9)
	for i := range out {
		x = x*1664525 + 1013904223
		out[i] = byte(x>>24) | 0x80
	}
	return out
}

// reset ends a connection with a TCP reset instead of an orderly end.
func reset(c net.Conn) {
	inner := socket(c)
	if tcp, ok := inner.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	inner.Close()
}

// socket is the connection under TLS. Closing it ends the connection without TLS's own farewell, as a
// lost line or a killed host does.
func socket(c net.Conn) net.Conn {
	for {
		outer, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return c
		}
		c = outer.NetConn()
	}
}
