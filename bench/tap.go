package main

import (
	"bytes"
	"io"
	"net"
	"sync"
	"time"
)

// sighting is what the tap saw of one connection.
type sighting struct {
	first   time.Time // the first byte of the connection
	request time.Time // the first byte of the TLS record that carries the request
}

// tap passes connections on to the host and notes when what comes through.
type tap struct {
	listener net.Listener
	host     string
	seen     chan sighting // holds the latest that nobody took
	mu       sync.Mutex
	open     map[net.Conn]bool
	running  sync.WaitGroup
}

func newTap(host string) (*tap, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &tap{listener: l, host: host, seen: make(chan sighting, 1), open: map[net.Conn]bool{}}
	t.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.running.Go(func() { t.serve(c) })
		}
	})
	return t, nil
}

func (t *tap) addr() string { return t.listener.Addr().String() }

func (t *tap) close() {
	t.listener.Close()
	t.mu.Lock()
	for c := range t.open {
		c.Close()
	}
	t.mu.Unlock()
	t.running.Wait()
}

// keep lists a connection, so that close can end it, and gives what takes it off the list and closes it.
func (t *tap) keep(c net.Conn) func() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open[c] = true
	return func() {
		c.Close()
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.open, c)
	}
}

func (t *tap) serve(terminal net.Conn) {
	defer t.keep(terminal)()
	// The tap's own dialling is no time of the terminal's, so the first byte comes before it.
	head := make([]byte, 1)
	if _, err := io.ReadFull(terminal, head); err != nil {
		return
	}
	first := time.Now()
	host, err := net.DialTimeout("tcp", t.host, readyTime)
	if err != nil {
		return
	}
	defer t.keep(host)()
	t.running.Go(func() {
		io.Copy(terminal, host)
		terminal.Close()
	})
	t.watch(first, io.MultiReader(bytes.NewReader(head), terminal), host)
	host.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, terminal)
}

// The content type of TLS records that are encrypted (RFC 8446, 5.1).
const applicationData = 23

// watch passes on record by record. In TLS 1.3 the first encrypted record of a client is the end of its
// handshake and the second one is the request.
func (t *tap) watch(first time.Time, terminal io.Reader, host io.Writer) {
	s := sighting{first: first}
	encrypted := 0
	head := make([]byte, 5) // type, version (2), length (2)
	for {
		if _, err := io.ReadFull(terminal, head); err != nil {
			return
		}
		at := time.Now()
		if head[0] == applicationData {
			encrypted++
		}
		if encrypted == 2 && s.request.IsZero() {
			s.request = at
		}
		record := make([]byte, len(head)+(int(head[3])<<8|int(head[4])))
		copy(record, head)
		if _, err := io.ReadFull(terminal, record[len(head):]); err != nil {
			return
		}
		if _, err := host.Write(record); err != nil {
			return
		}
		if s.request == at {
			t.report(s)
		}
	}
}

// report never waits: a sighting that nobody took gives way.
func (t *tap) report(s sighting) {
	select {
	case <-t.seen:
	default:
	}
	select {
	case t.seen <- s:
	default:
	}
}
