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
	var s stand
	cmd := standing(name, "A reader of the model "+name+", controlled over PATH.ctl", "swipes that name none", &s, func() (start, error) {
		cfg.FaultsSeed, cfg.FaultsShare = s.seed, s.share
		r, err := reader.New(cfg)
		if err == nil {
			err = counter.Fits(r, s.Place)
		}
		return func(g *hwsim.Group) (counter.Ready, error) { return counter.StartReader(g, r, s.Place) }, err
	})
	flags := cmd.Flags()
	flags.StringVar(&cfg.Form, "form", forms[0], "one of: "+strings.Join(forms, ", "))
	flags.IntVar(&cfg.Packet, "packet", 8, "bytes of a USB packet, 1 to 64 (HID models)")
	flags.BoolVar(&cfg.Whole, "whole", false, "send whole reports, not packets, as hidraw gives them (HID models)")
	flags.IntVar(&cfg.Baud, "baud", 9600, "speed of the line when paced (serial models)")
	flags.BoolVar(&cfg.Pace, "pace", false, "send at the polling interval of the device, 10 ms, or at the speed of the line")
	flags.Uint64Var(&cfg.Seed, "seed", 1, "of the bytes that the device leaves undefined")
	flags.StringVar(&cfg.BDK, "bdk", "", "base derivation key in hexadecimal (encrypting models; empty: the published example's)")
	flags.StringVar(&cfg.KSN, "ksn", "", "key serial number of the first swipe (encrypting models)")
	return cmd
}

func printerCommand() *cobra.Command {
	var s stand
	var seed uint64
	cmd := standing("printer", "An ESC/POS receipt printer with a cash drawer", "slips, pulses of the drawer and new connections", &s, func() (start, error) {
		p := printer.NewSeeded(seed)
		return func(g *hwsim.Group) (counter.Ready, error) { return counter.StartPrinter(g, p, s.Place) }, p.Mix(s.seed, s.share)
	})
	garbageFlag(cmd, &seed)
	paceFlag(cmd, &s.Baud)
	return cmd
}

func displayCommand() *cobra.Command {
	var s stand
	var driver string
	cmd := standing("display", "A customer display of two lines", "texts", &s, func() (start, error) {
		if _, known := linedisplay.Find(driver); !known {
			return nil, fmt.Errorf("--dialect is one of %s", strings.Join(linedisplay.Drivers(), ", "))
		}
		d := display.New(driver)
		return func(g *hwsim.Group) (counter.Ready, error) { return counter.StartDisplay(g, d, s.Place) }, d.Mix(s.seed, s.share)
	})
	cmd.Flags().StringVar(&driver, "dialect", linedisplay.Drivers()[0], "one of: "+strings.Join(linedisplay.Drivers(), ", "))
	paceFlag(cmd, &s.Baud)
	return cmd
}

func scannerCommand() *cobra.Command {
	var s stand
	var seed uint64
	cmd := standing("scanner", "A barcode scanner; POST /scan on its control address scans", "scans that name none", &s, func() (start, error) {
		d := scanner.NewSeeded(seed)
		return func(g *hwsim.Group) (counter.Ready, error) { return counter.StartScanner(g, d, s.Place) }, d.Mix(s.seed, s.share)
	})
	garbageFlag(cmd, &seed)
	paceFlag(cmd, &s.Baud)
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
	for _, track := range []string{"track1", "track2", "track3"} {
		cmd.MarkFlagsMutuallyExclusive("card", track)
	}
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
