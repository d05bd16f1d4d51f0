package escpos

import (
	"errors"

	"github.com/tillpos/till/pos"
)

// ErrSaid is the cause of errors that the printer itself reported: it is there and answers.
var ErrSaid = errors.New("so the printer says")

// Status is what a printer says of itself.
type Status struct {
	Offline   bool
	CoverOpen bool
	PaperOut  bool
	PaperNear bool // near its end
	Fault     bool // cutter, head, voltage
	Pin3      bool // drawer pin 3 is high; open or closed, depending on the drawer
}

// Bits of the answers to 10 04 n, by n.
const (
	bit1Pin3      = 0x04
	bit1Offline   = 0x08
	bit2Cover     = 0x04
	bit2PaperStop = 0x20
	bit2Fault     = 0x40
	bit4Near      = 0x0C
	bit4Out       = 0x60
)

// isRealTime says whether a byte is an answer to 10 04 n.
func isRealTime(b byte) bool { return b&0x93 == 0x12 }

// isInTurn says whether a byte is the answer to 1D 72 01.
func isInTurn(b byte) bool { return b&0x90 == 0 }

// take adds the answer to 10 04 n.
func (s *Status) take(n, b byte) {
	switch n {
	case 1:
		s.Pin3 = b&bit1Pin3 != 0
		s.Offline = b&bit1Offline != 0
	case 2:
		s.CoverOpen = b&bit2Cover != 0
		s.PaperOut = s.PaperOut || b&bit2PaperStop != 0
		s.Fault = b&bit2Fault != 0
	case 4:
		s.PaperNear = b&bit4Near != 0
		s.PaperOut = s.PaperOut || b&bit4Out != 0
	}
}

// Err is nil when the printer can print, else an error with code printer.paper_out or printer.offline.
func (s Status) Err() error {
	switch {
	case s.PaperOut:
		return pos.NewError(pos.CodePrinterPaper).Because(ErrSaid)
	case s.CoverOpen:
		return pos.NewError(pos.CodePrinterOffline).WithDetail("the cover is open").Because(ErrSaid)
	case s.Fault:
		return pos.NewError(pos.CodePrinterOffline).WithDetail("the printer reports a fault of the cutter or the head").Because(ErrSaid)
	case s.Offline:
		return pos.NewError(pos.CodePrinterOffline).WithDetail("the printer is off-line").Because(ErrSaid)
	}
	return nil
}

// Health says it for the status bar.
func (s Status) Health() pos.Health {
	switch {
	case s.PaperOut:
		return pos.Health{State: pos.DeviceOffline, Reason: "no paper"}
	case s.CoverOpen:
		return pos.Health{State: pos.DeviceOffline, Reason: "cover open"}
	case s.Fault:
		return pos.Health{State: pos.DeviceOffline, Reason: "printer fault"}
	case s.Offline:
		return pos.Health{State: pos.DeviceOffline, Reason: "printer off-line"}
	case s.PaperNear:
		return pos.Health{State: pos.DeviceAttention, Reason: "paper near its end"}
	}
	return pos.Health{State: pos.DeviceOnline}
}
