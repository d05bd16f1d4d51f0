package card

import (
	"errors"
	"testing"
	"time"
)

func TestExpiryParse(t *testing.T) {
	for name, row := range map[string]struct {
		parse func(string) (Expiry, error)
		text  string
		mmyy  string
		err   error
	}{
		"stripe":            {ParseYYMM, "3012", "1230", nil},
		"stripe January":    {ParseYYMM, "0001", "0100", nil},
		"card":              {ParseMMYY, "1230", "1230", nil},
		"card with a slash": {ParseMMYY, "12/30", "1230", nil},
		"month zero":        {ParseYYMM, "3000", "", ErrExpiry},
		"month thirteen":    {ParseYYMM, "3013", "", ErrExpiry},
		"card as stripe":    {ParseMMYY, "3012", "", ErrExpiry},
		"too short":         {ParseYYMM, "301", "", ErrExpiry},
		"too long":          {ParseYYMM, "30120", "", ErrExpiry},
		"empty":             {ParseMMYY, "", "", ErrExpiry},
		"letters":           {ParseMMYY, "1a30", "", ErrExpiry},
		"sign":              {ParseMMYY, "+130", "", ErrExpiry},
		"slash misplaced":   {ParseMMYY, "1/230", "", ErrExpiry},
		"slash on a stripe": {ParseYYMM, "30/12", "", ErrExpiry},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := row.parse(row.text)
			if !errors.Is(err, row.err) {
				t.Fatalf("got %v, want %v", err, row.err)
			}
			if e.MMYY() != row.mmyy || e.IsZero() != (row.err != nil) {
				t.Error("the date is another one")
			}
			if err == nil && e.YYMM() != row.mmyy[2:]+row.mmyy[:2] {
				t.Error("the stripe's order is wrong")
			}
		})
	}
}

func TestEqualExpiriesCompare(t *testing.T) {
	seen := map[Expiry]bool{}
	for _, s := range []string{"3012", "3011", "2912", "0001", "9912"} {
		if made(ParseYYMM(s)) != made(ParseMMYY(s[2:]+s[:2])) {
			t.Error("one month read in two ways is two")
		}
		seen[made(ParseYYMM(s))] = true
	}
	if len(seen) != 5 {
		t.Error("two months are one")
	}
}

func TestExpired(t *testing.T) {
	east := time.FixedZone("", 14*3600)
	for name, row := range map[string]struct {
		yymm string
		now  time.Time
		want bool
	}{
		"first day of its month":        {"3012", time.Date(2030, 12, 1, 0, 0, 0, 0, time.UTC), false},
		"last moment":                   {"3012", time.Date(2030, 12, 31, 23, 59, 59, 999999999, time.UTC), false},
		"the moment after":              {"3012", time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC), true},
		"month of 28 days":              {"3002", time.Date(2030, 2, 28, 23, 0, 0, 0, time.UTC), false},
		"after 28 days":                 {"3002", time.Date(2030, 3, 1, 0, 0, 0, 0, time.UTC), true},
		"leap day":                      {"2802", time.Date(2028, 2, 29, 23, 0, 0, 0, time.UTC), false},
		"now's own zone decides":        {"3012", time.Date(2031, 1, 1, 0, 0, 0, 0, east), true},
		"the same moment in UTC":        {"3012", time.Date(2031, 1, 1, 0, 0, 0, 0, east).UTC(), false},
		"a year ago":                    {"2512", time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), true},
		"over the turn of the century":  {"0101", time.Date(2099, 6, 1, 0, 0, 0, 0, time.UTC), false},
		"before the turn":               {"9912", time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), true},
		"fifty years ahead":             {"7612", time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), false},
		"fifty-one ahead is behind":     {"7712", time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), true},
		"fifty years behind, at 2060":   {"1012", time.Date(2060, 6, 1, 0, 0, 0, 0, time.UTC), true},
		"fifty-one behind lies forward": {"0912", time.Date(2060, 6, 1, 0, 0, 0, 0, time.UTC), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := made(ParseYYMM(row.yymm)).Expired(row.now); got != row.want {
				t.Errorf("expired: %v, want %v", got, row.want)
			}
		})
	}
	if (Expiry{}).Expired(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("a card without a date is expired")
	}
}

