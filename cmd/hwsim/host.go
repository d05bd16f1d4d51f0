package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/hwsim/host"
)

func hostCommand() *cobra.Command {
	var o host.Options
	cmd := &cobra.Command{
		Use:   "host NAME",
		Short: "Run a simulated payment host",
		Long: `Run a simulated payment host on loopback with TLS by an authority of its own.

Hosts: trustcommerce (TCLink and HTTPS on one port).

When it listens it prints one line of JSON with its addresses and the file of its authority, and ends on
SIGTERM or SIGINT. --control serves the ledger, faults and the clock as HTTP with JSON.`,
		Example:   "  hwsim host trustcommerce --listen 127.0.0.1:0 --control 127.0.0.1:0",
		Args:      cobra.ExactArgs(1),
		ValidArgs: []string{"trustcommerce"},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Name = args[0]
			return runHost(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Listen, "listen", "127.0.0.1:0", "address for the host's own wire")
	f.StringVar(&o.HTTPS, "https", "", "address for HTTPS; shared with --listen unless given")
	f.StringVar(&o.Control, "control", "", "address for ledger, faults and clock; none unless given")
	f.StringVar(&o.Profile, "profile", "", "file (TOML) with accounts and switches")
	f.StringVar(&o.StateDir, "state", "", "folder that keeps ledger, clock and authority over restarts")
	f.Uint64Var(&o.Seed, "seed", 0, "seed of the identifiers (0: the profile's, or 1)")
	f.BoolVar(&o.AnyAddress, "any-address", false, "let it listen on more than loopback")
	return cmd
}

// runHost serves until ctx ends. out gets the ready line and nothing else.
func runHost(ctx context.Context, out io.Writer, o host.Options) error {
	r, err := host.Start(ctx, o)
	if err != nil {
		return err
	}
	line, err := json.Marshal(r.Ready)
	if err == nil {
		_, err = fmt.Fprintf(out, "%s\n", line)
	}
	if err != nil {
		return errors.Join(err, r.Close())
	}
	<-ctx.Done()
	return r.Close()
}
