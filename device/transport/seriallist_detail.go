//go:build !darwin || cgo

package transport

import "go.bug.st/serial/enumerator"

// ListSerial gives the serial lines that the system knows. Ptys are never among them.
func ListSerial() ([]SerialPort, error) {
	ports, err := enumerator.GetDetailedPortsList()
	var out []SerialPort
	for _, p := range ports {
		out = append(out, SerialPort{p.Name, p.VID, p.PID, p.SerialNumber, p.Product})
	}
	return out, err
}
