package escpos

import (
	"bytes"

	"github.com/tillpos/till/device/charset"
	"github.com/tillpos/till/pos"
)

// Commands, as in the package comment.
var (
	cmdInit      = []byte{0x1B, 0x40}
	cmdCut       = []byte{0x1D, 0x56, 0x42, 0x00}
	cmdDrawer    = []byte{0x1B, 0x70, 0x00, 0x19, 0xFA}
	cmdClear     = []byte{0x10, 0x05, 0x02}
	cmdDrawerNow = []byte{0x10, 0x14, 0x01, 0x00, 0x01}
	cmdInTurn    = []byte{0x1D, 0x72, 0x01}
	// cmdAutoStatus: the printer tells by itself of drawer, on-line, error and paper.
	cmdAutoStatus = []byte{0x1D, 0x61, 0x0F}
)

// Paper is what a printer prints on.
type Paper struct {
	Columns int // characters of font A in a line: 42 or 48 on 80 mm paper, 32 on 58 mm
	Page    charset.Page
}

// DefaultPaper is 80 mm wide.
var DefaultPaper = Paper{Columns: 42, Page: charset.Page858}

// Encode writes a slip as printer commands, with the cut at its end and without its drawer. Text that is too
// long for a line goes on in the next one; a left part gives way to the right one.
func (p Paper) Encode(s pos.Slip) []byte {
	var b bytes.Buffer
	b.Write(cmdInit)
	b.Write(cmdAutoStatus) // initialising takes it off
	b.Write([]byte{0x1B, 0x74, p.Page.Number})
	for _, l := range s.Lines {
		p.line(&b, l)
	}
	b.Write(cmdCut)
	return b.Bytes()
}

func (p Paper) line(b *bytes.Buffer, l pos.SlipLine) {
	columns := p.Columns
	wide, high := times(l.Wide), times(l.High)
	if wide > 1 || high > 1 {
		columns /= wide
		b.Write([]byte{0x1D, 0x21, byte(wide-1)<<4 | byte(high-1)})
	}
	if l.Bold {
		b.Write([]byte{0x1B, 0x45, 1})
	}
	if l.Align != pos.AlignLeft {
		b.Write([]byte{0x1B, 0x61, byte(l.Align)})
	}
	if code := symbol(l.Symbol); code != nil {
		b.Write(code)
		b.WriteByte('\n')
	} else {
		for _, row := range p.rows(l, columns) {
			b.Write(row)
			b.WriteByte('\n')
		}
	}
	if l.Align != pos.AlignLeft {
		b.Write([]byte{0x1B, 0x61, 0})
	}
	if l.Bold {
		b.Write([]byte{0x1B, 0x45, 0})
	}
	if wide > 1 || high > 1 {
		b.Write([]byte{0x1D, 0x21, 0x00})
	}
	if l.Feed > 0 {
		b.Write([]byte{0x1B, 0x64, byte(min(l.Feed, 255))})
	}
}

// times is a size that the command can say.
func times(n int) int { return min(max(n, 1), 8) }

// rows cuts a line to the width, in bytes of the code page.
func (p Paper) rows(l pos.SlipLine, columns int) [][]byte {
	switch {
	case l.Symbol.Kind != "": // a code that could not be made
		return wrap(p.Page.Encode(l.Symbol.Text), columns)
	case l.Rule:
		return [][]byte{bytes.Repeat([]byte{'-'}, columns)}
	case l.Left != "" || l.Right != "":
		return columnsOf(p.Page.Encode(l.Left), p.Page.Encode(l.Right), columns)
	}
	return wrap(p.Page.Encode(l.Text), columns)
}

// columnsOf sets left and right at the edges of the last row, with at least one blank between them.
func columnsOf(left, right []byte, columns int) [][]byte {
	if len(right) >= columns {
		return append(wrap(left, columns), wrap(right, columns)...)
	}
	rows := wrap(left, columns)
	last := rows[len(rows)-1]
	if len(last)+1+len(right) > columns && len(right) > 0 {
		last = nil
		rows = append(rows, nil)
	}
	row := append([]byte(nil), last...)
	row = append(row, bytes.Repeat([]byte{' '}, columns-len(last)-len(right))...)
	rows[len(rows)-1] = append(row, right...)
	return rows
}

// wrap breaks at blanks where it can. No text is one empty row.
func wrap(text []byte, columns int) [][]byte {
	var rows [][]byte
	for len(text) > columns {
		cut := bytes.LastIndexByte(text[:columns+1], ' ')
		if cut <= 0 {
			rows = append(rows, text[:columns])
			text = text[columns:]
			continue
		}
		rows = append(rows, text[:cut])
		text = text[cut+1:]
	}
	return append(rows, text)
}
