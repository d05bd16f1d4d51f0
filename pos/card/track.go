package card

import (
	"bytes"
)

// Track is the text of one track from start to end sentinel, both included, without the LRC.
type Track struct{ hidden }

// NewTrack keeps the characters of a track; n is its number, 1 to 3, and only shows in the mask.
func NewTrack(n int, text []byte) Track {
	if len(text) == 0 {
		return Track{}
	}
	return Track{hide(text, "[track "+string(rune('0'+n))+"]")}
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

// NewAccountNumber takes 3 to 17 digits.
func NewAccountNumber(text []byte) (AccountNumber, error) {
	if len(text) < 3 || len(text) > 17 || !digitsOnly(text) {
		return AccountNumber{}, ErrAccount
	}
	return AccountNumber{hide(text, "*****")}, nil
}

// PINBlock is an encrypted PIN block with its key serial number; no clear PIN exists in the terminal.
type PINBlock struct {
	hidden
	KSN KSN
}

// NewPINBlock takes an encrypted block of 8 (TDES) or 16 (AES) bytes.
func NewPINBlock(block []byte, ksn KSN) (PINBlock, error) {
	if len(block) != 8 && len(block) != 16 {
		return PINBlock{}, ErrPINBlock
	}
	return PINBlock{hide(block, "[pin block]"), ksn}, nil
}

// ServiceCode is the three digits after the expiry date, empty when the stripe has none.
type ServiceCode string

// Chip says that the card has a chip (first digit 2 or 6), so a swipe is a fallback.
func (s ServiceCode) Chip() bool { return len(s) == 3 && (s[0] == '2' || s[0] == '6') }

type trackData struct {
	pan     PAN
	name    Name
	expiry  Expiry
	service ServiceCode
}

// parseTrack1 reads format B: % B PAN ^ NAME ^ YYMM|^ SVC|^ discretionary ?
func parseTrack1(t Track) (d trackData, err error) {
	err = ErrTrack
	t.Lend(func(b []byte) {
		inner, ok := between(b, '%', '?')
		if !ok || len(b) > 79-1 || len(inner) < 1 || inner[0] != 'B' {
			return
		}
		for _, c := range inner {
			if c < 0x20 || c > 0x5f {
				return
			}
		}
		parts := bytes.SplitN(inner[1:], []byte{'^'}, 3)
		if len(parts) != 3 || len(parts[1]) < 2 || len(parts[1]) > 26 {
			return
		}
		if d, err = tail(parts[0], parts[2], '^'); err == nil {
			d.name = Name{hide(bytes.TrimRight(parts[1], " "), "[name]")}
		}
	})
	return d, err
}

// parseTrack2 reads ; PAN = YYMM|= SVC|= discretionary ?
func parseTrack2(t Track) (d trackData, err error) {
	err = ErrTrack
	t.Lend(func(b []byte) {
		inner, ok := between(b, ';', '?')
		if !ok || len(b) > 40-1 {
			return
		}
		for _, c := range inner {
			if c < '0' || c > '>' {
				return
			}
		}
		if pan, rest, ok := bytes.Cut(inner, []byte{'='}); ok {
			d, err = tail(pan, rest, '=')
		}
	})
	return d, err
}

func tail(pan, rest []byte, absent byte) (d trackData, err error) {
	if d.pan, err = NewPAN(pan); err != nil {
		return trackData{}, err
	}
	if len(rest) > 0 && rest[0] == absent {
		rest = rest[1:]
	} else {
		if len(rest) < 4 {
			return trackData{}, ErrTrack
		}
		if d.expiry, err = ParseYYMM(string(rest[:4])); err != nil {
			return trackData{}, err
		}
		rest = rest[4:]
	}
	if len(rest) > 0 && rest[0] == absent {
		return d, nil
	}
	if len(rest) < 3 || !digitsOnly(rest[:3]) {
		return trackData{}, ErrTrack
	}
	d.service = ServiceCode(rest[:3])
	return d, nil
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
