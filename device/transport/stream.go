package transport

import (
	"context"
	"errors"
	"net"
	"os"
)

// DialTCP connects to a byte device on the network, for example a printer on port 9100.
func DialTCP(ctx context.Context, address string) (ByteConn, error) { return dial(ctx, "tcp", address) }

// DialUnix connects to a simulated byte device on a unix stream socket.
func DialUnix(ctx context.Context, path string) (ByteConn, error) { return dial(ctx, "unix", path) }

func dial(ctx context.Context, network, address string) (ByteConn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, offline(err)
	}
	return NewStream(conn), nil
}

// NewStream makes a ByteConn of a network connection, which it owns from then on.
func NewStream(conn net.Conn) ByteConn { return &stream{conn} }

// stream gives a socket's errors the names of this package.
type stream struct{ net.Conn }

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	return n, named(err)
}

func (s *stream) Write(p []byte) (int, error) {
	n, err := s.Conn.Write(p)
	return n, named(err)
}

func named(err error) error {
	switch {
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded):
		return err
	case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrClosed):
		return ErrClosed
	}
	return offline(err)
}
