package magtek

import (
	"fmt"
	"slices"

	"github.com/tillpos/till/pos/card"
)

// Vendor, Product and UsagePage name the readers of this package on the bus.
const (
	Vendor    = 0x0801
	Product   = 0x0002
	UsagePage = 0xFF00
)

// ReportLength is the shortest input report, in bytes.
const ReportLength = 337

// longestReport is the report with the card status byte of insert readers.
const longestReport = ReportLength + 1

// encodeAt is where the card encode type stands, in clear and encrypted reports.
const encodeAt = 6

// trackRoom is how many bytes of a report each track has.
const trackRoom = 110

// Field is one field of the input report.
type Field struct {
	Name     string
	Offset   int // bytes from the start of the report
	Length   int // bytes
	Usage    byte
	Track    int // 1 to 3; 0 for fields of no track
	Optional bool
}

// Names of the fields, without the track's number.
const (
	fieldStatus = "decode_status"
	fieldLength = "data_length"
	fieldData   = "track"
	fieldEncode = "card_encode_type"
	fieldCard   = "card_status"
)

// head is what clear and encrypted reports begin with.
var head = []Field{
	{fieldStatus + "_1", 0, 1, 0x20, 1, false},
	{fieldStatus + "_2", 1, 1, 0x21, 2, false},
	{fieldStatus + "_3", 2, 1, 0x22, 3, false},
	{fieldLength + "_1", 3, 1, 0x28, 1, false},
	{fieldLength + "_2", 4, 1, 0x29, 2, false},
	{fieldLength + "_3", 5, 1, 0x2A, 3, false},
	{fieldEncode, encodeAt, 1, 0x38, 0, false},
}

// Layout is the table of the input report (99875191, chapter on the input report). The simulator builds
// its reports by it.
var Layout = slices.Concat(head, []Field{
	{fieldData + "_1", 7, trackRoom, 0x30, 1, false},
	{fieldData + "_2", 117, trackRoom, 0x31, 2, false},
	{fieldData + "_3", 227, trackRoom, 0x32, 3, false},
	{fieldCard, 337, 1, 0x39, 0, true},
})

// encodings are the card encode types as the nouns know them.
var encodings = map[byte]card.Encoding{
	0: card.EncodingISO, 1: card.EncodingAAMVA, 2: card.EncodingCADL, 3: card.EncodingBlank, 4: card.EncodingOther,
	5: card.EncodingUndetermined, 6: card.EncodingNone, 7: card.EncodingJIS2,
}

// EncodeTypes names the card encode types.
var EncodeTypes = map[byte]string{
	0: "ISO/ABA", 1: "AAMVA", 2: "CADL", 3: "blank", 4: "other", 5: "undetermined", 6: "none", 7: "JIS type 2",
}

// statusError is the bit of a decode status that says that the track could not be read.
const statusError = 0x01

// places are the fields of one track, found by name in Layout.
type places struct{ status, length, data Field }

var tracks = placesOf(Layout)

func placesOf(layout []Field) (out [3]places) {
	for _, f := range layout {
		if f.Track == 0 {
			continue
		}
		p := &out[f.Track-1]
		switch f.Name[:len(f.Name)-2] {
		case fieldStatus:
			p.status = f
		case fieldLength:
			p.length = f
		case fieldData:
			p.data = f
		}
	}
	return out
}

// LengthError is a report that is too short or too long to be one.
type LengthError struct{ Got, Shortest, Longest int } // bytes

func (e *LengthError) Error() string {
	return fmt.Sprintf("magtek: a report of %d bytes; it has %d to %d", e.Got, e.Shortest, e.Longest)
}

// Parse makes a swipe of an input report and keeps copies of the tracks only. It errs with *LengthError;
// everything else that is wrong with a report is the status of a track.
func Parse(report []byte) (card.Swipe, error) {
	if len(report) < ReportLength || len(report) > longestReport {
		return card.Swipe{}, &LengthError{len(report), ReportLength, longestReport}
	}
	s := card.Swipe{Entry: card.EntrySwipe, Encoding: encodings[report[encodeAt]]}
	for i, p := range tracks {
		s.Status[i] = p.read(report)
		if s.Status[i] == card.Decoded {
			s.Tracks[i] = card.NewTrack(i+1, p.text(report))
		}
	}
	return s, nil
}

func (p places) read(report []byte) card.TrackStatus {
	n := int(report[p.length.Offset])
	switch {
	case report[p.status.Offset]&statusError != 0, n > p.data.Length:
		return card.Bad
	case n == 0:
		return card.Blank
	}
	return card.Decoded
}

func (p places) text(report []byte) []byte {
	return report[p.data.Offset : p.data.Offset+int(report[p.length.Offset])]
}
