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
	c := &cobra.Command{Use: "device", Aliases: []string{"devices"}, Short: "Look at and test reader, PIN pad and printer", RunE: showHelp}
	c.AddCommand(s.deviceList(), s.deviceTest())
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
	// Pad is what a test of the PIN pad showed.
	Pad *device.PINPadCheck `json:"pad,omitempty"`
}

func units(cfg config.Config) []unitJSON {
	return []unitJSON{
		{Name: "reader", URI: cfg.Device.Reader.URI, Driver: cfg.Device.Reader.Driver},
		{Name: "pinpad", URI: cfg.Device.PINPad.URI, Driver: cfg.Device.PINPad.Driver},
		{Name: "printer", URI: cfg.Device.Printer.URI, Driver: cfg.Device.Printer.Driver},
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
		rows = append(rows, []string{f.Kind, cmp.Or(f.Driver, "-"), f.URI, f.Name})
	}
	if len(rows) == 0 {
		fmt.Fprintln(s.out, "nothing is plugged in that could be found by looking")
	} else {
		printTable(s.out, []string{"PLUGGED IN", "DRIVER", "URI", "NAME"}, rows, nil)
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
	var swipe, key, pin, print, drawer bool
	var timeout time.Duration
	c := &cobra.Command{
		Use: "test [reader|pinpad|printer]", Short: "Open the devices and say how they are", Args: cobra.MaximumNArgs(1),
		ValidArgs: []string{"reader", "pinpad", "printer"},
		Long:      "Open the configured devices, or the one named, and say how they are. --print prints a slip with every kind of line,\n--drawer opens the drawer with it; --swipe waits for a card and shows it masked. --key asks the PIN pad\nfor its serial number, then waits for a key and a string of digits; --pin also takes a card at the reader and asks for its\nPIN, whose block is thrown away. With device.pinpad.probe every speed of the family is tried.\nStop a running terminal first: a device serves one program at a time.",
		RunE: func(c *cobra.Command, args []string) error {
			cfg, _, _, err := s.load()
			if err != nil {
				return err
			}
			list := units(cfg)
			if len(args) == 1 {
				list = slices.DeleteFunc(list, func(u unitJSON) bool { return u.Name != args[0] })
				if len(list) == 0 {
					return usage("the devices are reader, pinpad and printer")
				}
			}
			if pin && !c.Flags().Changed("timeout") {
				timeout = pinTestTime
			}
			ctx, cancel := context.WithTimeout(c.Context(), timeout)
			defer cancel()
			tested, err := s.testUnits(ctx, list, map[string]func(context.Context, *unitJSON) error{
				"reader": func(ctx context.Context, u *unitJSON) error { return s.testReader(ctx, u, swipe) },
				"pinpad": func(ctx context.Context, u *unitJSON) error { return s.testPINPad(ctx, u, cfg, key || pin, pin) },
				"printer": func(ctx context.Context, u *unitJSON) error {
					return testPrinter(ctx, u, slip{print || drawer, drawer})
				},
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
	c.Flags().DurationVar(&timeout, "timeout", 30*time.Second, "how long all of it may take")
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
		u.State, u.Reason = string(pos.DeviceOffline), s.words().Sentence(asPosError(err)).Title
		if first == nil {
			first = err
		}
	}
	return list, first
}

// openWait is how long a device may take to come online.
const openWait = 3 * time.Second

func (s *shell) testReader(ctx context.Context, u *unitJSON, swipe bool) error {
	changed := make(chan struct{}, 1)
	r, err := device.OpenReader(ctx, u.URI, u.Driver, device.Options{Now: time.Now, Changed: changed})
	if err != nil {
		return err
	}
	defer r.Close()
	h := settled(ctx, openWait, changed, r.Health)
	u.State, u.Reason = string(h.State), h.Reason
	if h.State == pos.DeviceOffline || h.State == pos.DeviceClosed {
		return pos.NewError(pos.CodeReaderOffline).WithDetail("%s", h.Reason)
	}
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

func testPrinter(ctx context.Context, u *unitJSON, paper slip) error {
	changed := make(chan struct{}, 1)
	p, err := device.OpenPrinter(ctx, u.URI, u.Driver, device.Options{Now: time.Now, Changed: changed})
	if err != nil {
		return err
	}
	defer p.Close()
	h := settled(ctx, openWait, changed, p.Health)
	u.State, u.Reason = string(h.State), h.Reason
	switch {
	case h.State == pos.DeviceOffline && h.Reason == "no paper":
		return pos.NewError(pos.CodePrinterPaper)
	case h.State == pos.DeviceOffline, h.State == pos.DeviceClosed:
		return pos.NewError(pos.CodePrinterOffline).WithDetail("%s", h.Reason)
	case !paper.print:
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
