package magtek_test

import (
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"github.com/tillpos/till/hwsim/conform"
	"github.com/tillpos/till/hwsim/reader"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	for _, packet := range []int{8, 64, 1} {
		stride := 97
		if packet == 8 {
			stride = 1
		}
		for _, d := range []conform.Device{
			{Reader: reader.Config{Model: "magtek", Packet: packet}, Driver: "magtek"},
			{Reader: reader.Config{Model: "magnesafe", Packet: packet}, Driver: "magnesafe", Encrypted: true},
		} {
			d.Stride = stride
			t.Run(fmt.Sprintf("%s, packets of %d", d.Driver, packet), func(t *testing.T) { t.Parallel(); d.Run(t) })
		}
	}
	for _, d := range []conform.Device{
		{Reader: reader.Config{Model: "magnesafe", Form: "clear"}, Driver: "magnesafe", Stride: 97},
		{Reader: reader.Config{Model: "magtek-serial"}, Driver: "magtek-serial"},
		{Reader: reader.Config{Model: "magtek-serial", Form: "framed"}, Driver: "magtek-serial"},
		{Reader: reader.Config{Model: "magtek-serial", Form: "encrypted"}, Driver: "magnesafe-serial", Encrypted: true},
		{Reader: reader.Config{Model: "magtek-serial"}, Driver: "magtek-serial", PTY: true},
	} {
		t.Run(fmt.Sprintf("%s %s, pty %v", d.Driver, d.Reader.Form, d.PTY), func(t *testing.T) { t.Parallel(); d.Run(t) })
	}
}

// TestConformanceOtherProcess runs the suite against a hwsim process of its own.
func TestConformanceOtherProcess(t *testing.T) {
	program := conform.Program(t)
	for _, d := range []conform.Device{
		{Reader: reader.Config{Model: "magtek", Packet: 8}, Driver: "magtek", Stride: 31},
		{Reader: reader.Config{Model: "magnesafe", Packet: 8}, Driver: "magnesafe", Stride: 71, Encrypted: true},
		{Reader: reader.Config{Model: "magtek-serial"}, Driver: "magtek-serial", Stride: 9, PTY: true},
	} {
		t.Run(d.Driver, func(t *testing.T) { d.RunProcess(t, program) })
	}
}
