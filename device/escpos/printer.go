package escpos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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

// begin is what a connection starts with: a slip of an earlier one, cut off in the middle of a command, is
// forgotten, filled up in case the printer does not forget, and the print buffer cleared.
var begin = bytes.Join([][]byte{make([]byte, 4), cmdClear, make([]byte, longestQR+3), cmdInit, cmdAutoStatus}, nil)

// Printer is the driver. One goroutine at a time may call it.
type Printer struct {
	line  *line
	paper Paper
	begun bool // what a connection starts with was sent
}

// New takes an open transport, which it owns from then on: Close closes it. baud is the speed of a serial line,
// 0 for any other: an answer cannot come before its request has left.
func New(conn transport.ByteConn, paper Paper, baud int) *Printer {
	var perByte time.Duration
	if baud > 0 {
		perByte = 10 * time.Second / time.Duration(baud)
	}
	return &Printer{line: newLine(conn, perByte), paper: paper}
}

// Close ends the goroutine that reads. It never waits for the printer.
func (p *Printer) Close() error { return p.line.close() }

// News gets something whenever the printer told by itself that its status changed: see Told.
func (p *Printer) News() <-chan struct{} { return p.line.news }

// Told gives what the printer last told by itself, once.
func (p *Printer) Told() (s Status, ok bool) {
	select {
	case s = <-p.line.told:
		return s, true
	default:
		return s, false
	}
}

// Status asks the printer how it is. It errs with ErrSilent, with an error of the transport or with
// ctx's error.
func (p *Printer) Status(ctx context.Context) (Status, error) {
	if err := p.begin(ctx); err != nil {
		return Status{}, silent(ctx, err)
	}
	drain(p.line.told) // older than what is asked now
	var s Status
	for _, n := range []byte{1, 2, 4, 3} {
		if n == 3 && !s.Fault {
			break
		}
		b, err := p.line.ask(ctx, []byte{0x10, 0x04, n})
		if err != nil {
			return Status{}, err
		}
		s.take(n, b)
	}
	return s, nil
}

func (p *Printer) begin(ctx context.Context) error {
	if p.begun {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	p.begun = true
	return p.line.write(ctx, begin)
}

// Print puts a slip on paper and returns when the printer says that it is there. It errs with code
// printer.paper_out or printer.offline, or with ctx's error; the detail says whether part of the slip
// may be on paper. Nothing of a failed slip is printed later: the whole slip is to be printed again, without
// its drawer if the error is a pos.ErrDrawerOpened.
func (p *Printer) Print(ctx context.Context, s pos.Slip) error {
	limited, cancel := context.WithTimeout(ctx, PrintLimit)
	defer cancel()
	before, err := p.Status(limited)
	if err == nil {
		err = before.Err()
	}
	if err != nil {
		return describe(ctx, err, "nothing was printed", s.Drawer && p.kick(ctx, err))
	}
	if s.Drawer {
		// By itself and first: so it is known whether it is open, whatever becomes of the slip.
		if err := p.send(limited, bytes.Join([][]byte{cmdInit, cmdAutoStatus, cmdDrawer}, nil)); err != nil {
			p.forget()
			return describe(ctx, err, "nothing was printed", p.pulsed(before) || p.kick(ctx, err))
		}
	}
	if err := p.send(limited, p.paper.Encode(s)); err != nil {
		p.forget()
		return describe(ctx, err, "part of the slip may be on paper", s.Drawer)
	}
	return nil
}

// kick opens the drawer of a printer that answers but cannot print: cash waits for no paper. It says
// whether the pulse was sent.
func (p *Printer) kick(ctx context.Context, cannot error) bool {
	answers := errors.Is(cannot, ErrSaid) || errors.Is(cannot, context.DeadlineExceeded)
	if !answers || errors.Is(ctx.Err(), context.Canceled) {
		return false
	}
	return p.urgent(cmdDrawerNow) == nil
}

// pulsed says whether the drawer moved since: so it was opened, and only the printer's word for it is missing. Of a
// drawer without a switch nobody knows. It is asked after a print has failed, whose own time may be over.
func (p *Printer) pulsed(before Status) bool {
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	now, err := p.Status(ctx)
	return err == nil && now.Pin3 != before.Pin3
}

// forget clears the printer's buffer, as far as it still listens.
func (p *Printer) forget() { _ = p.urgent(cmdClear) }

// urgent writes a real-time command after a print has failed, whose own time may be over.
func (p *Printer) urgent(command []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	return p.line.write(ctx, command)
}

func (p *Printer) ready(ctx context.Context) error {
	status, err := p.Status(ctx)
	if err != nil {
		return err
	}
	return status.Err()
}

// send writes data in blocks, looks at the status before each but the first, and waits until the printer has
// carried all of it out.
func (p *Printer) send(ctx context.Context, data []byte) error {
	drain(p.line.turn)
	drain(p.line.hurry)
	data = append(data, cmdInTurn...)
	for i := 0; len(data) > 0; i++ {
		if i > 0 {
			if err := p.ready(ctx); err != nil {
				return err
			}
		}
		piece := data[:min(len(data), block)]
		if err := p.line.write(ctx, piece); err != nil {
			return silent(ctx, err)
		}
		data = data[len(piece):]
	}
	return p.await(ctx)
}

// await waits for the answer in turn. The status is asked in between, and the printer tells by itself when it changed,
// so that paper that ran out shows at once.
func (p *Printer) await(ctx context.Context) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		var err error
		select {
		case <-p.line.turn:
			return nil
		case <-p.line.ended:
			return p.line.lost
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			err = p.ready(ctx)
		case <-p.line.hurry:
			if status, told := p.Told(); told {
				err = status.Err()
			}
		}
		select {
		case <-p.line.turn: // it came before the fault
			return nil
		default:
		}
		if err != nil {
			return err
		}
	}
}

// describe gives an error of the print its code. The caller's own end stays what it is.
func describe(ctx context.Context, err error, outcome string, opened bool) error {
	if err := transport.Over(ctx); err != nil {
		if opened {
			return fmt.Errorf("%w; %w", err, pos.ErrDrawerOpened)
		}
		return err
	}
	var known *pos.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		known = pos.NewError(pos.CodePrinterOffline).Because(ErrUnfinished)
	case !errors.As(err, &known):
		known = pos.NewError(pos.CodePrinterOffline).Because(err)
	}
	detail := known.Detail + "; " + outcome
	if opened {
		detail += "; " + pos.ErrDrawerOpened.Error()
		known = known.Because(errors.Join(known.Unwrap(), pos.ErrDrawerOpened))
	}
	return known.WithDetail("%s", detail)
}
