package pos

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret are bytes on their way into or out of what is sealed, or a card as a program sent it. They print as a mask
// whatever the verb, in JSON and logs too.
type Secret []byte

const secretMask = "[secret]"

// Format keeps every verb of fmt from showing them.
func (Secret) Format(s fmt.State, _ rune) { io.WriteString(s, secretMask) }

// MarshalText is the mask, also for JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte(secretMask), nil }

// LogValue is the mask.
func (Secret) LogValue() slog.Value { return slog.StringValue(secretMask) }
