package link

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// ExchangeLimits are the times of an exchange; zero values mean the defaults.
type ExchangeLimits struct {
	Idle  time.Duration // without a byte, 40 s; every chunk starts it anew
	Total time.Duration // from the first write on, 180 s, whatever trickles in
}

func (l ExchangeLimits) filled() ExchangeLimits {
	if l.Idle <= 0 {
		l.Idle = 40 * time.Second
	}
	if l.Total <= 0 {
		l.Total = 180 * time.Second
	}
	return l
}

// ErrClosed means that the host closed the connection before its answer was whole.
var ErrClosed = errors.New("the host closed the connection before its answer was whole")

// Exchange writes the request in one Write and hands every chunk that arrives to take until that says
// done. take must not keep the chunk. The connection serves one exchange and is closed in the end.
//
// The error is a *Fault: CantConnect only if ctx had ended before the first byte, else LinkFailure.
func (w *Won) Exchange(ctx context.Context, request []byte, limits ExchangeLimits, take func(chunk []byte) (done bool, err error)) error {
	return w.Talk(ctx, request, limits, func(answer io.Reader) error {
		buffer := make([]byte, 4096)
		defer clear(buffer)
		for {
			n, err := answer.Read(buffer)
			if n > 0 {
				done, bad := take(buffer[:n])
				if bad != nil {
					return &Fault{LinkFailure, "the answer makes no sense", bad}
				}
				if done {
					return nil
				}
			}
			if err == io.EOF {
				return lost(ctx, "while waiting for the answer", err)
			}
			if err != nil {
				return err
			}
		}
	})
}

// Talk writes the request in one Write and lets read take the answer. A Read of the answer keeps to the
// limits; its errors are faults, io.EOF too when the host closed. The connection serves one exchange and
// is closed in the end. Errors are those of Exchange.
func (w *Won) Talk(ctx context.Context, request []byte, limits ExchangeLimits, read func(answer io.Reader) error) error {
	limits = limits.filled()
	if err := ctx.Err(); err != nil {
		w.raw.Close()
		return &Fault{CantConnect, "cancelled before anything was sent", err}
	}
	err := w.talk(ctx, request, limits, read)
	if err != nil {
		// No farewell to a peer that does not keep to the protocol: it could block.
		w.raw.Close()
		return err
	}
	w.Conn.Close()
	return nil
}

func (w *Won) talk(ctx context.Context, request []byte, limits ExchangeLimits, read func(io.Reader) error) error {
	l := &listener{ctx: ctx, won: w, idle: limits.Idle, end: time.Now().Add(limits.Total)}
	// A cancelled context must end a blocked Read or Write: it moves the deadline into the past.
	stop := context.AfterFunc(ctx, func() { w.raw.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := l.arm(); err != nil {
		return &Fault{CantConnect, "cancelled before anything was sent", err}
	}
	if _, err := w.Conn.Write(request); err != nil {
		return lost(ctx, "while sending", err)
	}
	err := read(l)
	if err == nil {
		return nil
	}
	if l.ended != nil {
		return l.ended // whatever a parser made of it
	}
	var f *Fault
	if errors.As(err, &f) {
		return err
	}
	return &Fault{LinkFailure, "the answer makes no sense", err}
}

// listener reads an answer within the limits.
type listener struct {
	ctx   context.Context
	won   *Won
	idle  time.Duration
	end   time.Time
	ended *Fault // why no more will come, if that is not a proper end
}

func (l *listener) arm() error {
	at := time.Now().Add(l.idle)
	if at.After(l.end) {
		at = l.end
	}
	l.won.raw.SetDeadline(at)
	return l.ctx.Err()
}

func (l *listener) Read(b []byte) (int, error) {
	if err := l.arm(); err != nil {
		l.ended = lost(l.ctx, "while waiting for the answer", err)
		return 0, l.ended
	}
	n, err := l.won.Conn.Read(b)
	switch {
	case err == nil:
		return n, nil
	case err == io.EOF && l.ctx.Err() == nil:
		// The host closed properly. Only the parser knows whether its answer was whole.
		return n, io.EOF
	}
	l.ended = lost(l.ctx, "while waiting for the answer", err)
	return n, l.ended
}

func lost(ctx context.Context, when string, err error) *Fault {
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = errors.New("the host said nothing in time")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		err = ErrClosed
	}
	return &Fault{LinkFailure, when, err}
}
