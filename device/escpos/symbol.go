package escpos

import (
	"bytes"

	"github.com/tillpos/till/pos"
)

// The longest codes that fit on 80 mm paper, in characters, and what a QR code of this module size holds.
const (
	longestCode128 = 24
	longestQR      = 300
)

// Commands of codes: height 80 dots, modules of 2, text below; QR model 2, modules of 6, level M.
var (
	cmdBarStyle = []byte{0x1D, 0x68, 80, 0x1D, 0x77, 2, 0x1D, 0x48, 2}
	cmdQRStyle  = []byte{
		0x1D, 0x28, 0x6B, 4, 0, 0x31, 0x41, 0x32, 0x00,
		0x1D, 0x28, 0x6B, 3, 0, 0x31, 0x43, 6,
		0x1D, 0x28, 0x6B, 3, 0, 0x31, 0x45, 0x31,
	}
	cmdQRPrint = []byte{0x1D, 0x28, 0x6B, 3, 0, 0x31, 0x51, 0x30}
)

// goods are the codes of goods: their number in 1D 6B, and their digits with the last one, which the printer
// works out when it is left away.
var goods = map[pos.SymbolKind]struct {
	kind   byte
	digits int
}{pos.SymbolUPCA: {65, 12}, pos.SymbolEAN13: {67, 13}, pos.SymbolEAN8: {68, 8}}

// symbol writes a code's commands; nil for what the code cannot hold, which is printed as text instead.
func symbol(s pos.Symbol) []byte {
	if g, ok := goods[s.Kind]; ok {
		if n := len(s.Text); n == g.digits-1 || n == g.digits && pos.CheckDigit(s.Text) {
			return barcode(g.kind, s.Text, isDigit)
		}
		return nil
	}
	switch s.Kind {
	case pos.SymbolCode128:
		if len(s.Text) <= longestCode128 {
			// {B chooses the set of printable characters; { itself is doubled.
			return barcode(73, "{B"+string(bytes.ReplaceAll([]byte(s.Text), []byte("{"), []byte("{{"))), isPrintable)
		}
	case pos.SymbolQR:
		if n := len(s.Text) + 3; s.Text != "" && len(s.Text) <= longestQR {
			out := append(bytes.Clone(cmdQRStyle), 0x1D, 0x28, 0x6B, byte(n), byte(n>>8), 0x31, 0x50, 0x30)
			return append(append(out, s.Text...), cmdQRPrint...)
		}
	}
	return nil
}

// barcode is the form of the command that gives a length.
func barcode(kind byte, data string, holds func(byte) bool) []byte {
	for i := range len(data) {
		if !holds(data[i]) {
			return nil
		}
	}
	out := append(bytes.Clone(cmdBarStyle), 0x1D, 0x6B, kind, byte(len(data)))
	return append(out, data...)
}

func isDigit(c byte) bool     { return c >= '0' && c <= '9' }
func isPrintable(c byte) bool { return c >= ' ' && c <= '~' }
