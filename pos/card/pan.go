package card

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"strings"
)

// Errors of the parsers of this package. None of them holds card data.
var (
	ErrPANLength = errors.New("card: a card number has 8 to 19 digits")
	ErrPANDigits = errors.New("card: a card number has digits only")
	ErrLuhn      = errors.New("card: the check digit does not fit")
)

// PAN is a primary account number: 8 to 19 digits, opaque, printed as its mask.
type PAN struct {
	hidden
	brand  Brand
	length int
	last4  string
}

// NewPAN takes digits and makes a PAN; inner spaces and dashes, as people type them, are dropped.
// It errs with ErrPANDigits or ErrPANLength; the check digit is judged by LuhnOK.
func NewPAN(typed []byte) (PAN, error) {
	digits := make([]byte, 0, 19)
	defer func() { clear(digits[:cap(digits)]) }()
	for _, c := range typed {
		switch {
		case c == ' ' || c == '-':
		case c < '0' || c > '9':
			return PAN{}, ErrPANDigits
		case len(digits) == 19:
			return PAN{}, ErrPANLength
		default:
			digits = append(digits, c)
		}
	}
	if len(digits) < 8 {
		return PAN{}, ErrPANLength
	}
	return PAN{hide(digits, maskPAN(digits)), brandOf(digits), len(digits), string(digits[len(digits)-4:])}, nil
}

// maskPAN shows the first six and the last four of a number of 14 digits or more, and only the last
// four of a shorter one (PCI DSS 3.4: never more than BIN and last four; a short number would be
// nearly whole).
func maskPAN(digits []byte) string {
	n := len(digits)
	first := 6
	if n < 14 {
		first = 0
	}
	return string(digits[:first]) + strings.Repeat("*", n-first-4) + string(digits[n-4:])
}

// Masked is the number with everything but BIN and last four starred: 411111******1111.
func (p PAN) Masked() string { return p.mask }

// Last4 are the last four digits, for receipts.
func (p PAN) Last4() string { return p.last4 }

// Brand is the card organisation by BIN range.
func (p PAN) Brand() Brand { return p.brand }

// Len is the number of digits.
func (p PAN) Len() int { return p.length }

// LuhnOK checks the check digit (ISO/IEC 7812-1 annex B). A wiped PAN is not ok.
func (p PAN) LuhnOK() (ok bool) {
	p.Lend(func(d []byte) { ok = len(d) > 0 && Luhn(d) })
	return ok
}

// Equal compares two numbers that still hold their digits.
func (p PAN) Equal(q PAN) (same bool) {
	var mine []byte
	p.Lend(func(d []byte) { mine = bytes.Clone(d) })
	defer clear(mine)
	q.Lend(func(d []byte) { same = len(d) > 0 && hmac.Equal(mine, d) })
	return same
}

// Fingerprint is HMAC-SHA256 of the digits under the terminal's look-up key (32 bytes): it finds the same card
// again without holding its number. A wiped PAN gives the zero value.
func (p PAN) Fingerprint(key []byte) (f Fingerprint) {
	p.Lend(func(d []byte) {
		if len(d) == 0 {
			return
		}
		h := hmac.New(sha256.New, key)
		h.Write(d)
		h.Sum(f[:0])
	})
	return f
}

// Fingerprint is a keyed hash of a card number.
type Fingerprint [sha256.Size]byte

// IsZero says that no number was hashed.
func (f Fingerprint) IsZero() bool { return f == Fingerprint{} }

// Luhn says whether the last of some digits, '0' to '9', is their check digit (ISO/IEC 7812-1, annex B).
func Luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
