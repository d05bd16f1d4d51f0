package trustcommerce

import (
	"strings"

	"github.com/tillpos/till/pos"
)

// hiddenText stands for a value that is not shown; its length says nothing of the value's.
const hiddenText = "***"

// maskRequest gives what of a request's field may be shown. Names count without regard to case; an
// unknown name hides its value.
func (f *rules) maskRequest(name string, value []byte) string {
	field, ok := f.Field(strings.ToLower(name))
	switch {
	case !ok || field.Mask == Hidden:
		return hiddenText
	case field.Mask == LastFour:
		return lastFour(value)
	case field.judge(value) != "":
		return hiddenText // what does not look like such a field may be another one's data
	}
	return string(value)
}

// lastFour shows the end of a card number that is long enough to be one.
func lastFour(value []byte) string {
	if len(value) < 12 || !only(value, isDigit) {
		return hiddenText
	}
	return strings.Repeat("*", len(value)-4) + string(value[len(value)-4:])
}

// shownName gives a name as it may be shown: one of the tables, or one that cannot hold data.
func (f *rules) shownName(name string) string {
	lower := strings.ToLower(name)
	if _, ok := f.Field(lower); ok {
		return name
	}
	digits := 0
	for _, c := range []byte(lower) {
		switch {
		case isDigit(c):
			digits++
		case c != '_' && !isLetter(c):
			return "?"
		}
	}
	if digits > 4 || len(name) > 40 || lower == "" || !isLetter(lower[0]) {
		return "?"
	}
	return name
}

// masked gives pairs as they may be logged or printed. offset is where their block begins.
func (f *rules) masked(pairs []pair, response bool, offset int) []pos.WireField {
	out := make([]pos.WireField, len(pairs))
	for i, p := range pairs {
		show := f.maskRequest
		if response {
			show = f.maskReply
		}
		out[i] = pos.WireField{Name: f.shownName(p.name), Pos: p.at - offset, Len: len(p.value), Value: show(p.name, p.value)}
	}
	return out
}