func TestServiceCode(t *testing.T) {
	for code, row := range map[ServiceCode]struct {
		chip    bool
		meaning string
	}{
		"101": {false, "international; normal approval; no limits"},
		"201": {true, "international, chip; normal approval; no limits"},
		"226": {true, "international, chip; approval by the issuer; PIN where there is a pad"},
		"601": {true, "national, chip; normal approval; no limits"},
		"520": {false, "national; approval by the issuer; PIN required"},
		"747": {false, "private; approval by the issuer unless agreed otherwise; goods and services only, PIN where there is a pad"},
		"999": {false, "test; reserved; reserved"},
		"":    {false, "none"},
		"2":   {false, "none"},
	} {
		if code.Chip() != row.chip || code.Meaning() != row.meaning {
			t.Errorf("%q: chip %v, %q", string(code), code.Chip(), code.Meaning())
		}
	}
}

func TestKSN(t *testing.T) {
	for name, row := range map[string]struct {
		text string
		want KSN
		err  error
	}{
		"whole":               {"FFFF9876543210E00002", "FFFF9876543210E00002", nil},
		"leading F dropped":   {"9876543210E00002", "FFFF9876543210E00002", nil},
		"small letters":       {"9876543210e00002", "FFFF9876543210E00002", nil},
		"odd number":          {"F9876543210E00002", "FFFF9876543210E00002", nil},
		"another set":         {"62994901190000000001", "62994901190000000001", nil},
		"too short":           {"987654321", "", ErrKSN},
		"too long":            {"0FFFF9876543210E00002", "", ErrKSN},
		"no digits":           {"9876543210G00002", "", ErrKSN},
		"letter that shrinks": {"9876543210e0000ſ", "", ErrKSN},
		"empty":               {"", "", ErrKSN},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseKSN(row.text)
			if got != row.want || !errors.Is(err, row.err) {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}

func TestKSNMovesForward(t *testing.T) {
	for name, row := range map[string]struct {
		later, old string
		after      bool
		counter    uint32
	}{
		"next":           {"FFFF9876543210E00003", "FFFF9876543210E00002", true, 3},
		"same":           {"FFFF9876543210E00002", "FFFF9876543210E00002", false, 2},
		"back":           {"FFFF9876543210E00001", "FFFF9876543210E00002", false, 1},
		"21st bit":       {"FFFF9876543210F00000", "FFFF9876543210E00002", true, 0x100000},
		"another device": {"FFFF9876543212E00003", "FFFF9876543210E00002", false, 3},
		"device bit":     {"FFFF9876543210000003", "FFFF9876543210E00002", false, 3},
		"another key":    {"FFFF9876543310E00003", "FFFF9876543210E00002", false, 3},
	} {
		t.Run(name, func(t *testing.T) {
			later, old := made(ParseKSN(row.later)), made(ParseKSN(row.old))
			if later.After(old) != row.after || later.Counter() != row.counter {
				t.Errorf("after: %v, counter %d", later.After(old), later.Counter())
			}
		})
	}
	if KSN("").After("") || KSN("").Counter() != 0 {
		t.Error("no KSN comes after no KSN")
	}
}

func TestSmallSecrets(t *testing.T) {
	for name, row := range map[string]struct {
		make func() error
		err  error
	}{
		"CVV of 3":          {func() error { _, err := NewCVV([]byte("123")); return err }, nil},
		"CVV of 4":          {func() error { _, err := NewCVV([]byte("1234")); return err }, nil},
		"CVV of 2":          {func() error { _, err := NewCVV([]byte("12")); return err }, ErrCVV},
		"CVV of 5":          {func() error { _, err := NewCVV([]byte("12345")); return err }, ErrCVV},
		"CVV with a letter": {func() error { _, err := NewCVV([]byte("12a")); return err }, ErrCVV},
		"account of 3":      {func() error { _, err := NewAccountNumber([]byte("123")); return err }, nil},
		"account of 2":      {func() error { _, err := NewAccountNumber([]byte("12")); return err }, ErrAccount},
		"account of 18":     {func() error { _, err := NewAccountNumber([]byte("123456789012345678")); return err }, ErrAccount},
		"account dashed":    {func() error { _, err := NewAccountNumber([]byte("123-456")); return err }, ErrAccount},
		"PIN block of 8":    {func() error { _, err := NewPINBlock(make([]byte, 8), ""); return err }, nil},
		"PIN block of 16":   {func() error { _, err := NewPINBlock(make([]byte, 16), ""); return err }, nil},
		"PIN block of 9":    {func() error { _, err := NewPINBlock(make([]byte, 9), ""); return err }, ErrPINBlock},
	} {
		t.Run(name, func(t *testing.T) {
			if err := row.make(); !errors.Is(err, row.err) {
				t.Errorf("got %v, want %v", err, row.err)
			}
		})
	}
}
