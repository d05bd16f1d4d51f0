package tctest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"sync"
	"time"
)

// Seen is what a fault rule may match of a request: no card data.
type Seen struct {
	Kind        string // sale, auth, capture, refund, void, reversal, verify, query, or the action itself
	Action      string
	Ref         string // ticket, or else the transid referred to
	AmountCents int64
}

// Answer is a reply on its way to the wire. Frame puts a body into its envelope, nil means none is needed.
type Answer struct {
	Body  []byte
	Frame func(body []byte) []byte
}

// Bytes is the whole answer.
func (a Answer) Bytes() []byte {
	if a.Frame == nil {
		return a.Body
	}
	return a.Frame(a.Body)
}

// Bend says how a request is mistreated. The zero value: not at all.
type Bend struct {
	Before time.Duration // wait before the request is booked
	NoBook bool          // it never is
	Inside Trouble       // what happens within the gateway
	After  time.Duration // wait between booking and answering
	// Write, if set, writes in place of the server and says whether the answer left whole. It is the last
	// thing done on the connection, and must end when ctx does.
	Write func(ctx context.Context, c net.Conn, a Answer) bool
}

// Server puts a Host on listeners.
type Server struct {
	Host *Host
	// Bend, if set, is asked about each request after it was read and before anything is done with it.
	Bend func(Seen) Bend
	// IdleTimeout ends a connection on which no request comes; zero means two minutes.
	IdleTimeout time.Duration

	writing sync.RWMutex // read-locked from the first byte of an answer until the host knows that it left
}

// Settle waits until no answer is half-way: whoever read one sees in the ledger that it was answered.
// Answers that Bend writes are not waited for.
func (s *Server) Settle() {
	s.writing.Lock()
	defer s.writing.Unlock()
}

// Serve answers connections of l, whose Accept gives TLS connections (or plain ones in tests), until ctx
// ends; then it closes l and all connections, waits for their goroutines and returns nil. Another error
// of Accept is returned.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer func() {
		cancel()
		stop()
		l.Close()
		wg.Wait()
	}()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			if c != nil {
				c.Close()
			}
			return nil
		}
		var temporary net.Error
		if errors.As(err, &temporary) && temporary.Timeout() {
			continue
		}
		if err != nil {
			return err
		}
		wg.Go(func() {
			hangUp := context.AfterFunc(ctx, func() { c.Close() })
			defer hangUp()
			defer c.Close()
			s.converse(ctx, c)
		})
	}
}

func (s *Server) idle() time.Duration {
	if s.IdleTimeout > 0 {
		return s.IdleTimeout
	}
	return 2 * time.Minute
}

// converse serves one connection: one request, one answer. What comes first tells the protocols apart.
func (s *Server) converse(ctx context.Context, c net.Conn) {
	c.SetDeadline(time.Now().Add(s.idle()))
	in := bufio.NewReader(c)
	first, err := in.Peek(5)
	if err != nil {
		return
	}
	if isHTTP(first) {
		s.serveHTTP(ctx, c, in)
		return
	}
	r, err := readBlock(in)
	if errors.Is(err, errMalformed) {
		c.Write(malformed.Block())
		return
	}
	if err != nil {
		return
	}
	s.transact(ctx, c, r, Reply.Block, nil)
}

// malformed is the guide's answer to data that make no sense.
var malformed = reply("status", "error", "errortype", "linkfailure")

// transact books a request and writes its answer, mistreated if the server is told so.
func (s *Server) transact(ctx context.Context, c net.Conn, r Request, render func(Reply) []byte, frame func([]byte) []byte) {
	s.answer(ctx, c, seen(r), frame, func(t Trouble) ([]byte, string) {
		out := s.Host.HandleIn(r, t)
		return render(out), out.TransID
	})
}

// answer does what Bend says around making and writing an answer. make gives the body and the transid.
func (s *Server) answer(ctx context.Context, c net.Conn, what Seen, frame func([]byte) []byte, make func(Trouble) ([]byte, string)) {
	var bend Bend
	if s.Bend != nil {
		bend = s.Bend(what)
	}
	if !wait(ctx, bend.Before) {
		return
	}
	var a Answer
	transID := ""
	if !bend.NoBook {
		a.Body, transID = make(bend.Inside)
		a.Frame = frame
	}
	if !wait(ctx, bend.After) {
		return
	}
	c.SetWriteDeadline(time.Now().Add(s.idle()))
	if bend.Write != nil {
		if bend.Write(ctx, c, a) {
			s.Host.Answered(transID)
		}
		return
	}
	s.writing.RLock()
	defer s.writing.RUnlock()
	if _, err := c.Write(a.Bytes()); err == nil {
		s.Host.Answered(transID)
	}
}

// wait is false when ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func seen(r Request) Seen {
	out := Seen{Kind: Kind(r.get("action")), Action: r.get("action"), Ref: r.get("ticket")}
	if out.Ref == "" {
		out.Ref = r.get("transid")
	}
	out.AmountCents, _ = strconv.ParseInt(r.get("amount"), 10, 64)
	return out
}

// WrongTransID makes an answer speak of a transaction that the host never booked: the serial part of its
// transid is counted up by five, which the host's numbering leaves out.
func WrongTransID(body []byte) []byte {
	lines := bytes.Split(bytes.Clone(body), []byte("\n"))
	for i, line := range lines {
		if !bytes.HasPrefix(line, []byte("transid=")) || len(line) != len("transid=")+14 {
			continue
		}
		n, _ := strconv.ParseInt(string(line[len("transid=")+4:]), 10, 64)
		lines[i] = append(line[:len("transid=")+4:len("transid=")+4], []byte(pad10(n+5))...)
	}
	return bytes.Join(lines, []byte("\n"))
}

func pad10(n int64) string {
	s := strconv.FormatInt(n%10_000_000_000, 10)
	return "0000000000"[:10-len(s)] + s
}

// Running is a host on a port of 127.0.0.1, for tests.
type Running struct {
	Host   *Host
	Server *Server
	Addr   string // host:port, TCLink and HTTPS
	CA     []byte // PEM
	cancel context.CancelFunc
	done   chan error
}

// Start puts a host on a free port of 127.0.0.1 with TLS by an authority.
func Start(h *Host, a *Authority) (*Running, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Running{Host: h, Server: &Server{Host: h}, Addr: l.Addr().String(), CA: a.CA, cancel: cancel, done: make(chan error, 1)}
	secured := tls.NewListener(l, a.ServerTLS())
	go func() { r.done <- r.Server.Serve(ctx, secured) }()
	return r, nil
}

// Close ends the server and waits for it.
func (r *Running) Close() error {
	r.cancel()
	return <-r.done
}
