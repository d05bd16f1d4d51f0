package card

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNewPAN(t *testing.T) {
	for name, row := range map[string]struct {
		typed string
		err   error
		mask  string
		luhn  bool
	}{
		"sixteen digits":     {"4111111111111111", nil, "411111******1111", true},
		"spaces":             {"4111 1111 1111 1111", nil, "411111******1111", true},
		"dashes":             {"4111-1111-1111-1111", nil, "411111******1111", true},
		"fifteen digits":     {"378282246310005", nil, "378282*****0005", true},
		"fourteen digits":    {"36227206271667", nil, "362272****1667", true},
		"thirteen digits":    {"4012345678909", nil, "*********8909", true},
		"eight digits":       {"12345674", nil, "****5674", true},
		"nineteen digits":    {"6212345678900000003", nil, "621234*********0003", true},
		"bad check digit":    {"4111111111111112", nil, "411111******1112", false},
		"two swapped digits": {"4111111111111171", nil, "411111******1171", false},
		"seven digits":       {"1234567", ErrPANLength, "", false},
		"twenty digits":      {"41111111111111111111", ErrPANLength, "", false},
		"empty":              {"", ErrPANLength, "", false},
		"only spaces":        {"                ", ErrPANLength, "", false},
		"letter":             {"411111111111111O", ErrPANDigits, "", false},
		"masked":             {"411111******1111", ErrPANDigits, "", false},
		"wide digits":        {"４111111111111111", ErrPANDigits, "", false},
		"tab":                {"4111\t111111111111", ErrPANDigits, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := NewPAN([]byte(row.typed))
			if !errors.Is(err, row.err) {
				t.Fatalf("got %v, want %v", err, row.err)
			}
			if err != nil {
				if p != (PAN{}) {
					t.Error("a number stands beside the error")
				}
				return
			}
			digits := strings.NewReplacer(" ", "", "-", "").Replace(row.typed)
			if p.Masked() != row.mask || p.String() != row.mask || p.Last4() != digits[len(digits)-4:] || p.Len() != len(digits) {
				t.Errorf("the mask is %s, want %s", p.Masked(), row.mask)
			}
			if p.LuhnOK() != row.luhn {
				t.Errorf("check digit: %v, want %v", p.LuhnOK(), row.luhn)
			}
			p.Lend(func(b []byte) {
				if string(b) != digits {
					t.Error("the digits changed")
				}
			})
		})
	}
}

// TestLuhnFindsOneWrongDigit: of the ten last digits exactly one fits, and no single changed digit passes.
func TestLuhnFindsOneWrongDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := []byte(rapid.StringMatching(`[0-9]{8,19}`).Draw(t, "digits"))
		fits := 0
		var good []byte
		for c := byte('0'); c <= '9'; c++ {
			digits[len(digits)-1] = c
			if made(NewPAN(digits)).LuhnOK() {
				fits++
				good = bytes.Clone(digits)
			}
		}
		if fits != 1 {
			t.Fatalf("%d check digits fit", fits)
		}
		i := rapid.IntRange(0, len(good)-1).Draw(t, "place")
		good[i] = '0' + (good[i]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "change")))%10
		if made(NewPAN(good)).LuhnOK() {
			t.Fatal("a wrong digit passes")
		}
	})
}

// TestMaskHidesTheMiddle is rule T3.
func TestMaskHidesTheMiddle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := made(NewPAN([]byte(rapid.StringMatching(`[0-9]{8,19}`).Draw(t, "digits"))))
		shown := p.Len() - strings.Count(p.Masked(), "*")
		if len(p.Masked()) != p.Len() || shown > 10 || p.Len()-shown < 4 {
			t.Fatalf("a mask shows %d of %d digits", shown, p.Len())
		}
	})
}

func TestEqual(t *testing.T) {
	p, q, r := made(NewPAN([]byte("4111111111111111"))), made(NewPAN([]byte("4111 1111 1111 1111"))), made(NewPAN([]byte("4111111111111119")))
	if !p.Equal(q) || !p.Equal(p) || p.Equal(r) || p.Equal(PAN{}) || (PAN{}).Equal(p) {
		t.Error("the comparison of numbers is wrong")
	}
	q.Wipe()
	if p.Equal(q) || q.Equal(p) || q.Equal(q) {
		t.Error("a wiped number equals something")
	}
}

func TestFingerprint(t *testing.T) {
	key, other := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	p, q := made(NewPAN([]byte("4111111111111111"))), made(NewPAN([]byte("4111-1111-1111-1111")))
	f := p.Fingerprint(key)
	if f.IsZero() || f != q.Fingerprint(key) {
		t.Error("one number has two fingerprints")
	}
	if f == p.Fingerprint(other) || f == made(NewPAN([]byte("5555555555554444"))).Fingerprint(key) {
		t.Error("another key or number has the same fingerprint")
	}
	p.Wipe()
	if !p.Fingerprint(key).IsZero() {
		t.Error("a wiped number has a fingerprint")
	}
}

