package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/counter"
)

// stand is what the commands of all simulated devices share: where the device stands, and what it draws faults by.
type stand struct {
	counter.Place
	seed  uint64 // 0 draws none
	share int
}

// start serves a device.
type start func(*hwsim.Group) (counter.Ready, error)

// standing makes the command of a device. device makes one by the command's flags, and errs with what is wrong with
// them. exchanges are what faults are drawn for.
func standing(name, short, exchanges string, s *stand, device func() (start, error)) *cobra.Command {
	cmd := &cobra.Command{
		Use:   name + " --socket PATH|--listen HOST:PORT|--pty",
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := s.check()
			var run start
			if err == nil {
				run, err = device()
			}
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			return serve(cmd, run)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&s.Socket, "socket", "", "path of a unix socket; the control address is PATH.ctl")
	flags.StringVar(&s.Listen, "listen", "", "host:port of a TCP socket (devices on a line)")
	flags.BoolVar(&s.PTY, "pty", false, "make a serial line and say its path (devices on a line)")
	flags.StringVar(&s.Link, "link", "", "path of a symbolic link to the serial line, which stays when the line is unplugged")
	flags.StringVar(&s.Control, "control", "", "host:port of a control address, besides the socket's")
	flags.Uint64Var(&s.seed, "faults-seed", 0, "draw faults by this seed for "+exchanges+"; 0 draws none")
	flags.IntVar(&s.share, "faults-share", 20, "how many of a hundred go wrong with --faults-seed")
	cmd.MarkFlagsOneRequired("socket", "listen", "pty")
	cmd.MarkFlagsMutuallyExclusive("socket", "listen", "pty")
	return cmd
}

// check errs for what no device can be told.
func (s *stand) check() error {
	switch {
	case s.share < 1 || s.share > 100:
		return fmt.Errorf("--faults-share is 1 to 100 of a hundred")
	case s.seed != 0 && s.PTY && s.Link == "":
		return fmt.Errorf("with --faults-seed the line is unplugged too, and needs a --link to come back")
	case s.Baud != 0 && !s.PTY:
		return fmt.Errorf("--pace keeps the time of a serial line: it goes with --pty")
	}
	return speed(s.Baud)
}

// slowest is the lowest speed of a line, in baud.
const slowest = 50

// speed errs for a pace that no line has; 0 is none.
func speed(baud int) error {
	if baud != 0 && baud < slowest {
		return fmt.Errorf("--pace is at least %d baud", slowest)
	}
	return nil
}

func paceFlag(cmd *cobra.Command, baud *int) {
	cmd.Flags().IntVar(baud, "pace", 0, "baud of the serial line whose pace is kept; 0 sends at once")
}

func garbageFlag(cmd *cobra.Command, seed *uint64) {
	cmd.Flags().Uint64Var(seed, "seed", 1, "of garbage")
}
