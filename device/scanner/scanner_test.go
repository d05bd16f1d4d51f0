package scanner

import (
	"errors"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, line, text string
		symbology        Symbology
		err              error
	}{
		{"EAN-13", "]E04006381333931\r\n", "4006381333931", EAN, nil},
		{"EAN-13 without AIM id", "4006381333931\r", "4006381333931", EAN, nil},
		{"wrong check digit", "]E04006381333932\r", "", "", ErrCheck},
		{"wrong check digit, but nothing says EAN", "4006381333932\r", "4006381333932", "", nil},
		{"EAN-8", "]E496385074\r", "96385074", EAN, nil},
		{"UPC-A", "036000291452\r", "036000291452", EAN, nil},
		{"Code 128", "]C0ORDER-17\r", "ORDER-17", Code128, nil},
		{"GS1 with separator", "]C1" + "10ABC\x1d2112\r", "10ABC\x1d2112", Code128, nil},
		{"unknown symbology", "]y0abc\r", "abc", "", nil},
		{"a bracket that is no id", "]!x\r", "]!x", "", nil},
		{"empty", "]E0\r", "", "", ErrEmpty},
		{"a control character", "ab\x1bc\r", "", "", ErrText},
		{"too long", string(make([]byte, Longest+1)), "", "", ErrLong},
	} {
		s, err := Parse([]byte(c.line))
		if !errors.Is(err, c.err) || s.Text != c.text || s.Symbology != c.symbology {
			t.Errorf("%s: %+v, %v", c.name, s, err)
		}
	}
}

func TestKeys(t *testing.T) {
	const fast, slow = 10 * time.Millisecond, 200 * time.Millisecond
	for _, c := range []struct {
		name, typed string
		gap         time.Duration
		passed, got string
	}{
		{"a scan", "]E04006381333931\r", fast, "", "4006381333931"},
		{"a person", "12]34\r", slow, "1234\r", ""},
		{"a person, then a scan", "7]C0AB\r", fast, "7", "AB"},
	} {
		var k Keys
		passed, got := "", ""
		at := time.Unix(0, 0)
		for _, r := range c.typed {
			at = at.Add(c.gap)
			pass, done, s, err := k.Rune(r, at)
			if pass {
				passed += string(r)
			}
			if done && err == nil {
				got = s.Text
			}
		}
		if passed != c.passed || got != c.got {
			t.Errorf("%s: passed %q, scanned %q", c.name, passed, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("]E04006381333931\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 0 {
			if n, _ := Cut(b); n > len(b) {
				t.Fatal("cut behind the end")
			}
		}
		if s, err := Parse(b); err == nil && (s.Text == "" || len(s.Text) > Longest) {
			t.Fatal("a code without a text")
		}
	})
}
