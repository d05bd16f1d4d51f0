package host

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
	"time"
)

// listener gives connections with TLS, mistreated as the fault rules say.
type listener struct {
	net.Listener
	faults *Faults
	good   *tls.Config
	bad    map[Verb]*tls.Config // certificates that no client should take
}

func (l listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		rule, released, faulty := l.faults.connection()
		if !faulty {
			return tls.Server(c, l.good), nil
		}
		switch rule.Do {
		case Refuse:
			reset(c)
			continue
		case BadCert, ExpiredCert, OtherName:
			return tls.Server(c, l.bad[rule.Do]), nil
		case NoTLS:
			return &clear{Conn: c}, nil
		}
		s := &stalled{Conn: c, wait: rule.wait(), onWrite: rule.Do == StallTLS, released: released, closed: make(chan struct{})}
		return tls.Server(s, l.good), nil
	}
}

// clear answers in clear to what should have been the first flight of TLS: the server reads a request
// that makes no sense to it and says so without encryption.
type clear struct {
	net.Conn
	read bool
}

// NetConn lets a reset reach the socket.
func (c *clear) NetConn() net.Conn { return c.Conn }

// Read takes what the client sent off the line and stands for it with a line that is no request.
func (c *clear) Read(b []byte) (int, error) {
	if c.read {
		return 0, io.EOF
	}
	c.read = true
	if _, err := c.Conn.Read(make([]byte, 4096)); err != nil {
		return 0, err
	}
	return copy(b, "no request\n"), nil
}

// stalled holds back the first read, or the first write, until its time is over, the faults are cleared
// or it is closed.
type stalled struct {
	net.Conn
	wait     time.Duration
	onWrite  bool
	released <-chan struct{}
	closed   chan struct{}
	closing  sync.Once
	stalling sync.Once
}

// NetConn lets a reset reach the socket.
func (s *stalled) NetConn() net.Conn { return s.Conn }

func (s *stalled) Read(b []byte) (int, error) {
	if !s.onWrite {
		s.stall()
	}
	return s.Conn.Read(b)
}

func (s *stalled) Write(b []byte) (int, error) {
	if s.onWrite {
		s.stall()
	}
	return s.Conn.Write(b)
}

func (s *stalled) stall() {
	s.stalling.Do(func() {
		t := time.NewTimer(s.wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-s.released:
		case <-s.closed:
		}
	})
}

func (s *stalled) Close() error {
	s.closing.Do(func() { close(s.closed) })
	return s.Conn.Close()
}
