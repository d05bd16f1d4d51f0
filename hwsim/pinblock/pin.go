package pinblock

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// ErrPIN means that a PIN has not 4 to 12 decimal digits. It does not say which.
var ErrPIN = errors.New("pinblock: a PIN has 4 to 12 digits")

const mask = "[pin]"

// PIN is a PIN in clear. Whatever prints it shows a mask; the digits stand in a closure, where nothing
// that walks fields finds them.
type PIN struct{ open func(func(*[]byte)) }

// New takes a copy of the digits; the caller wipes the original. It errs with ErrPIN.
func New(digits []byte) (PIN, error) {
	if len(digits) < 4 || len(digits) > 12 {
		return PIN{}, ErrPIN
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return PIN{}, ErrPIN
		}
	}
	var mu sync.Mutex
	own := bytes.Clone(digits)
	return PIN{func(f func(*[]byte)) {
		mu.Lock()
		defer mu.Unlock()
		f(&own)
	}}, nil
}

// Lend calls f with the digits, which f must not keep. A wiped or zero PIN lends nil.
func (p PIN) Lend(f func(digits []byte)) {
	if p.open == nil {
		f(nil)
		return
	}
	p.open(func(b *[]byte) { f(*b) })
}

// Len is the number of digits, 0 after Wipe.
func (p PIN) Len() (n int) {
	p.Lend(func(d []byte) { n = len(d) })
	return n
}

// Wipe overwrites the digits, in every copy.
func (p PIN) Wipe() {
	if p.open == nil {
		return
	}
	p.open(func(b *[]byte) {
		clear(*b)
		*b = nil
	})
}

// Equal compares two PINs that still hold their digits.
func (p PIN) Equal(q PIN) (same bool) {
	var mine []byte
	p.Lend(func(d []byte) { mine = bytes.Clone(d) })
	defer clear(mine)
	q.Lend(func(d []byte) { same = len(d) > 0 && bytes.Equal(mine, d) })
	return same
}

// String is the mask, as is whatever the other printing methods give.
func (p PIN) String() string { return mask }

// GoString keeps %#v from showing fields.
func (p PIN) GoString() string { return mask }

// Format answers every verb of fmt with the mask.
func (p PIN) Format(s fmt.State, _ rune) { io.WriteString(s, mask) }

// MarshalText is what encoders write.
func (p PIN) MarshalText() ([]byte, error) { return []byte(mask), nil }

// LogValue is what log/slog writes.
func (p PIN) LogValue() slog.Value { return slog.StringValue(mask) }
