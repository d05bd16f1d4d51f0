package crash

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// moment is how far a connection came.
type moment int

const (
	connected moment = iota // the terminal dialled: its intent is durable, no request byte has left
	requested               // the request went on to the host
	answered                // the host's answer went on to the terminal
)

// quiet is how long the host must be silent after a request for the next record to be its answer and not
// a session ticket; the host is told to wait longer than this before it answers.
const quiet = 25 * time.Millisecond

// hostDelay is that wait.
const hostDelay = 60 * time.Millisecond

// proxy passes connections on to the host and calls back at each moment, before it passes anything more.
type proxy struct {
	listener net.Listener
	host     string
	mu       sync.Mutex
	at       func(moment) // nil: nobody is interested
	furthest moment
	conns    map[net.Conn]bool
	running  sync.WaitGroup
}

func newProxy(t *testing.T, host string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, host: host, conns: map[net.Conn]bool{}}
	p.running.Add(1)
	go func() {
		defer p.running.Done()
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.running.Add(1)
			go func() { defer p.running.Done(); p.serve(c) }()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		p.mu.Lock()
		for c := range p.conns {
			c.Close()
		}
		p.mu.Unlock()
		p.running.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

// watch forgets the last sale and calls at from now on.
func (p *proxy) watch(at func(moment)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.furthest = at, connected
}

// seen says how far the sale since watch came.
func (p *proxy) seen() moment {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.furthest
}

func (p *proxy) reach(m moment) {
	p.mu.Lock()
	if m > p.furthest {
		p.furthest = m
	}
	at := p.at
	p.mu.Unlock()
	if at != nil {
		at(m)
	}
}

func (p *proxy) keep(c net.Conn, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if on {
		p.conns[c] = true
	} else {
		delete(p.conns, c)
	}
}

func (p *proxy) serve(terminal net.Conn) {
	defer terminal.Close()
	p.keep(terminal, true)
	defer p.keep(terminal, false)
	host, err := net.DialTimeout("tcp", p.host, patience)
	if err != nil {
		return
	}
	defer host.Close()
	p.keep(host, true)
	defer p.keep(host, false)
	p.reach(connected)
	var sent sync.Mutex
	var sentAt time.Time // when the request went on
	p.running.Add(1)
	go func() {
		defer p.running.Done()
		// TLS 1.3 from the client: hello (22), change cipher spec (20), finished (23), then the request (23).
		application := 0
		for {
			r, err := record(terminal)
			if err != nil {
				host.(*net.TCPConn).CloseWrite()
				return
			}
			if r[0] == 23 {
				application++
			}
			if _, err := host.Write(r); err != nil {
				return
			}
			if application == 2 {
				sent.Lock()
				sentAt = time.Now()
				sent.Unlock()
				p.reach(requested)
			}
		}
	}()
	for {
		r, err := record(host)
		if err != nil {
			return
		}
		sent.Lock()
		answer := !sentAt.IsZero() && time.Since(sentAt) > quiet
		sent.Unlock()
		if _, err := terminal.Write(r); err != nil {
			return
		}
		if answer {
			p.reach(answered)
		}
	}
}

// record reads one TLS record: type, version (2), length (2), body.
func record(r io.Reader) ([]byte, error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	body := make([]byte, int(head[3])<<8|int(head[4]))
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	return append(head, body...), nil
}
