package transport

import (
	"fmt"
	"net"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/tillpos/till/pos"
)

// Kind is the scheme of a device URI.
type Kind string

const (
	KindSim    Kind = "sim"    // sim:///abs/path.sock, a simulated device on a unix stream socket
	KindSerial Kind = "serial" // serial:/dev/ttyS0?baud=9600&mode=8N1
	KindHID    Kind = "hid"    // hid:VVVV:PPPP[:serial], hexadecimal
	KindHidraw Kind = "hidraw" // hidraw:/dev/hidraw0, a HID device through the Linux kernel
	KindFile   Kind = "file"   // file:/dev/usb/lp0, a printer behind the kernel's printer driver
	KindTCP    Kind = "tcp"    // tcp:host:port
	KindWedge  Kind = "wedge"  // wedge:, a reader that types on the keyboard
)

// URI is a parsed device URI. Only the fields of its kind are filled.
type URI struct {
	Kind            Kind
	Path            string // sim, serial, hidraw, file
	Line            Line   // serial
	Vendor, Product uint16 // hid
	Serial          string // hid, empty for any
	Address         string // tcp, host:port
}

// Line is how a serial line is set.
type Line struct {
	Baud     int
	DataBits int    // 7 or 8
	Parity   string // N, E or O
	StopBits int    // 1 or 2
	DTR, RTS Signal // modem lines of this side
}

// Signal is what a modem line is set to when the line is opened; empty leaves it as the system raises it.
type Signal string

// Signals.
const (
	SignalOn  Signal = "on"
	SignalOff Signal = "off"
)

// String is the line as the URI writes it: baud=1200&mode=7E1.
func (l Line) String() string { return fmt.Sprintf("baud=%d&mode=%s", l.Baud, l.mode()) }

func (l Line) mode() string { return fmt.Sprintf("%d%s%d", l.DataBits, l.Parity, l.StopBits) }

// ParseURI errs with code device.uri; the detail says what is wrong with it.
func ParseURI(text string) (URI, error) {
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok {
		return URI{}, uriError(text, "there is no colon; a device is written as kind:place, for example serial:/dev/ttyS0")
	}
	var u URI
	var wrong string
	switch Kind(scheme) {
	case KindSim:
		u, wrong = parseSim(rest)
	case KindSerial:
		u, wrong = parseSerial(rest)
	case KindHID:
		u, wrong = parseHID(rest)
	case KindHidraw, KindFile:
		u, wrong = parseFile(Kind(scheme), rest)
	case KindTCP:
		u, wrong = parseTCP(rest)
	case KindWedge:
		if u.Kind = KindWedge; rest != "" {
			wrong = "wedge: takes nothing after the colon"
		}
	default:
		wrong = fmt.Sprintf("unknown kind %q; known are sim, serial, hid, hidraw, file, tcp and wedge", scheme)
	}
	if wrong != "" {
		return URI{}, uriError(text, wrong)
	}
	return u, nil
}

// uriError keeps the URI short: a person may have pasted anything.
func uriError(text, wrong string) error {
	if len(text) > 80 {
		text = text[:80] + "…"
	}
	return pos.NewError(pos.CodeDeviceURI, text).WithDetail("%s", wrong)
}

func parseSim(rest string) (URI, string) {
	place, ok := strings.CutPrefix(rest, "//")
	if !ok || !strings.HasPrefix(place, "/") || len(place) < 2 {
		return URI{}, "write sim:// and an absolute path, for example sim:///run/till/reader.sock"
	}
	if strings.ContainsRune(place, 0) {
		return URI{}, "the path holds a NUL character"
	}
	// sockaddr_un holds 108 bytes on Linux, with the NUL that ends it.
	if len(place) > 107 {
		return URI{}, fmt.Sprintf("the socket path has %d characters, the system takes 107", len(place))
	}
	return URI{Kind: KindSim, Path: place}, ""
}

