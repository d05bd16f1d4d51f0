package magtek

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/tillpos/till/pos/card"
)

// The products of the encrypting readers, and the length of their shortest report.
const (
	ProductSafe       = 0x0011
	SafeLength        = 856
	longestSafeReport = 4096
)

// safeRoom is how many bytes of an encrypted report each track has.
const safeRoom = 112

// Names of the fields that only encrypted reports have, without the track's number.
const (
	fieldEncrypted    = "encrypted_track"
	fieldMasked       = "masked_track"
	fieldMaskedLength = "masked_length"
	fieldTrueLength   = "true_length"
	fieldSwiped       = "magneprint_status"
	fieldPrintLength  = "magneprint_length"
	fieldPrint        = "magneprint"
	fieldPrintTrue    = "magneprint_true_length"
	fieldSerial       = "serial"
	fieldSafety       = "encryption_status"
	fieldKSN          = "ksn"
	fieldSession      = "session_id"
)

// SafeLayout is the table of the encrypted report (MagneSafe V5 manual, input report). Usages that
// the manual does not give are 0. The simulator builds its reports by it. Newer readers append fields.
var SafeLayout = slices.Concat(head, []Field{
	{fieldEncrypted + "_1", 7, safeRoom, 0x30, 1, false},
	{fieldEncrypted + "_2", 119, safeRoom, 0x31, 2, false},
	{fieldEncrypted + "_3", 231, safeRoom, 0x32, 3, false},
	{fieldCard, 343, 1, 0x39, 0, false},
	{fieldSwiped, 344, 4, 0x23, 0, false},
	{fieldPrintLength, 348, 1, 0, 0, false},
	{fieldPrint, 349, 128, 0, 0, false},
	{fieldSerial, 477, 16, 0, 0, false},
	{fieldSafety, 493, 2, 0, 0, false},
	{fieldKSN, 495, 10, 0, 0, false},
	{fieldMaskedLength + "_1", 505, 1, 0, 1, false},
	{fieldMaskedLength + "_2", 506, 1, 0, 2, false},
	{fieldMaskedLength + "_3", 507, 1, 0, 3, false},
	{fieldMasked + "_1", 508, safeRoom, 0, 1, false},
	{fieldMasked + "_2", 620, safeRoom, 0, 2, false},
	{fieldMasked + "_3", 732, safeRoom, 0, 3, false},
	{fieldSession, 844, 8, 0, 0, false},
	{fieldTrueLength + "_1", 852, 1, 0, 1, false},
	{fieldTrueLength + "_2", 853, 1, 0, 2, false},
	{fieldTrueLength + "_3", 854, 1, 0, 3, false},
	{fieldPrintTrue, 855, 1, 0, 0, false},
})

// Bits of the reader encryption status of MagneSafe V5. Older readers number them otherwise; this package
// does not read those.
const (
	safetyExhausted = 1 << 0
	safetyInjected  = 1 << 1
	safetyEnabled   = 1 << 2
	safetyData      = 1 << 11 // the tracks' key is the data variant, else the PIN variant
)

// safePlaces are the fields of an encrypted report, found by name in SafeLayout.
type safePlaces struct {
	status, length, blob, maskedLength, masked, trueLength [3]Field

	swiped, printLength, print, serial, safety, ksn, session Field
}

var safe = safePlacesOf(SafeLayout)

func safePlacesOf(layout []Field) (out safePlaces) {
	tracks := map[string]*[3]Field{
		fieldStatus: &out.status, fieldLength: &out.length, fieldEncrypted: &out.blob,
		fieldMaskedLength: &out.maskedLength, fieldMasked: &out.masked, fieldTrueLength: &out.trueLength,
	}
	singles := map[string]*Field{
		fieldSwiped: &out.swiped, fieldPrintLength: &out.printLength, fieldPrint: &out.print, fieldSerial: &out.serial,
		fieldSafety: &out.safety, fieldKSN: &out.ksn, fieldSession: &out.session,
	}
	for _, f := range layout {
		if f.Track > 0 {
			tracks[f.Name[:len(f.Name)-2]][f.Track-1] = f
		} else if to := singles[f.Name]; to != nil {
			*to = f
		}
	}
	return out
}

