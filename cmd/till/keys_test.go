package main

import (
	"testing"
	"time"

	"github.com/tillpos/till/ui"
)

// burst is a filter that takes keys from its first one to Enter.
type burst struct {
	first rune
	on    bool
	took  string
}

func (b *burst) Rune(r rune, _ time.Time) bool {
	if !b.on && r != b.first {
		return true
	}
	b.on = r != '\r'
	b.took += string(r)
	return false
}

func TestKeyFilters(t *testing.T) {
	card, code := &burst{first: '%'}, &burst{first: ']'}
	f := &keyFilters{all: []ui.KeyFilter{card, code}}
	passed := ""
	for _, r := range "1%A]B\r2]C%D\r]E\r3" {
		if f.Rune(r, time.Time{}) {
			passed += string(r)
		}
	}
	if passed != "123" || card.took != "%A]B\r" || code.took != "]C%D\r]E\r" {
		t.Errorf("passed %q, card %q, code %q", passed, card.took, code.took)
	}
}
