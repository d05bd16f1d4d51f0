package transport

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
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
	in := &simSource{r: bufio.NewReader(conn), buf: make([]byte, 1<<16)}
	info, err := in.hello()
	stop()
	if err != nil {
		conn.Close()
		return nil, offline(err)
	}
	size := reportSize{info.ReportLength, info.ReportLength}
	return &simConn{startReports(in, info, size, func() { conn.Close() }), conn}, nil
}

type simConn struct {
	*reportConn
	conn net.Conn
}

// Close waits for both goroutines: a socket's read ends at once when it is closed.
func (c *simConn) Close() error {
	c.shut()
	c.conn.Close()
	<-c.readEnded
	return nil
}

type simSource struct {
	r   *bufio.Reader
	buf []byte
}

func (s *simSource) hello() (HIDInfo, error) {
	kind, payload, err := readFrame(s.r, s.buf)
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
	kind, payload, err := readFrame(s.r, s.buf)
	defer clear(payload)
	switch {
	case err != nil:
		return 0, offline(err)
	case kind == FrameUnplug:
		return 0, ErrOffline
	case kind != FrameInput || len(payload) > len(buf):
		return 0, offline(errFrame)
	}
	return copy(buf, payload), nil
}
