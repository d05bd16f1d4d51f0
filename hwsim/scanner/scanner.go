// Package scanner is a simulated barcode scanner on a line or a socket.
//
//	GET  /faults  the faults, and how often the mix drew each → {"faults":["partial",…],"fired":{}}; DELETE ends the mix
//	POST /scan  {"text":"4006381333931","aim":"E0"}, optional "fault" → {"delivered":true}
//
// Faults: partial (half of the code, then silence), garbage (bytes that no code holds before it and in it, by the
// seed), check (a wrong check digit), twice, late:MS (so much later), unplug:N (after N bytes; unplug alone: half).
package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
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
	random  *rand.Rand // held by sending, as mix is
	mix     *hwsim.Mix // for scans that name no fault; nil draws none
	hosts   chan host
}

// host is one that is connected; gone is closed when it is not any more.
type host struct {
	io.WriteCloser
	gone <-chan struct{}
}

// New makes a scanner that nobody is connected to.
func New() *Scanner { return NewSeeded(1) }

// NewSeeded is New with a seed for garbage.
func NewSeeded(seed uint64) *Scanner {
	return &Scanner{hosts: make(chan host), random: rand.New(rand.NewPCG(seed, 0x7363616E))}
}

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
		case s.hosts <- host{conn, gone}:
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
	d, err := s.plan(c)
	if err != nil {
		return err
	}
	timer := time.NewTimer(connectWait)
	defer timer.Stop()
	for {
		select {
		case h := <-s.hosts:
			if err := hwsim.Sleep(ctx, d.late); err != nil {
				return err
			}
			_, err := h.Write(d.data)
			if errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrClosed) {
				continue // unplugged a moment ago
			}
			if d.unplug {
				err = h.Close()
				<-h.gone // so that the next scan waits for the next host
			}
			return err
		case <-timer.C:
			return errNobody
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// delivery is what goes over the line, and how.
type delivery struct {
	data   []byte
	late   time.Duration
	unplug bool
}

// chances are what a mix draws from. An unplug is inside a code or behind it.
var chances = []hwsim.Chance{
	{Do: "partial"}, {Do: "garbage"}, {Do: "check"}, {Do: "twice"},
	{Do: "late", Of: hwsim.Milliseconds, Most: 250}, {Do: "unplug", Of: hwsim.Bytes, Most: 24},
}

// Mix draws faults by a seed, for so many of a hundred scans that name none; seed 0 draws none. It errs with a sentence
// when there is no such share.
func (s *Scanner) Mix(seed uint64, share int) (err error) {
	s.sending.Lock()
	defer s.sending.Unlock()
	s.mix, err = hwsim.NewMix(seed, share, chances)
	return err
}

// Fired counts the faults that the mix drew, by name.
func (s *Scanner) Fired() map[string]int {
	s.sending.Lock()
	defer s.sending.Unlock()
	return s.mix.Fired()
}

// longestLate bounds the fault late, in milliseconds.
const longestLate = 60_000

// faults are the names of what can go wrong with a scan.
var faults = []string{"partial", "garbage", "check", "twice", "late:MS", "unplug:N"}

// plan makes a code, and what a fault makes of it.
func (s *Scanner) plan(c Scan) (d delivery, err error) {
	line := c.Text + "\r\n"
	if c.AIM != "" {
		line = "]" + c.AIM + line
	}
	d.data = []byte(line)
	if c.Fault == "" {
		c.Fault = s.mix.Name()
	}
	name, number, given := strings.Cut(c.Fault, ":")
	n := len(d.data) / 2
	if given {
		if n, err = strconv.Atoi(number); err != nil || n < 0 || n > longestLate {
			return d, fmt.Errorf("the number in the fault %q is wrong", c.Fault)
		}
	}
	switch name {
	case "":
	case "partial":
		d.data = d.data[:len(d.data)/2]
	case "garbage":
		d.data = s.garbage(d.data)
	case "check":
		d.data = wrongCheck(d.data)
	case "twice":
		d.data = append(d.data, d.data...)
	case "late":
		d.late = time.Duration(n) * time.Millisecond
	case "unplug":
		d.data, d.unplug = d.data[:min(n, len(d.data))], true
	default:
		return d, fmt.Errorf("unknown fault %q; known are %s", c.Fault, strings.Join(faults, ", "))
	}
	return d, nil
}

// garbage puts bytes that no code holds before and inside a line.
func (s *Scanner) garbage(line []byte) []byte {
	noise := make([]byte, 2+s.random.IntN(8))
	for i := range noise {
		noise[i] = 0x80 | byte(s.random.Uint32())
	}
	half := len(noise) / 2
	at := s.random.IntN(len(line) - 1)
	return slices.Concat(noise[:half], line[:at], noise[half:], line[at:])
}

// wrongCheck changes the last digit before the line's end.
func wrongCheck(line []byte) []byte {
	for i := len(line) - 1; i >= 0; i-- {
		if line[i] >= '0' && line[i] <= '9' {
			line[i] = '0' + (line[i]-'0'+1)%10
			break
		}
	}
	return line
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
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		hwsim.WriteJSON(w, http.StatusOK, map[string]any{"faults": faults, "fired": s.Fired()})
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		_ = s.Mix(0, 0) // none is no error
		hwsim.WriteJSON(w, http.StatusOK, map[string]any{"armed": 0})
	})
	return mux
}
