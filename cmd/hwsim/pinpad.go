package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

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
		Short: "A PIN pad of the VeriFone 1000SE family; `hwsim pin` types on it",
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
	flags.StringVar(&f.at.Link, "link", "", "path of a symbolic link to the serial line, which stays when the line is unplugged")
	flags.StringVar(&f.at.Control, "control", "", "host:port of a control address")
	flags.StringVar(&f.cfg.Dialect, "dialect", "uic", "uic or verifone")
	flags.StringVar(&f.cfg.Keys, "keys", "dukpt", "dukpt or session")
	flags.StringVar(&f.cfg.BDK, "bdk", pinpad.TestBDK, "base derivation key, hexadecimal")
	flags.StringVar(&f.cfg.KSN, "ksn", pinpad.TestKSN, "key serial number of the initial key, hexadecimal")
	flags.StringVar(&f.master, "master", pinpad.TestMaster, "master key of slot 0, hexadecimal")
	flags.IntVar(&f.cfg.Baud, "pace", 0, "baud of the line whose pace is kept; 0 sends at once")
	flags.BoolVar(&f.cfg.Auto, "auto", false, "type the PIN of a test card as soon as it is asked for")
	flags.Uint64Var(&f.cfg.Seed, "seed", 1, "of garbage")
	flags.Uint64Var(&f.cfg.FaultsSeed, "faults-seed", 0, "draw faults for PINs by this seed; 0 draws none")
	flags.IntVar(&f.cfg.FaultsShare, "faults-share", 20, "how many of a hundred PINs go wrong with --faults-seed")
	cmd.MarkFlagsOneRequired("socket", "listen", "pty")
	cmd.MarkFlagsMutuallyExclusive("socket", "listen", "pty")
	root.AddCommand(cmd)
	return root
}

// pinFlags are what a person does at a simulated pad.
type pinFlags struct {
	to, control     string
	card, key, text string
	wrong           bool
	fault           string
}

func pinTypeCommand() *cobra.Command {
	var f pinFlags
	cmd := &cobra.Command{
		Use:   "pin --to URI [--card NAME|--wrong|--key KEY|--text DIGITS|--fault FAULT]",
		Short: "Type a test card's PIN, or another thing, on a simulated PIN pad",
		Long: `Type on a simulated PIN pad: the PIN of the test card that is asked for, unless a flag says otherwise. It waits three
seconds for the pad to ask. PINs are those of the test cards only.

--fault makes something go wrong with what the pad does next, and types nothing: ` + strings.Join(pinpad.Faults(), ", ") + `.
Behind a colon stands how often (drop_ack:2, nak:3), of delay the milliseconds, of unplug and unplug_in the bytes until
then.`,
		Example: "  hwsim pin --to sim:///tmp/pad\n  hwsim pin --to sim:///tmp/pad --key cancel\n  hwsim pin --to sim:///tmp/pad --fault nak:3",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "", "URI of the pad, sim:///PATH")
	flags.StringVar(&f.control, "control", "", "its control address as in its ready line, instead of --to")
	flags.StringVar(&f.card, "card", "", "type this test card's PIN")
	flags.BoolVar(&f.wrong, "wrong", false, "type a wrong PIN")
	flags.StringVar(&f.key, "key", "", "press a key: 0-9, F1-F3, cancel, clear, enter; timeout lets the pad's time run out")
	flags.StringVar(&f.text, "text", "", "type digits and enter, where the pad asks for them")
	flags.StringVar(&f.fault, "fault", "", "make something go wrong, and type nothing")
	cmd.MarkFlagsOneRequired("to", "control")
	cmd.MarkFlagsMutuallyExclusive("to", "control")
	cmd.MarkFlagsMutuallyExclusive("card", "wrong", "key", "text", "fault")
	return cmd
}

func (f *pinFlags) run(cmd *cobra.Command) (err error) {
	ctx := cmd.Context()
	if f.to != "" {
		if f.control, err = counter.ControlOf(f.to); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	said := map[string]bool{"typed": true}
	switch {
	case f.fault != "":
		fault, err := parseFault(f.fault)
		if err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		if err := counter.ArmPINPad(ctx, f.control, fault); err != nil {
			return err
		}
		said = map[string]bool{"armed": true}
	case f.key != "":
		err = counter.PressKey(ctx, f.control, f.key)
	case f.text != "":
		err = counter.TypeText(ctx, f.control, f.text)
	default:
		err = counter.TypePIN(ctx, f.control, f.card, f.wrong)
	}
	if err != nil {
		return err
	}
	return writeLine(cmd.OutOrStdout(), said)
}

// parseFault reads a fault's name with its number, whose unit is the fault's own.
func parseFault(text string) (f hwsim.Fault, err error) {
	name, number, numbered := strings.Cut(text, ":")
	f.Do = name
	if !numbered {
		return f, nil
	}
	n, err := strconv.Atoi(number)
	switch {
	case err != nil || n < 0:
		return f, errors.New("--fault: behind the colon stands a number")
	case name == "delay":
		f.MS = n
	case name == "unplug" || name == "unplug_in":
		f.Bytes = n
	default:
		f.Count = n
	}
	return f, nil
}
