package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/device/linedisplay"
	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/display"
	"github.com/tillpos/till/hwsim/printer"
	"github.com/tillpos/till/hwsim/reader"
	"github.com/tillpos/till/hwsim/scanner"
)

func deviceCommands() []*cobra.Command {
	return []*cobra.Command{readerCommand(), printerCommand(), displayCommand(), scannerCommand(), pinpadCommand(), dukptCommand(), proxyCommand(), swipeCommand(), pinTypeCommand(), runCommand()}
}

func readerCommand() *cobra.Command {
	root := &cobra.Command{Use: "reader", Short: "Simulated card readers"}
	names, forms := reader.Models()
	for _, name := range names {
		root.AddCommand(readerModel(name, forms[name]))
	}
	return root
}

func readerModel(name string, forms []string) *cobra.Command {
	cfg := reader.Config{Model: name}
	var at counter.Place
	cmd := &cobra.Command{
		Use:   name + " --socket PATH|--listen HOST:PORT|--pty",
		Short: "A reader of the model " + name + ", controlled over PATH.ctl",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := comesBack(cfg.FaultsSeed, at); err != nil {
				return err
			}
			r, err := reader.New(cfg)
			if err != nil {
				return err
			}
			return serve(cmd, func(g *hwsim.Group) (counter.Ready, error) { return counter.StartReader(g, r, at) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&at.Socket, "socket", "", "path of the unix socket")
	flags.StringVar(&at.Listen, "listen", "", "host:port of a TCP socket (serial models)")
	flags.BoolVar(&at.PTY, "pty", false, "make a serial line and say its path (serial models)")
	flags.StringVar(&at.Link, "link", "", "path of a symbolic link to the serial line, which stays when the line is unplugged")
	flags.StringVar(&cfg.Form, "form", forms[0], "one of: "+strings.Join(forms, ", "))
	flags.IntVar(&cfg.Packet, "packet", 8, "bytes of a USB packet, 1 to 64 (HID models)")
	flags.BoolVar(&cfg.Whole, "whole", false, "send whole reports, not packets, as hidraw gives them (HID models)")
	flags.IntVar(&cfg.Baud, "baud", 9600, "speed of the line when paced (serial models)")
	flags.BoolVar(&cfg.Pace, "pace", false, "send at the polling interval of the device, 10 ms, or at the speed of the line")
	flags.Uint64Var(&cfg.Seed, "seed", 1, "of the bytes that the device leaves undefined")
	flags.StringVar(&cfg.BDK, "bdk", "", "base derivation key in hexadecimal (encrypting models; empty: the published example's)")
	flags.StringVar(&cfg.KSN, "ksn", "", "key serial number of the first swipe (encrypting models)")
	flags.Uint64Var(&cfg.FaultsSeed, "faults-seed", 0, "draw faults by this seed for swipes that name none; 0 draws none")
	flags.IntVar(&cfg.FaultsShare, "faults-share", 20, "how many of a hundred swipes go wrong with --faults-seed")
	flags.StringVar(&at.Control, "control", "", "host:port of a control address besides the socket's")
	cmd.MarkFlagsOneRequired("socket", "listen", "pty")
	cmd.MarkFlagsMutuallyExclusive("socket", "listen", "pty")
	return cmd
}

// mixed is what a device draws faults by.
type mixed struct {
	seed  uint64
	share int
}

// mixFlags are those of a device that draws faults for exchanges of this name.
func mixFlags(cmd *cobra.Command, m *mixed, exchanges string) {
	cmd.Flags().Uint64Var(&m.seed, "faults-seed", 0, "draw faults by this seed for "+exchanges+"; 0 draws none")
	cmd.Flags().IntVar(&m.share, "faults-share", 20, "how many of a hundred go wrong with --faults-seed")
}

// apply has a device draw them.
func (m mixed) apply(at counter.Place, mix func(seed uint64, share int) error) error {
	if err := comesBack(m.seed, at); err != nil {
		return err
	}
	if err := mix(m.seed, m.share); err != nil {
		return fmt.Errorf("%w: --faults-share: %w", errUsage, err)
	}
	return nil
}

// comesBack errs for a line that would be gone for good when a fault pulls the plug.
func comesBack(seed uint64, at counter.Place) error {
	if seed != 0 && at.PTY && at.Link == "" {
		return fmt.Errorf("%w: with --faults-seed the line is unplugged too, and needs a --link to come back", errUsage)
	}
	return nil
}

func printerCommand() *cobra.Command {
	var at counter.Place
	var seed uint64
	var m mixed
	cmd := &cobra.Command{
		Use:   "printer --socket PATH|--listen HOST:PORT|--pty",
		Short: "An ESC/POS receipt printer with a cash drawer",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := printer.NewSeeded(seed)
			if err := m.apply(at, p.Mix); err != nil {
				return err
			}
			return serve(cmd, func(g *hwsim.Group) (counter.Ready, error) { return counter.StartPrinter(g, p, at) })
		},
	}
	cmd.Flags().Uint64Var(&seed, "seed", 1, "of garbage")
	mixFlags(cmd, &m, "slips, pulses of the drawer and new connections")
	placeFlags(cmd, &at)
	return cmd
}

// placeFlags are those of a device on a stream.
func placeFlags(cmd *cobra.Command, at *counter.Place) {
	flags := cmd.Flags()
	flags.StringVar(&at.Socket, "socket", "", "path of a unix socket; the control address is PATH.ctl")
	flags.StringVar(&at.Listen, "listen", "", "host:port of a TCP socket")
	flags.BoolVar(&at.PTY, "pty", false, "make a serial line and say its path")
	flags.StringVar(&at.Link, "link", "", "path of a symbolic link to the serial line, which stays when the line is unplugged")
	flags.IntVar(&at.Baud, "pace", 0, "baud of the serial line whose pace is kept; 0 sends at once")
	flags.StringVar(&at.Control, "control", "", "host:port of a control address")
	cmd.MarkFlagsOneRequired("socket", "listen", "pty")
	cmd.MarkFlagsMutuallyExclusive("socket", "listen", "pty")
}

func displayCommand() *cobra.Command {
	var at counter.Place
	var driver string
	var m mixed
	cmd := &cobra.Command{
		Use:   "display --socket PATH|--listen HOST:PORT|--pty",
		Short: "A customer display of two lines",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, known := linedisplay.Find(driver); !known {
				return fmt.Errorf("%w: --dialect is one of %s", errUsage, strings.Join(linedisplay.Drivers(), ", "))
			}
			d := display.New(driver)
			if err := m.apply(at, d.Mix); err != nil {
				return err
			}
			return serve(cmd, func(g *hwsim.Group) (counter.Ready, error) { return counter.StartDisplay(g, d, at) })
		},
	}
	cmd.Flags().StringVar(&driver, "dialect", linedisplay.Drivers()[0], "one of: "+strings.Join(linedisplay.Drivers(), ", "))
	mixFlags(cmd, &m, "texts")
	placeFlags(cmd, &at)
	return cmd
}

