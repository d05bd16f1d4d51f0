package ui

import (
	"strings"

	"github.com/gdamore/tcell/v2"

	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/words"
)

// canvas is the part of the screen that one drawing fills, with a pen that goes down row by row.
type canvas struct {
	screen  tcell.Screen
	x, w    int // left edge and width of the content
	y, end  int // the next row, and the first one that is not ours
	noColor bool
	words   *words.Catalog
}

// say is a text of the screens in the till's language; the source holds the English one.
func (c *canvas) say(english string, args ...string) string { return c.words.Phrase(english, args...) }

// at writes text at a column relative to the content, cut at its right edge.
func (c *canvas) at(x, y int, text string, style tcell.Style) int {
	for _, r := range text {
		if x >= c.w || y >= c.end {
			break
		}
		if r < ' ' {
			r = ' '
		}
		c.screen.SetContent(c.x+x, y, r, nil, style)
		x++
	}
	return x
}

// line writes a row and goes to the next one.
func (c *canvas) line(text string, style tcell.Style) {
	c.at(0, c.y, text, style)
	c.y++
}

func (c *canvas) center(text string, style tcell.Style) {
	c.at(max(0, (c.w-width(text))/2), c.y, text, style)
	c.y++
}

func (c *canvas) right(edge, y int, text string, style tcell.Style) {
	c.at(max(0, edge-width(text)), y, text, style)
}

func (c *canvas) gap(rows int) { c.y += rows }

// big writes centred big letters, or bold ones where the big ones do not fit.
func (c *canvas) big(text string, style tcell.Style) {
	rows := big(text)
	wide := width(rows[0]) - 1
	if wide > c.w {
		c.center(text, style.Bold(true))
		return
	}
	for _, row := range rows {
		c.at((c.w-wide)/2, c.y, strings.TrimRight(row, " "), style)
		c.y++
	}
}

// wrap writes text over as many rows as it needs.
func (c *canvas) wrap(text string, style tcell.Style) {
	row := ""
	for _, word := range strings.Fields(text) {
		if row != "" && width(row)+1+width(word) > c.w {
			c.line(row, style)
			row = ""
		}
		row = strings.TrimPrefix(row+" "+word, " ")
	}
	if row != "" {
		c.line(row, style)
	}
}

// fill paints a whole row of the screen.
func (c *canvas) fill(y int, style tcell.Style) {
	wide, _ := c.screen.Size()
	for x := range wide {
		c.screen.SetContent(x, y, ' ', nil, style)
	}
}

func (c *canvas) rule(y int) {
	wide, _ := c.screen.Size()
	for x := range wide {
		c.screen.SetContent(x, y, '─', nil, c.dim())
	}
}

func (c *canvas) plain() tcell.Style { return tcell.StyleDefault }
func (c *canvas) bold() tcell.Style  { return tcell.StyleDefault.Bold(true) }

func (c *canvas) dim() tcell.Style {
	if c.noColor {
		return tcell.StyleDefault
	}
	return tcell.StyleDefault.Foreground(tcell.ColorGray)
}

// tone is the colour of a meaning; without colours what needs attention is bold.
func (c *canvas) tone(t register.Tone) tcell.Style {
	if c.noColor {
		if t == register.TonePlain {
			return tcell.StyleDefault
		}
		return tcell.StyleDefault.Bold(true)
	}
	switch t {
	case register.ToneGood:
		return tcell.StyleDefault.Foreground(tcell.ColorLime)
	case register.ToneBad:
		return tcell.StyleDefault.Foreground(tcell.ColorRed)
	case register.ToneAttention:
		return tcell.StyleDefault.Foreground(tcell.ColorYellow)
	}
	return tcell.StyleDefault
}

// width is the columns of a text; the screens use characters of one column only.
func width(text string) int { return len([]rune(text)) }

func cut(text string, to int) string {
	r := []rune(text)
	if len(r) <= to {
		return text
	}
	return string(r[:max(0, to-1)]) + "…"
}