func (f Field) of(report []byte) []byte { return report[f.Offset : f.Offset+f.Length] }

// text is as much of a field as a length byte says; false when the length goes beyond the field.
func (f Field) text(report []byte, length Field) ([]byte, bool) {
	n := int(report[length.Offset])
	if n > f.Length {
		return nil, false
	}
	return report[f.Offset : f.Offset+n], true
}

// ParseSafe makes a swipe of an encrypted report; what newer readers append is ignored. A reader without a
// key, or with its encryption off, sends clear tracks in the same report: then Encrypted is nil. It errs
// with *LengthError; everything else that is wrong with a report is the status of a track.
func ParseSafe(report []byte) (card.Swipe, error) {
	if len(report) < SafeLength || len(report) > longestSafeReport {
		return card.Swipe{}, &LengthError{len(report), SafeLength, longestSafeReport}
	}
	s := card.Swipe{Entry: card.EntrySwipe, Encoding: encodings[report[encodeAt]]}
	safety := binary.BigEndian.Uint16(safe.safety.of(report))
	switch {
	case safety&safetyExhausted != 0:
		s.Encrypted = &card.Encrypted{Exhausted: true, KSN: bytes.Clone(safe.ksn.of(report)), Serial: Shown(safe.serial.of(report))}
	case safety&(safetyInjected|safetyEnabled) != safetyInjected|safetyEnabled:
		safe.clearTracks(report, &s)
	default:
		safe.encrypted(report, &s, safety)
	}
	return s, nil
}

// clearTracks reads the tracks of a reader that does not encrypt, which stand where the blobs would.
func (p *safePlaces) clearTracks(report []byte, s *card.Swipe) {
	for i := range 3 {
		text, ok := p.blob[i].text(report, p.length[i])
		s.Status[i] = trackStatus(report[p.status[i].Offset], ok, len(text))
		if s.Status[i] != card.Decoded {
			continue
		}
		if n := int(report[p.trueLength[i].Offset]); n > 0 && n < len(text) {
			text = text[:n]
		}
		s.Tracks[i] = card.NewTrack(i+1, text)
	}
}

func trackStatus(status byte, fits bool, n int) card.TrackStatus {
	switch {
	case status&statusError != 0, !fits:
		return card.Bad
	case n == 0:
		return card.Blank
	}
	return card.Decoded
}

func (p *safePlaces) encrypted(report []byte, s *card.Swipe, safety uint16) {
	e := &card.Encrypted{
		Algorithm: "tdes", Variant: "pin",
		Serial: Shown(p.serial.of(report)), Swiped: binary.LittleEndian.Uint32(p.swiped.of(report)),
	}
	if safety&safetyData != 0 {
		e.Variant = "data"
	}
	// One allocation holds all that is kept of the report.
	keep := make([]byte, 0, 3*safeRoom+p.print.Length+p.ksn.Length+p.session.Length)
	kept := func(b []byte) []byte {
		at := len(keep)
		keep = append(keep, b...)
		return keep[at:len(keep):len(keep)]
	}
	for i := range 3 {
		blob, ok := p.blob[i].text(report, p.length[i])
		s.Status[i] = trackStatus(report[p.status[i].Offset], ok && len(blob)%8 == 0, len(blob))
		if s.Status[i] != card.Decoded {
			continue
		}
		e.Tracks[i] = kept(blob)
		e.Lengths[i] = int(report[p.trueLength[i].Offset])
		if masked, ok := p.masked[i].text(report, p.maskedLength[i]); ok {
			s.Masked[i] = card.NewMaskedTrack(masked)
		}
	}
	if b, ok := p.print.text(report, p.printLength); ok && len(b) > 0 {
		e.MagnePrint = kept(b)
	}
	e.KSN = kept(p.ksn.of(report))
	e.Session = kept(p.session.of(report))
	s.Encrypted = e
}

// Shown reads the text of a field, such as a serial number, up to the first character that cannot be shown, at most the
// NUL that ends it.
func Shown(b []byte) string {
	for i, c := range b {
		if c <= ' ' || c > '~' {
			return string(b[:i])
		}
	}
	return string(b)
}
