package reader

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/tillpos/till/device/magtek"
	"github.com/tillpos/till/device/transport"
)

// Config sets a simulated reader.
type Config struct {
	Packet int    // bytes of a USB packet, 1 to 64; 0 is 8, as the device leaves the factory
	Pace   bool   // send at the polling interval of the device instead of at once
	Seed   uint64 // of the bytes that the device leaves undefined, and of garbage
}

// pollInterval is the device's default time between two packets.
const pollInterval = 10 * time.Millisecond

// Reader is a simulated reader. Serve it, then tell it what happens.
type Reader struct {
	packet int
	pace   bool

	sending sync.Mutex // held while a swipe goes out
	random  *rand.Rand
	hosts   chan net.Conn // gives the connection to whoever sends, while there is one
}

// New makes a reader that nobody is connected to.
func New(c Config) (*Reader, error) {
	if c.Packet == 0 {
		c.Packet = 8
	}
	if c.Packet < 1 || c.Packet > 64 {
		return nil, errors.New("a packet has 1 to 64 bytes")
	}
	return &Reader{packet: c.Packet, pace: c.Pace, random: rand.New(rand.NewPCG(c.Seed, 0x5377697065)), hosts: make(chan net.Conn)}, nil
}

// Serve takes connections on l, one at a time, until ctx ends. It closes l.
func (r *Reader) Serve(ctx context.Context, l net.Listener) error {
	defer context.AfterFunc(ctx, func() { l.Close() })()
	defer l.Close()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		r.attach(ctx, conn)
	}
}

// attach lends the connection to Swipe until the host closes it or the plug is pulled.
func (r *Reader) attach(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if hello(conn) != nil {
		return
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		// This reader takes no output reports: reading only shows when the host is gone.
		_, _ = io.Copy(io.Discard, conn)
	}()
	defer func() { conn.Close(); <-gone }()
	for {
		select {
		case r.hosts <- conn:
		case <-gone:
			return
		}
	}
}

func hello(conn net.Conn) error {
	text, err := json.Marshal(transport.Hello{
		Vendor: magtek.Vendor, Product: magtek.Product, UsagePage: magtek.UsagePage, ReportLength: magtek.ReportLength,
	})
	if err != nil {
		return err
	}
	return writeFrame(conn, transport.FrameHello, text)
}

func writeFrame(w io.Writer, kind byte, payload []byte) error {
	b := append([]byte{kind, 0, 0}, payload...)
	binary.BigEndian.PutUint16(b[1:], uint16(len(payload)))
	_, err := w.Write(b)
	return err
}

// ErrNobody means that no host is connected.
var ErrNobody = errors.New("no host is connected to the reader")

// connectWait is how long a swipe waits for a host to connect: a terminal that starts, or reconnects
// after an unplug.
const connectWait = 3 * time.Second

// Swipe sends what a swipe sends, and returns when it is on its way. It errs with ErrNobody when no host
// connects within three seconds, and with a sentence when the swipe makes no sense.
func (r *Reader) Swipe(ctx context.Context, s Swipe) error {
	r.sending.Lock()
	defer r.sending.Unlock()
	d, err := s.plan(r.random)
	if err != nil {
		return &BadRequest{err}
	}
	conn, err := r.host(ctx)
	if err != nil {
		return err
	}
	for _, report := range d.reports {
		if err := r.packets(ctx, conn, report, d.cut); err != nil {
			return err
		}
	}
	if d.unplug {
		return unplug(conn)
	}
	return nil
}

// Raw sends packets as they are.
func (r *Reader) Raw(ctx context.Context, packets [][]byte) error {
	r.sending.Lock()
	defer r.sending.Unlock()
	conn, err := r.host(ctx)
	if err != nil {
		return err
	}
	for _, p := range packets {
		if err := writeFrame(conn, transport.FrameInput, p); err != nil {
			return err
		}
	}
	return nil
}

// BadRequest is a swipe that makes no sense.
type BadRequest struct{ cause error }

func (e *BadRequest) Error() string { return e.cause.Error() }

func (r *Reader) host(ctx context.Context) (net.Conn, error) {
	timer := time.NewTimer(connectWait)
	defer timer.Stop()
	select {
	case conn := <-r.hosts:
		return conn, nil
	case <-timer.C:
		return nil, ErrNobody
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// packets sends a report, or its first bytes up to cut.
func (r *Reader) packets(ctx context.Context, conn net.Conn, report []byte, cut int) error {
	if cut >= 0 && cut < len(report) {
		report = report[:cut]
	}
	for len(report) > 0 {
		n := min(r.packet, len(report))
		if err := writeFrame(conn, transport.FrameInput, report[:n]); err != nil {
			return err
		}
		report = report[n:]
		if !r.pace {
			continue
		}
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func unplug(conn net.Conn) error {
	err := writeFrame(conn, transport.FrameUnplug, nil)
	conn.Close()
	return err
}
