package card

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// memory is clear data shared by all copies of a secret, so that one wipe clears all of them.
//
// The bytes stand inside a closure and not in a field: fmt calls no printing method on unexported fields
// and walks them by reflection, as gob, test differs and dumpers do. None of them can look into a closure.
type memory struct {
	open func(f func(clear *[]byte))
}

func newMemory(original []byte) *memory {
	// One allocation for both: a closure keeps each captured variable in one of its own.
	kept := &struct {
		mu    sync.Mutex
		clear []byte
	}{clear: bytes.Clone(original)}
	return &memory{func(f func(*[]byte)) {
		kept.mu.Lock()
		defer kept.mu.Unlock()
		f(&kept.clear)
	}}
}

// hidden is what every secret type is made of. Its printing methods know only the mask, so an embedding
// type cannot be printed in clear by fmt, encoding/json, log/slog or a panic.
type hidden struct {
	memory *memory
	mask   string
}

// hide takes its own copy of clear; the caller wipes the original.
func hide(clear []byte, mask string) hidden { return hidden{newMemory(clear), mask} }

// Lend calls f with the clear bytes. f must not keep or change them (they are overwritten by Wipe), and
// must not call a method of the same secret, which would wait for itself. A wiped or zero secret lends nil.
func (h hidden) Lend(f func(clear []byte)) {
	if h.memory == nil {
		f(nil)
		return
	}
	h.memory.open(func(b *[]byte) { f(*b) })
}

// Wipe overwrites the clear bytes, in every copy of this secret. A second Wipe does nothing.
func (h hidden) Wipe() {
	if h.memory == nil {
		return
	}
	h.memory.open(func(b *[]byte) {
		clear(*b)
		*b = nil
	})
}

// Present says whether clear data are held: false for the zero value and after Wipe.
func (h hidden) Present() (yes bool) {
	h.Lend(func(b []byte) { yes = len(b) > 0 })
	return yes
}

// String is the mask, as is whatever the other printing methods give.
func (h hidden) String() string { return h.mask }

// GoString keeps %#v from showing fields.
func (h hidden) GoString() string { return h.mask }

// Format answers every verb of fmt, with any flags, with the mask.
func (h hidden) Format(s fmt.State, _ rune) { io.WriteString(s, h.mask) }

// MarshalText is what JSON, XML and TOML encoders write. There is no UnmarshalText.
func (h hidden) MarshalText() ([]byte, error) { return []byte(h.mask), nil }

// LogValue is what log/slog writes.
func (h hidden) LogValue() slog.Value { return slog.StringValue(h.mask) }
