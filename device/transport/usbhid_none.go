//go:build !cgo || nousb || !(linux || darwin || windows || freebsd)

package transport

import "context"

// HIDInBuild says whether this program can open USB HID devices.
const HIDInBuild = false

// ListHID errs with ErrKind: this program was built without cgo or with the tag nousb.
func ListHID() ([]HIDInfo, error) { return nil, ErrKind }

// OpenHID errs with ErrKind.
func OpenHID(context.Context, uint16, uint16, string) (ReportConn, error) { return nil, ErrKind }
