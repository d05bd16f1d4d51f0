package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"golang.org/x/term"
)

// version is set by the linker.
var version = "unknown"

func (s *shell) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version",
		RunE: func(*cobra.Command, []string) error {
			if s.json {
				return printJSON(s.out, map[string]string{"version": versionText(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH})
			}
			fmt.Fprintf(s.out, "till %s (%s, %s/%s)\n", versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}

func versionText() string {
	if version != "unknown" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return version
}

func (s *shell) manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the manual pages into a folder",
		Long:    "Write one manual page for each command into a folder, for the system's man.",
		Example: "  till man /usr/local/share/man/man1",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			// No date of today: two builds of one version give the same pages.
			epoch := time.Unix(0, 0).UTC()
			root := c.Root()
			root.DisableAutoGenTag = true
			err := doc.GenManTree(root, &doc.GenManHeader{Title: "TILL", Section: "1", Source: "Till " + versionText(), Manual: "Till", Date: &epoch}, args[0])
			if err == nil {
				fmt.Fprintf(s.out, "manual pages are in %s; read one with: man %s/till.1\n", args[0], args[0])
			}
			return err
		},
	}
}

// showHelp is what a command with only subcommands does by itself.
func showHelp(c *cobra.Command, _ []string) error { return c.Help() }

// isTerminal says whether a person looks at the stream.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// interactive says whether a person sits at both ends.
func interactive(in io.Reader, out io.Writer) bool { return isTerminal(in) && isTerminal(out) }

// drawable refuses a terminal of 0 by 0, as some serial consoles and containers give it: the screen library
// would spin on it for ever, deaf to keys and signals.
func (s *shell) drawable(headless bool) error {
	f, ok := s.out.(*os.File)
	if headless || !ok {
		return nil
	}
	columns, rows, err := term.GetSize(int(f.Fd()))
	if err != nil || columns > 0 && rows > 0 {
		return nil
	}
	return usage("this terminal says that it has %d columns and %d rows, so nothing can be drawn on it;\ngive it a size (stty rows 24 columns 80) or use --headless", columns, rows)
}
