//go:build darwin && !cgo

package transport

import "go.bug.st/serial"

// ListSerial gives the paths of the serial lines; their USB details need cgo on this system.
func ListSerial() ([]SerialPort, error) {
	paths, err := serial.GetPortsList()
	var out []SerialPort
	for _, p := range paths {
		out = append(out, SerialPort{Path: p})
	}
	return out, err
}
