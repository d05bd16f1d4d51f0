package main

// showsText says whether bytes for a terminal hold a letter or digit to be shown, not only commands
// (ECMA-48: escape sequences, control sequences, strings).
func showsText(b []byte) bool {
	for i := 0; i < len(b); {
		switch {
		case b[i] == 0x1b:
			end, whole := sequenceEnd(b, i)
			if !whole {
				return false
			}
			i = end
		case b[i] >= '0' && b[i] <= '9', b[i] >= 'A' && b[i] <= 'Z', b[i] >= 'a' && b[i] <= 'z':
			return true
		default:
			i++
		}
	}
	return false
}

// sequenceEnd is the index after the escape sequence that begins at i; whole is false if it goes on.
func sequenceEnd(b []byte, i int) (end int, whole bool) {
	i++
	if i == len(b) {
		return i, false
	}
	switch b[i] {
	case '[': // control sequence: up to a byte from @ to ~
		for i++; i < len(b); i++ {
			if b[i] >= '@' && b[i] <= '~' {
				return i + 1, true
			}
		}
		return i, false
	case ']', 'P', '_', '^', 'X': // strings: up to BEL or ESC \
		for i++; i < len(b); i++ {
			if b[i] == 0x07 || b[i] == '\\' && b[i-1] == 0x1b {
				return i + 1, true
			}
		}
		return i, false
	}
	for ; i < len(b); i++ { // intermediate bytes, then one final byte
		if b[i] < ' ' || b[i] > '/' {
			return i + 1, true
		}
	}
	return i, false
}
