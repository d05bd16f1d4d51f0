package device

import (
	"context"
	"errors"

	"github.com/tillpos/till/device/charset"
	"github.com/tillpos/till/device/escpos"
	"github.com/tillpos/till/pos"
)

// Printer is a supervised receipt printer.
type Printer struct{ *lender[*escpos.Printer] }

// OpenPrinter starts the supervision of a printer and returns at once; see OpenReader.
func OpenPrinter(ctx context.Context, uri, driver string, o Options) (*Printer, error) {
	u, err := openable("device.printer", uri, &driver, []string{"escpos"}, streamKinds...)
	if err != nil {
		return nil, err
	}
	paper, err := paperOf(o)
	if err != nil {
		return nil, err
	}
	l, err := newLender[*escpos.Printer](ctx, o)
	if err != nil {
		return nil, err
	}
	p := &Printer{l}
	p.look = func(ctx context.Context, d *escpos.Printer) (pos.Health, error) {
		if status, told := d.Told(); told {
			return status.Health(o.Drawer), nil
		}
		status, err := d.Status(ctx)
		return status.Health(o.Drawer), err
	}
	p.news = (*escpos.Printer).News
	p.absent, p.lost = pos.CodePrinterOffline, func(err error) bool {
		return pos.CodeOf(err) == pos.CodePrinterOffline && !errors.Is(err, escpos.ErrSaid)
	}
	p.start(func(ctx context.Context) (session, error) {
		conn, err := openBytes(ctx, u)
		if err != nil {
			return session{}, err
		}
		d := escpos.New(conn, paper, u.Line.Baud)
		return session{d, func(ctx context.Context) error { return p.serve(ctx, d) }}, nil
	})
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
	page, known := charset.Pages[o.CodePage]
	if !known {
		return paper, pos.NewError(pos.CodeConfig, "device.printer.code_page", "437, 850, 852, 858, 860, 863, 865, 866 or 1252")
	}
	paper.Page = page
	return paper, nil
}

// Print puts a slip on paper. It errs with code printer.paper_out or printer.offline, whose detail says
// whether part of the slip may be on paper, or with ctx's error.
func (p *Printer) Print(ctx context.Context, s pos.Slip) error {
	return p.with(ctx, escpos.PrintLimit, func(ctx context.Context, d *escpos.Printer) error {
		err := d.Print(ctx, s)
		if pos.CodeOf(err) == pos.CodePrinterPaper {
			p.set(pos.Health{State: pos.DeviceOffline, Reason: "no paper"})
		}
		return err
	})
}
