package transport

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"
)

// helloLimit is how long a simulator may take to say what it is.
const helloLimit = 2 * time.Second

// maxReport bounds the report length a simulator may announce, in bytes.
const maxReport = 4096

// DialSim connects to a simulated HID device on a unix socket.
func DialSim(ctx context.Context, path string) (ReportConn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, offline(err)
	}
	return NewSim(ctx, conn)
}

// NewSim speaks the simulator's frames on conn, which it owns from then on. It waits for the hello.
func NewSim(ctx context.Context, conn net.Conn) (ReportConn, error) {
	ctx, cancel := context.WithTimeout(ctx, helloLimit)
	defer cancel()
	stop := Bound(ctx, conn)
	in := &simSource{r: bufio.NewReader(conn), buf: make([]byte, 1<<16), features: make(chan feature, 1)}
	info, err := in.hello()
	stop()
	if err != nil {
		conn.Close()
		return nil, offline(err)
	}
	size := reportSize{info.ReportLength, info.ReportLength}
	reports := startReports(in, info, size, func() { conn.Close() })
	return &simConn{reportConn: reports, conn: conn, features: in.features}, nil
}

type simConn struct {
	*reportConn
	conn     net.Conn
	asking   sync.Mutex // held from a question about features to its answer
	features chan feature
}

// feature is the simulator's answer to such a question.
type feature struct {
	kind    byte
	payload []byte
}

// GetFeature asks for a feature report.
func (c *simConn) GetFeature(ctx context.Context, id byte, n int) ([]byte, error) {
	return c.ask(ctx, FrameGetFeature, []byte{id, byte(n >> 8), byte(n)})
}

// SetFeature sends a feature report.
func (c *simConn) SetFeature(ctx context.Context, id byte, data []byte) error {
	_, err := c.ask(ctx, FrameSetFeature, append([]byte{id}, data...))
	return err
}

// featureLimit is how long the simulator has for an answer, as a device on the bus has.
const featureLimit = 5 * time.Second

func (c *simConn) ask(ctx context.Context, kind byte, payload []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, featureLimit)
	defer cancel()
	c.asking.Lock()
	defer c.asking.Unlock()
	select {
	case <-c.features: // an answer that nobody waited for any more
	default:
	}
	deadline, _ := ctx.Deadline()
	_ = c.conn.SetWriteDeadline(deadline) // an error of it is one of the write too
	if err := WriteFrame(c.conn, kind, payload); err != nil {
		return nil, named(err)
	}
	for {
		select {
		case f := <-c.features:
			if f.kind == kind {
				return f.payload, nil
			}
		case <-c.failed:
			select {
			case f := <-c.features: // the answer came before the device went
				if f.kind == kind {
					return f.payload, nil
				}
			default:
			}
			return nil, c.failure
		case <-c.closed:
			return nil, ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Close waits for both goroutines: a socket's read ends at once when it is closed.
func (c *simConn) Close() error {
	c.shut()
	c.conn.Close()
	<-c.readEnded
	return nil
}

type simSource struct {
	r        *bufio.Reader
	buf      []byte
	features chan feature
}

func (s *simSource) hello() (HIDInfo, error) {
	kind, payload, err := ReadFrame(s.r, s.buf)
	if err != nil {
		return HIDInfo{}, err
	}
	if kind != FrameHello {
		return HIDInfo{}, errFrame
	}
	var h Hello
	if err := json.Unmarshal(payload, &h); err != nil {
		return HIDInfo{}, fmt.Errorf("transport: hello: %w", err)
	}
	if h.ReportLength < 1 || h.ReportLength > maxReport {
		return HIDInfo{}, fmt.Errorf("transport: hello: report length %d", h.ReportLength)
	}
	descriptor, err := hex.DecodeString(h.Descriptor)
	if err != nil {
		return HIDInfo{}, fmt.Errorf("transport: hello: descriptor: %w", err)
	}
	return HIDInfo{
		Vendor: h.Vendor, Product: h.Product, UsagePage: h.UsagePage, ReportLength: h.ReportLength, Descriptor: descriptor,
	}, nil
}

func (s *simSource) ReadPacket(buf []byte) (int, error) {
	for {
		kind, payload, err := ReadFrame(s.r, s.buf)
		switch {
		case err != nil:
			clear(payload)
			return 0, offline(err)
		case kind == FrameUnplug:
			return 0, ErrOffline
		case kind == FrameGetFeature, kind == FrameSetFeature:
			select {
			case s.features <- feature{kind, bytes.Clone(payload)}:
			default: // nobody asked
			}
			continue
		case kind != FrameInput || len(payload) > len(buf):
			clear(payload)
			return 0, offline(errFrame)
		}
		defer clear(payload)
		return copy(buf, payload), nil
	}
}