func scannerCommand() *cobra.Command {
	var at counter.Place
	var seed uint64
	var m mixed
	cmd := &cobra.Command{
		Use:   "scanner --socket PATH|--listen HOST:PORT|--pty",
		Short: "A barcode scanner; POST /scan on its control address scans",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s := scanner.NewSeeded(seed)
			if err := m.apply(at, s.Mix); err != nil {
				return err
			}
			return serve(cmd, func(g *hwsim.Group) (counter.Ready, error) { return counter.StartScanner(g, s, at) })
		},
	}
	cmd.Flags().Uint64Var(&seed, "seed", 1, "of garbage")
	mixFlags(cmd, &m, "scans that name none")
	placeFlags(cmd, &at)
	return cmd
}

func swipeCommand() *cobra.Command {
	var to, control string
	var s reader.Swipe
	cmd := &cobra.Command{
		Use:   "swipe --to URI --card NAME",
		Short: "Swipe a test card through a simulated reader",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if to != "" {
				if control, err = counter.ControlOf(to); err != nil {
					return fmt.Errorf("%w: %w", errUsage, err)
				}
			}
			if err := counter.Swipe(cmd.Context(), control, s); err != nil {
				return err
			}
			return writeLine(cmd.OutOrStdout(), map[string]bool{"delivered": true})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&to, "to", "", "URI of the reader, sim:///PATH")
	flags.StringVar(&control, "control", "", "its control address as in its ready line, instead of --to (readers on a pty)")
	flags.StringVar(&s.Card, "card", "", "name of a test card, for example visa")
	flags.StringVar(&s.Track1, "track1", "", "text of track 1, sentinels included")
	flags.StringVar(&s.Track2, "track2", "", "text of track 2, sentinels included")
	flags.StringVar(&s.Track3, "track3", "", "text of track 3, sentinels included")
	flags.StringVar(&s.Fault, "fault", "", "one of: "+strings.Join(reader.Faults(), ", "))
	cmd.MarkFlagsOneRequired("to", "control")
	cmd.MarkFlagsMutuallyExclusive("to", "control")
	cmd.MarkFlagsOneRequired("card", "track1", "track2", "track3")
	return cmd
}

// serve starts a device, prints its ready line and waits for the end of the command.
func serve[T any](cmd *cobra.Command, start func(*hwsim.Group) (T, error)) error {
	g := hwsim.NewGroup(cmd.Context())
	ready, err := start(g)
	if err == nil {
		err = writeLine(cmd.OutOrStdout(), ready)
	}
	if err != nil {
		return errors.Join(err, g.Stop())
	}
	return g.Wait()
}

func writeLine(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

// must holds for what cannot fail with the flags of this file.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// untilClosed ends ctx when r ends: a parent that was killed closes its end of the pipe.
func untilClosed(ctx context.Context, r io.Reader) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, r)
	}()
	return ctx, cancel
}