func parseSerial(rest string) (URI, string) {
	line, query, _ := strings.Cut(rest, "?")
	if line == "" || strings.ContainsRune(line, 0) {
		return URI{}, "the device's path is missing, for example serial:/dev/ttyUSB0"
	}
	u := URI{Kind: KindSerial, Path: line, Line: Line{Baud: 9600, DataBits: 8, Parity: "N", StopBits: 1}}
	values, err := url.ParseQuery(query)
	if err != nil {
		return URI{}, "the settings after ? are not written as name=value&name=value"
	}
	for name, list := range values {
		wrong := ""
		switch name {
		case "baud":
			wrong = u.Line.setBaud(list[len(list)-1])
		case "mode":
			wrong = u.Line.setMode(list[len(list)-1])
		case "dtr":
			wrong = u.Line.DTR.set(list[len(list)-1])
		case "rts":
			wrong = u.Line.RTS.set(list[len(list)-1])
		default:
			wrong = fmt.Sprintf("unknown setting %q; known are baud, mode, dtr and rts", name)
		}
		if wrong != "" {
			return URI{}, wrong
		}
	}
	return u, ""
}

func (l *Line) setBaud(text string) string {
	n, err := strconv.Atoi(text)
	if err != nil || n < 50 || n > 4_000_000 {
		return "baud is a number from 50 to 4000000"
	}
	l.Baud = n
	return ""
}

func (l *Line) setMode(text string) string {
	m := strings.ToUpper(text)
	if len(m) != 3 || !strings.Contains("78", m[:1]) || !strings.Contains("NEO", m[1:2]) || !strings.Contains("12", m[2:]) {
		return "mode is data bits, parity and stop bits, for example 8N1 or 7E1"
	}
	l.DataBits, l.Parity, l.StopBits = int(m[0]-'0'), m[1:2], int(m[2]-'0')
	return ""
}

func (s *Signal) set(text string) string {
	if *s = Signal(text); *s != SignalOn && *s != SignalOff {
		return "dtr and rts are on or off"
	}
	return ""
}

func parseHID(rest string) (URI, string) {
	parts := strings.SplitN(rest, ":", 3)
	if len(parts) < 2 {
		return URI{}, "write hid:VENDOR:PRODUCT in hexadecimal, for example hid:0801:0002"
	}
	u := URI{Kind: KindHID}
	for i, to := range []*uint16{&u.Vendor, &u.Product} {
		n, err := strconv.ParseUint(parts[i], 16, 16)
		if err != nil || len(parts[i]) != 4 {
			return URI{}, "vendor and product are four hexadecimal digits each, for example hid:0801:0002"
		}
		*to = uint16(n)
	}
	if len(parts) == 3 {
		if u.Serial = parts[2]; u.Serial == "" {
			return URI{}, "the serial number after the second colon is empty"
		}
	}
	return u, ""
}

// parseFile takes device files only: a printer must not write over a file of the system.
func parseFile(kind Kind, rest string) (URI, string) {
	if !strings.HasPrefix(rest, "/dev/") || strings.ContainsRune(rest, 0) || path.Clean(rest) != rest {
		return URI{}, fmt.Sprintf("write %s: and the device's path below /dev, for example hidraw:/dev/hidraw0 or file:/dev/usb/lp0", kind)
	}
	return URI{Kind: kind, Path: rest}, ""
}

func parseTCP(rest string) (URI, string) {
	host, port, err := net.SplitHostPort(rest)
	if err != nil || host == "" {
		return URI{}, "write tcp:HOST:PORT, for example tcp:127.0.0.1:9100"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return URI{}, "the port is a number from 1 to 65535"
	}
	return URI{Kind: KindTCP, Address: rest}, ""
}

// String writes the URI back; ParseURI reads it as the same device.
func (u URI) String() string {
	switch u.Kind {
	case KindSim:
		return "sim://" + u.Path
	case KindSerial:
		s := fmt.Sprintf("serial:%s?baud=%d&mode=%s", u.Path, u.Line.Baud, u.Line.mode())
		if u.Line.DTR != "" {
			s += "&dtr=" + string(u.Line.DTR)
		}
		if u.Line.RTS != "" {
			s += "&rts=" + string(u.Line.RTS)
		}
		return s
	case KindHID:
		s := fmt.Sprintf("hid:%04x:%04x", u.Vendor, u.Product)
		if u.Serial != "" {
			s += ":" + u.Serial
		}
		return s
	case KindHidraw, KindFile:
		return string(u.Kind) + ":" + u.Path
	case KindTCP:
		return "tcp:" + u.Address
	}
	return string(u.Kind) + ":"
}
