package tctest

import (
	"slices"
	"strings"

	"github.com/tillpos/till/processors/trustcommerce"
)

// book is the shared table of facts, indexed for looking up.
type book struct {
	facts     trustcommerce.Facts
	place     map[string]int // of a field's name in the table
	transport map[string]bool
}

func newBook(facts trustcommerce.Facts) book {
	b := book{facts: facts, place: map[string]int{}, transport: map[string]bool{}}
	for i, f := range facts.Fields {
		b.place[f.Name] = i
	}
	for _, name := range facts.Transport {
		b.transport[name] = true
	}
	return b
}

// entry gives the name under which the table has a field, and its place there; -1 for an unknown field.
// A name with a number (price1) stands under its stem and '#'.
func (b book) entry(name string) (string, int) {
	if at, ok := b.place[name]; ok {
		return name, at
	}
	stem := strings.TrimRight(name, "0123456789")
	number := name[len(stem):]
	if at, ok := b.place[stem+"#"]; ok && number != "" && number[0] != '0' && len(number) <= 2 {
		return stem + "#", at
	}
	return name, -1
}

// form picks the variant of the action that the other fields ask for; ok is false for an unknown action.
func (b book) form(r Request) (found trustcommerce.Form, ok bool) {
	for _, f := range b.facts.Forms {
		if f.Action != r.get("action") {
			continue
		}
		picked := f.When.Field != "" && r.has(f.When.Field) && (f.When.Value == "" || r.get(f.When.Field) == f.When.Value)
		if picked {
			return f, true
		}
		if f.When.Field == "" {
			found, ok = f, true
		}
	}
	return found, ok
}

// inOrder sorts names as the table has them, unknown ones last as they came, numbered ones by number.
func (b book) inOrder(names []string) []string {
	slices.SortStableFunc(names, b.compare)
	return names
}

func (b book) compare(x, y string) int {
	_, p := b.entry(x)
	_, q := b.entry(y)
	switch {
	case p < 0 && q < 0:
		return 0
	case p < 0:
		return 1
	case q < 0:
		return -1
	case p != q:
		return p - q
	case len(x) != len(y):
		return len(x) - len(y)
	}
	return strings.Compare(x, y)
}
