package verifone

import (
	"bytes"
	"fmt"
	"math/bits"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// controls are the records of single characters.
var controls = map[byte]string{charACK: "ack", charNAK: "nak", charEOT: "eot"}

// Explain cuts what went over the line, in either direction, into frames and control characters and shows
// the fields, card numbers masked and keys, PIN blocks and typed strings hidden. Bytes with even parity,
// as a 7E1 line has them, are taken too.
func Explain(b []byte) ([]pos.WireFrame, *pos.WireError) {
	if len(b) == 0 {
		return nil, &pos.WireError{Reason: "no bytes"}
	}
	b = append([]byte(nil), b...)
	defer clear(b)
	parity := stripParity(b)
	var out []pos.WireFrame
	for at := 0; at < len(b); {
		f := pos.WireFrame{Offset: at, Length: 1, Parity: parity, LRC: "absent", Fields: []pos.WireField{}}
		name, single := controls[b[at]]
		switch {
		case single:
			f.Record = name
		case b[at] == charSTX || b[at] == charSI:
			if bad := explainFrame(&f, b[at:]); bad != nil {
				bad.Offset += at
				return out, bad
			}
		default:
			return out, &pos.WireError{Offset: at, Reason: "neither the start of a frame nor ACK, NAK or EOT"}
		}
		out = append(out, f)
		at += f.Length
	}
	return out, nil
}

// stripParity takes the parity bit off when there is one and it is right everywhere.
func stripParity(b []byte) string {
	high := false
	for _, c := range b {
		if bits.OnesCount8(c)%2 != 0 {
			return "none"
		}
		high = high || c >= 0x80
	}
	if !high {
		return "none"
	}
	for i := range b {
		b[i] &= 0x7F
	}
	return "even"
}

func explainFrame(f *pos.WireFrame, b []byte) *pos.WireError {
	e := Envelope(b[0])
	end := bytes.IndexByte(b, e.end())
	switch {
	case end < 0:
		return &pos.WireError{Offset: len(b), Reason: "the frame has no end"}
	case end+1 == len(b):
		return &pos.WireError{Offset: len(b), Reason: "the frame has no LRC"}
	case end == 1:
		return &pos.WireError{Offset: 1, Reason: "the frame is empty"}
	}
	body := b[1:end]
	for i, c := range body {
		if !isText(c) {
			return &pos.WireError{Offset: 1 + i, Reason: "a character that no frame may hold"}
		}
	}
	f.Length, f.LRC = end+2, "ok"
	if b[end+1] != lrc(body)^e.end() {
		f.LRC = "bad"
	}
	explainBody(f, e, body)
	return nil
}

// explainBody shows the first form of the table that fits, requests first. What fits none shows its id
// only: it could hold anything.
func explainBody(f *pos.WireFrame, e Envelope, body []byte) {
	m, values := find(e, body, false)
	if m == nil {
		m, values = find(e, body, true)
	}
	if m == nil {
		id := min(2, len(body))
		f.Record = "unknown message"
		f.Fields = append(f.Fields,
			pos.WireField{Name: "id", Pos: 1, Len: id, Value: shown(body[:id])},
			pos.WireField{Name: "data", Pos: 1 + id, Len: len(body) - id, Value: fmt.Sprintf("[%d characters]", len(body)-id)})
		return
	}
	f.Record = m.Name
	f.Fields = append(f.Fields, pos.WireField{Name: "id", Pos: 1, Len: len(m.ID), Value: m.ID})
	at := 1 + len(m.ID)
	for i, field := range m.Fields {
		if values[i] == nil {
			break
		}
		if field.FS {
			at++
		}
		f.Fields = append(f.Fields, pos.WireField{Name: field.Name, Pos: at, Len: len(values[i]), Value: masked(field, values[i])})
		at += len(values[i])
	}
}

func masked(f Field, value []byte) string {
	switch f.Mask {
	case Number:
		pan, err := card.NewPAN(value)
		if err != nil {
			return "[card number]"
		}
		defer pan.Wipe()
		return pan.Masked()
	case Hidden:
		return fmt.Sprintf("[%d characters]", len(value))
	}
	return shown(value)
}

// shown writes the separators that a text may hold as their names.
func shown(value []byte) string {
	var out bytes.Buffer
	for _, c := range value {
		switch c {
		case charSUB:
			out.WriteString("<SUB>")
		case charFS:
			out.WriteString("<FS>")
		case charGS:
			out.WriteString("<GS>")
		case charRS:
			out.WriteString("<RS>")
		case charUS:
			out.WriteString("<US>")
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}
