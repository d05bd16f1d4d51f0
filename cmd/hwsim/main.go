// Command hwsim is simulated hardware and simulated hosts for Till: card readers, PIN pads, printers, customer displays,
// scanners and processors that answer on sockets as the real ones would.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/hwsim/host"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := rootCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "hwsim:", err)
		os.Exit(exitCode(err))
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "hwsim",
		Short:         "Simulated devices and hosts for Till",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(hostCommand())
	root.AddCommand(deviceCommands()...)
	markRuns(root)
	return root
}

// Exit codes besides 0.
const (
	exitInternal = 1
	exitUsage    = 2
	exitConfig   = 3
)

// errUsage marks what a command itself finds wrong with its arguments.
var errUsage = errors.New("usage")

// ranInto is an error of a command that had begun to run; any other comes from reading its arguments.
type ranInto struct{ error }

func (r ranInto) Unwrap() error { return r.error }

// markRuns tells the errors of running commands from those of their arguments. A command that only has others below it
// shows its help, and takes no word that is none of them.
func markRuns(cmd *cobra.Command) {
	if cmd.HasParent() && cmd.HasSubCommands() && cmd.RunE == nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: %s has no command %q", errUsage, cmd.CommandPath(), args[0])
			}
			return cmd.Help()
		}
	}
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if err := run(cmd, args); err != nil {
				return ranInto{err}
			}
			return nil
		}
	}
	for _, c := range cmd.Commands() {
		markRuns(c)
	}
}

func exitCode(err error) int {
	var ran ranInto
	switch {
	case !errors.As(err, &ran), errors.Is(err, errUsage), errors.Is(err, host.ErrUsage):
		return exitUsage
	case errors.Is(err, host.ErrConfig):
		return exitConfig
	}
	return exitInternal
}
