package hidpos_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/tillpos/till/hwsim/conform"
	"github.com/tillpos/till/hwsim/reader"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	conform.Device{Reader: reader.Config{Model: "hidpos"}, Driver: "hidpos"}.Run(t)
}

func TestConformanceOtherProcess(t *testing.T) {
	conform.Device{Reader: reader.Config{Model: "hidpos", Packet: 8}, Driver: "hidpos", Stride: 31}.RunProcess(t, conform.Program(t))
}
