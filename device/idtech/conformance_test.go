package idtech_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/tillpos/till/hwsim/conform"
	"github.com/tillpos/till/hwsim/reader"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	for _, d := range []conform.Device{
		{Reader: reader.Config{Model: "idtech"}, Driver: "idtech", Stride: 7},
		{Reader: reader.Config{Model: "idtech", Packet: 64}, Driver: "idtech", Stride: 97},
		{Reader: reader.Config{Model: "idtech", Form: "other"}, Driver: "idtech", Stride: 31},
		{Reader: reader.Config{Model: "idtech", Form: "original"}, Driver: "idtech-secure", Encrypted: true},
		{Reader: reader.Config{Model: "idtech", Form: "enhanced"}, Driver: "idtech-secure", Encrypted: true, Stride: 97},
		{Reader: reader.Config{Model: "idtech", Form: "aes"}, Driver: "idtech-secure", Encrypted: true, Stride: 97},
		{Reader: reader.Config{Model: "idtech-serial"}, Driver: "idtech-serial"},
		{Reader: reader.Config{Model: "idtech-serial", Form: "uic"}, Driver: "idtech-serial"},
		{Reader: reader.Config{Model: "idtech-serial", Form: "magtek"}, Driver: "idtech-serial"},
		{Reader: reader.Config{Model: "idtech-serial", Form: "original"}, Driver: "idtech-serial-secure", Encrypted: true},
		{Reader: reader.Config{Model: "idtech-serial", Form: "enhanced"}, Driver: "idtech-serial-secure", Encrypted: true, Stride: 31},
		{Reader: reader.Config{Model: "idtech-serial"}, Driver: "idtech-serial", PTY: true, Stride: 5},
	} {
		name := d.Driver + " " + d.Reader.Form
		if d.PTY {
			name += " on a pty"
		}
		t.Run(name, func(t *testing.T) { t.Parallel(); d.Run(t) })
	}
}

// TestConformanceOtherProcess runs the suite against a hwsim process of its own.
func TestConformanceOtherProcess(t *testing.T) {
	program := conform.Program(t)
	for _, d := range []conform.Device{
		{Reader: reader.Config{Model: "idtech", Form: "original", Packet: 8}, Driver: "idtech-secure", Encrypted: true, Stride: 71},
		{Reader: reader.Config{Model: "idtech-serial", Form: "uic"}, Driver: "idtech-serial", PTY: true, Stride: 11},
	} {
		t.Run(d.Driver, func(t *testing.T) { t.Parallel(); d.RunProcess(t, program) })
	}
}
