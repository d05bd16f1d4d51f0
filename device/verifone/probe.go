package verifone

import (
	"context"
	"errors"
	"time"

	"github.com/tillpos/till/device/transport"
)

// LineSettings are those that pads of this family can have, the usual ones first.
func LineSettings() []transport.Line {
	var out []transport.Line
	for _, mode := range []transport.Line{{DataBits: 7, Parity: "E", StopBits: 1}, {DataBits: 8, Parity: "N", StopBits: 1}, {DataBits: 7, Parity: "O", StopBits: 1}} {
		for _, baud := range []int{1200, 9600, 2400, 4800, 19200, 38400, 57600, 115200} {
			mode.Baud = baud
			out = append(out, mode)
		}
	}
	return out
}

// probeWait is how long one line setting is given to answer: ten characters at 1200 baud take 0.1 s.
const probeWait = 400 * time.Millisecond

// ErrNoLine means that the pad answered on no line setting.
var ErrNoLine = errors.New("verifone: the pad answers at no speed")

// Probe opens one line setting after another and asks for the pad, until one answers; it gives that
// setting with its open transport. It errs with ErrNoLine, ctx's error, or with open's error when none could
// be opened.
func Probe(ctx context.Context, lines []transport.Line, s Settings, open func(context.Context, transport.Line) (transport.ByteConn, error)) (transport.Line, transport.ByteConn, error) {
	s.ACK, s.Quiet, s.Tries = probeWait, probeWait, 1
	failed, opened := ErrNoLine, false
	for _, line := range lines {
		conn, err := open(ctx, line)
		if err != nil {
			if !opened {
				failed = err
			}
			continue
		}
		failed, opened = ErrNoLine, true
		pad := New(conn, s)
		pad.link.drain(ctx, drainLimit)
		if err = pad.test(ctx); err == nil {
			return line, conn, nil
		}
		conn.Close()
		if ctx.Err() != nil {
			return transport.Line{}, nil, ctx.Err()
		}
	}
	return transport.Line{}, nil, failed
}
