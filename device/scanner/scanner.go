// Package scanner reads barcode scanners that send text: over a serial line, or typed on the keyboard.
//
//	[prefix][AIM id]code[CR][LF]      9600 8N1 unless set otherwise
//
// An AIM id is three characters, ]cm: c the symbology, m a modifier (ISO/IEC 15424). With one, an EAN or
// UPC code whose check digit is wrong is refused; without one nothing says that the code is of that kind,
// so a code of 8, 12 or 13 digits is taken as EAN or UPC only if its check digit is right.
package scanner

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos"
)

// Longest is the longest code taken, in characters.
const Longest = 256

// Symbology is a kind of barcode; empty when nothing says which.
type Symbology string

// The kinds that are told apart.
const (
	EAN        Symbology = "ean" // EAN-8, EAN-13, UPC-A and UPC-E
	Code39     Symbology = "code39"
	Code93     Symbology = "code93"
	Code128    Symbology = "code128"
	Codabar    Symbology = "codabar"
	ITF        Symbology = "itf"
	DataBar    Symbology = "databar"
	PDF417     Symbology = "pdf417"
	QR         Symbology = "qr"
	DataMatrix Symbology = "datamatrix"
	Aztec      Symbology = "aztec"
)

// symbologies are the code characters of AIM ids.
var symbologies = map[byte]Symbology{
	'A': Code39, 'C': Code128, 'E': EAN, 'F': Codabar, 'G': Code93, 'I': ITF, 'L': PDF417, 'Q': QR, 'd': DataMatrix,
	'e': DataBar, 'z': Aztec,
}

// Scan is one code.
type Scan struct {
	Text      string    `json:"text"`
	AIM       string    `json:"aim"` // without the bracket, empty when the scanner sends none
	Symbology Symbology `json:"symbology"`
}

// Errors of Parse. None holds the code, which may be a voucher's.
var (
	ErrEmpty = errors.New("scanner: the code is empty")
	ErrLong  = errors.New("scanner: the code is too long")
	ErrText  = errors.New("scanner: the code holds characters that no scanner sends")
	ErrCheck = errors.New("scanner: the check digit is wrong")
)

// Parse reads one line, its CR and LF with it.
func Parse(line []byte) (Scan, error) {
	text := bytes.Trim(line, "\r\n\x02\x03")
	var s Scan
	if len(text) >= 3 && text[0] == ']' && letter(text[1]) && (letter(text[2]) || digit(text[2])) {
		s.AIM, s.Symbology = string(text[1:3]), symbologies[text[1]]
		text = text[3:]
	}
	switch {
	case len(text) == 0:
		return Scan{}, ErrEmpty
	case len(text) > Longest:
		return Scan{}, ErrLong
	}
	for _, c := range text {
		// GS separates the fields of GS1 codes.
		if c != 0x1D && (c < ' ' || c > '~') {
			return Scan{}, ErrText
		}
	}
	s.Text = string(text)
	right := pos.CheckDigit(s.Text)
	switch {
	case s.AIM == "E0" && !right, s.AIM == "E4" && !right:
		return Scan{}, ErrCheck
	case s.AIM == "" && right:
		s.Symbology = EAN
	}
	return s, nil
}

func letter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

// Cut ends a code at its CR or LF.
func Cut(b []byte) (int, transport.Verdict) {
	if b[0] == '\n' || b[0] == '\r' {
		return 1, transport.Skip
	}
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		return i + 1, transport.Whole
	}
	return 0, transport.Unfinished
}

// Serial is the driver; it does not own the transport.
type Serial struct{ messages *transport.Messages }

// NewSerial takes an open transport.
func NewSerial(conn transport.ByteConn) *Serial {
	return &Serial{transport.NewMessages(conn, Cut, Longest+8)}
}

// Next waits for one code. It errs as transport.Messages.Next and as Parse.
func (s *Serial) Next(ctx context.Context) (Scan, error) {
	m, err := s.messages.Next(ctx)
	if err != nil {
		return Scan{}, err
	}
	return Parse(m.Data)
}

// burstGap is the longest pause between two keys of a scanner; people type slower.
const burstGap = 50 * time.Millisecond

// Keys takes codes out of what is typed: a code begins with the ] of its AIM id, comes faster than a person
// types and ends with Enter. Set the scanner to send AIM ids.
type Keys struct {
	typed []byte
	last  time.Time
	on    bool
}

// Rune takes one key. pass says that it belongs to no code; done that it ended the code that s is, or that
// err says why it is none.
func (k *Keys) Rune(r rune, at time.Time) (pass, done bool, s Scan, err error) {
	if k.on && at.Sub(k.last) > burstGap {
		k.on, k.typed = false, nil // a bracket that a person typed, or a code cut off
	}
	k.last = at
	switch {
	case !k.on && r == ']':
		k.on, k.typed = true, []byte{']'}
		return false, false, s, nil
	case !k.on:
		return true, false, s, nil
	case r == '\r' || r == '\n':
		s, err = Parse(k.typed)
		k.on, k.typed = false, nil
		return false, true, s, err
	case r > '~' || len(k.typed) > Longest+8:
		k.on, k.typed = false, nil
		return false, true, s, ErrText
	}
	k.typed = append(k.typed, byte(r))
	return false, false, s, nil
}
