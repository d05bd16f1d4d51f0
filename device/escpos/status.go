package escpos

import (
	"errors"
	"time"

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
	Cutter    bool // the cutter is stuck
	Waits     bool // a fault that passes by itself: the head is hot
	Fault     bool // any other: head, voltage, mechanics
	Pin3      bool // drawer pin 3 is high; open or closed, depending on the drawer
}

// Bits of the answers to 10 04 n, by n, and of automatic status, by its byte.
const (
	bit1Pin3      = 0x04
	bit1Offline   = 0x08
	bit2Cover     = 0x04
	bit2PaperStop = 0x20
	bit2Fault     = 0x40
	bit3Cutter    = 0x08
	bit3Fatal     = 0x20
	bit3Waits     = 0x40
	bit4Near      = 0x0C
	bit4Out       = 0x60

	auto1Cover   = 0x20
	auto3Near    = 0x03
	auto3Out     = 0x0C
	autoBytes    = 4
	autoTogether = 250 * time.Millisecond // the four bytes of an automatic status come in one go
)

// kind is what a byte from the printer belongs to.
type kind int

const (
	noise kind = iota
	realTime
	inTurn
	automatic // a whole one, in parser.auto
)

// parser tells the bytes of a printer apart by their fixed bits and, in an automatic status, by their place.
type parser struct {
	auto  [autoBytes]byte
	have  int // bytes of auto
	began time.Time
}

// take says what b belongs to. A byte that is only part of something is noise.
func (p *parser) take(b byte, at time.Time) kind {
	switch {
	case b == 0x11, b == 0x13: // XON and XOFF may stand anywhere
		return noise
	case b&0x93 == 0x12:
		return realTime
	case b&0x93 == 0x10:
		p.auto[0], p.have, p.began = b, 1, at
		return noise
	case b&0x90 != 0:
		p.have = 0
		return noise
	case p.have == 0 || at.Sub(p.began) > autoTogether:
		p.have = 0
		return inTurn
	}
	p.auto[p.have] = b
	if p.have++; p.have < autoBytes {
		return noise
	}
	p.have = 0
	return automatic
}

// statusOf reads an automatic status.
func statusOf(b [autoBytes]byte) Status {
	return Status{
		Pin3: b[0]&bit1Pin3 != 0, Offline: b[0]&bit1Offline != 0, CoverOpen: b[0]&auto1Cover != 0,
		Cutter: b[1]&bit3Cutter != 0, Fault: b[1]&bit3Fatal != 0, Waits: b[1]&bit3Waits != 0,
		PaperNear: b[2]&auto3Near != 0, PaperOut: b[2]&auto3Out != 0,
	}
}

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
	case 3: // which fault it is
		s.Cutter, s.Waits = b&bit3Cutter != 0, b&bit3Waits != 0
		s.Fault = b&bit3Fatal != 0 || !s.Cutter && !s.Waits
	case 4:
		s.PaperNear = b&bit4Near != 0
		s.PaperOut = s.PaperOut || b&bit4Out != 0
	}
}

// wrong is the first thing that keeps the printer from printing: for an operator, and in a few words for the
// status bar. Both are empty when it can print.
func (s Status) wrong() (detail, short string) {
	switch {
	case s.PaperOut:
		return "there is no paper", "no paper"
	case s.CoverOpen:
		return "the cover is open", "cover open"
	case s.Cutter:
		return "the cutter is stuck", "cutter stuck"
	case s.Waits:
		return "the printer waits until its head has cooled", "head too hot"
	case s.Fault:
		return "the printer reports a fault of head, mechanics or voltage", "printer fault"
	case s.Offline:
		return "the printer is off-line", "printer off-line"
	}
	return "", ""
}

// Err is nil when the printer can print, else an error with code printer.paper_out or printer.offline.
func (s Status) Err() error {
	detail, _ := s.wrong()
	switch {
	case detail == "":
		return nil
	case s.PaperOut:
		return pos.NewError(pos.CodePrinterPaper).WithDetail("%s", detail).Because(ErrSaid)
	}
	return pos.NewError(pos.CodePrinterOffline).WithDetail("%s", detail).Because(ErrSaid)
}

// DrawerSwitch says how a drawer tells that it is open: by the level of pin 3. That depends on the drawer, and a
// printer without one may show any level.
type DrawerSwitch string

// The switches. None does not watch the drawer.
const (
	DrawerNone DrawerSwitch = ""
	DrawerHigh DrawerSwitch = "high" // open is high
	DrawerLow  DrawerSwitch = "low"
)

// DrawerOpen says whether the drawer is open, false where none is watched.
func (s Status) DrawerOpen(d DrawerSwitch) bool {
	return d == DrawerHigh && s.Pin3 || d == DrawerLow && !s.Pin3
}

// Health says it for the status bar.
func (s Status) Health(d DrawerSwitch) pos.Health {
	if _, short := s.wrong(); short != "" {
		return pos.Health{State: pos.DeviceOffline, Reason: short}
	}
	switch {
	case s.PaperNear:
		return pos.Health{State: pos.DeviceAttention, Reason: "paper near its end"}
	case s.DrawerOpen(d):
		return pos.Health{State: pos.DeviceAttention, Reason: "drawer open"}
	}
	return pos.Health{State: pos.DeviceOnline}
}
