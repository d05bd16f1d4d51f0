package transport

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tillpos/till/pos"
)

func TestParseURI(t *testing.T) {
	for _, c := range []struct {
		text  string
		want  URI
		wrong string // part of the detail; empty for a good URI
	}{
		{text: "sim:///run/r.sock", want: URI{Kind: KindSim, Path: "/run/r.sock"}},
		{text: "sim://relative", wrong: "absolute path"},
		{text: "sim:/one/slash", wrong: "absolute path"},
		{text: "sim:///" + strings.Repeat("x", 110), wrong: "107"},
		{text: "serial:/dev/ttyS0", want: URI{Kind: KindSerial, Path: "/dev/ttyS0", Line: Line{Baud: 9600, DataBits: 8, Parity: "N", StopBits: 1}}},
		{text: "serial:/dev/ttyUSB0?baud=1200&mode=7e1", want: URI{Kind: KindSerial, Path: "/dev/ttyUSB0", Line: Line{Baud: 1200, DataBits: 7, Parity: "E", StopBits: 1}}},
		{text: "serial:/dev/ttyS0?dtr=on&rts=off", want: URI{Kind: KindSerial, Path: "/dev/ttyS0", Line: Line{Baud: 9600, DataBits: 8, Parity: "N", StopBits: 1, DTR: SignalOn, RTS: SignalOff}}},
		{text: "serial:/dev/ttyS0?dtr=high", wrong: "on or off"},
		{text: "serial:", wrong: "path is missing"},
		{text: "serial:/dev/ttyS0?baud=fast", wrong: "baud is a number"},
		{text: "serial:/dev/ttyS0?baud=-5", wrong: "baud is a number"},
		{text: "serial:/dev/ttyS0?mode=9N1", wrong: "for example 8N1"},
		{text: "serial:/dev/ttyS0?speed=9600", wrong: "unknown setting"},
		{text: "hid:0801:0002", want: URI{Kind: KindHID, Vendor: 0x801, Product: 2}},
		{text: "hid:0acd:2010:A:1", want: URI{Kind: KindHID, Vendor: 0xacd, Product: 0x2010, Serial: "A:1"}},
		{text: "hid:801:2", wrong: "four hexadecimal digits"},
		{text: "hid:0801", wrong: "VENDOR:PRODUCT"},
		{text: "hid:0801:0002:", wrong: "serial number"},
		{text: "tcp:127.0.0.1:9100", want: URI{Kind: KindTCP, Address: "127.0.0.1:9100"}},
		{text: "tcp:[::1]:9100", want: URI{Kind: KindTCP, Address: "[::1]:9100"}},
		{text: "tcp:127.0.0.1", wrong: "HOST:PORT"},
		{text: "tcp:127.0.0.1:0", wrong: "port"},
		{text: "wedge:", want: URI{Kind: KindWedge}},
		{text: "wedge:x", wrong: "nothing after"},
		{text: "usb:1", wrong: "unknown kind"},
		{text: "", wrong: "no colon"},
	} {
		got, err := ParseURI(c.text)
		if c.wrong == "" {
			if err != nil {
				t.Errorf("%q: %v", c.text, err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("%q: %s", c.text, d)
			}
			continue
		}
		var e *pos.Error
		if !errors.As(err, &e) || e.Code != pos.CodeDeviceURI || !strings.Contains(e.Detail, c.wrong) {
			t.Errorf("%q: error %v, want one that says %q", c.text, err, c.wrong)
		}
	}
}

// TestSignals: a modem line is set where there is one; where there is none, nothing is wrong.
func TestSignals(t *testing.T) {
	var asked []bool
	answer := error(nil)
	set := func(on bool) error { asked = append(asked, on); return answer }
	for _, s := range []Signal{"", SignalOn, SignalOff} {
		if err := s.apply(set); err != nil {
			t.Error(err)
		}
	}
	if len(asked) != 2 || !asked[0] || asked[1] {
		t.Errorf("the line was set to %v", asked)
	}
	answer = syscall.ENOTTY
	if err := SignalOn.apply(set); err != nil {
		t.Errorf("a line without modem lines gives %v", err)
	}
	answer = syscall.EIO
	if err := SignalOn.apply(set); !errors.Is(err, syscall.EIO) {
		t.Errorf("a line that went gives %v", err)
	}
}

func FuzzURI(f *testing.F) {
	for _, s := range []string{"sim:///a", "serial:/dev/ttyS0?baud=9600&mode=8N1&dtr=off", "hid:0801:0002:x", "tcp:[::1]:1", "wedge:", "serial:a?b=%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURI(s)
		if err != nil {
			if pos.CodeOf(err) != pos.CodeDeviceURI {
				t.Fatalf("%q: %v has no code of its own", s, err)
			}
			return
		}
		again, err := ParseURI(u.String())
		if err != nil || again != u {
			t.Fatalf("%q: written back as %q it is %+v, %v", s, u, again, err)
		}
	})
}
