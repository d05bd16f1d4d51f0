package hwsim

import (
	"context"
	"io"
	"time"
)

// Paced is a stream at the speed of a serial line of that many baud, with ten bits a byte: what a pty does not
// keep by itself. With no baud it is the stream as it is.
func Paced(stream io.ReadWriteCloser, baud int) io.ReadWriteCloser {
	if baud <= 0 {
		return stream
	}
	return &paced{stream, 10 * time.Second / time.Duration(baud)}
}

type paced struct {
	io.ReadWriteCloser
	perByte time.Duration
}

// pacedPiece is how many bytes arrive at once: a line has them one by one, and a clock does not tick that fast.
const pacedPiece = 16

func (p *paced) Read(b []byte) (int, error) {
	n, err := p.ReadWriteCloser.Read(b[:min(len(b), pacedPiece)])
	time.Sleep(time.Duration(n) * p.perByte)
	return n, err
}

func (p *paced) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = p.ReadWriteCloser.Write(b[n:min(len(b), n+pacedPiece)])
		time.Sleep(time.Duration(m) * p.perByte)
		n += m
	}
	return n, err
}

// Sleep waits, or errs with ctx's error; no time is no wait.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
