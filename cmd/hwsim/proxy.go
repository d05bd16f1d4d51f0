package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/faultproxy"
)

// proxyReady is the ready line of hwsim proxy.
type proxyReady struct {
	Ready   bool   `json:"ready"`
	Listen  string `json:"listen"`
	Control string `json:"control"`
	PID     int    `json:"pid"`
}

// proxyFlags are the settings of hwsim proxy.
type proxyFlags struct {
	listen, to, control string
	seed                uint64
}

func proxyCommand() *cobra.Command {
	var f proxyFlags
	cmd := &cobra.Command{
		Use:   "proxy --listen HOST:PORT --to HOST:PORT --control HOST:PORT",
		Short: "A network that delays, resets, cuts and swallows",
		Long: `Pass TCP connections on to one address, and mistreat those that begin while a fault is set.

--control serves HTTP with JSON: POST /fault sets what happens from now on, DELETE /fault ends it together with
the connections it touched, GET /state counts. A fault is

  {"refuse":false,"up":{"delay_ms":0,"jitter_ms":0,"bytes_per_s":0,"cut_at":N,"reset_at":N,"hole_at":N},"down":{…}}

up is the way to the address behind. A position counts the bytes of one connection that way: cut_at closes both
ends, reset_at resets them, hole_at swallows the rest and leaves the connection standing.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd, func(g *hwsim.Group) (proxyReady, error) { return startProxy(g, f) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:0", "address to take connections on")
	flags.StringVar(&f.to, "to", "", "address to pass them on to")
	flags.StringVar(&f.control, "control", "127.0.0.1:0", "address for faults and counts")
	flags.Uint64Var(&f.seed, "seed", 1, "of the jitter")
	must(cmd.MarkFlagRequired("to"))
	return cmd
}

func startProxy(g *hwsim.Group, f proxyFlags) (proxyReady, error) {
	l, err := net.Listen("tcp", f.listen)
	if err != nil {
		return proxyReady{}, err
	}
	at, err := net.Listen("tcp", f.control)
	if err != nil {
		return proxyReady{}, errors.Join(err, l.Close())
	}
	p := faultproxy.New(f.to, f.seed)
	g.Go(func(ctx context.Context) error { return p.Serve(ctx, l) })
	server := &http.Server{Handler: p.Control(), ReadTimeout: time.Minute, WriteTimeout: time.Minute}
	g.Go(func(ctx context.Context) error {
		stop := context.AfterFunc(ctx, func() { server.Close() })
		defer stop()
		if err := server.Serve(at); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return proxyReady{Ready: true, Listen: l.Addr().String(), Control: at.Addr().String(), PID: os.Getpid()}, nil
}
