package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/register"
)

// The smallest screen.
const (
	minWidth  = 80
	minHeight = 24
	maxWidth  = 100 // of the content; a wider terminal gets margins
)

// page is the one primitive: it draws the newest view.
type page struct {
	*tview.Box
	app *app
}

// Draw fills the screen.
func (p *page) Draw(screen tcell.Screen) {
	defer p.app.caught()
	a := p.app
	w, h := screen.Size()
	c := &canvas{screen: screen, noColor: a.options.NoColor, words: a.options.Words, end: h, w: w}
	if w < minWidth || h < minHeight {
		size := func(w, h int) string { return fmt.Sprintf("%dx%d", w, h) }
		c.wrap(c.say("The window is too small: {1}. The till needs {2}.", size(w, h), size(minWidth, minHeight)), c.bold())
		return
	}
	if a.view.Screen == "" {
		return
	}
	p.header(c, w)
	p.status(c, w)
	hints := p.hints(c, w, h)
	c.w = min(w-6, maxWidth)
	c.x = (w - c.w) / 2
	c.y, c.end = 4, hints
	if a.help {
		drawHelp(c, a.keys, a.view)
		return
	}
	draw[a.view.Screen](c, a.view)
}

var titles = map[register.Screen]string{
	register.ScreenAmount:   "New sale",
	register.ScreenItems:    "Items",
	register.ScreenCard:     "Card",
	register.ScreenPIN:      "PIN",
	register.ScreenCashback: "Cash back",
	register.ScreenPart:     "Pay a part",
	register.ScreenTip:      "Tip",
	register.ScreenVoice:    "Approved by telephone",
	register.ScreenKeyed:    "Type the card",
	register.ScreenCash:     "Cash",
	register.ScreenQuestion: "Please decide",
	register.ScreenSending:  "Please wait",
	register.ScreenResult:   "Result",
	register.ScreenPartial:  "Paid in part",
	register.ScreenPayments: "Payments",
	register.ScreenDetail:   "Payment",
	register.ScreenVoid:     "Void this payment?",
	register.ScreenRefund:   "Refund this payment?",
	register.ScreenUnknown:  "Unknown payments",
	register.ScreenResolve:  "Resolve this payment",
	register.ScreenRecover:  "When the till stopped",
}

func (p *page) header(c *canvas, w int) {
	bar := tcell.StyleDefault.Reverse(true)
	c.fill(0, bar)
	title := c.say(titles[p.app.view.Screen])
	if p.app.help {
		title = c.say("Help: {1}", title)
	}
	c.at(2, 0, "TILL", bar.Bold(true))
	c.at(10, 0, title, bar.Bold(true))
	if p.app.view.Status.Training {
		text := " " + c.words.Word("training") + " "
		style := bar.Bold(true)
		if !c.noColor {
			style = tcell.StyleDefault.Background(tcell.ColorYellow).Foreground(tcell.ColorBlack).Bold(true)
		}
		c.right(w-2, 0, text, style)
	}
}

