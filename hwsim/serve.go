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
	for {
		n, err := stream.Read(buf)
		if cut := s.Cut(UnplugIn, n); cut >= 0 {
			take(buf[:cut])
			return io.EOF
		}
		if n > 0 {
			take(buf[:n])
		}
		if err != nil {
			return err
		}
	}
}
