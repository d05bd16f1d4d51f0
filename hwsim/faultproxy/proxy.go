package faultproxy

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/tillpos/till/hwsim"
)

// dialLimit is how long the address behind may take to accept.
const dialLimit = 5 * time.Second

// piece is the most bytes that are passed on at once; small, so that a slow network trickles.
const piece = 1024

// Proxy passes connections on to one address.
type Proxy struct {
	to     string
	seed   uint64
	mu     sync.Mutex
	fault  Fault
	open   map[*link]bool
	served State
}

// State is what a proxy has done. Up and Down are the bytes that the last connection passed on.
type State struct {
	Connections int   `json:"connections"`
	Open        int   `json:"open"`
	Ended       int   `json:"ended_by_fault"`
	Up          int64 `json:"last_up"`
	Down        int64 `json:"last_down"`
}

// New makes a proxy to an address; seed draws the jitter.
func New(to string, seed uint64) *Proxy {
	return &Proxy{to: to, seed: seed, open: map[*link]bool{}}
}

// Set is what happens to connections from now on.
func (p *Proxy) Set(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
	return nil
}

// Heal ends every fault, and with it the connections that one has touched: what was swallowed cannot come back.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = Fault{}
	for l := range p.open {
		if l.fault != (Fault{}) {
			l.cancel()
		}
	}
}

// State says what was done.
func (p *Proxy) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.served
	s.Open = len(p.open)
	return s
}

// Serve takes connections until ctx ends, and waits for the last one.
func (p *Proxy) Serve(ctx context.Context, l net.Listener) error {
	var running sync.WaitGroup
	defer running.Wait()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				c.Close()
			}
			return nil
		}
		if err != nil {
			return err
		}
		running.Add(1)
		go func() {
			defer running.Done()
			p.serve(ctx, c)
		}()
	}
}

// link is one connection.
type link struct {
	fault    Fault
	number   int
	near     net.Conn
	far      net.Conn
	cancel   context.CancelFunc
	up, down int64
	over     bool // cut: nothing is passed on any more, either way
}

func (p *Proxy) serve(ctx context.Context, near net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer near.Close()
	l := p.begin(near, cancel)
	defer p.finish(l)
	if l.fault.Refuse {
		p.ended(l, reset)
		return
	}
	dialer := net.Dialer{Timeout: dialLimit}
	far, err := dialer.DialContext(ctx, "tcp", p.to)
	if err != nil {
		return
	}
	defer far.Close()
	l.far = far
	unblock := context.AfterFunc(ctx, func() { near.Close(); far.Close() })
	defer unblock()
	var both sync.WaitGroup
	both.Add(2)
	go func() {
		defer both.Done()
		p.pass(ctx, l, far, near, l.fault.Up, &l.up, 1)
	}()
	go func() {
		defer both.Done()
		p.pass(ctx, l, near, far, l.fault.Down, &l.down, 2)
	}()
	both.Wait()
}

func (p *Proxy) begin(near net.Conn, cancel context.CancelFunc) *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.served.Connections++
	l := &link{fault: p.fault, number: p.served.Connections, near: near, cancel: cancel}
	p.open[l] = true
	return l
}

func (p *Proxy) finish(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, l)
	p.served.Up, p.served.Down = l.up, l.down
}

// ended closes a connection as its fault wants.
func (p *Proxy) ended(l *link, how end) {
	p.mu.Lock()
	p.served.Ended++
	l.over = l.over || how != hole
	p.mu.Unlock()
	if how == hole {
		return
	}
	for _, c := range []net.Conn{l.near, l.far} {
		t, ok := c.(*net.TCPConn)
		switch {
		case !ok:
		case how == reset:
			_ = t.SetLinger(0) // a close that sends RST; without it a plain close is all we can do
			t.Close()
		default:
			_ = t.CloseWrite() // a close with bytes unread would be a reset; the rest is read and dropped
		}
	}
}

func (p *Proxy) over(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return l.over
}

// pass copies one way until it ends, as way says.
func (p *Proxy) pass(ctx context.Context, l *link, to, from net.Conn, way Way, count *int64, stream uint64) {
	random := rand.New(rand.NewPCG(p.seed, uint64(l.number)<<2|stream))
	at, how := way.first()
	if how != none && at == 0 {
		p.ended(l, how)
	}
	gone := how != none && at == 0
	buffer := make([]byte, piece)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !gone && !p.over(l) {
			if hwsim.Sleep(ctx, way.wait(n, random)) != nil {
				return
			}
			keep := n
			if how != none && *count+int64(n) >= at {
				keep, gone = int(at-*count), true
			}
			if _, werr := to.Write(buffer[:keep]); werr != nil {
				l.cancel()
				return
			}
			p.mu.Lock()
			*count += int64(keep)
			p.mu.Unlock()
			if gone {
				p.ended(l, how)
			}
		}
		if err == nil {
			continue
		}
		p.farewell(l, to, gone && how == hole, err)
		return
	}
}

// farewell passes on that one side has no more to say; a hole swallows even that.
func (p *Proxy) farewell(l *link, to net.Conn, swallowed bool, err error) {
	var timeout net.Error
	if swallowed || errors.As(err, &timeout) && timeout.Timeout() {
		return
	}
	if t, ok := to.(*net.TCPConn); ok && t.CloseWrite() == nil {
		return
	}
	l.cancel()
}
