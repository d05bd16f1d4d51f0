package reader

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/hwsim"
)

// Config sets a simulated reader.
type Config struct {
	Model  string // see the package comment; empty is magtek
	Form   string // empty is the model's first
	Packet int    // HID: bytes of a USB packet, 1 to 64; 0 is 8, as the device leaves the factory
	Whole  bool   // HID: whole reports instead of packets, as systems other than Linux with libusb give them
	Baud   int    // lines: bits a second, when paced; 0 is 9600
	Pace   bool   // send at the device's polling interval, or at the line's speed, instead of at once
	Seed   uint64 // of the bytes that the device leaves undefined, and of garbage
	// FaultsSeed draws faults for swipes that name none; 0 draws none. FaultsShare is how many of a hundred
	// swipes go wrong then; 0 is 20.
	FaultsSeed  uint64
	FaultsShare int
	// BDK and KSN, in hexadecimal, are those of encrypting models; empty takes the published example's.
	BDK, KSN string
}

// pollInterval is the device's default time between two packets.
const pollInterval = 10 * time.Millisecond

// lineChunk is how many bytes a paced line sends at a time: what a UART's buffer gathers.
const lineChunk = 16

// Reader is a simulated reader. Serve it, then tell it what happens.
type Reader struct {
	model  model
	form   string
	whole  bool          // whole reports, not packets
	packet atomic.Int64  // bytes
	tracks atomic.Uint32 // which are switched on, as the property of MagTek readers has it
	pause  time.Duration // after each packet, 0 for none

	sending sync.Mutex // held while a swipe goes out
	random  *rand.Rand
	keys    keys
	mix     *hwsim.Mix // of faults, nil for none
	hosts   chan plug  // gives the connection to whoever sends, while there is one

	// Both are nil for models without, and used by one connection at a time.
	features *features
	settings *settings
}

// plug is a connection to a host; closing it pulls the plug.
type plug struct {
	io.WriteCloser
	out chan struct{} // closed when nobody is lent it any more
}

// New makes a reader that nobody is connected to.
func New(c Config) (*Reader, error) {
	m, form, err := find(c.Model, c.Form)
	if err != nil {
		return nil, err
	}
	if c.Packet == 0 {
		c.Packet = 8
	}
	if c.Packet < 1 || c.Packet > 64 {
		return nil, errors.New("a packet has 1 to 64 bytes")
	}
	if c.Baud == 0 {
		c.Baud = 9600
	}
	if c.Baud < 50 {
		return nil, errors.New("a line has at least 50 baud")
	}
	r := &Reader{
		model: m, form: form, whole: c.Whole,
		random: rand.New(rand.NewPCG(c.Seed, 0x5377697065)), hosts: make(chan plug),
		features: newFeatures(m, c.Packet), settings: newSettings(m, form),
	}
	r.packet.Store(int64(c.Packet))
	r.tracks.Store(defaultTracks)
	if r.keys, err = newKeys(c.BDK, c.KSN); err != nil {
		return nil, err
	}
	if r.mix, err = hwsim.NewMix(c.FaultsSeed, c.FaultsShare, chances(r.faults())); err != nil {
		return nil, err
	}
	if m.hello == nil || c.Whole {
		r.packet.Store(4096)
	}
	switch {
	case !c.Pace:
	case m.hello != nil:
		r.pause = pollInterval
	default:
		r.packet.Store(lineChunk)
		r.pause = lineChunk * 10 * time.Second / time.Duration(c.Baud) // start, 8 data, stop bit
	}
	return r, nil
}

// Sample gives the bytes of the first swipe of such a reader, for tests and measurements.
func Sample(c Config, s Swipe) ([]byte, error) {
	r, err := New(c)
	if err != nil {
		return nil, err
	}
	d, err := r.plan(s)
	if err != nil {
		return nil, err
	}
	return d.reports[0], nil
}

