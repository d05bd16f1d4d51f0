package magtek_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tillpos/till/device/magtek"
	"github.com/tillpos/till/device/setting"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/hwsim/reader"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plugged connects to a simulated reader, until the test ends.
func plugged(t *testing.T, sim *reader.Reader, l net.Listener) transport.FeatureConn {
	t.Helper()
	conn, err := transport.DialSim(t.Context(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(transport.FeatureConn)
}

func simulated(t *testing.T, model string) (*reader.Reader, net.Listener) {
	t.Helper()
	sim, err := reader.New(reader.Config{Model: model})
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "till") // short: a unix socket's path has room for 107 characters only
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "r"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- sim.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return sim, l
}

// TestSettings reads and changes a reader by feature reports; a change counts after the reset, in which the reader
// leaves the bus.
func TestSettings(t *testing.T) {
	for model, table := range map[string][]setting.Setting{"magtek": magtek.Properties, "magnesafe": magtek.SafeProperties} {
		t.Run(model, func(t *testing.T) {
			sim, l := simulated(t, model)
			conn := plugged(t, sim, l)
			device := magtek.NewFeatures(conn)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			want := map[string]string{"software": "SIM 1.00", "serial": "SIM0000001", "packet_bytes": "8", "polling_ms": "10", "tracks": "all"}
			for _, s := range table {
				value, err := device.Get(ctx, s.Code)
				if err != nil || s.Show(value) != want[s.Name] {
					t.Errorf("%s is %q, %v", s.Name, s.Show(value), err)
				}
				if s.Name != "packet_bytes" {
					continue
				}
				value, _ = s.Read("64")
				if err := device.Set(ctx, s.Code, value); err != nil {
					t.Error(err)
				}
			}
			if err := device.Set(ctx, magtek.PropertySoftware, []byte("X")); !errors.Is(err, magtek.ErrRefused) {
				t.Errorf("setting the software gives %v", err)
			}
			if _, err := device.Get(ctx, 0x7F); !errors.Is(err, magtek.ErrRefused) {
				t.Errorf("an unknown property gives %v", err)
			}
			if err := device.Set(ctx, magtek.PropertySerial, make([]byte, 100)); !errors.Is(err, magtek.ErrTooLong) {
				t.Errorf("a long value gives %v", err)
			}
			if err := device.Reset(ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.ReadReport(ctx); !errors.Is(err, transport.ErrOffline) {
				t.Errorf("after a reset reading gives %v", err)
			}
			again := plugged(t, sim, l)
			swiped := make(chan error, 1)
			go func() { swiped <- sim.Swipe(ctx, reader.Swipe{Card: "visa"}) }()
			if _, err := again.ReadReport(ctx); err != nil {
				t.Error(err)
			}
			if err := <-swiped; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTracksSwitchedOff reads a card with a reader that leaves track 1 out.
func TestTracksSwitchedOff(t *testing.T) {
	sim, l := simulated(t, "magtek")
	device := magtek.NewFeatures(plugged(t, sim, l))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := device.Set(ctx, magtek.PropertyTracks, []byte{0x84}); err != nil {
		t.Fatal(err)
	}
	if err := device.Reset(ctx); err != nil {
		t.Fatal(err)
	}
	driver := magtek.New(plugged(t, sim, l))
	swiped := make(chan error, 1)
	go func() { swiped <- sim.Swipe(ctx, reader.Swipe{Card: "visa"}) }()
	s, _, err := driver.Next(ctx)
	if err != nil || s.Tracks[0].Present() || !s.Tracks[1].Present() {
		t.Errorf("tracks are %v, %v", s.Status, err)
	}
	s.Wipe()
	if err := <-swiped; err != nil {
		t.Error(err)
	}
}

func TestParseAnswer(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer []byte
		err    error
	}{
		{"good", []byte{0, 1, 9}, nil}, {"nothing in it", []byte{0, 0}, nil}, {"refused", []byte{1, 0}, magtek.ErrRefused},
		{"shorter than it says", []byte{0, 2, 9}, magtek.ErrAnswer}, {"empty", nil, magtek.ErrAnswer},
	} {
		if _, err := magtek.ParseAnswer(c.answer); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte{0, 1, 9})
	f.Add([]byte{1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if data, err := magtek.ParseAnswer(b); err == nil && (b[0] != 0 || len(data) != int(b[1])) {
			t.Fatal("an answer gives other data than it says")
		}
	})
}
