package device

import (
	"context"
	"time"

	"github.com/tillpos/till/device/linedisplay"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos"
)

// showLimit is how long one text may take to go out: at 9600 baud it needs 50 ms.
const showLimit = 2 * time.Second

// Display is a supervised customer display. What it shows is put on it again after it was unplugged.
type Display struct {
	*supervisor
	dialect linedisplay.Dialect
	show    chan [linedisplay.Rows]string // holds at most the newest text that was not shown yet
}

// OpenDisplay starts the supervision of a customer display and returns at once; see OpenReader. driver is
// epson-display, which is the default, or logic-controls.
func OpenDisplay(ctx context.Context, uri, driver string, o Options) (*Display, error) {
	u, err := openable("device.display", uri, &driver, linedisplay.Drivers(), streamKinds...)
	if err != nil {
		return nil, err
	}
	s, err := newSupervisor(ctx, o)
	if err != nil {
		return nil, err
	}
	d := &Display{supervisor: s, show: make(chan [linedisplay.Rows]string, 1)}
	d.dialect, _ = linedisplay.Find(driver)
	var last [linedisplay.Rows]string
	d.start(func(ctx context.Context) (session, error) {
		conn, err := openBytes(ctx, u)
		return session{conn, func(ctx context.Context) error { return d.serve(ctx, conn, &last) }}, err
	})
	return d, nil
}

// Show puts two lines on the display when it can, and returns at once. A text that was not shown yet is
// replaced: only the newest counts.
func (d *Display) Show(top, bottom string) {
	for text := [linedisplay.Rows]string{top, bottom}; ; {
		select {
		case d.show <- text:
			return
		default:
		}
		select {
		case <-d.show:
		default:
		}
	}
}

// serve writes what is to be shown until the display goes. last is kept over an unplug.
func (d *Display) serve(ctx context.Context, conn transport.ByteConn, last *[linedisplay.Rows]string) error {
	gone := make(chan error, 1)
	go func() {
		// The display sends nothing: reading only shows when it is gone.
		var b [16]byte
		for {
			if _, err := conn.Read(b[:]); err != nil {
				gone <- err
				return
			}
		}
	}()
	display := linedisplay.New(conn, d.dialect)
	err := d.put(ctx, display.Reset)
	for err == nil {
		if err = d.put(ctx, func(ctx context.Context) error { return display.Show(ctx, *last) }); err != nil {
			break
		}
		d.up(pos.Health{State: pos.DeviceOnline})
		select {
		case *last = <-d.show:
		case err = <-gone:
			return err
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	conn.Close()
	<-gone
	return err
}

func (d *Display) put(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, showLimit)
	defer cancel()
	return f(ctx)
}
