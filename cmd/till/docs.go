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

// assumeSize makes a terminal that does not know its size, as some serial consoles and containers do not, one of 80 by
// 24, the smallest that the screens need. The screen library reads both names, and takes a size that comes later.
func (s *shell) assumeSize() error {
	f, ok := s.out.(*os.File)
	if !ok {
		return nil
	}
	if columns, rows, err := term.GetSize(int(f.Fd())); err != nil || columns > 0 && rows > 0 {
		return nil
	}
	for name, size := range map[string]string{"COLUMNS": "80", "LINES": "24"} {
		if s.env(name) != "" {
			continue
		}
		if err := os.Setenv(name, size); err != nil {
			return err
		}
	}
	return nil
}