// status is the second row: devices, host, batch, and what waits; under the rule, what is wrong with a device.
func (p *page) status(c *canvas, w int) {
	s := p.app.view.Status
	var reasons []string
	x := 2
	for _, d := range []struct {
		name   string
		health pos.Health
	}{{"Reader", s.Reader}, {"PIN pad", s.PINPad}, {"Printer", s.Printer}, {"Bank", s.Host}, {"Display", s.Display}, {"Scanner", s.Scanner}} {
		if d.name == "PIN pad" && d.health.State == pos.DeviceClosed {
			continue // most tills have none
		}
		if d.name == "Display" || d.name == "Scanner" {
			// No payment needs them, and there is no room: only what is wrong is said.
			if d.health.State == pos.DeviceOffline {
				reasons = append(reasons, c.say(d.name)+": "+c.say(d.health.Reason))
			}
			continue
		}
		word, tone := healthWord(d.health)
		x = c.at(x, 1, c.say(d.name)+" ", c.dim())
		x = c.at(x, 1, c.say(word), c.tone(tone)) + 3
		if troubled := d.health.State == pos.DeviceAttention || d.health.State == pos.DeviceOffline; troubled && d.health.Reason != "" {
			reasons = append(reasons, c.say(d.name)+": "+c.say(d.health.Reason))
		}
	}
	c.at(2, 3, cut(strings.Join(reasons, "   "), w-4), c.tone(register.ToneAttention))
	var waits []string
	if s.Receipts > 0 {
		waits = append(waits, c.say("{1} to print", strconv.Itoa(s.Receipts)))
	}
	if s.Unknowns > 0 {
		count := strconv.Itoa(s.Unknowns)
		if s.Unknowns >= register.MaxUnknowns {
			count += "+"
		}
		waits = append(waits, c.say("{1} UNKNOWN", count))
	}
	if s.Losses > 0 {
		waits = append(waits, c.say("{1} LOST", strconv.Itoa(s.Losses)))
	}
	if s.Alarms > 0 {
		waits = append(waits, c.say("{1} LOOK", strconv.Itoa(s.Alarms)))
	}
	text := strings.Join(waits, "  ")
	batch := fmt.Sprintf("%d: %s", s.Batch, s.BatchNet)
	// What waits for a person goes before the batch where there is no room for both.
	label := c.say("Batch") + " "
	fits := x+width(label)+width(batch)+3+width(text) <= w-2
	if s.Batch > 0 && (fits || text == "") {
		x = c.at(x, 1, label, c.dim())
		x = c.at(x, 1, batch, c.plain())
	}
	if room := w - 2 - x - 2; width(text) > room {
		text = cut(text, max(0, room))
	}
	c.right(w-2, 1, text, c.tone(register.ToneAttention).Bold(true))
	c.rule(2)
}

func healthWord(h pos.Health) (string, register.Tone) {
	switch h.State {
	case pos.DeviceOnline:
		return "ready", register.ToneGood
	case pos.DeviceAttention:
		return "CHECK", register.ToneAttention
	case pos.DeviceOffline:
		return "OFF", register.ToneBad
	}
	return "none", register.TonePlain
}

// hints fills the last rows from the key table and gives the first of them.
func (p *page) hints(c *canvas, w, h int) int {
	type hint struct{ name, label string }
	rows := [][]hint{nil}
	x := 2
	for _, k := range fitting(p.app.keys, p.app.view) {
		if k.Label == "" {
			continue
		}
		name, label := c.say(k.Name), c.say(k.Label)
		one := width(name) + 1 + width(label) + 3
		if x+one > w && len(rows) < 2 {
			rows = append(rows, nil)
			x = 2
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], hint{name, label})
		x += one
	}
	const height = 2
	top := h - height - 1
	c.rule(top)
	for i, row := range rows {
		x := 2
		for _, k := range row {
			x = c.at(x, top+1+i, k.name, c.bold()) + 1
			x = c.at(x, top+1+i, k.label, c.plain()) + 3
		}
	}
	if p.app.note != "" {
		c.right(w-2, top, " "+c.say(p.app.note)+" ", c.bold())
	}
	return top
}

func clock(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// helpColumn is where the sentences of the help page begin.
const helpColumn = 12

// drawHelp lists the keys of the screen behind it.
func drawHelp(c *canvas, keys []Key, v register.View) {
	for _, k := range fitting(keys, v) {
		if k.Help == "" {
			continue
		}
		if c.y >= c.end {
			return
		}
		c.at(0, c.y, c.say(k.Name), c.bold())
		text := *c
		text.x, text.w = c.x+helpColumn, c.w-helpColumn
		text.wrap(c.say(k.Help), c.plain())
		c.y = text.y
	}
	c.gap(1)
	if c.y < c.end {
		c.line(c.say("Any key goes back."), c.dim())
	}
}
