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

// symbol writes a code's commands; nil for what the code cannot hold, which is printed as text instead.
func symbol(s pos.Symbol) []byte {
	switch s.Kind {
	case pos.SymbolEAN13:
		if len(s.Text) == 12 || len(s.Text) == 13 && checkDigit(s.Text) {
			return barcode(67, s.Text, isDigit)
		}
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

// checkDigit says whether the 13th digit is right: from the right, digits count three times and once in
// turn and add up to a multiple of ten (GS1 General Specifications).
func checkDigit(code string) bool {
	sum := 0
	for i := range len(code) {
		n := int(code[i] - '0')
		if (len(code)-i)%2 == 0 {
			n *= 3
		}
		sum += n
	}
	return sum%10 == 0
}
