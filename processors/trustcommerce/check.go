package trustcommerce

import (
	"slices"
	"strings"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// troubleFound is why a request is not fit to be sent, in the words that the host would use.
type troubleFound struct {
	word      string // missingfields, extrafields, badlength, badformat or mismatch
	offenders []string
}

func (t *troubleFound) failure() *pos.Error {
	return pos.NewError(pos.CodeRefused, strings.Join(t.offenders, ",")).WithDetail("%s, found before sending", t.word)
}

// judge gives "", badformat or badlength. Format goes first, as the host does it.
func (f Field) judge(value []byte) string {
	switch {
	case !printable(value) || len(value) > 0 && !f.fits(value):
		return "badformat"
	case len(value) < f.Min || len(value) > f.Max:
		return "badlength"
	}
	return ""
}

// printable says that every byte may be sent: printable ASCII, no '|'.
func printable(b []byte) bool {
	for _, c := range b {
		if c < 0x20 || c > 0x7e || c == '|' {
			return false
		}
	}
	return true
}

// fits says whether the characters are what the format asks for; the length is judged apart, save where
// a format has one length only.
func (f Field) fits(v []byte) bool {
	switch f.Format {
	case Text:
		return true
	case Digits:
		return only(v, isDigit)
	case Alnum:
		return only(v, alnum)
	case Hex:
		return only(v, func(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' })
	case YesNo:
		return string(v) == "y" || string(v) == "n"
	case OneOf:
		return slices.Contains(f.Values, string(v))
	case CardPAN:
		return only(v, isDigit) && card.Luhn(v)
	case MonthYear:
		return only(v, isDigit) && len(v) >= 2 && (v[0] == '0' && v[1] >= '1' || v[0] == '1' && v[1] <= '2')
	case TransID:
		return shaped(v, "999-9999999999")
	case Customer:
		return only(v, isDigit) || string(v) == "TestMerchant"
	case IPv4:
		return dotted(string(v))
	case Interval:
		return interval(v)
	case StartDay:
		return interval(v) || dated("2006-01-02", v)
	case USDate:
		return dated("01-02-2006", v)
	case Stamp:
		return dated("20060102150405", v)
	}
	return false
}

func only(v []byte, ok func(byte) bool) bool {
	for _, c := range v {
		if !ok(c) {
			return false
		}
	}
	return true
}

func alnum(c byte) bool    { return isDigit(c) || isLetter(c) }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// shaped compares with a picture in which 9 stands for a digit. A shorter or longer value of the
// right characters is a matter of length.
func shaped(v []byte, picture string) bool {
	for i, c := range v {
		switch {
		case i >= len(picture):
			return only(v[i:], isDigit)
		case picture[i] == '9' && !isDigit(c), picture[i] != '9' && picture[i] != c:
			return false
		}
	}
	return true
}

func dotted(s string) bool {
	parts := strings.Split(s, ".")
	for _, p := range parts {
		if len(p) < 1 || len(p) > 3 || !only([]byte(p), isDigit) || len(p) == 3 && p > "255" {
			return false
		}
	}
	return len(parts) == 4
}

func interval(v []byte) bool {
	n := len(v) - 1
	return n >= 1 && n <= 2 && only(v[:n], isDigit) && strings.Trim(string(v[:n]), "0") != "" && strings.IndexByte("dwmy", v[n]) >= 0
}

// dated parses dates without putting the value into an error.
func dated(layout string, v []byte) bool {
	if len(v) != len(layout) {
		return false
	}
	_, err := time.Parse(layout, string(v))
	return err == nil
}
