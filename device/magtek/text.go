package magtek

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos/card"
)

// Errors of the text forms.
var (
	ErrText = errors.New("magtek: the text holds no track")
	ErrCRC  = errors.New("magtek: the CRC of the text is wrong")
)

// Characters of the text forms.
const (
	stx, etx, esc = 0x02, 0x03, 0x1B

	bar     = '|' // before each field of an encrypting reader's text (property 35)
	filling = 'x' // of radio blocks of 500 bytes
)

// ksnSize is a key serial number, bytes.
const ksnSize = 10

// longestText bounds a message: three tracks, their blobs in hexadecimal and the rest, filled to the next
// blocks of 500.
const longestText = 2500

// CutText finds the end of a message: its CR, or the ETX of readers whose CR is switched off. An ETX or LF
// behind the CR belongs to nothing, nor does a radio block's filling.
func CutText(b []byte) (n int, v transport.Verdict) {
	lead := 0
	for lead < len(b) && (b[lead] == etx || b[lead] == '\n' || b[lead] == 0 || b[lead] == filling) {
		lead++
	}
	if lead > 0 {
		return lead, transport.Skip
	}
	if i := bytes.IndexAny(b, "\r\x03"); i >= 0 {
		return i + 1, transport.Whole
	}
	return 0, transport.Unfinished
}

// inner takes the frame off a message: STX, ESC, CR, ETX.
func inner(message []byte) []byte {
	return bytes.TrimRight(bytes.TrimLeft(message, "\x02\x1b"), "\r\x03")
}

// isEvent says whether a message only tells that a card went in (1) or out (0) of an insert reader.
func isEvent(message []byte) bool {
	b := inner(message)
	return len(b) == 1 && (b[0] == '0' || b[0] == '1')
}

// textFields are the fields behind the tracks, in order; each stands behind a bar. The counter is left
// out by readers whose setting is off.
var textFields = []string{
	fieldSafety, fieldEncrypted + "_1", fieldEncrypted + "_2", fieldEncrypted + "_3", fieldSwiped, fieldPrint,
	fieldSerial, fieldSession, fieldKSN, "encryption_counter", "crc", "encrypted_crc", "format_code",
}

// Places in textFields.
const (
	atSafety, atBlob, atSwiped, atPrint, atSerial, atSession, atKSN, atCounter = 0, 1, 4, 5, 6, 7, 8, 9
	atCRC, atFormat                                                            = 10, 12
)

// cutFields gives the fields of textFields and the offset of the CRC; the counter is nil where it is left
// out. False when there are too few or too many.
func cutFields(text []byte) (tracks []byte, fields [13][]byte, crcAt int, ok bool) {
	parts := bytes.Count(text, []byte{bar})
	if parts != len(textFields) && parts != len(textFields)-1 {
		return nil, fields, 0, false
	}
	tracks, rest, _ := bytes.Cut(text, []byte{bar})
	for i := range fields {
		if i == atCounter && parts < len(textFields) {
			continue
		}
		if i == atCRC {
			crcAt = len(text) - len(rest)
		}
		fields[i], rest, _ = bytes.Cut(rest, []byte{bar})
	}
	return tracks, fields, crcAt, true
}

// CRC is the check of an encrypting reader's text: CRC-16/CCITT, polynomial 1021, begun with FFFF, most
// significant bit first, over every character up to the bar before it.
func CRC(text []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range text {
		crc = crc<<8 ^ crcTable[byte(crc>>8)^c]
	}
	return crc
}

// crcTable holds what eight steps of the polynomial make of each byte.
var crcTable = func() (table [256]uint16) {
	for i := range table {
		crc := uint16(i) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			if crc <<= 1; carry {
				crc ^= 0x1021
			}
		}
		table[i] = crc
	}
	return table
}()

// ParseText makes a swipe of a message: the tracks as they are on the stripe, or those of an encrypting
// reader with the fields behind them. It errs with ErrText and ErrCRC; what is wrong with a track is its
// status.
func ParseText(message []byte) (card.Swipe, error) {
	text := inner(message)
	if len(text) == 0 {
		return card.Swipe{Entry: card.EntrySwipe}, nil // a blank card
	}
	if bytes.IndexByte(text, bar) >= 0 {
		return parseSafeText(text)
	}
	s := card.Swipe{Entry: card.EntrySwipe}
	tracks, found := TextTracks(text)
	// An encrypting reader can be set to another separator than the bar (property 35): then what looks like tracks is
	// masked, and a key serial number at least stands behind it.
	if tail := len(text) - 1 - bytes.LastIndexByte(text, '?'); !found || tail >= 2*ksnSize && tail < len(text) {
		return card.Swipe{}, ErrText
	}
	for i, t := range tracks {
		if s.Status[i] = TextStatus(t); s.Status[i] == card.Decoded {
			s.Tracks[i] = card.NewTrack(i+1, t)
		}
	}
	return s, nil
}

