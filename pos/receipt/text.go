package receipt

import (
	"strings"

	"github.com/tillpos/till/pos"
)

// Text shows a slip as plain text, as a screen or a file can: what paper of that many columns would say.
// Lines end in newlines and have no spaces at their ends.
func Text(s pos.Slip, width int) string {
	var out strings.Builder
	for _, l := range s.Lines {
		out.WriteString(strings.TrimRight(line(l, width), " "))
		out.WriteString(strings.Repeat("\n", 1+l.Feed))
	}
	return out.String()
}

// line sets one line. A code for scanners is shown as what it says: a screen has no bars.
func line(l pos.SlipLine, width int) string {
	if l.Symbol.Kind != "" {
		l.Left, l.Right, l.Rule, l.Text = "", "", false, clean(l.Symbol.Text)
	}
	if l.Rule {
		return strings.Repeat("-", width)
	}
	if l.Left != "" || l.Right != "" {
		return l.Left + strings.Repeat(" ", max(1, width-length(l.Left)-length(l.Right))) + l.Right
	}
	space := max(0, width-length(l.Text))
	switch l.Align {
	case pos.AlignCenter:
		return strings.Repeat(" ", space/2) + l.Text
	case pos.AlignRight:
		return strings.Repeat(" ", space) + l.Text
	}
	return l.Text
}
