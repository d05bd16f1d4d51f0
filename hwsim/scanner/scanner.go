// Package scanner is a simulated barcode scanner on a line or a socket.
//
//	POST /scan  {"text":"4006381333931","aim":"E0"}, optional "fault" → {"delivered":true}
//
// Faults: partial (half of the code, then silence), garbage (a control character in it), twice, unplug.
package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/tillpos/till/hwsim"
)

// Scan is a code that somebody holds before the scanner.
type Scan struct {
	Text  string `json:"text"`
	AIM   string `json:"aim,omitempty"` // without the bracket
	Fault string `json:"fault,omitempty"`
}

// Scanner is the device. Serve it, then scan.
type Scanner struct {
	sending sync.Mutex
	hosts   chan io.WriteCloser
}

// New makes a scanner that nobody is connected to.
func New() *Scanner { return &Scanner{hosts: make(chan io.WriteCloser)} }

// Serve takes connections on l, one at a time, until ctx ends. It closes l.
func (s *Scanner) Serve(ctx context.Context, l net.Listener) error {
	return hwsim.Serve(ctx, l, func(conn net.Conn) { _ = s.Speak(conn) }) // a host that goes is no error of the scanner
}

// Speak lends a stream to Scan until it ends, and closes it.
func (s *Scanner) Speak(conn io.ReadWriteCloser) error {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, conn)
	}()
	defer func() { conn.Close(); <-gone }()
	for {
		select {
		case s.hosts <- conn:
		case <-gone:
			return io.EOF
		}
	}
}

// connectWait is how long a scan waits for a host.
const connectWait = 3 * time.Second

var errNobody = errors.New("no host is connected to the scanner")

// Scan sends a code. It errs with a sentence when nobody is connected or the fault is not known.
func (s *Scanner) Scan(ctx context.Context, c Scan) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	line := c.Text + "\r\n"
	if c.AIM != "" {
		line = "]" + c.AIM + line
	}
	unplug := false
	switch c.Fault {
	case "":
	case "partial":
		line = line[:len(line)/2]
	case "garbage":
		line = "\x1b" + line
	case "twice":
		line += line
	case "unplug":
		line, unplug = line[:len(line)/2], true
	default:
		return fmt.Errorf("unknown fault %q; known are partial, garbage, twice and unplug", c.Fault)
	}
	timer := time.NewTimer(connectWait)
	defer timer.Stop()
	for {
		select {
		case conn := <-s.hosts:
			_, err := io.WriteString(conn, line)
			if errors.Is(err, net.ErrClosed) {
				continue // unplugged a moment ago
			}
			if unplug {
				err = conn.Close()
			}
			return err
		case <-timer.C:
			return errNobody
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Control is the scanner's control address.
func (s *Scanner) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /scan", func(w http.ResponseWriter, req *http.Request) {
		var c Scan
		if !hwsim.ReadJSON(w, req, &c) {
			return
		}
		if err := s.Scan(req.Context(), c); err != nil {
			hwsim.WriteJSON(w, http.StatusConflict, map[string]any{"delivered": false, "error": err.Error()})
			return
		}
		hwsim.WriteJSON(w, http.StatusOK, map[string]any{"delivered": true})
	})
	return mux
}
