package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/hwsim"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/scenario"
)

// runFlags are the settings of hwsim run.
type runFlags struct {
	demo, stdinLife bool
	list, print     bool
	dir, till       string
	seed            uint64
}

func runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run --demo --dir DIR | run SCENARIO | run --list",
		Short: "A whole counter, every device and a host, waiting or playing a scenario",
		Long:  runHelp(),
		Example: "  hwsim run debit\n  hwsim run --print debit > mine.txtar && hwsim run mine.txtar\n" +
			"  hwsim run --demo --dir /tmp/counter",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.stdinLife {
				ctx, cancel := untilClosed(cmd.Context(), cmd.InOrStdin())
				defer cancel()
				cmd.SetContext(ctx)
			}
			switch {
			case f.list && len(args) == 0:
				return listScenarios(cmd.OutOrStdout())
			case f.demo && len(args) == 0:
				return runDemo(cmd, f)
			case f.print && !f.demo && len(args) == 1:
				_, text, err := scenarioText(args[0])
				if err == nil {
					_, err = cmd.OutOrStdout().Write(text)
				}
				return err
			case !f.demo && len(args) == 1:
				return runScenario(cmd, f, args[0])
			}
			return fmt.Errorf("%w: give --demo, --list, or a scenario: a file, or a name of the list", errUsage)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.demo, "demo", false, "start the devices and the host, say where they are, and wait")
	flags.StringVar(&f.dir, "dir", "", "work folder; a scenario without one uses a temporary folder")
	flags.BoolVar(&f.list, "list", false, "list the scenarios that hwsim carries in itself")
	flags.BoolVar(&f.print, "print", false, "print the scenario's file instead of playing it")
	flags.StringVar(&f.till, "till", "", "the terminal's program; else the one named till beside hwsim, or on PATH")
	flags.Uint64Var(&f.seed, "seed", 1, "of everything random")
	flags.BoolVar(&f.stdinLife, "stdin-life", false, "end when the standard input is closed")
	return cmd
}

// demoDrawer is how long the demo's drawer stands open: nobody is there to push it.
const demoDrawer = 4 * time.Second

func runDemo(cmd *cobra.Command, f runFlags) error {
	if f.dir == "" {
		return fmt.Errorf("%w: --demo needs --dir", errUsage)
	}
	return serve(cmd, func(g *hwsim.Group) (counter.AllReady, error) {
		c, err := counter.Start(g, counter.Config{Dir: f.dir, Seed: f.seed})
		if err != nil {
			return counter.AllReady{}, err
		}
		c.Printer.ShutDrawer(demoDrawer)
		return c.Ready, nil
	})
}

// runHelp explains scenario files, with the table of the verbs.
func runHelp() string {
	var verbs strings.Builder
	lines := tabwriter.NewWriter(&verbs, 0, 0, 2, ' ', 0)
	for _, v := range scenario.Verbs() {
		fmt.Fprintf(lines, "  %s\t%s\n", v.Usage, v.About)
	}
	lines.Flush()
	return `Start a card reader, a PIN pad, a receipt printer, a customer display, a scanner and a TrustCommerce host in one process.

With --demo they wait, and one JSON line says where they are. With a scenario the real terminal (till run) is started
on them in a terminal of its own, and cashier and shopper do what the scenario's script says. The last line is
{"ok":true,"steps":N}; a step that fails ends with its line and what the screen shows, exit 1.

A scenario is the name of one that hwsim carries in itself (--list), or a txtar file with these parts:

  config.toml   the terminal's configuration; ${READER} ${PINPAD} ${PRINTER} ${DISPLAY} ${SCANNER} ${HOST} ${HTTPS} ${CA} and ${DIR} stand
                for what this run has; the terminal's data are in ${DIR}/data
  profile.toml  the host's profile; may be missing
  script        one line a step, # begins a comment
  others        are written beside the configuration: a password file

Lines of a script:

` + verbs.String()
}

// listScenarios prints the scenarios that hwsim carries in itself.
func listScenarios(w io.Writer) error {
	lines := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, n := range scenario.Library() {
		fmt.Fprintf(lines, "%s\t%s\n", n.Name, n.About)
	}
	return lines.Flush()
}

// scenarioText reads a file, or a scenario of the library when there is no such file.
func scenarioText(name string) (scenario.Scenario, []byte, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		var n scenario.Named
		n, err = scenario.Find(name)
		text = n.Text
	}
	if err != nil {
		return scenario.Scenario{}, nil, err
	}
	s, err := scenario.Parse(text)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return s, text, err
}

func runScenario(cmd *cobra.Command, f runFlags, name string) (err error) {
	s, _, err := scenarioText(name)
	if err != nil {
		return err
	}
	if f.dir == "" {
		if f.dir, err = os.MkdirTemp("", "hwsim-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(f.dir)) }()
	}
	if f.dir, err = filepath.Abs(f.dir); err != nil {
		return err // the terminal's configuration names it, and counts from its own folder
	}
	if f.till == "" {
		f.till = findProgram("till")
	}
	if err := scenario.Run(cmd.Context(), s, scenario.Options{Dir: f.dir, Till: f.till, Seed: f.seed, Out: cmd.OutOrStdout()}); err != nil {
		return err
	}
	return writeLine(cmd.OutOrStdout(), map[string]any{"ok": true, "steps": len(s.Steps)})
}

// findProgram looks beside this program, then along PATH; empty when there is none.
func findProgram(name string) string {
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), name)
		if info, err := os.Stat(beside); err == nil && info.Mode()&0o111 != 0 {
			return beside
		}
	}
	found, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return found
}
