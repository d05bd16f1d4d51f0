package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/cmd/till/internal/config"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// shell is what every command has: where it reads and writes, and the flags that all share.
type shell struct {
	in       io.Reader
	out, err io.Writer
	environ  []string

	dataDir    string
	configFile string
	json       bool
	debug      bool
	reported   bool // the failure was already printed
}

// run executes one command line and returns the exit code of the contract.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer, environ []string) int {
	s := &shell{in: in, out: out, err: errOut, environ: environ}
	ctx, stop := s.untilSignal(ctx)
	defer stop()
	root := s.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := refuseCardNumber(args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	if err == nil {
		return exitDone
	}
	if errors.Is(err, context.Canceled) && pos.CodeOf(err) == pos.CodeInternal {
		err = pos.NewError(pos.CodeCancelled)
	}
	if !s.reported {
		s.printError(err)
	}
	return exitOf(err)
}

// untilSignal ends the context at the first SIGINT, SIGTERM or SIGHUP and lets a second one end the
// program at once.
func (s *shell) untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-signals:
			signal.Stop(signals)
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
		<-done
	}
}

func (s *shell) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "till",
		Short: "A card-payment terminal",
		Long: `Till is a card-payment terminal: amount, card, answer, receipt, next sale.

To see it at work without any hardware:   till demo
To set up a terminal of your own:         till config init`,
		Args:          strictArgs(nil),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(c *cobra.Command, _ []string) error {
			return c.Help()
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%s", err) })
	flags := root.PersistentFlags()
	flags.StringVar(&s.dataDir, "data-dir", "", "folder of journal, socket and log (default $XDG_DATA_HOME/till or ~/.local/share/till)")
	flags.StringVar(&s.configFile, "config", "", "configuration file (default till.toml in the data folder)")
	flags.BoolVar(&s.debug, "debug", false, "write every packet to the log, card data masked")
	flags.BoolVar(&s.json, "json", false, "print JSON for programs")
	root.AddGroup(
		&cobra.Group{ID: "sell", Title: "Selling:"},
		&cobra.Group{ID: "look", Title: "Looking and mending:"},
		&cobra.Group{ID: "set", Title: "Setting up:"},
	)
	group(root, "sell", s.demoCommand(), s.runCommand(), s.saleCommand(pos.KindSale), s.saleCommand(pos.KindAuth),
		s.verifyCommand(), s.balanceCommand(), s.captureCommand(), s.incrementCommand(), s.adjustCommand(), s.voidCommand(), s.refundCommand(), s.creditCommand(),
		s.reverseCommand(), s.achCommand(), s.vaultCommand())
	group(root, "look", s.paymentCommand(), s.unknownCommand(), s.journalCommand(), s.wireCommand())
	group(root, "set", s.configCommand(), s.deviceCommand(), s.manCommand(), s.versionCommand())
	root.InitDefaultCompletionCmd()
	return root
}

func group(root *cobra.Command, id string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = id
		c.Args = strictArgs(c.Args)
		for _, sub := range c.Commands() {
			sub.Args = strictArgs(sub.Args)
		}
		root.AddCommand(c)
	}
}

// strictArgs turns a wrong number of arguments into a usage error.
func strictArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	if check == nil {
		check = cobra.NoArgs
	}
	return func(c *cobra.Command, args []string) error {
		if c.HasSubCommands() && len(args) > 0 {
			return usage("%s has no command %q", c.CommandPath(), args[0])
		}
		if err := check(c, args); err != nil {
			return usage("%v; see: %s --help", err, c.CommandPath())
		}
		return nil
	}
}

// refuseCardNumber keeps card numbers out of argument lists, which every process of the machine can
// read and every shell remembers. Digits that only look like one are refused too.
func refuseCardNumber(args []string) error {
	for _, a := range args {
		if looksLikeCard(a) {
			return usage("an argument looks like a card number. Every program on this machine can read a command line, and the shell keeps it:\n" +
				"  treat that card as exposed and clear the shell's history.\n" +
				"  Give the card with --card swipe, or as JSON on standard input with --card stdin.")
		}
	}
	return nil
}

// looksLikeCard says whether the text holds a run of digits, spaces and dashes between them allowed, of
// a length and range that a card organisation issues. The check digit is not asked for: a card number
// with a slip of the pen is still one.
func looksLikeCard(text string) bool {
	run := make([]byte, 0, len(text))
	issued := func() bool {
		pan, err := card.NewPAN(run)
		run = run[:0]
		pan.Wipe()
		return err == nil && pan.Len() >= 12 && pan.Brand() != card.BrandUnknown
	}
	for _, c := range []byte(text) {
		if c >= '0' && c <= '9' || (c == ' ' || c == '-') && len(run) > 0 {
			run = append(run, c)
			continue
		}
		if issued() {
			return true
		}
	}
	return issued()
}

// folder is the data folder, absolute.
func (s *shell) folder() (string, error) {
	if s.dataDir != "" {
		return filepath.Abs(s.dataDir)
	}
	if base := s.env("XDG_DATA_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "till"), nil
	}
	home := s.env("HOME")
	if home == "" {
		return "", pos.NewError(pos.CodeConfig, "data-dir", "neither XDG_DATA_HOME nor HOME is set; give --data-dir")
	}
	return filepath.Join(home, ".local", "share", "till"), nil
}

// level is how much goes into the log.
func (s *shell) level() slog.Level {
	if s.debug {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

func (s *shell) env(name string) string {
	for _, e := range s.environ {
		if key, value, _ := strings.Cut(e, "="); key == name {
			return value
		}
	}
	return ""
}

// load reads the configuration without judging it. Without a file the defaults and the environment
// count; found says whether there was one.
func (s *shell) load() (c config.Config, dir string, found bool, err error) {
	if dir, err = s.folder(); err != nil {
		return config.Config{}, "", false, err
	}
	path := s.configFile
	if path == "" {
		path = filepath.Join(dir, "till.toml")
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			path = ""
		}
	}
	c, err = config.Load(path, dir, s.environ)
	return c, dir, path != "", err
}

// configured is load for a command that sells: the configuration must be whole.
func (s *shell) configured() (config.Config, string, error) {
	c, dir, found, err := s.load()
	if err != nil {
		return config.Config{}, "", err
	}
	faults := c.Check()
	switch {
	case len(faults) == 0:
		return c, dir, nil
	case !found:
		return config.Config{}, "", pos.NewError(pos.CodeConfig, "file", "there is no configuration in "+dir+"; `till config init` writes one, `till demo` needs none").
			WithDetail("%s", faults[0].Error())
	}
	return config.Config{}, "", faults[0]
}
