package storage

import "strings"

// packed finds packed decimal numbers: two digits a byte, from a byte's high half on, or from its low
// half if the high one is a leading zero. A number of odd length may also end with a low half of F
// (ISO 8583) or 0.
func (p piece) packed() (out []hit) {
	b := p.b
	var buf [longestPAN]byte
	defer clear(buf[:])
	for at := 0; at+shortestPAN/2 <= len(b); at++ {
		first, lead := 0, b[at]>>4
		if lead == 0 {
			first, lead = 1, b[at]
		}
		// No issuer's range begins with 0, 7 or 9; most bytes of a file end the look here.
		if lead == 0 || lead == 7 || lead > 8 {
			continue
		}
		digits := unpack(buf[:0], b[at:], first)
		for n := shortestPAN; n <= len(digits); n++ {
			size := (n + first + 1) / 2 // bytes
			if (n+first)%2 == 1 && (first == 1 || !pad(b[at+size-1]&0x0f)) {
				continue
			}
			// More digits may follow: a date, a second number. Only text is told by what stands around it.
			if isCard(digits[:n]) && !p.word(at, at+size) && !zeroes(b[at:at+size]) {
				out = append(out, hit{at, size, KindBCD})
				break
			}
		}
	}
	return out
}

// packedAs is packed, perhaps only of what stands alone.
func (p piece) packedAs(where packedWhere) (out []hit) {
	for _, h := range p.packed() {
		if where != packedAlone || alone(p.b, h.at, h.at+h.size) {
			out = append(out, h)
		}
	}
	return out
}

func pad(low byte) bool { return low == 0 || low == 0x0f }

// unpack appends the decimal halves of b from half first on as ASCII digits, up to the first other half.
func unpack(to, b []byte, first int) []byte {
	for i := first; i < 2*len(b) && len(to) < longestPAN; i++ {
		half := b[i/2] >> 4
		if i%2 == 1 {
			half = b[i/2] & 0x0f
		}
		if half > 9 {
			break
		}
		to = append(to, '0'+half)
	}
	return to
}

// repeated are signs that texts do repeat: fillers, digits, and the A of base64's zeros.
const repeated = " #0123456789AXx"

// word says that the bytes are part of a text: all printable, and printable beside them or lines around
// them. Four times the same letter is in no text (A is left out: base64 of zeros).
func (p piece) word(from, to int) bool {
	b := p.b
	same := 1
	for i := from; i < to; i++ {
		if !printable(b[i]) {
			return false
		}
		if i > from && b[i] == b[i-1] && strings.IndexByte(repeated, b[i]) < 0 {
			if same++; same == 4 {
				return false
			}
		} else {
			same = 1
		}
	}
	before, after := byte(0), byte(0)
	if from > 0 {
		before = b[from-1]
	}
	if to < len(b) {
		after = b[to]
	}
	lineEnd := func(c byte) bool { return c == '\n' || c == '\r' || c == '\t' }
	return printable(before) || printable(after) || lineEnd(before) && lineEnd(after)
}

// zeroes says that every second byte is zero: UTF-16 text, or a table of small numbers.
func zeroes(b []byte) bool {
	even, odd := true, true
	for i, c := range b {
		if c != 0 && i%2 == 0 {
			even = false
		}
		if c != 0 && i%2 == 1 {
			odd = false
		}
	}
	return even || odd
}
