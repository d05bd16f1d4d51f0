package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/cmd/till/internal/config"
	"github.com/tillpos/till/pos"
)

func (s *shell) configCommand() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Write, check and show the configuration", RunE: showHelp}
	c.AddCommand(s.configInit(), s.configCheck(), s.configShow())
	return c
}

func (s *shell) configInit() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use: "init", Short: "Write a commented configuration file",
		Long: "Write till.toml, with a comment for every setting, into the data folder (or to --config). An existing file is kept unless --force is given.",
		RunE: func(*cobra.Command, []string) error {
			dir, err := s.folder()
			if err != nil {
				return err
			}
			path := s.configFile
			if path == "" {
				path = filepath.Join(dir, "till.toml")
			}
			if _, err := os.Stat(path); err == nil && !force {
				return &exitError{exitConfig, path + " is there already; --force writes over it, `till config check` looks at it"}
			}
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return pos.NewError(pos.CodeConfig, "file", "the folder cannot be made").Because(err)
			}
			if err := os.WriteFile(path, []byte(config.Default(dir).Text(true)), 0o600); err != nil {
				return pos.NewError(pos.CodeConfig, "file", "the file cannot be written").Because(err)
			}
			if s.json {
				return printJSON(s.out, map[string]string{"written": path})
			}
			fmt.Fprintf(s.out, "wrote %s\nnext: fill in [processor.trustcommerce] and the devices, then run: till config check\n", path)
			return nil
		},
	}
	c.Flags().BoolVar(&force, "force", false, "write over an existing file")
	return c
}

// faultJSON is one finding of `config check`.
type faultJSON struct {
	Key    string `json:"key"`
	What   string `json:"what"`
	Detail string `json:"detail"`
}

func (s *shell) configCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Check the configuration and the files it names",
		Long: "Check every setting and the files it names. No host is called and no device is opened; `till device test` does that.",
		RunE: func(*cobra.Command, []string) error {
			c, dir, found, err := s.load()
			if err != nil {
				return err
			}
			if !found {
				return pos.NewError(pos.CodeConfig, "file", "there is no configuration in "+dir+"; `till config init` writes one")
			}
			faults := c.Check()
			if len(faults) == 0 {
				// Building the processor reads the password and certificate files; it connects to nothing.
				if _, err := processors[c.Processor.Use](c, slog.New(slog.DiscardHandler), time.Now); err != nil {
					faults = append(faults, pos.AsError(err))
				}
			}
			return s.reportFaults(c, faults)
		},
	}
}

func (s *shell) reportFaults(c config.Config, faults []*pos.Error) error {
	if s.json {
		list := make([]faultJSON, 0, len(faults))
		for _, f := range faults {
			list = append(list, faultJSON{f.Args[0], f.Args[1], f.Detail})
		}
		if err := printJSON(s.out, map[string]any{"ok": len(faults) == 0, "file": c.Path(), "faults": list}); err != nil {
			return err
		}
	} else if len(faults) == 0 {
		fmt.Fprintf(s.out, "%s is in order: lane %s, %s, %s, processor %s\n", c.Path(), c.Terminal.Lane, c.Terminal.Mode, c.Terminal.Currency, c.Processor.Use)
	}
	if len(faults) == 0 {
		return nil
	}
	if !s.json {
		for _, f := range faults {
			where := c.Path()
			if f.Detail != "" {
				where = f.Detail
			}
			fmt.Fprintf(s.err, "till: %s: %s\n  (%s)\n", f.Args[0], f.Args[1], where)
		}
	}
	s.reported = true
	return &exitError{exitConfig, fmt.Sprintf("%d settings are wrong", len(faults))}
}

func (s *shell) configShow() *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Show every setting as it is in force",
		Long: "Show every setting with the environment's overrides applied. Passwords stand in files of their own and are not shown.",
		RunE: func(*cobra.Command, []string) error {
			c, _, found, err := s.load()
			if err != nil {
				return err
			}
			if s.json {
				return printJSON(s.out, map[string]any{"file": c.Path(), "settings": c.Values()})
			}
			source := "no file; these are the defaults"
			if found {
				source = c.Path()
			}
			fmt.Fprintf(s.out, "# %s\n%s", source, c.Text(false))
			for _, file := range []struct {
				name, path string
				read       func() (config.Secret, error)
			}{
				{"password", c.Processor.TrustCommerce.PasswordFile, c.Password},
				{"vault password", c.Processor.TrustCommerce.VaultPasswordFile, c.VaultPassword},
			} {
				if file.path == "" {
					continue
				}
				state := "can be read: ******"
				if _, err := file.read(); err != nil {
					state = "cannot be used: " + strings.Join(pos.AsError(err).Args, ": ")
				}
				fmt.Fprintf(s.out, "# %s %s\n", file.name, state)
			}
			return nil
		},
	}
}
