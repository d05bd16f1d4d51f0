package device_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/setting"
	"github.com/tillpos/till/hwsim/counter"
	"github.com/tillpos/till/hwsim/reader"
	"github.com/tillpos/till/pos"
)

func value(list []device.SettingValue, name string) string {
	for _, s := range list {
		if s.Name == name {
			return s.Value + s.Fault
		}
	}
	return "not there"
}

// TestSettings reads and changes each kind of reader that can be set.
func TestSettings(t *testing.T) {
	for _, c := range []struct {
		cfg                reader.Config
		driver             string
		name, before, text string
		readOnly           string
	}{
		{reader.Config{Model: "magtek"}, "magtek", "tracks", "all", "2", "software"},
		{reader.Config{Model: "magnesafe"}, "magnesafe", "packet_bytes", "8", "64", "serial"},
		{reader.Config{Model: "idtech-serial"}, "idtech-serial", "parity", "none", "even", "security_level"},
		{reader.Config{Model: "idtech-serial", Form: "aes"}, "idtech-serial-secure", "structure", "enhanced", "original", "mask"},
	} {
		t.Run(c.driver, func(t *testing.T) {
			sim, err := reader.New(c.cfg)
			if err != nil {
				t.Fatal(err)
			}
			ready, err := counter.StartReader(group(t), sim, counter.Place{Socket: filepath.Join(socketDir(t), "r")})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			before, err := device.ReadSettings(ctx, ready.URI, c.driver)
			if err != nil || value(before, c.name) != c.before || value(before, "serial") != "SIM0000001" {
				t.Fatalf("before: %+v, %v", before, err)
			}
			if err := device.WriteSetting(ctx, ready.URI, c.driver, c.name, c.text); err != nil {
				t.Fatal(err)
			}
			after, err := device.ReadSettings(ctx, ready.URI, c.driver)
			if err != nil || value(after, c.name) != c.text {
				t.Errorf("after: %+v, %v", after, err)
			}
			for _, wrong := range [][2]string{{c.readOnly, "1"}, {"color", "red"}, {c.name, "?"}} {
				if err := device.WriteSetting(ctx, ready.URI, c.driver, wrong[0], wrong[1]); !errors.Is(err, setting.ErrValue) {
					t.Errorf("setting %s to %s gives %v", wrong[0], wrong[1], err)
				}
			}
		})
	}
}

// TestSettingsOfAnother: the simulator knows the setting by another number than this driver does.
func TestSettingsOfAnother(t *testing.T) {
	sim, err := reader.New(reader.Config{Model: "magnesafe"})
	if err != nil {
		t.Fatal(err)
	}
	ready, err := counter.StartReader(group(t), sim, counter.Place{Socket: filepath.Join(socketDir(t), "r")})
	if err != nil {
		t.Fatal(err)
	}
	if err := device.WriteSetting(t.Context(), ready.URI, "magtek", "packet_bytes", "64"); pos.CodeOf(err) != pos.CodeDeviceRefused {
		t.Errorf("a refused setting gives %v", err)
	}
	list, err := device.ReadSettings(t.Context(), ready.URI, "magtek")
	if err != nil || value(list, "tracks") != "magtek: the reader refused the command" {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestSettingsRefused(t *testing.T) {
	nobody := "sim://" + filepath.Join(socketDir(t), "none")
	for _, c := range []struct {
		name, uri, driver string
		code              pos.Code
	}{
		{"nobody there", nobody, "magtek", pos.CodeReaderOffline},
		{"no table", nobody, "hidpos", pos.CodeDeviceSettings},
		{"a wedge", "wedge:", "", pos.CodeDeviceSettings},
		{"no URI", "reader", "", pos.CodeDeviceURI},
		{"another kind", "tcp:127.0.0.1:1", "magtek", pos.CodeDeviceURI},
		{"unknown driver", nobody, "acme", pos.CodeConfig},
	} {
		if _, err := device.ReadSettings(t.Context(), c.uri, c.driver); pos.CodeOf(err) != c.code {
			t.Errorf("%s gives %v, want %s", c.name, err, c.code)
		}
	}
}
