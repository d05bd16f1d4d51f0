package card

import (
	"encoding/hex"
	"errors"
	"math/bits"
	"strconv"
	"strings"
)

// Errors of the values that need no track.
var (
	ErrCVV      = errors.New("card: a card verification value has 3 or 4 digits")
	ErrPINBlock = errors.New("card: an encrypted PIN block has 8 or 16 bytes")
	ErrAccount  = errors.New("card: a bank account has 3 to 17 digits")
	ErrKSN      = errors.New("card: a key serial number has 10 to 20 hexadecimal digits")
	ErrCounter  = errors.New("card: no device uses a key serial number with such a counter")
)

// The transaction counter at the end of a KSN (ANSI X9.24-1): its width, and how many of its bits a
// device ever sets.
const (
	ksnCounterBits = 21
	ksnCounterOnes = 10
)

// KSN is a TDES DUKPT key serial number (ANSI X9.24-1): 20 hexadecimal digits, the last 21 bits a counter. It is no secret.
type KSN string

// ParseKSN takes 10 to 20 hexadecimal digits; pads drop leading F's, so they are put back. It errs with ErrKSN.
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

// Counter is the transaction counter; zero for a KSN that was not parsed.
func (k KSN) Counter() uint32 {
	_, counter := k.split()
	return counter
}

// Check errs with ErrKSN for what was not parsed, and with ErrCounter when no device comes to such a
// counter: it is zero, which is before the first transaction, or has more than ten bits set.
func (k KSN) Check() error {
	key, counter := k.split()
	switch {
	case key == "":
		return ErrKSN
	case counter == 0, bits.OnesCount32(counter) > ksnCounterOnes:
		return ErrCounter
	}
	return nil
}

// SameKey says that both come from the same initial key: the same key set in the same device.
func (k KSN) SameKey(other KSN) bool {
	key, _ := k.split()
	otherKey, _ := other.split()
	return key != "" && key == otherKey
}

// After says that k is a later KSN of the same initial key than old. A KSN only moves forward.
func (k KSN) After(old KSN) bool {
	key, counter := k.split()
	oldKey, oldCounter := old.split()
	return key != "" && key == oldKey && counter > oldCounter
}

// split gives the part that names key and device, and the counter.
func (k KSN) split() (key string, counter uint32) {
	if len(k) != 20 {
		return "", 0
	}
	low, err := strconv.ParseUint(string(k[14:]), 16, 24)
	if err != nil {
		return "", 0
	}
	return string(k[:14]) + strconv.FormatUint(low>>ksnCounterBits, 16), uint32(low & (1<<ksnCounterBits - 1))
}
