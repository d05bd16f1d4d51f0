package verifone

import (
	"bytes"
	"errors"
	"fmt"
)

// Chars says which characters a field has.
type Chars byte

const (
	Digits Chars = iota
	Hex          // upper or lower case
	Money        // digits and one point
	Plain        // printable characters
	Screen       // printable characters and SUB, GS, RS
	Lines        // as Screen, and FS: the rest of the frame
)

func (c Chars) has(b byte) bool {
	switch c {
	case Digits:
		return b >= '0' && b <= '9'
	case Hex:
		return b >= '0' && b <= '9' || b >= 'A' && b <= 'F' || b >= 'a' && b <= 'f'
	case Money:
		return b >= '0' && b <= '9' || b == '.'
	case Plain:
		return b >= 0x20 && b < 0x7F
	case Screen:
		return b != charFS && b != charUS && isText(b)
	}
	return isText(b)
}

// Mask says how a field is shown.
type Mask byte

const (
	Open   Mask = iota // as it is
	Number             // a card number
	Hidden             // key, PIN block, what a person typed
)

// Field is one field of a message. Of the fields between two separators at most one varies in length.
type Field struct {
	Name     string
	Chars    Chars
	Min, Max int    // characters
	Step     int    // the length is a multiple of it; 0 is any
	Is       string // the only value it can have
	OneOf    string // a single character out of these
	FS       bool   // a separator stands before it
	Optional bool   // it, and all after it, may be missing with its separator
	Mask     Mask
}

// Message is a row of the table: one form of one message. A pad's answer may share its id with a request.
type Message struct {
	ID       string
	Envelope Envelope
	FromPad  bool
	Name     string
	Fields   []Field
}

var errField = errors.New("verifone: a field does not fit its message")

// split cuts a body into the values of the message's fields, nil for those left out. It says false when
// the body is no such message.
func (m *Message) split(body []byte) ([][]byte, bool) {
	rest, ok := bytes.CutPrefix(body, []byte(m.ID))
	if !ok {
		return nil, false
	}
	values := make([][]byte, len(m.Fields))
	for at := 0; at < len(m.Fields); {
		group := m.group(at)
		if group[0].FS {
			if len(rest) == 0 && group[0].Optional {
				return values, true
			}
			if rest, ok = bytes.CutPrefix(rest, []byte{charFS}); !ok {
				return nil, false
			}
		}
		part := rest
		if end := bytes.IndexByte(rest, charFS); end >= 0 && group[len(group)-1].Chars != Lines {
			part = rest[:end]
		}
		rest = rest[len(part):]
		if !cut(group, part, values[at:]) {
			return nil, false
		}
		at += len(group)
	}
	return values, len(rest) == 0
}

// group is the fields from at up to the next separator.
func (m *Message) group(at int) []Field {
	end := at + 1
	for end < len(m.Fields) && !m.Fields[end].FS {
		end++
	}
	return m.Fields[at:end]
}

func cut(group []Field, part []byte, values [][]byte) bool {
	fixed := 0
	for _, f := range group {
		fixed += f.Min
	}
	for i, f := range group {
		n := f.Min
		if f.Min != f.Max {
			n = f.Min + len(part) - fixed
		}
		if n < 0 || n > len(part) {
			return false
		}
		if i == len(group)-1 && n != len(part) {
			return false
		}
		values[i] = part[:n]
		if !f.takes(values[i]) {
			return false
		}
		part, fixed = part[n:], fixed-f.Min
	}
	return true
}

func (f Field) takes(value []byte) bool {
	n := len(value)
	switch {
	case n < f.Min, n > f.Max, f.Step > 0 && n%f.Step != 0:
		return false
	case f.Is != "" && string(value) != f.Is:
		return false
	case f.OneOf != "" && !bytes.Contains([]byte(f.OneOf), value):
		return false
	}
	for _, b := range value {
		if !f.Chars.has(b) {
			return false
		}
	}
	return true
}

// build makes a body of values, one for each field; nil leaves out an optional one and all after it.
func (m *Message) build(values ...[]byte) ([]byte, error) {
	if len(values) != len(m.Fields) {
		return nil, fmt.Errorf("%w: %s has %d fields", errField, m.Name, len(m.Fields))
	}
	body := make([]byte, 0, longestBody)
	body = append(body, m.ID...)
	for i, f := range m.Fields {
		if values[i] == nil && f.Optional {
			return body, nil
		}
		if !f.takes(values[i]) {
			clear(body)
			return nil, fmt.Errorf("%w: %s, %s", errField, m.Name, f.Name)
		}
		if f.FS {
			body = append(body, charFS)
		}
		body = append(body, values[i]...)
	}
	return body, nil
}

// find gives the row of Messages that a body is one of, and the values of its fields; nil and nil if there is none.
// fromPad tells a request from an answer of the same form.
func find(e Envelope, body []byte, fromPad bool) (*Message, [][]byte) {
	for i := range Messages {
		m := &Messages[i]
		if m.Envelope != e || m.FromPad != fromPad {
			continue
		}
		if values, ok := m.split(body); ok {
			return m, values
		}
	}
	return nil, nil
}

// row gives a request of the table by its name.
func row(name string) *Message {
	for i := range Messages {
		if Messages[i].Name == name {
			return &Messages[i]
		}
	}
	panic("verifone: no message " + name)
}
