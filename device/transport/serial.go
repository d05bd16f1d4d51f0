package transport

import (
	"context"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"go.bug.st/serial"
)

// OpenSerial opens a serial line and drops what it brought before. Modem lines are raised by the library where the line has them, and then set as line
// says; a pty has none and opens all the same.
func OpenSerial(_ context.Context, path string, line Line) (ByteConn, error) {
	mode := &serial.Mode{
		BaudRate: line.Baud, DataBits: line.DataBits,
		Parity:   map[string]serial.Parity{"N": serial.NoParity, "O": serial.OddParity, "E": serial.EvenParity}[line.Parity],
		StopBits: map[int]serial.StopBits{1: serial.OneStopBit, 2: serial.TwoStopBits}[line.StopBits],
	}
	port, err := serial.Open(path, mode)
	if err != nil {
		return nil, offline(err)
	}
	// What came before belongs to nobody: a swipe of then would count as one of now.
	if err := errors.Join(line.DTR.apply(port.SetDTR), line.RTS.apply(port.SetRTS), port.ResetInputBuffer()); err != nil {
		port.Close()
		return nil, offline(err)
	}
	s := &serialConn{
		port: port, mode: mode, closed: make(chan struct{}),
		in: make(chan []byte), out: make(chan chunk), wrote: make(chan struct{}), readEnded: make(chan struct{}),
		read: newDeadline(), write: newDeadline(),
	}
	go s.readLine()
	go s.writeLine()
	return s, nil
}

// apply sets a modem line. Some adapters and all ptys have none: then there is nothing to set.
func (s Signal) apply(set func(bool) error) error {
	if s == "" {
		return nil
	}
	if err := set(s == SignalOn); err != nil && !errors.Is(err, syscall.ENOTTY) {
		return err
	}
	return nil
}

// writeChunk is how many bytes one write of the port takes: between two of them a close is noticed.
const writeChunk = 256

// serialConn gives a serial port deadlines. One goroutine reads and one writes, as long as it is open.
type serialConn struct {
	port   serial.Port
	mode   *serial.Mode
	closed chan struct{} // this side closed it
	once   sync.Once
	read   *deadline
	write  *deadline

	in   chan []byte
	rest []byte // of what in gave and the last Read had no room for; held by readMu
	// readMu and writeMu keep calls of one direction apart, as net.Conn does.
	readMu, writeMu sync.Mutex
	lost            error // why in closed, set before it closes
	out             chan chunk
	wrote           chan struct{} // closed when the writing goroutine ended
	readEnded       chan struct{} // closed when the reading goroutine ended
}

// chunk is one write for the writing goroutine. A chunk that had to be left behind at a deadline is
// finished by it; nobody waits for its result any more.
type chunk struct {
	data   []byte
	result chan error
}

func (s *serialConn) readLine() {
	defer close(s.readEnded)
	defer close(s.in)
	buf := make([]byte, 1024)
	for {
		n, err := s.port.Read(buf)
		if n > 0 {
			select {
			case s.in <- append([]byte(nil), buf[:n]...):
			case <-s.closed:
				return
			}
			clear(buf[:n])
		}
		if err != nil {
			s.lost = s.why(err)
			return
		}
	}
}

// why tells an unplugged line from a closed one: the library reports both as "port closed".
func (s *serialConn) why(err error) error {
	select {
	case <-s.closed:
		return ErrClosed
	default:
		return offline(err)
	}
}

func (s *serialConn) writeLine() {
	defer close(s.wrote)
	for {
		select {
		case c := <-s.out:
			c.result <- s.writeWhole(c.data)
			clear(c.data)
		case <-s.closed:
			return
		}
	}
}

func (s *serialConn) writeWhole(data []byte) error {
	for len(data) > 0 {
		select {
		case <-s.closed:
			return ErrClosed
		default:
		}
		n, err := s.port.Write(data)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return s.why(err)
		}
		data = data[n:]
	}
	return nil
}

func (s *serialConn) Read(p []byte) (int, error) {
	s.readMu.Lock()
	defer s.readMu.Unlock()
	if len(s.rest) == 0 {
		select {
		case <-s.closed:
			return 0, ErrClosed
		default:
		}
		select {
		case b, ok := <-s.in:
			if !ok {
				return 0, s.lost
			}
			s.rest = b
		case <-s.closed:
			return 0, ErrClosed
		case <-s.read.over():
			return 0, os.ErrDeadlineExceeded
		}
	}
	n := copy(p, s.rest)
	clear(s.rest[:n])
	s.rest = s.rest[n:]
	return n, nil
}

// Write hands the bytes on in pieces. After a deadline the piece under way may still go out later; n
// counts only what surely left.
func (s *serialConn) Write(p []byte) (n int, err error) {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	for n < len(p) {
		piece := p[n:min(len(p), n+writeChunk)]
		if err := s.writePiece(piece); err != nil {
			return n, err
		}
		n += len(piece)
	}
	return n, nil
}

func (s *serialConn) writePiece(piece []byte) error {
	c := chunk{append([]byte(nil), piece...), make(chan error, 1)}
	select {
	case <-s.closed:
		return ErrClosed
	default:
	}
	select {
	case s.out <- c:
	case <-s.closed:
		return ErrClosed
	case <-s.write.over():
		return os.ErrDeadlineExceeded
	}
	select {
	case err := <-c.result:
		return err
	case <-s.closed:
		return ErrClosed
	case <-s.write.over():
		return os.ErrDeadlineExceeded
	}
}

func (s *serialConn) SetReadDeadline(t time.Time) error  { s.read.set(t); return nil }
func (s *serialConn) SetWriteDeadline(t time.Time) error { s.write.set(t); return nil }

// flushEvery is how often Close empties the line's output queue while a write is still blocked in it.
const flushEvery = 5 * time.Millisecond

// closeLimit is how long Close tries to free a blocked write.
const closeLimit = 500 * time.Millisecond

// Close ends the reading goroutine and frees a blocked write by discarding what the line has not sent.
// The descriptor is closed only when no write is inside: the library would go on into whatever file gets
// the number next. A write that cannot be freed is left behind with it, until the line lets go.
func (s *serialConn) Close() error {
	s.once.Do(func() {
		close(s.closed)
		if !s.freeWriter() {
			go func() {
				<-s.wrote
				s.port.Close()
			}()
			return
		}
		s.port.Close() // ends the read
		<-s.readEnded
	})
	return nil
}

func (s *serialConn) freeWriter() bool {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	limit := time.NewTimer(closeLimit)
	defer limit.Stop()
	for {
		select {
		case <-s.wrote:
			return true
		case <-limit.C:
			return false
		case <-tick.C:
			// Emptying the queue does not wake the writer on every kind of line; setting the line does.
			_ = s.port.ResetOutputBuffer()
			_ = s.port.SetMode(s.mode)
		}
	}
}

// deadline is a channel that closes at a time that may be moved.
type deadline struct {
	mu    sync.Mutex
	timer *time.Timer
	at    chan struct{}
}

func newDeadline() *deadline { return &deadline{at: make(chan struct{})} }

// set moves the deadline; the zero time means none. A call that waits already keeps the channel it has,
// so set also ends calls that wait when t is in the past.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.at // the timer fired or is firing: its channel is used up
	}
	d.timer = nil
	select {
	case <-d.at:
		d.at = make(chan struct{})
	default:
	}
	if t.IsZero() {
		return
	}
	if left := time.Until(t); left > 0 {
		at := d.at
		d.timer = time.AfterFunc(left, func() { close(at) })
		return
	}
	close(d.at)
}

// over is closed when the deadline has passed.
func (d *deadline) over() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at
}
