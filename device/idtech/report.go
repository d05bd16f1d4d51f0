package idtech

import (
	"fmt"

	"github.com/tillpos/till/device/magtek"
	"github.com/tillpos/till/pos/card"
)

// Vendor and the products of the readers on the bus; UsagePage is vendor-defined.
const (
	Vendor       = 0x0ACD
	Product      = 0x2010 // ID TECH structure
	ProductOther = 0x2020
	UsagePage    = 0xFF00
)

// The report of the ID TECH structure, bytes.
const (
	ReportLength  = 509
	longestReport = 512 // SecureHead
	OutputLength  = 7   // offset of the output data's length
	OutputAt      = 9
)

// LengthError is a report that has neither structure's length.
type LengthError struct{ Got int }

func (e *LengthError) Error() string {
	return fmt.Sprintf("idtech: a report of %d bytes; it has %d to %d, or %d in the other structure",
		e.Got, ReportLength, longestReport, magtek.ReportLength)
}

// statusError is the bit of a decode status that says that the track could not be read.
const statusError = 0x01

// ParseReport makes a swipe of a report in either structure. It errs with *LengthError and as ParseFrame.
func ParseReport(report []byte) (card.Swipe, error) {
	switch n := len(report); {
	case n == magtek.ReportLength:
		s, err := magtek.Parse(report)
		s.Encoding = encodings[report[6]]
		return s, err
	case n < ReportLength || n > longestReport:
		return card.Swipe{}, &LengthError{n}
	}
	output := outputOf(report)
	if frameLength(output) > 0 {
		return ParseFrame(output)
	}
	s := card.Swipe{Entry: card.EntrySwipe, Encoding: encodings[report[6]]}
	tracks, _ := magtek.TextTracks(output)
	for i, t := range tracks {
		s.Status[i] = magtek.TextStatus(t)
		if report[i]&statusError != 0 {
			s.Status[i] = card.Bad
		}
		if s.Status[i] == card.Decoded {
			s.Tracks[i] = card.NewTrack(i+1, t)
		}
	}
	return s, nil
}

// outputOf gives the output data, as long as the report says they are.
func outputOf(report []byte) []byte {
	room := len(report) - OutputAt
	low, high := int(report[OutputLength]), int(report[OutputLength+1])
	n := low | high<<8
	if n > room {
		n = low<<8 | high
	}
	return report[OutputAt : OutputAt+min(n, room)]
}
