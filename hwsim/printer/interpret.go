package printer

import (
	"fmt"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// pages are the character tables by the number of 1B 74 n.
var pages = map[byte]*charmap.Charmap{
	0: charmap.CodePage437, 2: charmap.CodePage850, 3: charmap.CodePage860, 4: charmap.CodePage863,
	5: charmap.CodePage865, 16: charmap.Windows1252, 17: charmap.CodePage866, 18: charmap.CodePage852, 19: charmap.CodePage858,
}

// arguments gives the bytes after a command's two; a command that is not here is unknown and has none.
var arguments = map[string]int{
	"\x1B@": 0, "\x1Ba": 1, "\x1BE": 1, "\x1B-": 1, "\x1B!": 1, "\x1BM": 1, "\x1Bt": 1, "\x1BR": 1,
	"\x1Bd": 1, "\x1BJ": 1, "\x1B3": 1, "\x1B2": 0, "\x1Bp": 3,
	"\x1D!": 1, "\x1DB": 1, "\x1DV": 1, "\x1Dr": 1, "\x1Da": 1,
	"\x1Dh": 1, "\x1Dw": 1, "\x1DH": 1, "\x1Df": 1,
	// These two have a length among their first arguments, see variable.
	"\x1Dk": 2, "\x1D(": 3,
}

// cutLine is what a cut looks like in the text of the paper.
const cutLine = "- - - - - - - - - - - - - - - - - - - - -"

// style is how text is set until another command comes.
type style struct {
	align      byte // 0 left, 1 centre, 2 right
	wide, high int  // times the usual size
	bold       bool
	page       *charmap.Charmap
}

var usual = style{wide: 1, high: 1, page: charmap.CodePage437}

// mark says how a line is set, empty for the usual way.
func (s style) mark() string {
	var out string
	if s.wide > 1 || s.high > 1 {
		out = fmt.Sprintf("%dx%d ", s.wide, s.high)
	}
	if s.bold {
		out += "bold "
	}
	return out
}

// head is the print head: what stands in the line under way and on the paper.
type head struct {
	columns int
	style   style
	line    strings.Builder
	length  int   // characters in line
	set     style // of the first character in line
	paper   strings.Builder
	marked  strings.Builder // the paper, and before each line how it is set
	cuts    int
	kicks   int
	unknown int
	stored  string // of a QR code, until it is printed
	auto    byte   // what automatic status tells of
}

func newHead(columns int) *head {
	return &head{columns: columns, style: usual}
}

// event is what a command asks of the rest of the printer.
type event int

const (
	nothing event = iota
	printed       // a line came out
	kicked        // the drawer was pulsed
	asked         // status in turn, to be answered
	cleared       // back to how it is after power-on
	watched       // automatic status was set, as head.auto says
)

// step takes one command or character off data and carries it out. It gives how many bytes it took, 0
// when the command is not whole yet.
func (h *head) step(data []byte) (taken int, e event) {
	switch data[0] {
	case 0x1B, 0x1D:
		return h.command(data)
	case '\n':
		h.feed(1)
		return 1, printed
	}
	if data[0] >= 0x20 {
		h.put(data[0])
	}
	return 1, nothing
}

func (h *head) command(data []byte) (int, event) {
	if len(data) < 2 {
		return 0, nothing
	}
	name := string(data[:2])
	n, known := arguments[name]
	if !known {
		h.unknown++
		return 2, nothing
	}
	if name == "\x1DV" && len(data) > 2 && data[2] >= 65 {
		n = 2
	}
	if len(data) < 2+n {
		return 0, nothing
	}
	n += variable(name, data[2:])
	if len(data) < 2+n {
		return 0, nothing
	}
	return 2 + n, h.obey(name, data[2:2+n])
}

// variable is how many more bytes the arguments of a command say that it has.
func variable(name string, arg []byte) int {
	switch name {
	case "\x1Dk":
		return int(arg[1])
	case "\x1D(":
		return int(arg[1]) | int(arg[2])<<8
	}
	return 0
}

// barcodes names the kinds of 1D 6B, in the form that gives a length.
var barcodes = map[byte]string{65: "UPC-A", 67: "EAN-13", 68: "EAN-8", 69: "CODE39", 73: "CODE128"}

// code prints what a scanner would read, in brackets.
func (h *head) code(kind, text string) {
	for _, c := range []byte("[" + kind + " " + text + "]") {
		h.put(c)
	}
}

func (h *head) obey(name string, arg []byte) event {
	switch name {
	case "\x1B@":
		h.style = usual
		h.line.Reset()
		h.length = 0
		return cleared
	case "\x1Ba":
		h.style.align = arg[0] % 48 // the digits 0 to 2 are taken too
	case "\x1D!":
		h.style.wide, h.style.high = int(arg[0]>>4&7)+1, int(arg[0]&7)+1
	case "\x1BE":
		h.style.bold = arg[0]&1 == 1
	case "\x1Da":
		h.auto = arg[0]
		return watched
	case "\x1Bt":
		if page, ok := pages[arg[0]]; ok {
			h.style.page = page
		}
	case "\x1Bd":
		h.feed(int(arg[0]))
		return printed
	case "\x1DV":
		h.cut()
	case "\x1Bp":
		h.kicks++
		return kicked
	case "\x1Dr":
		return asked
	case "\x1Dk":
		kind, known := barcodes[arg[0]]
		if !known {
			h.unknown++
			return nothing
		}
		h.code(kind, strings.ReplaceAll(strings.TrimPrefix(string(arg[2:]), "{B"), "{{", "{"))
	case "\x1D(":
		h.qr(arg[3:])
	}
	return nothing
}

// qr carries out a function of two-dimensional codes: store what is to be printed, or print it.
func (h *head) qr(arg []byte) {
	switch {
	case len(arg) >= 3 && arg[0] == 0x31 && arg[1] == 0x50:
		h.stored = string(arg[3:])
	case len(arg) >= 2 && arg[0] == 0x31 && arg[1] == 0x51:
		h.code("QR", h.stored)
	}
}

// put sets one character; a full line goes on in the next.
func (h *head) put(b byte) {
	if h.length == h.room() {
		h.feed(1)
	}
	if h.length == 0 {
		h.set = h.style
	}
	h.line.WriteRune(h.style.page.DecodeByte(b))
	h.length++
}

func (h *head) room() int {
	return h.columns / h.style.wide
}

// feed ends the line under way and leaves n-1 empty ones behind it.
func (h *head) feed(n int) {
	if n == 0 {
		return
	}
	blanks := map[byte]int{0: 0, 1: (h.room() - h.length) / 2, 2: h.room() - h.length}[h.style.align]
	var text string
	if h.length > 0 {
		text = strings.Repeat(" ", blanks) + strings.TrimRight(h.line.String(), " ")
		h.marked.WriteString(h.set.mark())
	}
	text += strings.Repeat("\n", n)
	h.paper.WriteString(text)
	h.marked.WriteString(text)
	h.line.Reset()
	h.length = 0
}

func (h *head) cut() {
	if h.length > 0 {
		h.feed(1)
	}
	h.paper.WriteString(cutLine + "\n")
	h.marked.WriteString(cutLine + "\n")
	h.cuts++
}
