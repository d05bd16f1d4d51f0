package device

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tillpos/till/device/escpos"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos"
)

// lookEvery is the time between two looks at an idle printer.
const lookEvery = 2 * time.Second

// Printer is a supervised receipt printer.
type Printer struct {
	uri   transport.URI
	paper escpos.Paper
	opts  Options

	run    context.Context // ends with Close
	cancel context.CancelFunc
	ended  chan struct{}
	tried  chan struct{} // closed after the first attempt to open
	broken chan struct{} // a Print found the connection useless

	// turn holds the connection: it is taken out by whoever talks to the printer. It holds nil while
	// there is no connection.
	turn chan *escpos.Printer

	mu     sync.Mutex
	health pos.Health
}

// OpenPrinter starts the supervision of a printer and returns at once; see OpenReader.
func OpenPrinter(ctx context.Context, uri, driver string, o Options) (*Printer, error) {
	u, err := transport.ParseURI(uri)
	if err != nil {
		return nil, err
	}
	if driver == "" {
		driver = "escpos"
	}
	if !printerDrivers[driver] {
		return nil, unknownDriver("device.printer", driver)
	}
	if err := checkKind(u, driver, transport.KindSim, transport.KindSerial, transport.KindTCP, transport.KindFile); err != nil {
		return nil, err
	}
	paper, err := paperOf(o)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := &Printer{
		uri: u, paper: paper, opts: o,
		ended:  make(chan struct{}),
		tried:  make(chan struct{}),
		broken: make(chan struct{}, 1),
		turn:   make(chan *escpos.Printer, 1),
		health: pos.Health{State: pos.DeviceClosed},
	}
	p.turn <- nil
	// The supervision outlives the call that started it.
	p.run, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go p.supervise(p.run)
	return p, nil
}

func paperOf(o Options) (escpos.Paper, error) {
	paper := escpos.DefaultPaper
	if o.Columns != 0 {
		paper.Columns = o.Columns
	}
	if paper.Columns < 16 || paper.Columns > 80 {
		return paper, pos.NewError(pos.CodeConfig, "device.printer.columns", "from 16 to 80")
	}
	if o.CodePage == 0 {
		return paper, nil
	}
	page, known := escpos.Pages[o.CodePage]
	if !known {
		return paper, pos.NewError(pos.CodeConfig, "device.printer.code_page", "437, 850, 852, 858, 860, 863, 865, 866 or 1252")
	}
	paper.Page = page
	return paper, nil
}

// supervise opens the printer, looks at it until it goes, and opens it again.
func (p *Printer) supervise(ctx context.Context) {
	defer close(p.ended)
	first := sync.OnceFunc(func() { close(p.tried) })
	defer first()
	for wait := shortestWait; ; {
		conn, err := p.open(ctx)
		if err == nil {
			// Closing the connection ends a print that is blocked in it.
			release := context.AfterFunc(ctx, func() { conn.Close() })
			err = p.watch(ctx, escpos.New(conn, p.paper), func() { wait = shortestWait; first() })
			release()
			conn.Close()
		}
		if ctx.Err() != nil {
			p.set(pos.Health{State: pos.DeviceClosed})
			return
		}
		p.set(pos.Health{State: pos.DeviceOffline, Reason: printerReason(err)})
		first()
		var ok bool
		if wait, ok = pause(ctx, wait); !ok {
			p.set(pos.Health{State: pos.DeviceClosed})
			return
		}
	}
}

func printerReason(err error) string {
	if errors.Is(err, escpos.ErrSilent) {
		return "no answer"
	}
	return reason(err)
}

func (p *Printer) open(ctx context.Context) (transport.ByteConn, error) {
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	return openBytes(ctx, p.uri)
}

// watch lends the open printer to Print and looks at it in between, until it goes or ctx ends. up is
// called after each look that was answered.
func (p *Printer) watch(ctx context.Context, d *escpos.Printer, up func()) error {
	<-p.turn // nil: nobody prints without a connection
	select {
	case <-p.broken: // that was the last connection
	default:
	}
	for {
		status, err := d.Status(ctx)
		if err != nil {
			p.turn <- nil
			return err
		}
		p.set(status.Health())
		p.turn <- d
		up()
		err = p.idle(ctx)
		<-p.turn // a Print under way ends within its limit, or with its caller's ctx
		if err != nil {
			p.turn <- nil
			return err
		}
	}
}

// idle waits for the next look. It errs when the connection is not to be used any more.
func (p *Printer) idle(ctx context.Context) error {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-p.broken:
		return transport.ErrOffline
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Print puts a slip on paper. It errs with code printer.paper_out or printer.offline, whose detail says
// whether part of the slip may be on paper, or with ctx's error.
func (p *Printer) Print(ctx context.Context, s pos.Slip) error {
	d, err := p.take(ctx)
	if err != nil {
		return err
	}
	defer func() { p.turn <- d }()
	if d == nil {
		return pos.NewError(pos.CodePrinterOffline).WithDetail("%s; nothing was printed", p.Health().Reason)
	}
	return p.print(ctx, d, s)
}

// take waits for the connection, which another slip or a look at the status may hold.
func (p *Printer) take(ctx context.Context) (*escpos.Printer, error) {
	limit := time.NewTimer(escpos.PrintLimit)
	defer limit.Stop()
	select {
	case <-p.tried:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case d := <-p.turn:
		return d, nil
	case <-limit.C:
		return nil, pos.NewError(pos.CodePrinterOffline).WithDetail("the printer is busy; nothing was printed")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// print ends early when the printer is closed under it.
func (p *Printer) print(ctx context.Context, d *escpos.Printer, s pos.Slip) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.run, cancel)()
	err := d.Print(inner, s)
	if err != nil && ctx.Err() == nil && p.run.Err() != nil {
		return pos.NewError(pos.CodePrinterOffline).WithDetail("closed; part of the slip may be on paper")
	}
	switch pos.CodeOf(err) {
	case pos.CodePrinterPaper:
		p.set(pos.Health{State: pos.DeviceOffline, Reason: "no paper"})
	case pos.CodePrinterOffline:
		p.set(pos.Health{State: pos.DeviceOffline, Reason: "did not print"}) // until the next look says more
		select {
		case p.broken <- struct{}{}:
		default:
		}
	}
	return err
}

func (p *Printer) set(h pos.Health) {
	p.mu.Lock()
	changed := p.health != h
	p.health = h
	p.mu.Unlock()
	if changed {
		p.opts.changed()
	}
}

// Health says how the printer is.
func (p *Printer) Health() pos.Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.health
}

// Close ends the supervision and every Print under way.
func (p *Printer) Close() error {
	p.cancel()
	<-p.ended
	return nil
}
