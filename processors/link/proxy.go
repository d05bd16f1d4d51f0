package link

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// ErrProxy means that the proxy did not open the way to the host.
var ErrProxy = errors.New("the proxy refused")

// maxProxyHead is the most that is read of a proxy's answer, in bytes.
const maxProxyHead = 8 << 10

// Through dials by way of an HTTP proxy at host:port (method CONNECT). TLS goes through it from end to
// end: the proxy sees the host's name and port and nothing of what is said. It resolves the name.
func Through(proxy string, dial Dialer) Dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, proxy)
		if err != nil {
			return nil, err
		}
		stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
		err = openWay(conn, address)
		if !stop() {
			err = ctx.Err()
		}
		if err != nil {
			conn.Close()
			return nil, err
		}
		return conn, nil
	}
}

// openWay asks for the way and reads the head of the answer, byte by byte: what follows it is the host's.
func openWay(conn net.Conn, address string) error {
	if _, err := io.WriteString(conn, "CONNECT "+address+" HTTP/1.1\r\nHost: "+address+"\r\n\r\n"); err != nil {
		return err
	}
	var head []byte
	one := make([]byte, 1)
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		if len(head) >= maxProxyHead {
			return ErrProxy
		}
		if _, err := io.ReadFull(conn, one); err != nil {
			return err
		}
		head = append(head, one[0])
	}
	version, rest, _ := bytes.Cut(head, []byte{' '})
	if !bytes.HasPrefix(version, []byte("HTTP/1.")) || !bytes.HasPrefix(rest, []byte("200")) {
		return ErrProxy
	}
	return nil
}
