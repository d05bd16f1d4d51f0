package conform

import (
	"bufio"
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/transport"
)

// plugAgain is how long a keyboard that went is looked for again.
const plugAgain = 5 * time.Millisecond

// keyboard hands what is typed at a simulated line to the reader's filter, as a screen does with a terminal's keys:
// until the test ends, and again after each unplug.
func keyboard(uri string) func(*testing.T, *device.Reader) func() int {
	return func(t *testing.T, r *device.Reader) func() int {
		u, err := transport.ParseURI(uri)
		if err != nil {
			t.Fatal(err)
		}
		var plugged atomic.Int64
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for ctx.Err() == nil {
				conn, err := open(ctx, u)
				if err != nil {
					time.Sleep(plugAgain)
					continue
				}
				plugged.Add(1)
				stop := context.AfterFunc(ctx, func() { conn.Close() })
				typeKeys(conn, r)
				stop()
				conn.Close()
			}
		}()
		t.Cleanup(func() { cancel(); <-ended })
		return func() int { return int(plugged.Load()) }
	}
}

func open(ctx context.Context, u transport.URI) (transport.ByteConn, error) {
	if u.Kind == transport.KindSim {
		return transport.DialUnix(ctx, u.Path)
	}
	return transport.OpenSerial(ctx, u.Path, u.Line)
}

func typeKeys(conn transport.ByteConn, r *device.Reader) {
	keys := bufio.NewReader(conn)
	for {
		key, _, err := keys.ReadRune()
		if err != nil {
			return
		}
		r.Keys().Rune(key, time.Now())
	}
}
