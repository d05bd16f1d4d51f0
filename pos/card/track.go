package card

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
)

// The longest tracks (ISO/IEC 7811), without the LRC, which is not part of a Track.
const (
	longestTrack1 = 79 - 1
	longestTrack2 = 40 - 1
)

// Track is the text of one track from start to end sentinel, both included, without the LRC.
type Track struct{ hidden }

var trackMasks = [...]string{"[track]", "[track 1]", "[track 2]", "[track 3]"}

// NewTrack keeps the characters of a track; n is its number, 1 to 3, and only shows in the mask.
func NewTrack(n int, text []byte) Track {
	if len(text) == 0 {
		return Track{}
	}
	return Track{hide(text, trackMasks[n%len(trackMasks)])}
}

// CVV is a card verification value of 3 or 4 digits as printed on the card.
type CVV struct{ hidden }

// NewCVV errs with ErrCVV unless the text is 3 or 4 digits.
func NewCVV(text []byte) (CVV, error) {
	if len(text) < 3 || len(text) > 4 || !digitsOnly(text) {
		return CVV{}, ErrCVV
	}
	return CVV{hide(text, "[cvv]")}, nil
}

// Name is a cardholder's name as on track 1: SURNAME/FIRST. Personal, so it is kept like a secret.
type Name struct{ hidden }

// AccountNumber is a bank account's number; Routing numbers are public, this is not.
type AccountNumber struct{ hidden }

// NewAccountNumber takes 3 to 17 digits; otherwise it errs with ErrAccount.
func NewAccountNumber(text []byte) (AccountNumber, error) {
	if len(text) < 3 || len(text) > 17 || !digitsOnly(text) {
		return AccountNumber{}, ErrAccount
	}
	return AccountNumber{hide(text, "*****")}, nil
}

// Fingerprint finds the same account at the same bank again, as PAN.Fingerprint does a card.
func (a AccountNumber) Fingerprint(key []byte, routing string) (f Fingerprint) {
	a.Lend(func(d []byte) {
		if len(d) == 0 {
			return
		}
		h := hmac.New(sha256.New, key)
		h.Write([]byte("bank account " + routing + " "))
		h.Write(d)
		h.Sum(f[:0])
	})
	return f
}

// StoredFingerprint finds the same stored card or account again by its name at the processor, which is no secret.
func StoredFingerprint(key []byte, id string) (f Fingerprint) {
	if id == "" {
		return f
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte("stored " + id))
	h.Sum(f[:0])
	return f
}

// PINBlock is an encrypted PIN block with its key serial number; no clear PIN exists in the terminal.
type PINBlock struct {
	hidden
	KSN KSN
}

// NewPINBlock takes an encrypted block of 8 (TDES) or 16 (AES) bytes; otherwise it errs with ErrPINBlock.
func NewPINBlock(block []byte, ksn KSN) (PINBlock, error) {
	if len(block) != 8 && len(block) != 16 {
		return PINBlock{}, ErrPINBlock
	}
	return PINBlock{hide(block, "[pin block]"), ksn}, nil
}

// LRC is the longitudinal redundancy character that follows the end sentinel of track n, as readers
// print it (ISO/IEC 7811): the exclusive or of the data bits of every character from start to end
// sentinel. Track 1 has 6 data bits and starts at space, tracks 2 and 3 have 4 and start at '0'.
func LRC(track []byte, n int) byte {
	first, bits := byte('0'), byte(0x0f)
	if n == 1 {
		first, bits = ' ', 0x3f
	}
	var sum byte
	for _, c := range track {
		sum ^= (c - first) & bits
	}
	return sum + first
}

// trackData is what a payment needs of one track.
type trackData struct {
	pan     PAN
	name    Name
	expiry  Expiry
	service ServiceCode
}

func (d trackData) wipe() {
	d.pan.Wipe()
	d.name.Wipe()
}

// agrees says that two tracks may be of one card. What one of them lacks is no contradiction.
func (d trackData) agrees(e trackData) bool {
	return d.pan.Equal(e.pan) &&
		(d.expiry == e.expiry || d.expiry.IsZero() || e.expiry.IsZero()) &&
		(d.service == e.service || d.service == "" || e.service == "")
}

// fillFrom takes from the other track what this one lacks.
func (d *trackData) fillFrom(e trackData) {
	if d.expiry.IsZero() {
		d.expiry = e.expiry
	}
	if d.service == "" {
		d.service = e.service
	}
}

// parseTrack1 reads format B: % B PAN ^ NAME ^ YYMM|^ SVC|^ discretionary ?
// The number may hold spaces (ISO/IEC 7813).
func parseTrack1(t Track) (d trackData, err error) {
	err = ErrTrack
	t.Lend(func(b []byte) {
		inner, ok := between(b, '%', '?')
		if !ok || len(b) > longestTrack1 || len(inner) < 1 || !track1Text(inner) {
			return
		}
		if inner[0] != 'B' {
			err = ErrFormat
			return
		}
		parts := bytes.SplitN(inner[1:], []byte{'^'}, 3)
		if len(parts) != 3 || len(parts[1]) < 2 || len(parts[1]) > 26 {
			return
		}
		if bytes.IndexByte(parts[0], '-') >= 0 { // NewPAN drops dashes, which people type
			err = ErrPANDigits
			return
		}
		if d, err = tail(parts[0], parts[2], '^'); err == nil {
			d.name = Name{hide(bytes.TrimRight(parts[1], " "), "[name]")}
		}
	})
	return d, err
}

// parseTrack2 reads ; PAN = YYMM|= SVC|= discretionary ?
// The D that chip data have in place of = is not of the stripe and is refused.
func parseTrack2(t Track) (d trackData, err error) {
	err = ErrTrack
	t.Lend(func(b []byte) {
		inner, ok := between(b, ';', '?')
		if !ok || len(b) > longestTrack2 || !track2Text(inner) {
			return
		}
		if pan, rest, ok := bytes.Cut(inner, []byte{'='}); ok {
			d, err = tail(pan, rest, '=')
		}
	})
	return d, err
}

// tail reads what both tracks have after number (and name); absent is their field separator, which
// stands in the place of a date or service code that the issuer left out.
func tail(pan, rest []byte, absent byte) (trackData, error) {
	var d trackData
	switch {
	case len(rest) > 0 && rest[0] == absent:
		rest = rest[1:]
	case len(rest) < 4:
		return trackData{}, ErrTrack
	default:
		expiry, err := ParseYYMM(string(rest[:4]))
		if err != nil {
			return trackData{}, err
		}
		d.expiry, rest = expiry, rest[4:]
	}
	switch {
	case len(rest) > 0 && rest[0] == absent:
	case len(rest) < 3 || !digitsOnly(rest[:3]):
		return trackData{}, ErrTrack
	default:
		d.service = ServiceCode(rest[:3])
	}
	number, err := NewPAN(pan)
	if err != nil {
		return trackData{}, err
	}
	d.pan = number
	return d, nil
}

// track1Text says whether all are characters of the 6-bit set and none is a sentinel.
func track1Text(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '_' || c == '%' || c == '?' {
			return false
		}
	}
	return true
}

// track2Text says the same for the 4-bit set.
func track2Text(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '>' || c == ';' {
			return false
		}
	}
	return true
}

func between(b []byte, first, last byte) ([]byte, bool) {
	if len(b) < 2 || b[0] != first || b[len(b)-1] != last {
		return nil, false
	}
	return b[1 : len(b)-1], true
}

func digitsOnly(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
