package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/printer"
	"github.com/tillpos/till/hwsim/reader"
)

func deviceCommands() []*cobra.Command {
	return []*cobra.Command{readerCommand(), printerCommand(), pinpadCommand(), dukptCommand(), swipeCommand(), runCommand()}
}

func readerCommand() *cobra.Command {
	root := &cobra.Command{Use: "reader", Short: "Simulated card readers"}
	var cfg reader.Config
	var at counter.Place
	magtek := &cobra.Command{
		Use:   "magtek --socket PATH",
		Short: "A MagTek stripe reader on a unix socket, controlled over PATH.ctl",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := reader.New(cfg)
			if err != nil {
				return err
			}
			return serve(cmd, func(g *hwsim.Group) (counter.Ready, error) { return counter.StartReader(g, r, at) })
		},
	}
	flags := magtek.Flags()
	flags.StringVar(&at.Socket, "socket", "", "path of the unix socket")
	flags.IntVar(&cfg.Packet, "packet", 8, "bytes of a USB packet, 1 to 64")
	flags.BoolVar(&cfg.Pace, "pace", false, "send packets at the device's polling interval, 10 ms")
	flags.Uint64Var(&cfg.Seed, "seed", 1, "of the bytes that the device leaves undefined")
	flags.StringVar(&at.Control, "control", "", "host:port of a control address besides the socket's")
	must(magtek.MarkFlagRequired("socket"))
	root.AddCommand(magtek)
	return root
}

func printerCommand() *cobra.Command {
	var at counter.Place
	cmd := &cobra.Command{
		Use:   "printer --socket PATH|--listen HOST:PORT|--pty",
		Short: "An ESC/POS receipt printer with a cash drawer",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd, func(g *hwsim.Group) (counter.Ready, error) {
				return counter.StartPrinter(g, printer.New(), at)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&at.Socket, "socket", "", "path of a unix socket; the control address is PATH.ctl")
	flags.StringVar(&at.Listen, "listen", "", "host:port of a TCP socket")
	flags.BoolVar(&at.PTY, "pty", false, "make a serial line and say its path")
	flags.StringVar(&at.Control, "control", "", "host:port of a control address")
	cmd.MarkFlagsOneRequired("socket", "listen", "pty")
	cmd.MarkFlagsMutuallyExclusive("socket", "listen", "pty")
	return cmd
}

func swipeCommand() *cobra.Command {
	var to string
	var s reader.Swipe
	cmd := &cobra.Command{
		Use:   "swipe --to URI --card NAME",
		Short: "Swipe a test card through a simulated reader",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := counter.Swipe(cmd.Context(), to, s); err != nil {
				return err
			}
			return writeLine(cmd.OutOrStdout(), map[string]bool{"delivered": true})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&to, "to", "", "URI of the reader, sim:///PATH")
	flags.StringVar(&s.Card, "card", "", "name of a test card, for example visa")
	flags.StringVar(&s.Track1, "track1", "", "text of track 1, sentinels included")
	flags.StringVar(&s.Track2, "track2", "", "text of track 2, sentinels included")
	flags.StringVar(&s.Fault, "fault", "", "blank, lrc:N, reversed, partial, twice, garbage or unplug:N")
	must(cmd.MarkFlagRequired("to"))
	cmd.MarkFlagsOneRequired("card", "track1", "track2")
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
