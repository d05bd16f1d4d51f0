package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Errors of a connection, for errors.Is.
var (
	// ErrOffline means that the device went: unplugged, line dropped, peer closed.
	ErrOffline = errors.New("transport: the device is gone")
	// ErrClosed means that this side closed the connection.
	ErrClosed = errors.New("transport: closed")
	// ErrKind means that this program was built without the backend that the URI names.
	ErrKind = errors.New("transport: not in this build")
)

// PartialError is a report that ended before its length: packets were lost, or the device stopped. What
// had arrived is wiped.
type PartialError struct {
	Began     time.Time // when its first packet arrived
	Got, Want int       // bytes
}

func (e *PartialError) Error() string {
	return fmt.Sprintf("transport: a report of %d bytes ended after %d", e.Want, e.Got)
}

// Report is one whole input report. It may hold card data: whoever takes it wipes it.
type Report struct {
	Data  []byte
	Began time.Time // when its first packet arrived
}

// Wipe clears the report's bytes.
func (r Report) Wipe() { clear(r.Data) }

// Format answers every verb of fmt with the length: the bytes may be a card's.
func (r Report) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "[%d bytes]", len(r.Data)) }

// LogValue is what log/slog writes.
func (r Report) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// ReportConn is a device that speaks in HID reports.
type ReportConn interface {
	// ReadReport waits for one whole report. It errs with ctx's error, *PartialError (the next call may
	// succeed), ErrOffline or ErrClosed. One goroutine at a time may call it; a report that comes while
	// nobody does is kept, up to a few.
	ReadReport(ctx context.Context) (Report, error)
	Info() HIDInfo
	// Close never blocks on the device. Pending calls end with ErrClosed.
	Close() error
}

// FeatureConn is a ReportConn whose backend also carries feature reports, by which devices are set up: hidraw and
// the simulator. The USB library cannot.
type FeatureConn interface {
	ReportConn
	// GetFeature asks for the feature report id (0 where reports are not numbered) of at most n bytes, SetFeature sends
	// one. They err with ctx's error, ErrOffline and ErrClosed.
	GetFeature(ctx context.Context, id byte, n int) ([]byte, error)
	SetFeature(ctx context.Context, id byte, data []byte) error
}

// HIDInfo says what a HID device is.
type HIDInfo struct {
	Vendor, Product uint16
	UsagePage       uint16 // 0 where the system does not tell
	Serial          string
	Name            string
	ReportLength    int // bytes of an input report
	// Descriptor is the report descriptor, where the backend can tell: hidraw and the simulator.
	Descriptor []byte
	Path       string // of the device file, where there is one
}

// ByteConn is a stream of bytes with deadlines. A Read or Write that ran out of time errs with
// os.ErrDeadlineExceeded and may be tried again; Close ends blocked calls of both.
type ByteConn interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

// Bound makes the end of ctx end blocked calls on c with os.ErrDeadlineExceeded. Call stop when done; it
// takes the deadlines off again. Errors of setting them are ignored: a connection that takes no deadline any
// more is closed and ends its calls.
func Bound(ctx context.Context, c ByteConn) (stop func()) {
	return bound(ctx, func(t time.Time) {
		_ = c.SetReadDeadline(t)
		_ = c.SetWriteDeadline(t)
	})
}

// BoundWrite is Bound for writes only, beside a read that goes on.
func BoundWrite(ctx context.Context, c ByteConn) (stop func()) {
	return bound(ctx, func(t time.Time) { _ = c.SetWriteDeadline(t) })
}

func bound(ctx context.Context, set func(time.Time)) (stop func()) {
	if d, ok := ctx.Deadline(); ok {
		set(d)
	}
	ended := make(chan struct{})
	release := context.AfterFunc(ctx, func() {
		defer close(ended)
		set(time.Unix(1, 0))
	})
	return func() {
		if !release() {
			<-ended
		}
		set(time.Time{})
	}
}

// Over is ctx's error, and its deadline's also when another clock, set to the same time, rang first: a connection's
// deadline can pass a moment before ctx says that its own did.
func Over(ctx context.Context) error {
	if end, ok := ctx.Deadline(); ok && ctx.Err() == nil && !time.Now().Before(end) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}