// TextTracks cuts text into tracks by their sentinels: % begins track 1, ; track 2, + or a second ; track
// 3, each ends at its ?. What stands before, between or after them is dropped. A track without its end is
// given up to the end of the text.
func TextTracks(text []byte) (tracks [3][]byte, found bool) {
	for len(text) > 0 {
		at := bytes.IndexAny(text, "%;+")
		if at < 0 {
			return tracks, found
		}
		text = text[at:]
		end := bytes.IndexByte(text, '?') + 1
		if end == 0 {
			end = len(text)
		}
		i := bytes.IndexByte([]byte("%;+"), text[0])
		if i == 1 && tracks[1] != nil || i == 0 && tracks[0] != nil {
			i = 2
		}
		tracks[i], found = text[:end:end], true
		text = text[end:]
	}
	return tracks, found
}

// TextStatus reads a track's text: E between the sentinels says that it could not be decoded.
func TextStatus(t []byte) card.TrackStatus {
	switch {
	case len(t) == 0:
		return card.Blank
	case len(t) == 3 && t[1] == 'E', t[len(t)-1] != '?':
		return card.Bad
	}
	return card.Decoded
}

func parseSafeText(text []byte) (card.Swipe, error) {
	if at := bytes.IndexAny(text, "%;+|"); at > 0 {
		text = text[at:] // what came in between a swipe and the last
	}
	masked, fields, crcAt, ok := cutFields(text)
	if !ok {
		return card.Swipe{}, ErrText
	}
	// The CRC and the encryption status are printed low byte first.
	var crc, safety [2]byte
	if !unhex(crc[:], fields[atCRC]) || binary.LittleEndian.Uint16(crc[:]) != CRC(text[:crcAt]) {
		return card.Swipe{}, ErrCRC
	}
	if !unhex(safety[:], fields[atSafety]) {
		return card.Swipe{}, ErrText
	}
	s := card.Swipe{Entry: card.EntrySwipe}
	tracks, _ := TextTracks(masked)
	for i, t := range tracks {
		s.Status[i] = TextStatus(t)
	}
	switch bits := binary.LittleEndian.Uint16(safety[:]); {
	case bits&safetyExhausted != 0:
		s.Encrypted = &card.Encrypted{Exhausted: true, Serial: Shown(fields[atSerial])}
	case bits&(safetyInjected|safetyEnabled) != safetyInjected|safetyEnabled:
		if len(fields[atBlob])+len(fields[atBlob+1])+len(fields[atBlob+2]) > 0 {
			return card.Swipe{}, ErrText // it enciphers all the same: what looks like tracks is masked
		}
		for i, t := range tracks {
			if s.Status[i] == card.Decoded {
				s.Tracks[i] = card.NewTrack(i+1, t)
			}
		}
	default:
		return encryptedText(s, tracks, fields, bits)
	}
	return s, nil
}

func encryptedText(s card.Swipe, tracks [3][]byte, fields [13][]byte, safety uint16) (card.Swipe, error) {
	e := &card.Encrypted{Algorithm: "tdes", Variant: "pin", Serial: Shown(fields[atSerial])}
	if safety&safetyData != 0 {
		e.Variant = "data"
	}
	room := ksnSize
	for _, f := range fields[:atCounter] {
		room += len(f) / 2
	}
	keep := make([]byte, 0, room)
	ok := true
	kept := func(digits []byte) []byte {
		at := len(keep)
		keep = keep[:at+len(digits)/2]
		out := keep[at:len(keep):len(keep)]
		ok = ok && unhex(out, digits)
		return out
	}
	for i, t := range tracks {
		if s.Status[i] != card.Decoded {
			continue
		}
		if e.Tracks[i] = kept(fields[atBlob+i]); len(e.Tracks[i]) == 0 || len(e.Tracks[i])%8 != 0 {
			s.Status[i], e.Tracks[i] = card.Bad, nil
			continue
		}
		s.Masked[i] = card.NewMaskedTrack(t)
		e.Lengths[i] = len(t)
	}
	var swiped [4]byte
	ok = ok && unhex(swiped[:], fields[atSwiped])
	e.Swiped = binary.LittleEndian.Uint32(swiped[:])
	e.MagnePrint, e.Session = kept(fields[atPrint]), kept(fields[atSession])
	// A key serial number may come without its leading F's.
	ksn, err := card.ParseKSN(string(fields[atKSN]))
	if !ok || err != nil {
		return card.Swipe{}, ErrText
	}
	e.KSN = kept([]byte(ksn))
	s.Encrypted = e
	return s, nil
}

// unhex errs with false unless the digits fill out exactly.
func unhex(out, digits []byte) bool {
	if len(digits) != 2*len(out) {
		return false
	}
	_, err := hex.Decode(out, digits)
	return err == nil
}
