package hwsim

import (
	"context"
	"io"
	"net"
)

// Serve takes connections on l, one at a time as a device's plug does, until ctx ends. It closes l, and each
// connection when speak returns; ctx's end closes the one that speaks.
func Serve(ctx context.Context, l net.Listener, speak func(net.Conn)) error {
	defer context.AfterFunc(ctx, func() { l.Close() })()
	defer l.Close()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		release := context.AfterFunc(ctx, func() { conn.Close() })
		speak(conn)
		release()
		conn.Close()
	}
}

// UnplugIn is the fault that pulls the plug after so many more bytes were taken.
const UnplugIn = "unplug_in"

// Hear gives what a stream brings to take, until the stream ends or a fault pulls the plug.
func (s *Faults) Hear(stream io.Reader, take func([]byte)) error {
	buf := make([]byte, 4096)
	seen := 0
	for {
		n, err := stream.Read(buf)
		for rest := buf[:n]; len(rest) > 0; {
			var m int
			m, seen = s.opening(rest, seen)
			if cut := s.Cut(UnplugIn, m); cut >= 0 {
				take(rest[:cut])
				return io.EOF
			}
			take(rest[:m])
			rest = rest[m:]
			if len(s.Opening) > 0 && seen == len(s.Opening) {
				s.Draw()
				if s.Begun != nil {
					s.Begun()
				}
			}
		}
		if err != nil {
			return err
		}
	}
}

// opening gives how many bytes of b go up to the end of an opening, or all of them, and how much of an opening was
// seen at their end. before is what was seen in front of b. No opening begins inside itself.
func (s *Faults) opening(b []byte, before int) (n, seen int) {
	if len(s.Opening) == 0 {
		return len(b), 0
	}
	if seen = before; seen == len(s.Opening) {
		seen = 0
	}
	for i, c := range b {
		switch {
		case c == s.Opening[seen]:
			seen++
		case c == s.Opening[0]:
			seen = 1
		default:
			seen = 0
		}
		if seen == len(s.Opening) {
			return i + 1, seen
		}
	}
	return len(b), seen
}
