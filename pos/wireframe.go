package pos

import "fmt"

// WireFrame explains one frame of a wire or device, masked by field: what `till wire decode` prints.
type WireFrame struct {
	Record string      `json:"record"`
	Offset int         `json:"offset"` // of the frame in the input, bytes
	Length int         `json:"length"` // bytes
	Parity string      `json:"parity"` // even or none
	LRC    string      `json:"lrc"`    // ok, absent or bad
	Fields []WireField `json:"fields"`
}

// WireField is one field of a frame. Value is masked where the field holds card data.
type WireField struct {
	Name  string `json:"name"`
	Pos   int    `json:"pos"` // bytes from the start of the frame
	Len   int    `json:"len"`
	Value string `json:"value"`
}

// WireError says where a frame stops making sense. Reason holds no card data.
type WireError struct {
	Offset int    `json:"offset"`
	Reason string `json:"reason"`
}

func (e *WireError) Error() string { return fmt.Sprintf("at byte %d: %s", e.Offset, e.Reason) }
