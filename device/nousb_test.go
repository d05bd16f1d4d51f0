//go:build !cgo || nousb

package device_test

import (
	"errors"
	"testing"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/pos"
)

// A build without the USB backend says so; `make lint` runs this one.
func TestHIDWithoutItsBackend(t *testing.T) {
	_, err := device.OpenReader(t.Context(), "hid:0801:0002", "", device.Options{})
	var e *pos.Error
	if !errors.As(err, &e) || e.Code != pos.CodeDeviceKind || len(e.Args) != 1 || e.Args[0] != "hid" {
		t.Errorf("opening gives %v", err)
	}
	if _, lacks := device.List(); len(lacks) == 0 || lacks[0].Kind != "hid" {
		t.Errorf("the list lacks %+v", lacks)
	}
}
