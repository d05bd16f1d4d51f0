package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/cmd/till/internal/config"
	"github.com/tillpos/till/device"
	"github.com/tillpos/till/pos"
)

func (s *shell) deviceCommand() *cobra.Command {
	c := &cobra.Command{Use: "device", Aliases: []string{"devices"}, Short: "Look at and test the devices", RunE: showHelp}
	c.AddCommand(s.deviceList(), s.deviceTest(), s.deviceSettings())
	return c
}

// unitJSON is one device as `device list` and `device test` print it.
type unitJSON struct {
	Name   string `json:"name"`
	URI    string `json:"uri"`
	Driver string `json:"driver"`
	State  string `json:"state,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Swipe is what a test swipe showed.
	Swipe *device.ReaderCheck `json:"swipe,omitempty"`
	// Steps are what a person was walked through.
	Steps []stepJSON `json:"steps,omitempty"`
	// Pad is what a test of the PIN pad showed.
	Pad *device.PINPadCheck `json:"pad,omitempty"`
}

func units(cfg config.Config) []unitJSON {
	return []unitJSON{
		{Name: "reader", URI: cfg.Device.Reader.URI, Driver: cfg.Device.Reader.Driver},
		{Name: "pinpad", URI: cfg.Device.PINPad.URI, Driver: cfg.Device.PINPad.Driver},
		{Name: "printer", URI: cfg.Device.Printer.URI, Driver: cfg.Device.Printer.Driver},
		{Name: "display", URI: cfg.Device.Display.URI, Driver: cfg.Device.Display.Driver},
		{Name: "scanner", URI: cfg.Device.Scanner.URI, Driver: cfg.Device.Scanner.Driver},
	}
}

// devicesJSON is what `device list` prints for programs.
type devicesJSON struct {
	Configured []unitJSON     `json:"configured"`
	Found      []device.Found `json:"found"` // plugged in, configured or not
	Lacks      []device.Lack  `json:"lacks"` // kinds that could not be looked for
}

func (s *shell) deviceList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the configured devices and what is plugged in",
		Long: `List the configured devices, then the USB readers and serial lines that this machine has, each by the URI that the
configuration wants. Network printers, wedges and simulated devices cannot be found by looking.

With --json: {"configured","found":[{"uri","kind","vendor","product","serial","name","driver"}],"lacks":[{"kind","reason"}]}.`,
		RunE: func(*cobra.Command, []string) error {
			cfg, _, _, err := s.load()
			if err != nil {
				return err
			}
			found, lacks := device.List()
			return s.printDevices(devicesJSON{units(cfg), found, lacks})
		},
	}
}

func (s *shell) printDevices(d devicesJSON) error {
	if s.json {
		// An empty list is [] for programs, not null.
		d.Found, d.Lacks = append([]device.Found{}, d.Found...), append([]device.Lack{}, d.Lacks...)
		return printJSON(s.out, d)
	}
	var rows [][]string
	for _, u := range d.Configured {
		rows = append(rows, []string{u.Name, u.Driver, orNone(u.URI)})
	}
	printTable(s.out, []string{"CONFIGURED", "DRIVER", "URI"}, rows, nil)
	fmt.Fprintln(s.out)
	rows = nil
	for _, f := range d.Found {
		rows = append(rows, []string{f.Kind, cmp.Or(f.Driver, "-"), cmp.Or(f.Vendor, "-"), cmp.Or(f.Product, "-"), cmp.Or(f.Serial, "-"), f.URI, f.Name})
	}
	if len(rows) == 0 {
		fmt.Fprintln(s.out, "nothing is plugged in that could be found by looking")
	} else {
		printTable(s.out, []string{"PLUGGED IN", "DRIVER", "VENDOR", "PRODUCT", "SERIAL", "URI", "NAME"}, rows, nil)
	}
	for _, l := range d.Lacks {
		fmt.Fprintf(s.out, "not looked for: %s devices: %s\n", l.Kind, l.Reason)
	}
	return nil
}

func orNone(uri string) string {
	if uri == "" {
		return "none (device section of the configuration)"
	}
	return uri
}

func (s *shell) printUnits(list []unitJSON, head []string, row func(unitJSON) []string) error {
	if s.json {
		return printJSON(s.out, list)
	}
	var rows [][]string
	for _, u := range list {
		rows = append(rows, row(u))
	}
	printTable(s.out, head, rows, nil)
	return nil
}

func (s *shell) deviceTest() *cobra.Command {
	var swipe, key, pin, print, drawer, walk bool
	var timeout time.Duration
	c := &cobra.Command{
		Use: "test [reader|pinpad|printer|display|scanner]", Short: "Open the devices and say how they are", Args: cobra.MaximumNArgs(1),
		ValidArgs: []string{"reader", "pinpad", "printer", "display", "scanner"},
		Long:      "Open the configured devices, or the one named, and say how they are. --print prints a slip with every kind of line,\n--drawer opens the drawer with it; --swipe waits for a card and shows it masked. --key asks the PIN pad\nfor its serial number, then waits for a key and a string of digits; --pin also takes a card at the reader and asks for its\nPIN, whose block is thrown away. With device.pinpad.probe every speed of the family is tried.\nFor a person at a terminal, or with --walk, a device that is named is gone through step by step: what to do, what came of\nit, and questions that Enter or y answers with yes; Ctrl-C ends it. --timeout is then for one step.\nStop a running terminal first: a device serves one program at a time.",
		RunE: func(c *cobra.Command, args []string) error {
			cfg, _, _, err := s.load()
			if err != nil {
				return err
			}
			list := units(cfg)
			if len(args) == 1 {
				list = slices.DeleteFunc(list, func(u unitJSON) bool { return u.Name != args[0] })
				if len(list) == 0 {
					return usage("the devices are reader, pinpad, printer, display and scanner")
				}
			}
			if pin && !c.Flags().Changed("timeout") {
				timeout = pinTestTime
			}
			if plain := !swipe && !key && !pin && !print && !drawer; walk || len(args) == 1 && plain && interactive(s.in, s.out) {
				if len(args) == 0 {
					return usage("name the device to walk through")
				}
				return s.walk(c.Context(), &list[0], cfg, timeout)
			}
			ctx, cancel := context.WithTimeout(c.Context(), timeout)
			defer cancel()
			tested, err := s.testUnits(ctx, list, map[string]func(context.Context, *unitJSON) error{
				"reader": func(ctx context.Context, u *unitJSON) error { return s.testReader(ctx, u, swipe) },
				"pinpad": func(ctx context.Context, u *unitJSON) error { return s.testPINPad(ctx, u, cfg, key || pin, pin) },
				"printer": func(ctx context.Context, u *unitJSON) error {
					return testPrinter(ctx, u, cfg.Device.Printer, slip{print || drawer, drawer})
				},
				"display": func(ctx context.Context, u *unitJSON) error { return closing(openDisplay(ctx, u)) },
				"scanner": func(ctx context.Context, u *unitJSON) error { return closing(openScanner(ctx, u)) },
			})
			printed := s.printUnits(tested, []string{"DEVICE", "STATE", "URI", ""}, func(u unitJSON) []string {
				return []string{u.Name, u.State, orNone(u.URI), u.Reason}
			})
			return errors.Join(err, printed)
		},
	}
	c.Flags().BoolVar(&swipe, "swipe", false, "wait for a swipe")
	c.Flags().BoolVar(&key, "key", false, "show texts on the PIN pad and wait for a key and for digits")
	c.Flags().BoolVar(&pin, "pin", false, "then swipe a card and type its PIN")
	c.Flags().BoolVar(&print, "print", false, "print a test slip")
	c.Flags().BoolVar(&drawer, "drawer", false, "print it and open the drawer")
	c.Flags().BoolVar(&walk, "walk", false, "go through the named device step by step, also without a terminal")
	c.Flags().DurationVar(&timeout, "timeout", 30*time.Second, "how long all of it may take, or one step")
	return c
}

// slip says whether a test slip is printed, and whether the drawer opens with it.
type slip struct{ print, drawer bool }

// testUnits opens each device, and keeps the first thing that is wrong as the error.
func (s *shell) testUnits(ctx context.Context, list []unitJSON, tests map[string]func(context.Context, *unitJSON) error) ([]unitJSON, error) {
	var first error
	for i := range list {
		u := &list[i]
		if u.URI == "" {
			u.State = string(pos.DeviceClosed)
			continue
		}
		err := tests[u.Name](ctx, u)
		if err == nil {
			continue
		}
		u.State, u.Reason = string(pos.DeviceOffline), s.words().Sentence(pos.AsError(err)).Title
		if first == nil {
			first = err
		}
	}
	return list, first
}

// openWait is how long a device may take to come online.
const openWait = 3 * time.Second

// opened is a device under test.
type opened interface {
	Health() pos.Health
	Close() error
}

// look opens a device and says how it is once it has settled. It errs with the code, or printer.paper_out, when the
// device is not there; the caller closes what it got in any other case.
func look[D opened](ctx context.Context, u *unitJSON, absent pos.Code, limit time.Duration, o device.Options, open func(device.Options) (D, error)) (d D, err error) {
	changed := make(chan struct{}, 1)
	o.Now, o.Changed = time.Now, changed
	if d, err = open(o); err != nil {
		return d, err
	}
	h := settled(ctx, limit, changed, d.Health)
	u.State, u.Reason = string(h.State), h.Reason
	switch {
	case h.State != pos.DeviceOffline && h.State != pos.DeviceClosed:
		return d, nil
	case absent == pos.CodePrinterOffline && h.Reason == "no paper":
		absent = pos.CodePrinterPaper
	}
	d.Close()
	return d, pos.NewError(absent).WithDetail("%s", h.Reason)
}

func (s *shell) openReader(ctx context.Context, u *unitJSON) (*device.Reader, error) {
	return look(ctx, u, pos.CodeReaderOffline, openWait, device.Options{}, func(o device.Options) (*device.Reader, error) {
		return device.OpenReader(ctx, u.URI, u.Driver, o)
	})
}

func openPrinter(ctx context.Context, u *unitJSON, cfg config.Printer) (*device.Printer, error) {
	return look(ctx, u, pos.CodePrinterOffline, openWait, printerOptions(cfg), func(o device.Options) (*device.Printer, error) {
		return device.OpenPrinter(ctx, u.URI, u.Driver, o)
	})
}

func openDisplay(ctx context.Context, u *unitJSON) (*device.Display, error) {
	return look(ctx, u, pos.CodeDisplayOffline, openWait, device.Options{}, func(o device.Options) (*device.Display, error) {
		return device.OpenDisplay(ctx, u.URI, u.Driver, o)
	})
}

func openScanner(ctx context.Context, u *unitJSON) (*device.Scanner, error) {
	return look(ctx, u, pos.CodeScannerOffline, openWait, device.Options{}, func(o device.Options) (*device.Scanner, error) {
		return device.OpenScanner(ctx, u.URI, u.Driver, o)
	})
}

func closing[D opened](d D, err error) error {
	if err == nil {
		d.Close()
	}
	return err
}

func (s *shell) testReader(ctx context.Context, u *unitJSON, swipe bool) error {
	r, err := s.openReader(ctx, u)
	if err != nil {
		return err
	}
	defer r.Close()
	if !swipe {
		return nil
	}
	fmt.Fprintln(s.err, "swipe a card now")
	got, err := device.TestReader(ctx, r)
	if errors.Is(err, context.DeadlineExceeded) {
		return pos.NewError(pos.CodeCardTimeout)
	}
	if err != nil {
		return err
	}
	u.Swipe = &got
	u.Reason = "tracks " + strings.Join(got.Tracks[:], ", ")
	if got.Fault != "" {
		return pos.NewError(pos.CodeCardUnreadable).WithDetail("%s: %s", u.Reason, got.Fault)
	}
	u.Reason = "read " + got.Card + " " + got.Brand + ", " + u.Reason
	return nil
}

func testPrinter(ctx context.Context, u *unitJSON, cfg config.Printer, paper slip) error {
	p, err := openPrinter(ctx, u, cfg)
	if err != nil {
		return err
	}
	defer p.Close()
	if !paper.print {
		return nil
	}
	return device.TestPrinter(ctx, p, paper.drawer, time.Now())
}

// settled waits until a device that was just opened is online or offline.
func settled(ctx context.Context, limit time.Duration, changed <-chan struct{}, health func() pos.Health) pos.Health {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		h := health()
		if h.State != pos.DeviceClosed {
			return h
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return health()
		}
	}
}
