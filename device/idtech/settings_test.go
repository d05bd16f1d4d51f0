package idtech_test

import (
	"context"
	"encoding/hex"
	"errors"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tillpos/till/device/idtech"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/hwsim/reader"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSettings changes a setting of a simulated reader and reads it back.
func TestSettings(t *testing.T) {
	sim, err := reader.New(reader.Config{Model: "idtech-serial"})
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	ended := make(chan struct{})
	go func() { defer close(ended); sim.Speak(far) }()
	defer func() { near.Close(); <-ended }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	device := idtech.NewSetup(transport.NewStream(near))
	if err := device.Set(ctx, idtech.FnBaud, []byte("6")); err != nil {
		t.Fatal(err)
	}
	if got, err := device.Get(ctx, idtech.FnBaud); err != nil || string(got) != "6" {
		t.Errorf("the setting is %q, %v", got, err)
	}
	if got, err := device.Get(ctx, idtech.FnSerial); err != nil || string(got) != "SIM0000001" {
		t.Errorf("the serial number is %q, %v", got, err)
	}
}

// TestCommands: the check of the first one is published.
func TestCommands(t *testing.T) {
	b, err := idtech.SetCommand(idtech.FnEnhanced, []byte("1"))
	if got := hex.EncodeToString(b); err != nil || got != "025385013103e7" {
		t.Errorf("set is %s, %v", got, err)
	}
	if got := hex.EncodeToString(idtech.ReadCommand(idtech.FnSerial)); got != "02524e031d" {
		t.Errorf("read is %s", got)
	}
	if _, err := idtech.SetCommand(1, make([]byte, 256)); err == nil {
		t.Error("256 bytes are taken")
	}
	for _, c := range []struct {
		answer string
		err    error
	}{
		{"15", idtech.ErrRefused}, {"06", idtech.ErrAnswer}, {"06024f0131037e", idtech.ErrAnswer},
		{"06024e013103ff", idtech.ErrAnswer}, {"06024e0131037f", nil},
	} {
		b, _ := hex.DecodeString(c.answer)
		if _, err := idtech.ParseAnswer(idtech.FnSerial, b); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", c.answer, err, c.err)
		}
	}
}
