package card

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// memory is clear data shared by all copies of a secret, so that one wipe clears all of them.
type memory struct {
	mu    sync.Mutex
	clear []byte
}

// hidden is what every secret type is made of. Its printing methods know only the mask, so an embedding
// type cannot be printed in clear by fmt, encoding/json, log/slog or a panic.
type hidden struct {
	memory *memory
	mask   string
}

// hide takes its own copy of clear; the caller wipes the original.
func hide(clear []byte, mask string) hidden {
	return hidden{&memory{clear: append([]byte(nil), clear...)}, mask}
}

// Lend calls f with the clear bytes. f must not keep or change them; they are gone after Wipe.
// A wiped or zero secret lends nil.
func (h hidden) Lend(f func(clear []byte)) {
	if h.memory == nil {
		f(nil)
		return
	}
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	f(h.memory.clear)
}

// Wipe overwrites the clear bytes, in every copy of this secret.
func (h hidden) Wipe() {
	if h.memory == nil {
		return
	}
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	clear(h.memory.clear)
	h.memory.clear = nil
}

// Present says whether clear data are held: false for the zero value and after Wipe.
func (h hidden) Present() (yes bool) {
	h.Lend(func(b []byte) { yes = len(b) > 0 })
	return yes
}

func (h hidden) String() string               { return h.mask }
func (h hidden) GoString() string             { return h.mask }
func (h hidden) Format(s fmt.State, _ rune)   { io.WriteString(s, h.mask) }
func (h hidden) MarshalText() ([]byte, error) { return []byte(h.mask), nil }
func (h hidden) LogValue() slog.Value         { return slog.StringValue(h.mask) }
