package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/scenario"
)

// runFlags are the settings of hwsim run.
type runFlags struct {
	demo, stdinLife bool
	dir, till       string
	seed            uint64
}

func runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run --demo --dir DIR | run SCENARIO.txtar",
		Short: "A whole counter: reader, printer and host, waiting or playing a scenario",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.stdinLife {
				ctx, cancel := untilClosed(cmd.Context(), cmd.InOrStdin())
				defer cancel()
				cmd.SetContext(ctx)
			}
			switch {
			case f.demo && len(args) == 0:
				return runDemo(cmd, f)
			case !f.demo && len(args) == 1:
				return runScenario(cmd, f, args[0])
			}
			return fmt.Errorf("%w: give --demo, or a scenario file", errUsage)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.demo, "demo", false, "start the devices and the host, say where they are, and wait")
	flags.StringVar(&f.dir, "dir", "", "work folder; a scenario without one uses a temporary folder")
	flags.StringVar(&f.till, "till", "", "the terminal's program; else the one named till beside hwsim")
	flags.Uint64Var(&f.seed, "seed", 1, "of everything random")
	flags.BoolVar(&f.stdinLife, "stdin-life", false, "end when the standard input is closed")
	return cmd
}

func runDemo(cmd *cobra.Command, f runFlags) error {
	if f.dir == "" {
		return fmt.Errorf("%w: --demo needs --dir", errUsage)
	}
	return serve(cmd, func(g *hwsim.Group) (counter.AllReady, error) {
		c, err := counter.Start(g, counter.Config{Dir: f.dir, Seed: f.seed})
		if err != nil {
			return counter.AllReady{}, err
		}
		return c.Ready, nil
	})
}

func runScenario(cmd *cobra.Command, f runFlags, file string) (err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	s, err := scenario.Parse(text)
	if err != nil {
		return errors.Join(errors.New(file), err)
	}
	if f.dir == "" {
		if f.dir, err = os.MkdirTemp("", "hwsim-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(f.dir)) }()
	}
	if f.till == "" {
		f.till = beside("till")
	}
	if err := scenario.Run(cmd.Context(), s, scenario.Options{Dir: f.dir, Till: f.till, Seed: f.seed, Out: cmd.OutOrStdout()}); err != nil {
		return err
	}
	return writeLine(cmd.OutOrStdout(), map[string]any{"ok": true, "steps": len(s.Steps)})
}

// beside gives a program in this program's own folder, empty when there is none.
func beside(name string) string {
	self, err := os.Executable()
	if err != nil {
		return ""
	}
	path := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}
