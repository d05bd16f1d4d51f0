package card

import (
	"encoding/hex"
	"errors"
	"strings"
)

// Errors of the encrypted forms.
var (
	ErrCVV      = errors.New("card: a card verification value has 3 or 4 digits")
	ErrPINBlock = errors.New("card: an encrypted PIN block has 8 or 16 bytes")
	ErrAccount  = errors.New("card: a bank account has 3 to 17 digits")
	ErrKSN      = errors.New("card: a key serial number has 10 to 20 hexadecimal digits")
)

// KSN is a TDES DUKPT key serial number (ANSI X9.24-1): 20 hexadecimal digits, the last 21 bits a counter. It is no secret.
type KSN string

// ParseKSN takes 10 to 20 hexadecimal digits; pads drop leading F's, so they are put back.
func ParseKSN(s string) (KSN, error) {
	if len(s) < 10 || len(s) > 20 {
		return "", ErrKSN
	}
	s = strings.Repeat("F", 20-len(s)) + strings.ToUpper(s)
	if _, err := hex.DecodeString(s); err != nil {
		return "", ErrKSN
	}
	return KSN(s), nil
}