// TestBrands looks at both ends of each range, and at the numbers beside them.
func TestBrands(t *testing.T) {
	for _, row := range []struct {
		first  string // digits of the issuer; zeros follow
		length int
		want   Brand
	}{
		{"399999", 16, Diners}, {"400000", 16, Visa}, {"400000", 13, Visa}, {"499999", 19, Visa}, {"400000", 12, BrandUnknown},
		{"509999", 16, Maestro}, {"510000", 16, Mastercard}, {"559999", 16, Mastercard}, {"560000", 16, Maestro},
		{"510000", 15, BrandUnknown}, {"510000", 17, BrandUnknown},
		{"222099", 16, BrandUnknown}, {"222100", 16, Mastercard}, {"272099", 16, Mastercard}, {"272100", 16, BrandUnknown},
		{"222100", 19, BrandUnknown},
		{"339999", 15, BrandUnknown}, {"340000", 15, Amex}, {"349999", 15, Amex}, {"350000", 15, BrandUnknown},
		{"369999", 15, Diners}, {"370000", 15, Amex}, {"379999", 15, Amex}, {"380000", 15, Diners}, {"370000", 16, BrandUnknown},
		{"601099", 16, BrandUnknown}, {"601100", 16, Discover}, {"601199", 19, Discover}, {"601200", 16, BrandUnknown},
		{"643999", 16, BrandUnknown}, {"644000", 16, Discover}, {"649999", 16, Discover}, {"650000", 16, Discover},
		{"659999", 16, Discover}, {"660000", 16, BrandUnknown}, {"650000", 15, BrandUnknown},
		{"622125", 16, UnionPay}, {"622126", 16, Discover}, {"622925", 16, Discover}, {"622926", 16, UnionPay},
		{"299999", 14, BrandUnknown}, {"300000", 14, Diners}, {"305999", 14, Diners}, {"306000", 14, BrandUnknown},
		{"309499", 14, BrandUnknown}, {"309500", 14, Diners}, {"309599", 14, Diners}, {"309600", 14, BrandUnknown},
		{"359999", 14, BrandUnknown}, {"360000", 14, Diners}, {"369999", 14, Diners}, {"380000", 14, Diners}, {"399999", 14, Diners},
		{"360000", 13, BrandUnknown}, {"360000", 19, Diners},
		{"352799", 16, BrandUnknown}, {"352800", 16, JCB}, {"358999", 16, JCB}, {"359000", 16, BrandUnknown}, {"352800", 15, BrandUnknown},
		{"213099", 15, BrandUnknown}, {"213100", 15, JCB}, {"213199", 15, JCB}, {"213200", 15, BrandUnknown}, {"213100", 16, BrandUnknown},
		{"179999", 15, BrandUnknown}, {"180000", 15, JCB}, {"180099", 15, JCB}, {"180100", 15, BrandUnknown}, {"180000", 16, BrandUnknown},
		{"619999", 16, BrandUnknown}, {"620000", 16, UnionPay}, {"629999", 19, UnionPay}, {"630000", 16, BrandUnknown},
		{"809999", 16, BrandUnknown}, {"810000", 16, UnionPay}, {"817199", 16, UnionPay}, {"817200", 16, BrandUnknown},
		{"499999", 12, BrandUnknown}, {"500000", 12, Maestro}, {"589999", 19, Maestro}, {"590000", 16, BrandUnknown},
		{"638999", 16, BrandUnknown}, {"639000", 16, Maestro}, {"639099", 16, Maestro}, {"639100", 16, BrandUnknown},
		{"669999", 16, BrandUnknown}, {"670000", 16, Maestro}, {"679999", 16, Maestro}, {"680000", 16, BrandUnknown},
		{"670000", 11, BrandUnknown}, {"000000", 16, BrandUnknown}, {"999999", 16, BrandUnknown},
	} {
		t.Run(fmt.Sprintf("%s of %d digits", row.first, row.length), func(t *testing.T) {
			p := made(NewPAN([]byte(row.first + strings.Repeat("0", row.length-len(row.first)))))
			if got := p.Brand(); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// TestBrandTable: ranges are the right way round, and one that lies in another comes first.
func TestBrandTable(t *testing.T) {
	for i, r := range binRanges {
		if r.first > r.last || r.shortest > r.longest || r.longest > 19 || r.brand == "" {
			t.Errorf("range %d is not one", i)
		}
		for j, later := range binRanges[i+1:] {
			if later.first >= r.first && later.last <= r.last && later.shortest >= r.shortest && later.longest <= r.longest {
				t.Errorf("range %d is never reached: it lies in range %d", i+1+j, i)
			}
		}
	}
}

func FuzzPAN(f *testing.F) {
	for _, s := range []string{"", "4111111111111111", "4111 1111-1111 1111", "411111******1111", "0000000000000000000", "12345678", "x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, typed []byte) {
		before := bytes.Clone(typed)
		p, err := NewPAN(typed)
		if !bytes.Equal(before, typed) {
			t.Fatal("the caller's bytes were changed")
		}
		if err != nil {
			if err != ErrPANDigits && err != ErrPANLength {
				t.Fatal("an unknown error")
			}
			return
		}
		var digits []byte
		p.Lend(func(b []byte) { digits = bytes.Clone(b) })
		again, err := NewPAN(digits)
		if err != nil || !again.Equal(p) || again.Masked() != p.Masked() || again.Brand() != p.Brand() {
			t.Fatal("the digits of a number are not that number")
		}
		if strings.Contains(p.Masked(), string(digits)) || strings.Count(p.Masked(), "*") < 4 {
			t.Fatal("the mask shows too much")
		}
	})
}
