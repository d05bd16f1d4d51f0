package main

import (
	"github.com/spf13/cobra"

	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/pinpad"
)

// pinpadFlags are the settings of hwsim pinpad verifone.
type pinpadFlags struct {
	cfg    pinpad.Config
	at     counter.Place
	master string
}

func pinpadCommand() *cobra.Command {
	root := &cobra.Command{Use: "pinpad", Short: "Simulated PIN pads"}
	var f pinpadFlags
	cmd := &cobra.Command{
		Use:   "verifone --socket PATH|--listen HOST:PORT|--pty",
		Short: "A PIN pad of the VeriFone 1000SE family; PINs are typed over the control address",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.master != "" {
				f.cfg.Master = map[int]string{0: f.master}
			}
			p, err := pinpad.New(f.cfg)
			if err != nil {
				return err
			}
			return serve(cmd, func(g *hwsim.Group) (counter.Ready, error) { return counter.StartPINPad(g, p, f.at) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.at.Socket, "socket", "", "path of a unix socket; the control address is PATH.ctl")
	flags.StringVar(&f.at.Listen, "listen", "", "host:port of a TCP socket")
	flags.BoolVar(&f.at.PTY, "pty", false, "make a serial line and say its path")
	flags.StringVar(&f.at.Control, "control", "", "host:port of a control address")
	flags.StringVar(&f.cfg.Dialect, "dialect", "uic", "uic or verifone")
	flags.StringVar(&f.cfg.Keys, "keys", "dukpt", "dukpt or session")
	flags.StringVar(&f.cfg.BDK, "bdk", pinpad.TestBDK, "base derivation key, hexadecimal")
	flags.StringVar(&f.cfg.KSN, "ksn", pinpad.TestKSN, "key serial number of the initial key, hexadecimal")
	flags.StringVar(&f.master, "master", pinpad.TestMaster, "master key of slot 0, hexadecimal")
	flags.IntVar(&f.cfg.Baud, "pace", 0, "baud of the line whose pace is kept; 0 sends at once")
	flags.BoolVar(&f.cfg.Auto, "auto", false, "type the PIN of a test card as soon as it is asked for")
	flags.Uint64Var(&f.cfg.Seed, "seed", 1, "of garbage")
	cmd.MarkFlagsOneRequired("socket", "listen", "pty")
	cmd.MarkFlagsMutuallyExclusive("socket", "listen", "pty")
	root.AddCommand(cmd)
	return root
}
