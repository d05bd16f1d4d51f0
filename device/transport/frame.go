package transport

import (
	"encoding/binary"
	"errors"
	"io"
)

// Types of the frames of the simulator's HID socket.
const (
	FrameHello  = 'H'
	FrameInput  = 'I'
	FrameUnplug = 'E'
	// FrameGetFeature asks with a report's id and length (2 bytes, big-endian) and is answered by one with the report.
	FrameGetFeature = 'f'
	// FrameSetFeature brings a report's id and data and is answered by an empty one.
	FrameSetFeature = 'F'
)

// WriteFrame writes one frame.
func WriteFrame(w io.Writer, kind byte, payload []byte) error {
	b := append([]byte{kind, 0, 0}, payload...)
	binary.BigEndian.PutUint16(b[1:], uint16(len(payload)))
	_, err := w.Write(b)
	return err
}

// frameHead is a type byte and the payload's length.
const frameHead = 3

// Hello is the payload of an H frame.
type Hello struct {
	Vendor       uint16 `json:"vendor"`
	Product      uint16 `json:"product"`
	UsagePage    uint16 `json:"usage_page"`
	ReportLength int    `json:"report_length"`
	Descriptor   string `json:"descriptor,omitempty"` // report descriptor in hexadecimal
}

var errFrame = errors.New("transport: the simulator sent a frame of unknown type")

// ReadFrame reads one frame; the payload is valid until the next call with the same buffer.
func ReadFrame(r io.Reader, buf []byte) (kind byte, payload []byte, err error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := int(binary.BigEndian.Uint16(head[1:]))
	if n > len(buf) {
		return 0, nil, errFrame
	}
	_, err = io.ReadFull(r, buf[:n])
	return head[0], buf[:n], err
}
