// Package setting describes what can be set in a device, and writes values as text and back.
package setting

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Device is an open device that answers for its settings.
type Device interface {
	// Get reads the setting with that code; Set writes it. They err with the driver's own errors.
	Get(ctx context.Context, code byte) ([]byte, error)
	Set(ctx context.Context, code byte, value []byte) error
}

// Setting is one thing that can be read, and perhaps written.
type Setting struct {
	Name    string
	Code    byte // the property or function that the device knows it by
	Kind    Kind
	Choices []Choice // of kind Choose
	// Least and Most bound the number, or the characters of a text.
	Least, Most int
	ReadOnly    bool
}

// Kind is how a value is written.
type Kind int

// Kinds of values. Hex is for those whose meaning is not published; they are read only.
const (
	Text Kind = iota
	Number
	Choose
	Hex
)

// Choice is a value that has a name.
type Choice struct {
	Name  string
	Value byte
}

// ErrValue is a text that is no value of the setting.
var ErrValue = errors.New("setting: not a value of it")

// Show writes a value as text. What the table does not know is shown in hexadecimal.
func (s Setting) Show(value []byte) string {
	switch s.Kind {
	case Text:
		return printable(value)
	case Number:
		if len(value) == 1 {
			return strconv.Itoa(int(value[0]))
		}
	case Choose:
		for _, c := range s.Choices {
			if len(value) == 1 && value[0] == c.Value {
				return c.Name
			}
		}
	}
	return strings.ToUpper(hex.EncodeToString(value))
}

// Read makes a value of a text. It errs with ErrValue, which says what is taken.
func (s Setting) Read(text string) ([]byte, error) {
	switch {
	case s.ReadOnly:
	case s.Kind == Text && len(text) >= s.Least && len(text) <= s.Most && printable([]byte(text)) == text:
		return []byte(text), nil
	case s.Kind == Number:
		if n, err := strconv.Atoi(text); err == nil && n >= s.Least && n <= s.Most {
			return []byte{byte(n)}, nil
		}
	case s.Kind == Choose:
		for _, c := range s.Choices {
			if c.Name == text {
				return []byte{c.Value}, nil
			}
		}
	}
	return nil, fmt.Errorf("%w: %s takes %s", ErrValue, s.Name, s.Takes())
}

// Takes says what may be written.
func (s Setting) Takes() string {
	switch {
	case s.ReadOnly:
		return "nothing"
	case s.Kind == Number:
		return fmt.Sprintf("%d to %d", s.Least, s.Most)
	case s.Kind == Choose:
		var names []string
		for _, c := range s.Choices {
			names = append(names, c.Name)
		}
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%d to %d characters", s.Least, s.Most)
}

// printable drops what cannot be shown.
func printable(b []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, string(b))
}
