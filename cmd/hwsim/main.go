// Command hwsim is simulated hardware and simulated hosts for Till: card readers, printers and
// processors that answer on sockets as the real ones would.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cobra.Command{
		Use:           "hwsim",
		Short:         "Simulated card readers, printers and hosts for Till",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(hostCommand())
	root.AddCommand(deviceCommands()...)
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "hwsim:", err)
		os.Exit(2)
	}
}
