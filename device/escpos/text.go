package escpos

import (
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// CodePage is a character table of the printer.
type CodePage struct {
	number byte // as in 1B 74 n
	table  *charmap.Charmap
}

// The code pages that every printer of the family has.
var (
	Page437 = CodePage{0, charmap.CodePage437}
	Page858 = CodePage{19, charmap.CodePage858} // as 850, with the euro sign
)

// Pages are the code pages by their usual number. Not every printer has all of them.
var Pages = map[int]CodePage{
	437: Page437, 850: {2, charmap.CodePage850}, 852: {18, charmap.CodePage852}, 858: Page858,
	860: {3, charmap.CodePage860}, 863: {4, charmap.CodePage863}, 865: {5, charmap.CodePage865},
	866: {17, charmap.CodePage866}, 1252: {16, charmap.Windows1252},
}

// instead spells what a page may lack; whatever is in neither prints without its accents or as "?".
var instead = map[rune]string{
	'‘': "'", '’': "'", '‚': ",", '“': `"`, '”': `"`, '„': `"`, '–': "-", '—': "-", '−': "-", '…': "...",
	'€': "EUR", '£': "GBP", '¥': "JPY", '•': "*", '×': "x", '→': "->", '✓': "v", 'ß': "ss", 'Œ': "OE", 'œ': "oe",
	'Ø': "O", 'ø': "o", 'Ł': "L", 'ł': "l", 'ı': "i", '™': "TM", '©': "(c)", '®': "(R)", '\u00a0': " ", '\t': " ",
}

// encode writes text in the page, one byte a column. Control characters are dropped: they would be
// commands.
func (p CodePage) encode(text string) []byte {
	var out []byte
	for _, r := range norm.NFC.String(text) {
		out = append(out, p.char(r)...)
	}
	return out
}

func (p CodePage) char(r rune) []byte {
	if b, ok := p.table.EncodeRune(r); ok && b >= 0x20 && b != 0x7f {
		return []byte{b}
	}
	if s, ok := instead[r]; ok {
		return []byte(s)
	}
	if unicode.IsControl(r) || unicode.Is(unicode.Mn, r) {
		return nil
	}
	plain := strings.Map(func(q rune) rune {
		if unicode.Is(unicode.Mn, q) {
			return -1
		}
		return q
	}, norm.NFD.String(string(r)))
	if len(plain) == 1 && plain[0] >= 0x20 && plain[0] < 0x7f {
		return []byte(plain)
	}
	return []byte("?")
}
