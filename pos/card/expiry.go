package card

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// ErrExpiry means that the four digits are no month and year.
var ErrExpiry = errors.New("card: the expiry date is not a month and a year")

// Expiry is the month in which a card ends. It is cardholder data: it prints as its mask and is never
// put on a customer receipt. The zero value means that none was read.
type Expiry struct{ year, month int }

// ParseYYMM reads the order of the stripe.
func ParseYYMM(s string) (Expiry, error) {
	if len(s) != 4 {
		return Expiry{}, ErrExpiry
	}
	return newExpiry(s[:2], s[2:])
}

// ParseMMYY reads the order printed on the card, with or without a slash.
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
	var e Expiry
	for _, p := range []struct {
		text string
		to   *int
	}{{yy, &e.year}, {mm, &e.month}} {
		for _, c := range []byte(p.text) {
			if c < '0' || c > '9' {
				return Expiry{}, ErrExpiry
			}
			*p.to = *p.to*10 + int(c-'0')
		}
	}
	if e.month < 1 || e.month > 12 {
		return Expiry{}, ErrExpiry
	}
	return e, nil
}

// IsZero says that no expiry date is known.
func (e Expiry) IsZero() bool { return e.month == 0 }

// MMYY and YYMM are the clear digits, for a wire. They are empty for the zero value.
func (e Expiry) MMYY() string {
	if e.IsZero() {
		return ""
	}
	return fmt.Sprintf("%02d%02d", e.month, e.year)
}

// YYMM is MMYY in the order of the stripe.
func (e Expiry) YYMM() string {
	if e.IsZero() {
		return ""
	}
	return fmt.Sprintf("%02d%02d", e.year, e.month)
}

// Expired says whether the card's last day is over at now, in now's time zone. Years are taken in the
// century window of 50 years before and after now.
func (e Expiry) Expired(now time.Time) bool {
	if e.IsZero() {
		return false
	}
	year := now.Year() - now.Year()%100 + e.year
	switch {
	case year-now.Year() > 50:
		year -= 100
	case now.Year()-year > 50:
		year += 100
	}
	return !now.Before(time.Date(year, time.Month(e.month)+1, 1, 0, 0, 0, 0, now.Location()))
}

const expiryMask = "**/**"

func (e Expiry) String() string               { return expiryMask }
func (e Expiry) GoString() string             { return expiryMask }
func (e Expiry) Format(s fmt.State, _ rune)   { fmt.Fprint(s, expiryMask) }
func (e Expiry) MarshalText() ([]byte, error) { return []byte(expiryMask), nil }
func (e Expiry) LogValue() slog.Value         { return slog.StringValue(expiryMask) }
