package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/tillpos/till/pos"
)

// Limits of the server.
const (
	requestTime = 5 * time.Second // from connecting to the whole request line, unless told otherwise
	answerTime  = 5 * time.Second // to write an answer
	clientLimit = 32              // connections at a time; more are turned away
)

// pathLimit is the longest path a unix socket can have on Linux, bytes.
const pathLimit = 107

// Handler does what one request asks. Gone is closed when the client has gone away; ctx ends only when
// the terminal gives up waiting for what is in flight.
type Handler func(ctx context.Context, r Request, gone <-chan struct{}) Answer

// Listen opens the socket with mode 0600. A socket file that nobody answers on is left over from a
// terminal that was killed and is removed; the caller holds the journal's lock, so nobody else starts.
func Listen(path string) (net.Listener, error) {
	if len(path) > pathLimit {
		return nil, pos.NewError(pos.CodeConfig, "data-dir", "the folder's name is too long for a socket in it").WithDetail("%s", path)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	// The mask keeps the socket private from the moment it exists; a chmod afterwards would come late.
	old := syscall.Umask(0o177)
	defer syscall.Umask(old)
	return net.Listen("unix", path)
}

// Server answers the connections of one listener.
type Server struct {
	Handle Handler
	// Grace is how long requests in flight may still take after the server was told to stop, before
	// their context ends.
	Grace time.Duration
	// RequestTime is how long a client may take for its request line; zero means 5 s.
	RequestTime time.Duration
}

// Serve answers until ctx ends, then closes the listener, lets what is in flight come to its end and
// returns when the last answer is written.
func (s Server) Serve(ctx context.Context, l net.Listener) error {
	work, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	var inFlight sync.WaitGroup
	slots := make(chan struct{}, clientLimit)
	stopped := context.AfterFunc(ctx, func() { l.Close() })
	defer stopped()

	var failure error
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			break
		}
		if err != nil {
			failure = err
			l.Close()
			break
		}
		select {
		case slots <- struct{}{}:
		default:
			conn.Close()
			continue
		}
		inFlight.Go(func() {
			defer func() { <-slots }()
			s.serve(ctx, work, conn)
		})
	}
	timer := time.AfterFunc(s.Grace, giveUp)
	defer timer.Stop()
	inFlight.Wait()
	return failure
}

// serve does one connection. A client that has sent no request yet is not waited for once stopping ends.
func (s Server) serve(stopping, ctx context.Context, conn net.Conn) {
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(cmp.Or(s.RequestTime, requestTime)))
	asked := context.AfterFunc(stopping, func() { conn.SetReadDeadline(time.Now()) })
	line, err := readLine(conn)
	asked()
	if err != nil {
		return
	}
	r, err := ParseRequest(line)
	clear(line)
	defer clear(r.Card)
	if err != nil {
		write(conn, Answer{Failure: &Failure{Code: pos.CodeInternal, Detail: err.Error()}})
		return
	}

	gone := make(chan struct{})
	watched := make(chan struct{})
	conn.SetReadDeadline(time.Time{})
	go func() {
		defer close(watched)
		var b [1]byte
		// A client sends nothing more, so this ends when it goes or when the deadline below strikes.
		if _, err := conn.Read(b[:]); !errors.Is(err, os.ErrDeadlineExceeded) {
			close(gone)
		}
	}()
	answer := s.Handle(ctx, r, gone)
	conn.SetReadDeadline(time.Now())
	<-watched
	write(conn, answer)
}

func write(conn net.Conn, a Answer) {
	// The fingerprint finds a card again; a command has no use for it.
	a.Payment.Instrument.Fingerprint = [32]byte{}
	line, err := json.Marshal(a)
	if err != nil {
		return
	}
	conn.SetWriteDeadline(time.Now().Add(answerTime))
	conn.Write(append(line, '\n'))
}
