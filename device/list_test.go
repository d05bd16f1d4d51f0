package device

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tillpos/till/device/transport"
)

// TestList: what is plugged in is shown with vendor, product, serial number and the URI that the configuration wants.
func TestList(t *testing.T) {
	hid := func() ([]transport.HIDInfo, error) {
		return []transport.HIDInfo{
			{Vendor: 0x0801, Product: 0x0011, Serial: "B012345", Name: "MagTek DynaMag"},
			{Vendor: 0x046D, Product: 0xC31C, Name: "Keyboard"},
		}, nil
	}
	hidraw := func() ([]transport.HIDInfo, error) {
		return []transport.HIDInfo{
			{Vendor: 0x0ACD, Product: 0x2010, Serial: "1", Name: "ID TECH", Path: "/dev/hidraw3"},
			{Vendor: 0x1234, Product: 0x0001, UsagePage: 0x8E, Path: "/dev/hidraw4"},
		}, nil
	}
	serial := func() ([]transport.SerialPort, error) {
		return []transport.SerialPort{{Path: "/dev/ttyS0"}, {Path: "/dev/ttyUSB0", Vendor: "067B", Product: "2303", Serial: "A1", Name: "Prolific"}}, nil
	}
	found, lacks := list(hid, hidraw, serial)
	want := []Found{
		{"hid:0801:0011:B012345", "hid", "0801", "0011", "B012345", "MagTek DynaMag", "magnesafe"},
		{"hid:046d:c31c", "hid", "046d", "c31c", "", "Keyboard", ""},
		{"hidraw:/dev/hidraw3", "hidraw", "0acd", "2010", "1", "ID TECH", "idtech"},
		{"hidraw:/dev/hidraw4", "hidraw", "1234", "0001", "", "", "hidpos"},
		{"serial:/dev/ttyS0?baud=9600&mode=8N1", "serial", "", "", "", "", ""},
		{"serial:/dev/ttyUSB0?baud=9600&mode=8N1", "serial", "067b", "2303", "A1", "Prolific", ""},
	}
	if diff := cmp.Diff(want, found); diff != "" || lacks != nil {
		t.Errorf("lacks %v\n%s", lacks, diff)
	}
	for _, f := range found {
		if u, err := transport.ParseURI(f.URI); err != nil || u.String() != f.URI {
			t.Errorf("%s is no URI that the configuration takes: %v", f.URI, err)
		}
	}
}

// TestListLacks: a kind that could not be looked for is said, the others are shown.
func TestListLacks(t *testing.T) {
	none := func() ([]transport.HIDInfo, error) { return nil, transport.ErrKind }
	broken := func() ([]transport.HIDInfo, error) { return nil, errors.New("permission denied") }
	serial := func() ([]transport.SerialPort, error) { return nil, errors.New("no such system") }
	found, lacks := list(none, broken, serial)
	want := []Lack{
		{"hid", "this program was built without cgo, or with the tag nousb"}, {"hidraw", "permission denied"}, {"serial", "no such system"},
	}
	if diff := cmp.Diff(want, lacks); diff != "" || found != nil {
		t.Errorf("found %v\n%s", found, diff)
	}
}
