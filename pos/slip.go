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
}

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
