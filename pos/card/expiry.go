package card

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

// ErrExpiry means that the four digits are no month and year.
var ErrExpiry = errors.New("card: the expiry date is not a month and a year")

// Expiry is the month in which a card ends. It is cardholder data: it prints as its mask and is never
// put on a customer receipt. Two expiries compare with ==. The zero value means that none was read.
type Expiry struct{ month *month }

// month gives its two numbers through a closure, so that nothing that walks fields can print them.
type month struct {
	read func() (yy, mm int)
}

// months holds every month of a century once, so that equal expiries are one pointer.
var months = sync.OnceValue(func() *[100 * 12]month {
	var all [100 * 12]month
	for i := range all {
		all[i].read = func() (int, int) { return i / 12, i%12 + 1 }
	}
	return &all
})

// ParseYYMM reads the order of the stripe. It errs with ErrExpiry.
func ParseYYMM(s string) (Expiry, error) {
	if len(s) != 4 {
		return Expiry{}, ErrExpiry
	}
	return newExpiry(s[:2], s[2:])
}

// ParseMMYY reads the order printed on the card, with or without a slash. It errs with ErrExpiry.
func ParseMMYY(s string) (Expiry, error) {
	if len(s) == 5 && s[2] == '/' {
		s = s[:2] + s[3:]
	}
	if len(s) != 4 {
		return Expiry{}, ErrExpiry
	}
	return newExpiry(s[2:], s[:2])
}

func newExpiry(yy, mm string) (Expiry, error) {
	year, ok := twoDigits(yy)
	if !ok {
		return Expiry{}, ErrExpiry
	}
	m, ok := twoDigits(mm)
	if !ok || m < 1 || m > 12 {
		return Expiry{}, ErrExpiry
	}
	return Expiry{&months()[year*12+m-1]}, nil
}

func twoDigits(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// IsZero says that no expiry date is known.
func (e Expiry) IsZero() bool { return e.month == nil }

// MMYY is the clear digits in the order printed on the card, for a wire; empty for the zero value.
func (e Expiry) MMYY() string {
	if e.IsZero() {
		return ""
	}
	yy, mm := e.month.read()
	return fmt.Sprintf("%02d%02d", mm, yy)
}

// YYMM is MMYY in the order of the stripe.
func (e Expiry) YYMM() string {
	if e.IsZero() {
		return ""
	}
	yy, mm := e.month.read()
	return fmt.Sprintf("%02d%02d", yy, mm)
}

// Expired says whether the card's last day is over at now, in now's time zone. Years are taken in the
// century window of 50 years before and after now. A card without a date is never expired.
func (e Expiry) Expired(now time.Time) bool {
	if e.IsZero() {
		return false
	}
	yy, mm := e.month.read()
	year := now.Year() - now.Year()%100 + yy
	switch {
	case year-now.Year() > 50:
		year -= 100
	case now.Year()-year > 50:
		year += 100
	}
	return !now.Before(time.Date(year, time.Month(mm)+1, 1, 0, 0, 0, 0, now.Location()))
}

const expiryMask = "**/**"

// String is the mask, as is whatever the other printing methods give.
func (e Expiry) String() string { return expiryMask }

// GoString keeps %#v from showing fields.
func (e Expiry) GoString() string { return expiryMask }

// Format answers every verb of fmt, with any flags, with the mask.
func (e Expiry) Format(s fmt.State, _ rune) { io.WriteString(s, expiryMask) }

// MarshalText is what JSON, XML and TOML encoders write. There is no UnmarshalText.
func (e Expiry) MarshalText() ([]byte, error) { return []byte(expiryMask), nil }

// LogValue is what log/slog writes.
func (e Expiry) LogValue() slog.Value { return slog.StringValue(expiryMask) }
