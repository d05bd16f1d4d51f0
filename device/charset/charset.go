// Package charset writes text in the character table of a device - a printer's code page, a display's - and spells
// out what the table lacks: another sign for it, the letter without its accent, or "?".
package charset

import (
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Page is a character table with one byte a character. The zero value has ASCII only.
type Page struct {
	Number byte // as in 1B 74 n of ESC/POS
	table  *charmap.Charmap
}

// The code pages that every device of the ESC/POS family has.
var (
	Page437 = Page{0, charmap.CodePage437}
	Page858 = Page{19, charmap.CodePage858} // as 850, with the euro sign
)

// Pages are the code pages by their usual number. Not every device has all of them.
var Pages = map[int]Page{
	437: Page437, 850: {2, charmap.CodePage850}, 852: {18, charmap.CodePage852}, 858: Page858,
	860: {3, charmap.CodePage860}, 863: {4, charmap.CodePage863}, 865: {5, charmap.CodePage865},
	866: {17, charmap.CodePage866}, 1252: {16, charmap.Windows1252},
}

// instead spells what a page may lack; whatever is in neither prints without its accents or as "?".
var instead = map[rune]string{
	'‘': "'", '’': "'", '‚': ",", '“': `"`, '”': `"`, '„': `"`, '–': "-", '—': "-", '−': "-", '…': "...",
	'€': "EUR", '£': "GBP", '¥': "JPY", '•': "*", '×': "x", '→': "->", '✓': "v", 'ß': "ss", 'Œ': "OE", 'œ': "oe",
	'Ø': "O", 'ø': "o", 'Ł': "L", 'ł': "l", 'ı': "i", '™': "TM", '©': "(c)", '®': "(R)", '¡': "!", '¿': "?", '\u00a0': " ", '\t': " ",
}

// Encode writes text in the page, one byte a column. Control characters are dropped: they would be commands.
func (p Page) Encode(text string) []byte {
	var out []byte
	for _, r := range norm.NFC.String(text) {
		out = append(out, p.char(r)...)
	}
	return out
}

func (p Page) char(r rune) []byte {
	if r >= ' ' && r <= '~' {
		return []byte{byte(r)}
	}
	if p.table != nil {
		if b, ok := p.table.EncodeRune(r); ok && b >= 0x80 {
			return []byte{b}
		}
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
