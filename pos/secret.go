package pos

import "fmt"

// Secret are bytes on their way into or out of what is sealed, or a card as a program sent it. They print as a mask
// whatever the verb, in JSON and logs too. Whoever has them clears them.
type Secret []byte

const secretMask = "[secret]"

// Format keeps every verb of fmt from showing them.
func (Secret) Format(s fmt.State, _ rune) { fmt.Fprint(s, secretMask) }

// MarshalText is the mask, also for JSON and for every handler of log/slog.
func (Secret) MarshalText() ([]byte, error) { return []byte(secretMask), nil }