// Fired counts the faults that the mix drew, by name.
func (r *Reader) Fired() map[string]int {
	r.sending.Lock()
	defer r.sending.Unlock()
	return r.mix.Fired()
}

// Line says whether the model stands on a serial line, and may be put on a pty.
func (r *Reader) Line() bool { return r.model.hello == nil }

// Serve takes connections on l, one at a time, until ctx ends. It closes l.
func (r *Reader) Serve(ctx context.Context, l net.Listener) error {
	return hwsim.Serve(ctx, l, r.attach)
}

// attach lends the connection to Swipe until the host closes it or the plug is pulled.
func (r *Reader) attach(conn net.Conn) {
	if r.hello(conn) == nil {
		r.Speak(conn)
	}
}

// Speak lends an open stream to Swipe until it ends or the plug is pulled, and closes it. It answers what
// the host asks.
func (r *Reader) Speak(conn io.ReadWriteCloser) {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		r.listen(conn)
	}()
	lent := plug{conn, make(chan struct{})}
	defer func() { conn.Close(); <-gone; close(lent.out) }()
	for {
		select {
		case r.hosts <- lent:
		case <-gone:
			return
		}
	}
}

// listen reads what the host sends until the host is gone.
func (r *Reader) listen(conn io.ReadWriteCloser) {
	switch {
	case !r.Line():
		r.listenHID(conn)
		return
	case r.settings == nil:
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	r.settings.buf = nil
	var none hwsim.Faults
	_ = none.Hear(conn, func(b []byte) { _, _ = conn.Write(r.settings.take(b)) }) // a host that goes is no error of the reader
}

func (r *Reader) hello(conn net.Conn) error {
	if r.Line() {
		return nil
	}
	text, err := json.Marshal(r.model.hello(r.form))
	if err != nil {
		return err
	}
	return transport.WriteFrame(conn, transport.FrameHello, text)
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
	d, err := r.plan(s)
	if err != nil {
		return &BadRequest{err}
	}
	conn, err := r.host(ctx)
	if err != nil {
		return err
	}
	if err := hwsim.Sleep(ctx, d.late); err != nil {
		return err
	}
	for _, report := range d.reports {
		if err := r.packets(ctx, conn, report, d.cut); err != nil {
			return err
		}
	}
	if d.unplug {
		return r.unplug(conn)
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
		if err := r.write(conn, p); err != nil {
			return err
		}
	}
	return nil
}

// BadRequest is a swipe that makes no sense.
type BadRequest struct{ cause error }

func (e *BadRequest) Error() string { return e.cause.Error() }

func (r *Reader) host(ctx context.Context) (plug, error) {
	timer := time.NewTimer(connectWait)
	defer timer.Stop()
	select {
	case conn := <-r.hosts:
		return conn, nil
	case <-timer.C:
		return plug{}, ErrNobody
	case <-ctx.Done():
		return plug{}, ctx.Err()
	}
}

// packets sends a report, or its first bytes up to cut.
func (r *Reader) packets(ctx context.Context, conn plug, report []byte, cut int) error {
	if cut >= 0 && cut < len(report) {
		report = report[:cut]
	}
	for len(report) > 0 {
		n := min(int(r.packet.Load()), len(report))
		if err := r.write(conn, report[:n]); err != nil {
			return err
		}
		report = report[n:]
		if err := hwsim.Sleep(ctx, r.pause); err != nil {
			return err
		}
	}
	return nil
}

// write sends one packet, in the frame that HID models have around it.
func (r *Reader) write(conn plug, packet []byte) error {
	if r.Line() {
		_, err := conn.Write(packet)
		return err
	}
	return transport.WriteFrame(conn, transport.FrameInput, packet)
}

// unplug pulls the plug, and waits until the connection is lent to nobody: the next swipe goes to the next host.
func (r *Reader) unplug(conn plug) (err error) {
	if !r.Line() {
		err = transport.WriteFrame(conn, transport.FrameUnplug, nil)
	}
	conn.Close()
	<-conn.out
	return err
}
