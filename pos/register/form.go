package register

import (
	"strings"

	"github.com/tillpos/till/pos/money"
)

// field is one input. Its text never leaves this array, so that wiping it is enough.
type field struct {
	label, hint string
	text        []rune
	max         int
	masked      bool
	money       bool // the hint shows how the typed amount is read
	// choices makes the field one that up and down change.
	choices []choice
	chosen  int
}

type choice struct{ value, label string }

func input(label, hint string, max int, preset string) *field {
	f := &field{label: label, hint: hint, max: max, text: make([]rune, 0, max)}
	for _, c := range preset {
		f.put(c)
	}
	return f
}

func amountInput(label, hint, preset string) *field {
	f := input(label, hint, 14, preset)
	f.money = true
	return f
}

func secretInput(label, hint string, max int) *field {
	f := input(label, hint, max, "")
	f.masked = true
	return f
}

func (f *field) put(c rune) {
	if len(f.text) < f.max && c >= ' ' && f.choices == nil {
		f.text = append(f.text, c)
	}
}

func (f *field) erase() {
	if n := len(f.text); n > 0 {
		f.text[n-1] = 0
		f.text = f.text[:n-1]
	}
}

func (f *field) wipe() {
	clear(f.text[:cap(f.text)])
	f.text = f.text[:0]
}

// String is the text of an open field, trimmed, and stars for a masked one.
func (f *field) String() string {
	switch {
	case f.choices != nil:
		return f.choices[f.chosen].label
	case f.masked:
		return strings.Repeat("*", len(f.text))
	}
	return strings.TrimSpace(string(f.text))
}

// lend calls use with a masked field's text and wipes that copy after it. Only ASCII is kept.
func (f *field) lend(use func(text []byte)) {
	b := make([]byte, 0, f.max)
	for _, c := range f.text {
		if c < 0x80 {
			b = append(b, byte(c))
		} else {
			b = append(b, '?')
		}
	}
	use(b)
	clear(b)
}

// form is the inputs of a screen; one has the focus.
type form struct {
	fields []*field
	focus  int
}

func (f *form) current() *field {
	if len(f.fields) == 0 {
		return nil
	}
	return f.fields[f.focus]
}

func (f *form) move(by int) {
	if n := len(f.fields); n > 0 {
		f.focus = (f.focus + by + n) % n
	}
}

// choose moves within the choices of the current field; false: it has none.
func (f *form) choose(by int) bool {
	c := f.current()
	if c == nil || c.choices == nil {
		return false
	}
	c.chosen = (c.chosen + by + len(c.choices)) % len(c.choices)
	return true
}

func (f *form) wipe() {
	for _, one := range f.fields {
		one.wipe()
	}
}

// view shows the inputs; say gives their labels and hints in the till's language.
func (f *form) view(c money.Currency, say func(english string, args ...string) string) []Field {
	var out []Field
	for i, one := range f.fields {
		text := string(one.text)
		if one.masked || one.choices != nil {
			text = one.String()
		}
		hint := say(one.hint)
		if a, err := readAmount(text, c); one.money && err == nil && a.IsPositive() {
			hint = string(c) + " " + a.String() + "   " + hint
		}
		out = append(out, Field{Label: say(one.label), Text: text, Hint: hint, Focus: i == f.focus})
	}
	return out
}
