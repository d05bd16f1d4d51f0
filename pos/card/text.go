package card

// The digits of a card number in a text that a person wrote.
const (
	shortestInText = 12
	longestInText  = 19
)

// InText says whether a text holds a card number: as one run of digits, or in groups with single spaces, dashes or
// points between them. It goes by the ranges and lengths of the brands and by the check digit, so that other long
// numbers, such as a reference of the bank, may stand in a text.
func InText(text string) bool {
	for i := range len(text) {
		if isDigit(text[i]) && (i == 0 || !isDigit(text[i-1])) && beginsNumber(text[i:]) {
			return true
		}
	}
	return false
}

// beginsNumber looks at the text up to the end of each group.
func beginsNumber(text string) bool {
	digits := make([]byte, 0, longestInText)
	defer func() { clear(digits[:cap(digits)]) }()
	for i := range len(text) {
		last := i+1 == len(text)
		switch {
		case isDigit(text[i]) && len(digits) < longestInText:
			digits = append(digits, text[i])
		case isDigit(text[i]):
			return false
		case last || !isDigit(text[i+1]) || text[i] != ' ' && text[i] != '-' && text[i] != '.':
			return false
		}
		if (last || !isDigit(text[i+1])) && len(digits) >= shortestInText && issued(digits) {
			return true
		}
	}
	return false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// issued says that some brand gives out such a number.
func issued(digits []byte) bool {
	p, err := NewPAN(digits)
	if err != nil {
		return false
	}
	defer p.Wipe()
	return p.Brand() != BrandUnknown && p.LuhnOK()
}
