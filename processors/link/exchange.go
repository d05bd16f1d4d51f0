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
	limits = limits.filled()
	if err := ctx.Err(); err != nil {
		w.raw.Close()
		return &Fault{CantConnect, "cancelled before anything was sent", err}
	}
	err := w.exchange(ctx, request, limits, take)
	if err != nil {
		// No farewell to a peer that does not keep to the protocol: it could block.
		w.raw.Close()
		return err
	}
	w.Conn.Close()
	return nil
}

func (w *Won) exchange(ctx context.Context, request []byte, limits ExchangeLimits, take func([]byte) (bool, error)) error {
	end := time.Now().Add(limits.Total)
	// A cancelled context must end a blocked Read or Write: it moves the deadline into the past.
	stop := context.AfterFunc(ctx, func() { w.raw.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	arm := func() error {
		at := time.Now().Add(limits.Idle)
		if at.After(end) {
			at = end
		}
		w.raw.SetDeadline(at)
		return ctx.Err()
	}
	if err := arm(); err != nil {
		return &Fault{CantConnect, "cancelled before anything was sent", err}
	}
	if _, err := w.Conn.Write(request); err != nil {
		return lost(ctx, "while sending", err)
	}
	buffer := make([]byte, 4096)
	defer clear(buffer)
	for {
		if err := arm(); err != nil {
			return lost(ctx, "while waiting for the answer", err)
		}
		n, err := w.Conn.Read(buffer)
		if n > 0 {
			done, bad := take(buffer[:n])
			if bad != nil {
				return &Fault{LinkFailure, "the answer makes no sense", bad}
			}
			if done {
				return nil
			}
		}
		if err != nil {
			return lost(ctx, "while waiting for the answer", err)
		}
	}
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
