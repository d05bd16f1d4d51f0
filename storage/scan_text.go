package storage

import (
	"encoding/base64"
	"encoding/hex"
	"unicode/utf8"

	"github.com/tillpos/till/pos/card"
)

const (
	shortestPAN = 12
	longestPAN  = 19
)

// hit is a place in a piece.
type hit struct {
	at   int
	size int // bytes, of packed numbers only
	kind string
}

// piece is a stretch of bytes. cutFront and cutBack say that more bytes of the file stand before or
// behind, so that digits at that edge are not known to be all; the next window sees them whole.
type piece struct {
	b                 []byte
	cutFront, cutBack bool
	// within: a number counts inside a longer run of digits too. In unused space of a database nothing
	// parts a value from the next one.
	within bool
}

// texts finds numbers written as text, in every encoding of text.
func (p piece) texts() (out []hit) {
	out = p.digits()
	for _, find := range []func(func(piece, func(int) int)){p.hexRuns, p.hexPairs} {
		find(func(q piece, where func(int) int) { out = append(out, q.digitsAs(KindHex, where)...) })
	}
	p.base64Runs(func(q piece, where func(int) int) { out = append(out, q.digitsAs(KindBase64, where)...) })
	return append(out, p.wide()...)
}

func (p piece) digitsAs(kind string, where func(int) int) (out []hit) {
	for _, h := range p.digits() {
		out = append(out, hit{at: where(h.at), kind: kind})
	}
	return out
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// digits finds plain and grouped numbers and tracks. A plain number is a whole run of digits: part of a
// longer run is no card number.
func (p piece) digits() (out []hit) {
	b := p.b
	for from := 0; from < len(b); from++ {
		if !digit(b[from]) {
			continue
		}
		to := from
		for to < len(b) && digit(b[to]) {
			to++
		}
		whole := (from > 0 || !p.cutFront) && (to < len(b) || !p.cutBack)
		switch n := to - from; {
		case p.within && n > shortestPAN:
			out = append(out, p.inRun(from, to)...)
		case !whole:
		case n >= shortestPAN && n <= longestPAN:
			if kind := p.number(from, to); kind != "" {
				out = append(out, hit{at: from, kind: kind})
			}
		case n <= 4 && p.grouped(from, n):
			out = append(out, hit{at: from, kind: KindGrouped})
		}
		from = to
	}
	return out
}

// inRun finds numbers anywhere in a run of digits.
func (p piece) inRun(from, to int) (out []hit) {
	for at := from; at+shortestPAN <= to; at++ {
		for end := at + shortestPAN; end <= min(to, at+longestPAN); end++ {
			if isCard(p.b[at:end]) {
				out = append(out, hit{at: at, kind: KindPlain})
				break
			}
		}
	}
	return out
}

// number says what the run of digits is, empty if it is no card number. Between the sentinels of a track
// any number counts, of no known brand too.
func (p piece) number(from, to int) string {
	b := p.b
	switch {
	case from >= 2 && b[from-2] == '%' && b[from-1] == 'B' && to < len(b) && b[to] == '^':
		return KindTrack1
	case from >= 1 && b[from-1] == ';' && to < len(b) && b[to] == '=':
		return KindTrack2
	case isCard(b[from:to]):
		return KindPlain
	}
	return ""
}

// grouped looks for a number in groups from here on, with the same separator between all: groups of one,
// two or four digits (the last may be shorter), or 4-6-5 and 4-6-4 as on Amex and Diners cards.
func (p piece) grouped(from, n int) bool {
	b := p.b
	end := from + n
	if n == 3 || end >= len(b) {
		return false
	}
	separator := b[end]
	if separator != ' ' && separator != '-' && separator != '.' {
		return false
	}
	var buf [longestPAN]byte
	defer clear(buf[:])
	digits := append(buf[:0], b[from:end]...)
	for groups := 1; end < len(b) && b[end] == separator; groups++ {
		start := end + 1
		for end = start; end < len(b) && digit(b[end]); end++ {
		}
		size := end - start
		if size == 0 || len(digits)+size > longestPAN || end == len(b) && p.cutBack {
			return false
		}
		digits = append(digits, b[start:end]...)
		odd := n == 4 && (groups == 1 && size == 6 || groups == 2 && len(digits)-size == 10 && (size == 4 || size == 5))
		if size > n && !odd {
			return false
		}
		// Twelve digits in groups are too often something else: a date with a time, an amount.
		if len(digits) > shortestPAN && isCard(digits) {
			return true
		}
		if size != n && !odd {
			return false
		}
	}
	return false
}

// isCard checks brand range with its lengths, then the check digit. The digits are '0' to '9'.
func isCard(digits []byte) bool {
	if !card.Luhn(digits) || allZero(digits[6:]) {
		return false
	}
	pan, err := card.NewPAN(digits)
	if err != nil {
		return false
	}
	defer pan.Wipe()
	return pan.Brand() != card.BrandUnknown
}

// allZero keeps out round numbers: 38 and 67 followed by zeros have a good check digit, and no issuer
// gives out such an account.
func allZero(digits []byte) bool {
	for _, c := range digits {
		if c != '0' {
			return false
		}
	}
	return true
}

// runs calls f for every longest stretch of bytes of a class that is at least shortest long.
func (p piece) runs(shortest int, in *[256]bool, f func(from, to int)) {
	for from := 0; from < len(p.b); from++ {
		if !in[p.b[from]] {
			continue
		}
		to := from
		for to < len(p.b) && in[p.b[to]] {
			to++
		}
		if to-from >= shortest {
			f(from, to)
		}
		from = to
	}
}

// inner is a decoded part of p that stands from..to there; its edges are cut where p's are.
func (p piece) inner(decoded []byte, from, to int) piece {
	return piece{b: decoded, cutFront: p.cutFront && from == 0, cutBack: p.cutBack && to == len(p.b)}
}

// class is a set of bytes as a table: Scan looks every byte up several times.
func class(in func(byte) bool) *[256]bool {
	var out [256]bool
	for c := range out {
		out[c] = in(byte(c))
	}
	return &out
}

var (
	hexClass    = class(hexDigit)
	base64Class = class(func(c byte) bool { return base64Value(c) != 0 || c == '\n' || c == '\r' })
)

func hexDigit(c byte) bool { return digit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// hexRuns decodes runs of hexadecimal digits at both alignments.
func (p piece) hexRuns(f func(piece, func(int) int)) {
	p.runs(2*shortestPAN, hexClass, func(from, to int) {
		for shift := range 2 {
			decoded := make([]byte, (to-from-shift)/2)
			if _, err := hex.Decode(decoded, p.b[from+shift:from+shift+2*len(decoded)]); err == nil {
				f(p.inner(decoded, from, to), func(i int) int { return from + shift + 2*i })
			}
			clear(decoded)
		}
	})
}

// hexPairs decodes pairs of hexadecimal digits with one separator between them, as dumps print them.
func (p piece) hexPairs(f func(piece, func(int) int)) {
	b := p.b
	pair := func(i int) bool {
		return i+1 < len(b) && hexClass[b[i]] && hexClass[b[i+1]] && (i == 0 || !hexClass[b[i-1]]) && (i+2 == len(b) || !hexClass[b[i+2]])
	}
	for from := 0; from+2 < len(b); from++ {
		separator := b[from+2]
		if (separator != ' ' && separator != ':' && separator != '-' && separator != ',') || !pair(from) {
			continue
		}
		var decoded []byte
		to := from
		for pair(to) {
			one, _ := hex.DecodeString(string(b[to : to+2]))
			decoded = append(decoded, one...)
			to += 2
			if to >= len(b) || b[to] != separator {
				break
			}
			to++
		}
		if len(decoded) >= shortestPAN {
			start := from
			f(p.inner(decoded, from, to), func(i int) int { return start + 3*i })
		}
		clear(decoded)
		from = to - 1
	}
}

// base64Value turns the URL alphabet into the standard one; 0 for a character of neither.
func base64Value(c byte) byte {
	switch {
	case digit(c), c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '+', c == '/':
		return c
	case c == '-':
		return '+'
	case c == '_':
		return '/'
	}
	return 0
}

// base64Runs decodes runs of base64 characters from each of four starts: the text may stand right behind
// other letters, and the number anywhere in what it decodes to. Line ends inside a run are passed over.
func (p piece) base64Runs(f func(piece, func(int) int)) {
	p.runs(shortestPAN/3*4, base64Class, func(from, to int) {
		text := make([]byte, 0, to-from)
		index := make([]int, 0, to-from)
		for i := from; i < to; i++ {
			if v := base64Value(p.b[i]); v != 0 {
				text = append(text, v)
				index = append(index, i)
			}
		}
		for shift := 0; shift < 4 && shift < len(text); shift++ {
			part := text[shift:]
			if len(part)%4 == 1 { // one character says nothing of a byte
				part = part[:len(part)-1]
			}
			decoded := make([]byte, base64.RawStdEncoding.DecodedLen(len(part)))
			if _, err := base64.RawStdEncoding.Decode(decoded, part); err == nil {
				f(p.inner(decoded, from, to), func(i int) int { return index[shift+i/3*4+i%3] })
			}
			clear(decoded)
		}
		clear(text)
	})
}

// wide finds numbers in UTF-16 text. Text of one byte order, read one byte off, looks like the other.
func (p piece) wide() (out []hit) {
	little := map[int]bool{}
	for _, h := range p.wideAs(KindUTF16LE, 0, 1) {
		little[h.at] = true
		out = append(out, h)
	}
	for _, h := range p.wideAs(KindUTF16BE, 1, 0) {
		if !little[h.at+1] {
			out = append(out, h)
		}
	}
	return out
}

// wideAs reads units of two bytes, the character at offset low and zero at offset high.
func (p piece) wideAs(kind string, low, high int) (out []hit) {
	b := p.b
	for parity := range 2 {
		for from := parity; from+1 < len(b); from += 2 {
			to := from
			for to+1 < len(b) && b[to+high] == 0 && printable(b[to+low]) {
				to += 2
			}
			if n := (to - from) / 2; n >= shortestPAN {
				narrow := make([]byte, n)
				for i := range narrow {
					narrow[i] = b[from+2*i+low]
				}
				q := piece{b: narrow, cutFront: p.cutFront && from < 2, cutBack: p.cutBack && to+2 > len(b)}
				start := from
				out = append(out, q.digitsAs(kind, func(i int) int { return start + 2*i })...)
				clear(narrow)
			}
			from = to
		}
	}
	return out
}

func printable(c byte) bool { return c >= 0x20 && c <= 0x7e }

// isText says that the bytes are UTF-8 without control characters other than tab and line ends.
func isText(b []byte) bool {
	for _, c := range b {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return false
		}
	}
	return utf8.Valid(b)
}
