package device

import (
	"context"
	"sync"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos"
)

// link supervises a device on a stream: one goroutine opens it, serves it until it goes, and opens it
// again.
type link struct {
	uri    transport.URI
	opts   Options
	cancel context.CancelFunc
	ended  chan struct{}

	mu     sync.Mutex
	health pos.Health
}

// streamKinds are the transports that a device on a stream may have.
var streamKinds = []transport.Kind{transport.KindSim, transport.KindSerial, transport.KindTCP, transport.KindFile}

// startLink opens nothing itself. ctx bounds nothing but this call: Close ends the link.
func startLink(ctx context.Context, u transport.URI, o Options, serve func(context.Context, transport.ByteConn) error) *link {
	l := &link{uri: u, opts: o, ended: make(chan struct{}), health: pos.Health{State: pos.DeviceClosed}}
	var run context.Context
	run, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go l.supervise(run, serve)
	return l
}

func (l *link) supervise(ctx context.Context, serve func(context.Context, transport.ByteConn) error) {
	defer close(l.ended)
	defer l.set(pos.Health{State: pos.DeviceClosed})
	for wait := shortestWait; ; {
		limited, cancel := context.WithTimeout(ctx, openLimit)
		conn, err := openBytes(limited, l.uri)
		cancel()
		if err == nil {
			// Closing the connection ends a write that is blocked in it.
			release := context.AfterFunc(ctx, func() { conn.Close() })
			l.set(pos.Health{State: pos.DeviceOnline})
			wait = shortestWait
			err = serve(ctx, conn)
			release()
			conn.Close()
		}
		if ctx.Err() != nil {
			return
		}
		l.set(pos.Health{State: pos.DeviceOffline, Reason: reason(err)})
		var ok bool
		if wait, ok = pause(ctx, wait); !ok {
			return
		}
	}
}

func (l *link) set(h pos.Health) {
	l.mu.Lock()
	changed := l.health != h
	l.health = h
	l.mu.Unlock()
	if changed {
		l.opts.changed()
	}
}

// Health says how the device is.
func (l *link) Health() pos.Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.health
}

// Close ends the supervision and waits for its goroutine.
func (l *link) Close() error {
	l.cancel()
	<-l.ended
	return nil
}
