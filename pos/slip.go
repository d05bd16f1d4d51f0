package pos

import "errors"

// Slip is a printed document: what a receipt says and a printer driver puts on paper.
type Slip struct {
	Lines  []SlipLine
	Drawer bool // kick the cash drawer when printing starts
}

// SlipLine is one line of a slip. Left and Right stand at the two edges; Text stands alone.
type SlipLine struct {
	Text        string
	Left, Right string
	Align       Align
	Bold        bool
	Wide, High  int  // times the usual width and height, up to 8; 0 is 1
	Rule        bool // a line across the paper
	Feed        int  // blank lines after this one
	Symbol      Symbol
}

// Symbol is a code for scanners in a line of its own, placed as Align says; the line's text is not printed.
// No card data ever goes into one.
type Symbol struct {
	Kind SymbolKind
	Text string
}

// SymbolKind is a kind of code; empty is none.
type SymbolKind string

// The kinds of codes. Those of goods (GTIN) are also taken without their last digit, which the printer works out.
const (
	SymbolEAN13   SymbolKind = "ean13"   // 13 digits
	SymbolEAN8    SymbolKind = "ean8"    // 8 digits
	SymbolUPCA    SymbolKind = "upca"    // 12 digits
	SymbolCode128 SymbolKind = "code128" // ASCII
	SymbolQR      SymbolKind = "qr"
)

// CheckDigit says whether a number of goods is an EAN-8, UPC-A, EAN-13 or GTIN-14 whose last digit is right
// (GS1 General Specifications): from the right, the digits count once and three times in turn, and all add up to
// a multiple of ten.
func CheckDigit(code string) bool {
	switch len(code) {
	case 8, 12, 13, 14:
	default:
		return false
	}
	sum := 0
	for i := range len(code) {
		n := int(code[i]) - '0'
		if n < 0 || n > 9 {
			return false
		}
		if (len(code)-i)%2 == 0 {
			n *= 3
		}
		sum += n
	}
	return sum%10 == 0
}

// ErrDrawerOpened is the cause of a print that failed after its drawer was opened: who prints the slip again
// leaves the drawer out of it.
var ErrDrawerOpened = errors.New("the drawer was opened")

// Align places a line's Text.
type Align int

const (
	AlignLeft Align = iota
	AlignCenter
	AlignRight
)

// Health is the state of a device as the status bar shows it.
type Health struct {
	State  DeviceState
	Reason string // why it is offline, or what to look at (paper near end)
}

// DeviceState is one of closed, online, attention and offline.
type DeviceState string

const (
	DeviceClosed    DeviceState = "closed"
	DeviceOnline    DeviceState = "online"
	DeviceAttention DeviceState = "attention" // works, but a person should look: paper near end, drawer open
	DeviceOffline   DeviceState = "offline"
)
