package pos

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
	Double      bool // double width and height
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

// The kinds that receipts use.
const (
	SymbolEAN13   SymbolKind = "ean13"   // 12 digits, or 13 with the check digit
	SymbolCode128 SymbolKind = "code128" // ASCII
	SymbolQR      SymbolKind = "qr"
)

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
