package wedge

import (
	"bytes"

	"github.com/tillpos/till/pos/card"
)

// Longest tracks, in characters with sentinels and LRC (ISO 7811).
var trackLimit = [3]int{79, 40, 107}

// longestBurst is all three tracks, in characters.
const longestBurst = 79 + 40 + 107

// remap puts right what a stripe's sign looks like under another keyboard layout than the reader's. Only
// signs that no stripe holds (ISO 7811: 20 to 5F hexadecimal without ! and lower case) can be keys of
// this table, so nothing that was right is changed.
var remap = map[rune]byte{
	// Key right of L.
	'§': ';', 'ö': ';', 'Ö': ';', 'ñ': ';', 'Ñ': ';', 'ò': ';', 'Ò': ';', 'ç': ';', 'Ç': ';', 'é': ';', 'É': ';',
	'æ': ';', 'Æ': ';', 'ø': ';', 'Ø': ';',
	// Key left of backspace. With shift it is a +, which only begins a track, where no = stands.
	'´': '=', '`': '=', '¡': '=', '¿': '=', 'ì': '=', '«': '=', '»': '=',
	'°': '^', 'ˆ': '^', '¨': '^',
	'ß': '-', 'ä': '\'', 'Ä': '"',
}

// european says what the layouts of Europe and Latin America make of signs that stripes hold too. A burst is typed
// under one of them if it ends with an underscore and has no question mark: every track ends with one.
var european = map[byte]byte{'_': '?', '&': '^', '^': '=', '-': '/'}

// whole says whether a burst that was ended by Enter ends as a track does.
func whole(held []byte) bool {
	n := len(held)
	return n > 0 && (held[n-1] == '?' || isEuropean(held))
}

func isEuropean(held []byte) bool {
	return len(held) > 0 && held[len(held)-1] == '_' && bytes.IndexByte(held, '?') < 0
}

// straighten puts a burst right in place.
func straighten(held []byte) {
	if !isEuropean(held) {
		return
	}
	for i, c := range held {
		if right, ok := european[c]; ok {
			held[i] = right
		}
	}
}

// first says whether a key may begin a burst, and as which sentinel it counts.
func first(r rune) (byte, bool) {
	c, ok := sign(r)
	return c, ok && (c == '%' || c == ';')
}

// sign gives the character of a stripe that a key stands for.
func sign(r rune) (byte, bool) {
	if c, ok := remap[r]; ok {
		return c, true
	}
	switch {
	case r >= 'a' && r <= 'z': // caps lock turns a reader's capitals over
		return byte(r) - 'a' + 'A', true
	case r >= 0x20 && r <= 0x5f:
		return byte(r), true
	}
	return 0, false
}

// Typed gives the characters of a stripe that keys stand for, as Parse takes them; others are left out.
func Typed(keys string) []byte {
	held := make([]byte, 0, len(keys))
	for _, r := range keys {
		if c, ok := sign(r); ok {
			held = append(held, c)
		}
	}
	return held
}

// Parse makes a swipe of a burst: the characters from the first sentinel to the last, without Enter. It puts them
// right in place.
func Parse(text []byte) card.Swipe {
	straighten(text)
	s := card.Swipe{Entry: card.EntryWedge}
	for len(text) > 0 {
		end := 0
		for end < len(text) && text[end] != '?' {
			end++
		}
		if end == len(text) {
			// Half a track: without its end nothing in it can be trusted.
			s.Status[place(&s, text[0])] = card.Bad
			return s
		}
		put(&s, text[:end+1])
		text = text[end+1:]
	}
	return s
}

// put files one track, from sentinel to sentinel.
func put(s *card.Swipe, text []byte) {
	i := place(s, text[0])
	if bytes.IndexByte([]byte("%;+="), text[0]) < 0 || len(text) > trackLimit[i]-1 || string(text[1:len(text)-1]) == "E" {
		s.Status[i] = card.Bad
		return
	}
	if text[0] == '=' {
		text[0] = '+'
	}
	s.Status[i], s.Tracks[i] = card.Decoded, card.NewTrack(i+1, text)
}

// place is the index of the track that begins with c: a second ; is track 3.
func place(s *card.Swipe, c byte) int {
	switch {
	case c == '%':
		return 0
	case c == '+', c == '=', s.Status[1] != card.Blank:
		return 2
	}
	return 1
}
