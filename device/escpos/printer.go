package escpos

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos"
)

const (
	// PrintLimit is how long one slip may take (rule T20).
	PrintLimit = 10 * time.Second
	// answerLimit is how long a printer may take for a real-time answer.
	answerLimit = 500 * time.Millisecond
	// lookEvery is the time between two looks at the status while a slip is printing.
	lookEvery = 250 * time.Millisecond
	// block is how many bytes go out between two looks at the status.
	block = 512
)

// Errors of a printer that is open, for errors.Is.
var (
	// ErrSilent means that the printer did not answer a status request.
	ErrSilent = errors.New("escpos: the printer does not answer")
	// ErrUnfinished means that it answers, but did not print a slip in time.
	ErrUnfinished = errors.New("escpos: the slip was not printed within " + PrintLimit.String())
)

// Printer is the driver. One goroutine at a time may call it.
type Printer struct {
	conn  transport.ByteConn
	paper Paper
}

// New takes an open transport, which it does not own.
func New(conn transport.ByteConn, paper Paper) *Printer { return &Printer{conn, paper} }

// Status asks the printer how it is. It errs with ErrSilent, with an error of the transport or with
// ctx's error.
func (p *Printer) Status(ctx context.Context) (Status, error) {
	var s Status
	for _, n := range []byte{1, 2, 4} {
		b, err := p.ask(ctx, []byte{0x10, 0x04, n}, isRealTime, answerLimit)
		if err != nil {
			return Status{}, err
		}
		s.take(n, b)
	}
	return s, nil
}

// ask writes a request and waits for a byte that is its answer; other bytes are late answers of earlier
// requests and are dropped.
func (p *Printer) ask(ctx context.Context, request []byte, is func(byte) bool, limit time.Duration) (byte, error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	defer transport.Bound(limited, p.conn)()
	if _, err := p.conn.Write(request); err != nil {
		return 0, silent(ctx, err)
	}
	return p.answer(ctx, is)
}

func (p *Printer) answer(ctx context.Context, is func(byte) bool) (byte, error) {
	var b [1]byte
	for {
		n, err := p.conn.Read(b[:])
		if n == 1 && is(b[0]) {
			return b[0], nil
		}
		if err != nil {
			return 0, silent(ctx, err)
		}
	}
}

// silent tells a printer that does not answer from a caller who gave up.
func silent(ctx context.Context, err error) error {
	switch {
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return err
	case over(ctx) != nil:
		return over(ctx)
	}
	return ErrSilent
}

// over is ctx's error, and its deadline's also when the connection's deadline, set to the same time, rang first.
func over(ctx context.Context) error {
	if end, ok := ctx.Deadline(); ok && ctx.Err() == nil && !time.Now().Before(end) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// Print puts a slip on paper and returns when the printer says that it is there. It errs with code
// printer.paper_out or printer.offline, or with ctx's error; the detail says whether part of the slip
// may be on paper. Nothing of a failed slip is printed later: the whole slip is to be printed again.
func (p *Printer) Print(ctx context.Context, s pos.Slip) error {
	limited, cancel := context.WithTimeout(ctx, PrintLimit)
	defer cancel()
	if err := p.ready(limited); err != nil {
		outcome := "nothing was printed"
		if s.Drawer && p.kick(limited, err) {
			outcome += "; the drawer was opened"
		}
		return describe(ctx, err, outcome)
	}
	data := append(p.paper.Encode(s), cmdInTurn...)
	if err := p.send(limited, data); err != nil {
		p.forget()
		return describe(ctx, err, "part of the slip may be on paper")
	}
	return nil
}

// kick opens the drawer of a printer that answers but cannot print: cash waits for no paper. It says
// whether the pulse was sent.
func (p *Printer) kick(ctx context.Context, cannot error) bool {
	var known *pos.Error
	if !errors.As(cannot, &known) {
		return false // the printer is silent or gone
	}
	defer transport.Bound(ctx, p.conn)()
	_, err := p.conn.Write(cmdDrawerNow)
	return err == nil
}

func (p *Printer) ready(ctx context.Context) error {
	status, err := p.Status(ctx)
	if err != nil {
		return err
	}
	return status.Err()
}

// send writes the slip in blocks, looks at the status before each, and waits for the answer in turn.
func (p *Printer) send(ctx context.Context, data []byte) error {
	for i := 0; len(data) > 0; i++ {
		if i > 0 {
			if err := p.ready(ctx); err != nil {
				return err
			}
		}
		piece := data[:min(len(data), block)]
		stop := transport.Bound(ctx, p.conn)
		_, err := p.conn.Write(piece)
		stop()
		if err != nil {
			return silent(ctx, err)
		}
		data = data[len(piece):]
	}
	return p.await(ctx)
}

// await waits until all that was sent is on paper. The status is asked in between, so that paper that
// ran out shows at once; the answer in turn may come while one of those is awaited.
func (p *Printer) await(ctx context.Context) error {
	for n := byte(2); ; n ^= 2 ^ 4 {
		limited, cancel := context.WithTimeout(ctx, lookEvery)
		stop := transport.Bound(limited, p.conn)
		_, err := p.answer(limited, isInTurn)
		stop()
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, ErrSilent) && !errors.Is(err, context.DeadlineExceeded) {
			return errors.Join(err, ctx.Err())
		}
		inTurn := false
		b, err := p.ask(ctx, []byte{0x10, 0x04, n}, func(b byte) bool {
			inTurn = inTurn || isInTurn(b)
			return isRealTime(b)
		}, answerLimit)
		if err != nil {
			return err
		}
		var s Status
		if s.take(n, b); s.Err() != nil || inTurn {
			return s.Err()
		}
	}
}

// forget clears the printer's buffer, as far as it still listens.
func (p *Printer) forget() {
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	defer transport.Bound(ctx, p.conn)()
	_, _ = p.conn.Write(cmdClear)
}

// describe gives an error of the print its code. The caller's own end stays what it is.
func describe(ctx context.Context, err error, outcome string) error {
	if err := over(ctx); err != nil {
		return err
	}
	var known *pos.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		known = pos.NewError(pos.CodePrinterOffline).Because(ErrUnfinished)
	case !errors.As(err, &known):
		known = pos.NewError(pos.CodePrinterOffline).Because(err)
	}
	if known.Detail == "" {
		return known.WithDetail("%s", outcome)
	}
	return known.WithDetail("%s; %s", known.Detail, outcome)
}
