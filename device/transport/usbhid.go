//go:build cgo && !nousb && (linux || darwin || windows || freebsd)

package transport

import (
	"context"
	"errors"
	"strings"

	"github.com/karalabe/usb"
)

// HIDInBuild says whether this program can open USB HID devices.
const HIDInBuild = true

// ListHID gives the HID devices that are plugged in. An empty list may also mean that the system has no
// USB: the library hides that failure.
func ListHID() ([]HIDInfo, error) {
	if !usb.Supported() {
		return nil, ErrKind
	}
	devices, err := usb.EnumerateHid(0, 0)
	var out []HIDInfo
	for _, d := range devices {
		out = append(out, describe(d))
	}
	return out, err
}

// OpenHID opens a USB HID device by vendor, product and, if not empty, serial number.
func OpenHID(_ context.Context, vendor, product uint16, serial string) (ReportConn, error) {
	size, known := reportSizes[[2]uint16{vendor, product}]
	if !known {
		return nil, errors.New("transport: the length of this device's reports is not known")
	}
	devices, err := usb.EnumerateHid(vendor, product)
	if err != nil {
		return nil, offline(err)
	}
	for _, d := range devices {
		if serial != "" && !strings.EqualFold(d.Serial, serial) {
			continue
		}
		// A failed Open returns a non-nil interface around a nil pointer: only err counts.
		dev, err := d.Open()
		if err != nil {
			return nil, offline(err)
		}
		info := describe(d)
		info.ReportLength = size.shortest
		return newHIDConn(dev, info, size), nil
	}
	return nil, ErrOffline
}

func describe(d usb.DeviceInfo) HIDInfo {
	name := strings.TrimSpace(d.Manufacturer + " " + d.Product)
	return HIDInfo{Vendor: d.VendorID, Product: d.ProductID, UsagePage: d.UsagePage, Serial: d.Serial, Name: name}
}
