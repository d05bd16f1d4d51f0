package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/setting"
	"github.com/tillpos/till/pos"
)

// settingsJSON is what `device settings` prints for programs.
type settingsJSON struct {
	Name     string                `json:"name"`
	URI      string                `json:"uri"`
	Driver   string                `json:"driver"`
	Settings []device.SettingValue `json:"settings"`
}

// settingsWait is how long reading all settings, or writing some, may take.
const settingsWait = 30 * time.Second

func (s *shell) deviceSettings() *cobra.Command {
	var set []string
	c := &cobra.Command{
		Use: "settings [reader]", Short: "Show what the card reader is set to, or set it", Args: cobra.MaximumNArgs(1),
		ValidArgs: []string{"reader"},
		Long: `Show what the configured card reader is set to, and with --set change it. MagTek readers are set over hidraw
(a hid: reader too, where the kernel shows it as hidraw), ID TECH readers over their serial line.
Stop a running terminal first: a device serves one program at a time.

With --json: {"name","uri","driver","settings":[{"name","value","takes","fault"}]}; takes is empty for what can be read only.`,
		Example: "  till device settings\n  till device settings reader --set packet_bytes=64",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] != "reader" {
				return usage("only the reader has settings")
			}
			cfg, _, _, err := s.load()
			if err != nil {
				return err
			}
			u := cfg.Device.Reader
			if u.URI == "" {
				return pos.NewError(pos.CodeReaderOffline).WithDetail("no reader is configured")
			}
			ctx, cancel := context.WithTimeout(c.Context(), settingsWait)
			defer cancel()
			for _, change := range set {
				name, value, ok := strings.Cut(change, "=")
				if !ok {
					return usage("--set takes name=value")
				}
				if err := device.WriteSetting(ctx, u.URI, u.Driver, name, value); err != nil {
					return settingFault(err)
				}
			}
			list, err := device.ReadSettings(ctx, u.URI, u.Driver)
			if err != nil {
				return err
			}
			return s.printSettings(settingsJSON{"reader", u.URI, u.Driver, list})
		},
	}
	c.Flags().StringArrayVar(&set, "set", nil, "name=value; may be given more than once")
	return c
}

// settingFault tells a value that no such setting takes from what the device makes of it.
func settingFault(err error) error {
	if errors.Is(err, setting.ErrValue) {
		return usage("%v", err)
	}
	return err
}

func (s *shell) printSettings(d settingsJSON) error {
	if s.json {
		return printJSON(s.out, d)
	}
	var rows [][]string
	for _, v := range d.Settings {
		rows = append(rows, []string{v.Name, cmp.Or(v.Value, v.Fault, "-"), cmp.Or(v.Takes, "read only")})
	}
	fmt.Fprintf(s.out, "%s %s\n\n", d.Driver, d.URI)
	printTable(s.out, []string{"SETTING", "VALUE", "TAKES"}, rows, nil)
	return nil
}
