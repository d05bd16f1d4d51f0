package verifone

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/tillpos/till/device/transport"
)

// Errors of an exchange, for errors.Is.
var (
	// ErrSilent means that the pad did not answer.
	ErrSilent = errors.New("verifone: the pad does not answer")
	// ErrEnded means that the pad ended the session: cancel was pressed, or its time ran out.
	ErrEnded = errors.New("verifone: the pad ended the session")
	// ErrGarbled means that frames arrive broken, here or there, again and again.
	ErrGarbled = errors.New("verifone: the line garbles frames")
)

// drainLimit is how long a look at what has already arrived takes when nothing has.
const drainLimit = 200 * time.Microsecond

// mostDrained bounds what is dropped before a request, in bytes: a line that never falls silent is not
// waited for.
const mostDrained = 4096

// link speaks frames on a transport, which it does not own.
type link struct {
	conn    transport.ByteConn
	set     Settings
	parser  parser
	buf     [256]byte
	pending []byte // of buf, not yet looked at
	// unclean says that the last session may still have something to say.
	unclean bool
	// again says that a frame of this session was sent more than once: the pad may answer each of them.
	again bool
	stale int // answers of earlier sessions that were dropped
}

// begin makes the line ready for a new session.
func (l *link) begin(ctx context.Context) error {
	l.drain(ctx, drainLimit)
	l.again = false
	if !l.unclean {
		l.unclean = true
		return nil
	}
	if err := l.quit(ctx); err != nil {
		return err
	}
	l.drain(ctx, l.set.Quiet)
	return transport.Over(ctx)
}

// finished says that the session ended as it should. After a frame that was sent again the pad may still answer the first
// or the second one.
func (l *link) finished() { l.unclean = l.again }

// settle waits out such answers, where a session goes on behind a frame that an EOT ends.
func (l *link) settle(ctx context.Context) {
	if l.again {
		l.drain(ctx, l.set.Quiet)
	}
}

// drain drops what has arrived, until nothing comes for a while.
func (l *link) drain(ctx context.Context, quiet time.Duration) {
	l.drop()
	for range mostDrained / len(l.buf) {
		if err := l.read(ctx, quiet); err != nil {
			break
		}
		l.drop()
	}
}

func (l *link) drop() {
	clear(l.buf[:])
	l.pending = nil
	l.parser.reset()
}

// quit ends whatever session the pad is in. An answer that crosses it is acknowledged and dropped.
func (l *link) quit(ctx context.Context) error {
	for range l.set.Tries {
		if err := l.write(ctx, STX, []byte("72")); err != nil {
			return err
		}
		got, err := l.reaction(ctx, true)
		switch {
		case errors.Is(err, ErrSilent):
		case err != nil:
			return err
		case got != signalNAK:
			return nil
		}
	}
	return ErrSilent
}

// reaction waits for the ACK or NAK of what was sent. Frames before it belong to an earlier session.
func (l *link) reaction(ctx context.Context, eotCounts bool) (signal, error) {
	deadline := time.Now().Add(l.set.ACK)
	for {
		got, err := l.next(ctx, time.Until(deadline))
		if err != nil {
			return signalNone, err
		}
		switch got {
		case signalACK, signalNAK:
			return got, nil
		case signalEOT:
			if eotCounts {
				return got, nil
			}
		case signalFrame, signalBroken:
			l.stale++
			l.parser.reset()
			if err := l.control(ctx, charACK); err != nil {
				return signalNone, err
			}
		}
	}
}

// send sends a frame until the pad acknowledges it.
func (l *link) send(ctx context.Context, e Envelope, body []byte) error {
	last := ErrSilent
	for try := range l.set.Tries {
		l.again = l.again || try > 0
		if err := l.write(ctx, e, body); err != nil {
			return err
		}
		got, err := l.reaction(ctx, false)
		switch {
		case errors.Is(err, ErrSilent):
			last = ErrSilent
		case err != nil:
			return err
		case got == signalACK:
			return nil
		default:
			last = ErrGarbled
		}
	}
	if errors.Is(last, ErrGarbled) {
		// The pad said NAK as often as it may: the session is over.
		return errors.Join(last, l.control(ctx, charEOT))
	}
	return last
}

// receive waits for a frame that is wanted and acknowledges it; other frames are acknowledged and
// dropped. The body is valid until the next call; whoever takes it wipes it by drop. It errs with
// ErrEnded at an EOT, ErrSilent, ErrGarbled, ctx's error or one of the transport.
func (l *link) receive(ctx context.Context, limit time.Duration, wanted func(body []byte) bool) ([]byte, error) {
	deadline := time.Now().Add(limit)
	for broken := 0; ; {
		got, err := l.next(ctx, time.Until(deadline))
		if err != nil {
			return nil, err
		}
		switch got {
		case signalEOT:
			return nil, ErrEnded
		case signalBroken:
			if broken++; broken >= l.set.Tries {
				return nil, errors.Join(ErrGarbled, l.control(ctx, charEOT))
			}
			if err := l.control(ctx, charNAK); err != nil {
				return nil, err
			}
		case signalFrame:
			if err := l.control(ctx, charACK); err != nil {
				return nil, err
			}
			if wanted(l.parser.frame()) {
				return l.parser.frame(), nil
			}
			l.stale++
		}
	}
}

// next waits for what the pad says. A frame that has begun may be finished after the limit; one that
// stops in the middle is broken. It errs with ErrSilent, ctx's error or one of the transport.
func (l *link) next(ctx context.Context, limit time.Duration) (signal, error) {
	deadline := time.Now().Add(limit)
	for {
		for len(l.pending) > 0 {
			got := l.parser.feed(l.pending[0])
			l.pending[0] = 0
			if l.pending = l.pending[1:]; got != signalNone {
				return got, nil
			}
		}
		wait := time.Until(deadline)
		if l.parser.inside() {
			if wait < -l.set.Reply {
				l.parser.reset()
				return signalBroken, nil
			}
			wait = l.set.InterByte
		}
		if wait <= 0 {
			return signalNone, ErrSilent
		}
		err := l.read(ctx, wait)
		if errors.Is(err, ErrSilent) && l.parser.inside() {
			l.parser.reset()
			return signalBroken, nil
		}
		if err != nil {
			return signalNone, err
		}
	}
}

// read waits for bytes. It errs with ErrSilent, ctx's error or one of the transport.
func (l *link) read(ctx context.Context, limit time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	defer transport.Bound(limited, l.conn)()
	n, err := l.conn.Read(l.buf[:])
	l.pending = l.buf[:n]
	if n > 0 || err == nil {
		return nil
	}
	return timedOut(ctx, err)
}

func (l *link) write(ctx context.Context, e Envelope, body []byte) error {
	frame := AppendFrame(make([]byte, 0, len(body)+3), e, body)
	defer clear(frame)
	return l.put(ctx, frame)
}

func (l *link) control(ctx context.Context, c byte) error { return l.put(ctx, []byte{c}) }

func (l *link) put(ctx context.Context, b []byte) error {
	limited, cancel := context.WithTimeout(ctx, l.set.ACK)
	defer cancel()
	defer transport.Bound(limited, l.conn)()
	_, err := l.conn.Write(b)
	if err == nil {
		return nil
	}
	return timedOut(ctx, err)
}

// timedOut tells a caller who gave up from a pad that is silent.
func timedOut(ctx context.Context, err error) error {
	if gaveUp := transport.Over(ctx); gaveUp != nil {
		return gaveUp
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrSilent
	}
	return err
}
