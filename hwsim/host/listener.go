package host

import (
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// listener gives connections with TLS, mistreated as the fault rules say.
type listener struct {
	net.Listener
	faults    *Faults
	good, bad *tls.Config
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
		case BadCert:
			return tls.Server(c, l.bad), nil
		}
		s := &stalled{Conn: c, wait: rule.wait(), onWrite: rule.Do == StallTLS, released: released, closed: make(chan struct{})}
		return tls.Server(s, l.good), nil
	}
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
