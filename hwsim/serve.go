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

// Answer gives what a stream brings to take, and writes what that answers, until the stream ends.
func Answer(stream io.ReadWriter, take func([]byte) (answer []byte)) error {
	buf := make([]byte, 4096)
	for {
		n, err := stream.Read(buf)
		if n > 0 {
			if answer := take(buf[:n]); len(answer) > 0 {
				if _, err := stream.Write(answer); err != nil {
					return err
				}
			}
		}
		if err != nil {
			return err
		}
	}
}
