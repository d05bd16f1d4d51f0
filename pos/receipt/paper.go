package receipt

import (
	"strings"

	"github.com/tillpos/till/pos"
)

// narrowest keeps room for an amount beside a word.
const narrowest = 24

// style is how a line looks.
type style int

const (
	plain style = iota
	bold
	double // double width and height: half the columns
)

// paper collects lines that fit its width.
type paper struct {
	width int
	lines []pos.SlipLine
}

func (p *paper) left(text string, s style)   { p.text(text, pos.AlignLeft, s) }
func (p *paper) center(text string, s style) { p.text(text, pos.AlignCenter, s) }

func (p *paper) text(text string, a pos.Align, s style) {
	width, size := p.width, 0
	if s == double {
		width, size = width/2, 2
	}
	for _, line := range wrap(clean(text), width) {
		p.lines = append(p.lines, pos.SlipLine{Text: line, Align: a, Bold: s != plain, Wide: size, High: size})
	}
}

// pair puts two texts at the edges. Where they do not fit on one line the left one is wrapped above.
func (p *paper) pair(left, right string, s style) {
	left, right = clean(left), clean(right)
	if left == "" && right == "" {
		return
	}
	room := p.width - length(right) - 1
	if left != "" && length(left) > room {
		lines := wrap(left, p.width)
		last := lines[len(lines)-1]
		if length(last) <= room {
			lines = lines[:len(lines)-1]
		} else {
			last = ""
		}
		for _, line := range lines {
			p.lines = append(p.lines, pos.SlipLine{Text: line, Bold: s != plain})
		}
		left = last
	}
	for length(right) > p.width {
		runes := []rune(right)
		p.lines = append(p.lines, pos.SlipLine{Text: string(runes[:p.width]), Align: pos.AlignRight, Bold: s != plain})
		right = string(runes[p.width:])
	}
	p.lines = append(p.lines, pos.SlipLine{Left: left, Right: right, Bold: s != plain})
}

func (p *paper) rule() { p.lines = append(p.lines, pos.SlipLine{Rule: true}) }

// gap leaves a blank line after the last one.
func (p *paper) gap() {
	if n := len(p.lines); n > 0 && p.lines[n-1].Feed == 0 {
		p.lines[n-1].Feed = 1
	}
}

// clean makes one line of a text that came from a configuration or a key: control characters, which a
// printer would obey, become spaces.
func clean(text string) string {
	return strings.TrimRight(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, text), " ")
}

func length(s string) int { return len([]rune(s)) }

// wrap breaks a text at spaces, and inside a word only if the word is longer than a line. It keeps the
// spaces at the start of the text.
func wrap(text string, width int) []string {
	var out []string
	rest := []rune(text)
	for len(rest) > width {
		cut := width
		for i := width; i > 0; i-- {
			if rest[i] == ' ' && strings.TrimLeft(string(rest[:i]), " ") != "" {
				cut = i
				break
			}
		}
		out = append(out, strings.TrimRight(string(rest[:cut]), " "))
		rest = []rune(strings.TrimLeft(string(rest[cut:]), " "))
	}
	if len(rest) > 0 {
		out = append(out, string(rest))
	}
	return out
}
