package device

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tillpos/till/device/transport"
)

// Found is a device that is plugged in.
type Found struct {
	URI     string `json:"uri"` // to write into the configuration
	Kind    string `json:"kind"`
	Vendor  string `json:"vendor"`  // hexadecimal, empty for what hangs on no USB
	Product string `json:"product"` // hexadecimal
	Serial  string `json:"serial"`
	Name    string `json:"name"`
	Driver  string `json:"driver"` // the one that fits, empty when none is known
}

// Lack is a kind of device that could not be looked for.
type Lack struct {
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
}

// List looks for devices. Simulated and network devices, wedges and ptys cannot be found by looking.
func List() (found []Found, lacks []Lack) {
	return list(transport.ListHID, transport.ListHidraw, transport.ListSerial)
}

func list(hid, hidraw func() ([]transport.HIDInfo, error), serial func() ([]transport.SerialPort, error)) (found []Found, lacks []Lack) {
	hids, err := hid()
	switch {
	case errors.Is(err, transport.ErrKind):
		lacks = append(lacks, Lack{"hid", "this program was built without cgo, or with the tag nousb"})
	case err != nil:
		lacks = append(lacks, Lack{"hid", err.Error()})
	}
	for _, h := range hids {
		found = append(found, foundHID(h))
	}
	raws, err := hidraw()
	if err != nil {
		lacks = append(lacks, Lack{"hidraw", err.Error()})
	}
	for _, h := range raws {
		f := foundHID(h)
		f.URI, f.Kind = transport.URI{Kind: transport.KindHidraw, Path: h.Path}.String(), "hidraw"
		found = append(found, f)
	}
	ports, err := serial()
	if err != nil {
		lacks = append(lacks, Lack{"serial", err.Error()})
	}
	for _, p := range ports {
		u := transport.URI{Kind: transport.KindSerial, Path: p.Path, Line: transport.Line{Baud: 9600, DataBits: 8, Parity: "N", StopBits: 1}}
		found = append(found, Found{u.String(), "serial", strings.ToLower(p.Vendor), strings.ToLower(p.Product), p.Serial, p.Name, ""})
	}
	return found, lacks
}

func foundHID(h transport.HIDInfo) Found {
	u := transport.URI{Kind: transport.KindHID, Vendor: h.Vendor, Product: h.Product, Serial: h.Serial}
	f := Found{
		URI: u.String(), Kind: "hid", Serial: h.Serial, Name: h.Name,
		Vendor: fmt.Sprintf("%04x", h.Vendor), Product: fmt.Sprintf("%04x", h.Product),
	}
	f.Driver = fits(h)
	return f
}
