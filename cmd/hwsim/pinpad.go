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

func pinpadCommand() *cobra.Command {
	root := &cobra.Command{Use: "pinpad", Short: "Simulated PIN pads"}
	var s stand
	var cfg pinpad.Config
	var master string
	cmd := standing("verifone", "A PIN pad of the VeriFone 1000SE family; `hwsim pin` types on it", "PINs", &s, func() (start, error) {
		if err := speed(cfg.Baud); err != nil {
			return nil, err
		}
		cfg.Master = map[int]string{0: master}
		cfg.FaultsSeed, cfg.FaultsShare = s.seed, s.share
		p, err := pinpad.New(cfg)
		return func(g *hwsim.Group) (counter.Ready, error) { return counter.StartPINPad(g, p, s.Place) }, err
	})
	flags := cmd.Flags()
	flags.StringVar(&cfg.Dialect, "dialect", "uic", "uic or verifone")
	flags.StringVar(&cfg.Keys, "keys", "dukpt", "dukpt or session")
	flags.StringVar(&cfg.BDK, "bdk", pinpad.TestBDK, "base derivation key, hexadecimal")
	flags.StringVar(&cfg.KSN, "ksn", pinpad.TestKSN, "key serial number of the initial key, hexadecimal")
	flags.StringVar(&master, "master", pinpad.TestMaster, "master key of slot 0, hexadecimal")
	flags.BoolVar(&cfg.Auto, "auto", false, "type the PIN of a test card as soon as it is asked for")
	garbageFlag(cmd, &cfg.Seed)
	paceFlag(cmd, &cfg.Baud)
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
