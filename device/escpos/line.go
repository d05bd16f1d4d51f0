package escpos

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/tillpos/till/device/transport"
)

// line is the printer's transport: one goroutine reads all that comes, as long as it is open, and sorts it.
type line struct {
	conn transport.ByteConn
	real chan byte // answers to 10 04 n
	turn chan byte // answers to 1D 72 01
	// told holds the newest automatic status that nobody has taken, hurry that there is one.
	told  chan Status
	hurry chan struct{}
	news  chan struct{}
	ended chan struct{}
	lost  error // why it ended; set before ended closes

	perByte time.Duration // what one byte takes on a slow line, else 0
	busy    time.Time     // until when the line sends what was written
}

// kept is how many answers wait for whoever takes them; the oldest is dropped for a new one.
const kept = 16

func newLine(conn transport.ByteConn, perByte time.Duration) *line {
	l := &line{
		conn: conn, real: make(chan byte, kept), turn: make(chan byte, kept),
		perByte: perByte,
		told:    make(chan Status, 1), hurry: make(chan struct{}, 1), news: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	go l.read()
	return l
}

func (l *line) read() {
	defer close(l.ended)
	var p parser
	var buf [256]byte
	for {
		n, err := l.conn.Read(buf[:])
		for _, b := range buf[:n] {
			switch p.take(b, time.Now()) {
			case realTime:
				newest(l.real, b)
			case inTurn:
				newest(l.turn, b)
			case automatic:
				newest(l.told, statusOf(p.auto))
				newest(l.hurry, struct{}{})
				newest(l.news, struct{}{})
			}
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			l.lost = err
			return
		}
	}
}

// newest sends v, in the place of the oldest that was not taken if need be. Only one goroutine sends.
func newest[T any](to chan T, v T) {
	for {
		select {
		case to <- v:
			return
		default:
		}
		select {
		case <-to:
		default:
		}
	}
}

// drain drops what waits in from, and says whether there was something.
func drain[T any](from chan T) (some bool) {
	for {
		select {
		case <-from:
			some = true
		default:
			return some
		}
	}
}

func (l *line) write(ctx context.Context, b []byte) error {
	defer transport.BoundWrite(ctx, l.conn)()
	n, err := l.conn.Write(b)
	if now := time.Now(); l.busy.Before(now) {
		l.busy = now
	}
	l.busy = l.busy.Add(time.Duration(n) * l.perByte)
	return err
}

// quiet is the silence after which no answer of an earlier request is on its way any more.
const quiet = 50 * time.Millisecond

// ask sends a real-time request and waits for its answer. The answers do not say what they answer, so one
// that was late is first waited out.
func (l *line) ask(ctx context.Context, request []byte) (byte, error) {
	limited, cancel := context.WithTimeout(ctx, answerLimit+max(0, time.Until(l.busy)))
	defer cancel()
	for drain(l.real) {
		if err := l.sleep(limited, quiet); err != nil {
			return 0, silent(ctx, err)
		}
	}
	if err := l.write(limited, request); err != nil {
		return 0, silent(ctx, err)
	}
	select {
	case b := <-l.real:
		return b, nil
	case <-l.ended:
		return 0, l.lost
	case <-limited.Done():
		return 0, silent(ctx, limited.Err())
	}
}

func (l *line) sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-l.ended:
		return l.lost
	case <-ctx.Done():
		return ctx.Err()
	}
}

// silent tells a printer that does not answer from a caller who gave up.
func silent(ctx context.Context, err error) error {
	switch {
	case !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, context.DeadlineExceeded):
		return err
	case transport.Over(ctx) != nil:
		return transport.Over(ctx)
	}
	return ErrSilent
}

// close ends the reading goroutine and waits for it.
func (l *line) close() error {
	err := l.conn.Close()
	<-l.ended
	return err
}
