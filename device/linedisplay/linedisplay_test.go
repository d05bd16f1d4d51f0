package linedisplay_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/tillpos/till/device/linedisplay"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/hwsim/display"
)

// TestShow writes on a simulated display of each dialect and looks at it.
func TestShow(t *testing.T) {
	for _, driver := range linedisplay.Drivers() {
		dialect, ok := linedisplay.Find(driver)
		if !ok {
			t.Fatal(driver)
		}
		sim := display.New(driver)
		near, far := net.Pipe()
		ended := make(chan struct{})
		go func() { defer close(ended); sim.Speak(far) }()
		d := linedisplay.New(transport.NewStream(near), dialect)
		for _, c := range []struct{ lines, want [2]string }{
			{[2]string{"COFFEE", "TOTAL         12.34"}, [2]string{"COFFEE", "TOTAL         12.34"}},
			{[2]string{"a line that is longer than the display", ""}, [2]string{"a line that is longe", ""}},
			{[2]string{"¡café! \x1b日", "x"}, map[string][2]string{"epson-display": {"¡café! ?", "x"}, "logic-controls": {"!cafe! ?", "x"}}[driver]},
		} {
			if err := errors.Join(d.Reset(t.Context()), d.Show(t.Context(), c.lines)); err != nil {
				t.Fatal(err)
			}
			// The pipe has no buffer: what was written was taken, but for the last read's work.
			if err := d.Show(t.Context(), c.lines); err != nil {
				t.Fatal(err)
			}
			if got := sim.Text(); got.Lines != c.want || got.Unknown != 0 || got.Brightness != 4 {
				t.Errorf("%s shows %+v, want %q", driver, got, c.want)
			}
		}
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := d.Show(cancelled, [2]string{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: a cancelled write gives %v", driver, err)
		}
		near.Close()
		<-ended
	}
}
