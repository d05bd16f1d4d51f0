package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tillpos/till/pos/register"
)

// draw has one function for each screen of the register.
var draw = map[register.Screen]func(*canvas, register.View){
	register.ScreenAmount:   drawAmount,
	register.ScreenItems:    drawItems,
	register.ScreenCard:     drawCard,
	register.ScreenPIN:      drawPIN,
	register.ScreenCashback: drawForm,
	register.ScreenPart:     drawForm,
	register.ScreenTip:      drawForm,
	register.ScreenVoice:    drawForm,
	register.ScreenKeyed:    drawForm,
	register.ScreenCash:     drawForm,
	register.ScreenQuestion: drawQuestion,
	register.ScreenSending:  drawSending,
	register.ScreenResult:   drawResult,
	register.ScreenPartial:  drawPartial,
	register.ScreenPayments: drawPayments,
	register.ScreenDetail:   drawDetail,
	register.ScreenVoid:     drawFollow,
	register.ScreenRefund:   drawFollow,
	register.ScreenUnknown:  drawUnknown,
	register.ScreenResolve:  drawFollow,
	register.ScreenRecover:  drawRecovered,
}

// message writes what happened, where the money is and what to do, one under the other.
func (c *canvas) message(v register.View) {
	m := v.Message
	c.wrap(m.Happened, c.tone(v.Tone).Bold(true))
	c.wrap(m.Money, c.plain())
	c.wrap(m.Next, c.plain())
}

// price is the big amount with its currency over it.
func (c *canvas) price(label string, v register.View) {
	c.center(c.say(label)+"  "+v.Currency+" "+v.Amount, c.dim())
	c.gap(1)
	c.big(v.Amount, c.bold())
}

func drawAmount(c *canvas, v register.View) {
	label := "Amount"
	switch n := len(v.Lines); {
	case n == 1:
		label = "Total of 1 item"
	case n > 1:
		label = c.say("Total of {1} items", strconv.Itoa(n))
	}
	c.gap(1)
	c.price(label, v)
	c.gap(2)
	switch {
	case v.Message != (register.Message{}):
		c.message(v)
	case len(v.Lines) == 0:
		c.center(c.say("Type the amount: 1234 is 12.34, and 12.34 is 12.34 too."), c.dim())
	}
	c.gap(1)
	drawCart(c, v.Lines)
}

// drawCart shows the last items in aligned columns, as many as there is room for.
func drawCart(c *canvas, lines []register.CartLine) {
	if len(lines) == 0 || c.end-c.y < 2 {
		return
	}
	room := c.end - c.y - 1
	if len(lines) > room {
		lines = lines[len(lines)-room:]
	}
	row := func(l register.CartLine, y int, head bool) {
		style := c.plain()
		if head {
			style = c.dim()
		}
		c.at(0, y, cut(l.Text, c.w-38), style)
		c.right(c.w-28, y, l.Quantity, style)
		c.right(c.w-14, y, l.Price, style)
		c.right(c.w, y, l.Amount, style)
	}
	row(register.CartLine{Text: c.say("Item"), Quantity: c.say("Quantity"), Price: c.say("Price"), Amount: c.say("Amount")}, c.y, true)
	c.y++
	for _, l := range lines {
		if l.Text == "" {
			l.Text = c.say("Item")
		}
		row(l, c.y, false)
		c.y++
	}
}

func drawItems(c *canvas, v register.View) {
	drawFields(c, v.Fields)
	c.message(v)
	if v.Message == (register.Message{}) {
		c.line(c.say("Quantity x price or price * quantity; 250 is 2.50."), c.dim())
	}
	c.gap(1)
	c.at(0, c.y, c.say("Total"), c.bold())
	c.right(c.w, c.y, v.Currency+" "+v.Amount, c.bold())
	c.y += 2
	drawCart(c, v.Lines)
}

// drawFields writes the inputs; the one with the focus has a cursor.
func drawFields(c *canvas, fields []register.Field) {
	const label = 20
	for _, f := range fields {
		style, mark := c.plain(), " "
		if f.Focus {
			style, mark = c.bold(), ">"
		}
		c.at(0, c.y, mark, style)
		c.at(2, c.y, f.Label, style)
		x := c.at(label, c.y, f.Text, style)
		if f.Focus {
			c.at(x, c.y, "_", style)
		}
		c.at(label, c.y+1, f.Hint, c.dim())
		c.y += 3
	}
}

func drawForm(c *canvas, v register.View) {
	to := c.say("To pay") + "  " + v.Currency + " " + v.Amount
	if v.Part != "" {
		to += "  (" + c.say("part of {1}", v.Part) + ")"
	}
	c.line(to, c.bold())
	c.gap(1)
	drawFields(c, v.Fields)
	c.message(v)
}

func drawCard(c *canvas, v register.View) {
	c.gap(1)
	c.price("To pay", v)
	drawCashback(c, v)
	if v.Left > 0 {
		text := "SWIPE THE CARD NOW"
		if v.Debit {
			text = "SWIPE THE DEBIT CARD NOW"
		}
		c.center(c.say(text), c.tone(register.ToneGood).Bold(true))
		c.center(c.say("the reader waits {1} s", seconds(v.Left)), c.dim())
	} else {
		c.center(c.say("THE READER IS NOT WAITING"), c.tone(register.ToneAttention).Bold(true))
		c.center(c.say("press Enter to swipe again"), c.dim())
	}
	c.gap(1)
	c.message(v)
}

// drawCashback fills the two rows under the amount.
func drawCashback(c *canvas, v register.View) {
	var with []string
	if v.Tip != "" {
		with = append(with, c.say("{1} tip", v.Tip))
	}
	if v.Voice != "" {
		with = append(with, c.say("approval code {1}", v.Voice))
	}
	if v.Cashback != "" {
		with = append(with, c.say("{1} cash back", v.Cashback))
	}
	if v.Fee != "" {
		with = append(with, c.say("{1} terminal fee", v.Fee))
	}
	var text []string
	if v.Part != "" {
		text = append(text, c.say("part of {1}", v.Part))
	}
	if len(with) > 0 {
		text = append(text, c.say("with {1}", strings.Join(with, " "+c.say("and")+" ")))
	}
	if len(text) == 0 {
		c.gap(2)
		return
	}
	c.gap(1)
	c.center(strings.Join(text, ", "), c.bold())
}

// seconds is a time that is left, as a whole number.
func seconds(left time.Duration) string { return strconv.Itoa(int(left.Seconds() + 0.5)) }

func drawPIN(c *canvas, v register.View) {
	c.gap(1)
	c.price("Debit", v)
	drawCashback(c, v)
	c.center(c.say("THE CUSTOMER TYPES THE PIN"), c.tone(register.ToneGood).Bold(true))
	c.center(c.say("on the PIN pad, within {1} s", seconds(v.Left)), c.dim())
	c.gap(1)
	c.message(v)
}

func drawQuestion(c *canvas, v register.View) {
	c.gap(1)
	if v.Surcharge != "" {
		drawSurcharge(c, v)
		return
	}
	c.price("To pay", v)
	drawCashback(c, v)
	c.message(v)
	c.gap(1)
	c.line(c.say("Go on?   Y  yes      Esc  no"), c.bold())
}

// drawSurcharge shows what a credit card would pay, before it is charged.
func drawSurcharge(c *canvas, v register.View) {
	whole := v
	whole.Amount = v.SurchargeTotal
	c.price("With surcharge", whole)
	c.gap(1)
	for _, row := range [][2]string{{"Amount", v.Amount}, {"Card surcharge", v.Surcharge}, {"With surcharge", v.SurchargeTotal}} {
		c.at(0, c.y, c.say(row[0]), c.dim())
		c.right(30, c.y, row[1], c.bold())
		c.y++
	}
	c.gap(1)
	c.message(v)
}

func drawSending(c *canvas, v register.View) {
	c.gap(1)
	c.price(v.Caption, v)
	c.gap(2)
	c.center(clock(v.Elapsed), c.bold())
	c.gap(1)
	c.message(v)
}

func drawResult(c *canvas, v register.View) {
	c.big(v.Word, c.tone(v.Tone))
	c.gap(1)
	c.center(v.Caption, c.tone(v.Tone).Bold(true))
	c.gap(1)
	c.message(v)
	c.gap(1)
	drawDetails(c, v.Details, 14)
	drawReceipt(c, v)
}

func drawReceipt(c *canvas, v register.View) {
	if v.Receipt != "" {
		c.at(0, c.y, c.say("Receipt"), c.dim())
		c.at(14, c.y, v.Receipt, c.plain())
		c.y++
	}
}

func drawDetails(c *canvas, details []register.Detail, column int) {
	for _, d := range details {
		c.at(0, c.y, d.Name, c.dim())
		c.at(column, c.y, d.Value, c.plain())
		c.y++
	}
}

func drawPartial(c *canvas, v register.View) {
	due := v
	due.Amount = v.Due
	c.gap(1)
	c.price("Still to pay", due)
	c.gap(2)
	for _, row := range [][2]string{{"Total", v.Total}, {"Paid", v.Paid}, {"Still to pay", v.Due}} {
		c.at(0, c.y, c.say(row[0]), c.dim())
		c.right(30, c.y, row[1], c.bold())
		c.y++
	}
	c.gap(1)
	c.message(v)
}

// The columns of a list of payments.
const (
	columnKind  = 16
	columnState = 26
	columnCard  = 40
)

func drawRow(c *canvas, r register.Row, chosen bool) {
	style := c.plain()
	if chosen {
		style = style.Reverse(true)
		c.at(0, c.y, strings.Repeat(" ", c.w), style)
	}
	state := c.tone(r.Tone)
	if chosen {
		state = style
	}
	c.at(0, c.y, r.When.Format("01-02 15:04:05"), style)
	c.at(columnKind, c.y, cut(c.say(string(r.Kind)), columnState-columnKind-1), style)
	c.at(columnState, c.y, cut(c.words.State(r.State), columnCard-columnState-1), state)
	c.at(columnCard, c.y, r.Card, style)
	c.right(c.w, c.y, r.Amount, style)
	c.y++
}

func drawListHead(c *canvas) {
	for _, h := range []struct {
		x    int
		text string
	}{{0, "When"}, {columnKind, "What"}, {columnState, "State"}, {columnCard, "Card"}} {
		c.at(h.x, c.y, c.say(h.text), c.dim())
	}
	c.right(c.w, c.y, c.say("Amount"), c.dim())
	c.y++
}

func drawPayments(c *canvas, v register.View) {
	if len(v.Rows) == 0 {
		c.line(c.say("No payments yet."), c.plain())
		return
	}
	drawListHead(c)
	room := c.end - c.y
	first := max(0, min(v.Selected-room/2, len(v.Rows)-room))
	for i := first; i < len(v.Rows) && c.y < c.end; i++ {
		drawRow(c, v.Rows[i], i == v.Selected)
	}
}

// drawPlans is a list whose rows say what the till does about each.
func drawPlans(c *canvas, v register.View) {
	drawListHead(c)
	height := 2
	if len(v.Rows) > 0 && v.Rows[0].What != "" {
		height = 3
	}
	room := (c.end - c.y) / height
	first := max(0, min(v.Selected-room/2, len(v.Rows)-room))
	for i := first; i < len(v.Rows) && c.y+height <= c.end; i++ {
		drawRow(c, v.Rows[i], i == v.Selected)
		below := v.Rows[i].Ref + "  " + v.Rows[i].Plan
		if height == 3 {
			c.at(2, c.y, cut(v.Rows[i].What, c.w-2), c.plain())
			c.y++
		}
		c.at(2, c.y, cut(below, c.w-2), c.dim())
		c.y++
	}
}

func isOpen(r register.Row) bool { return r.State.Open() }

func drawUnknown(c *canvas, v register.View) {
	if len(v.Rows) == 0 {
		c.line(c.say("None: the outcome of every payment is known."), c.tone(register.ToneGood))
		return
	}
	heading, tone := "Somebody should look at these.", register.ToneAttention
	switch {
	case slices.ContainsFunc(v.Rows, isOpen):
		heading = "The bank may have the money of the unknown ones. Do not charge again."
	case v.Answered:
		heading, tone = "The bank has answered: none is unknown any more.", register.ToneGood
	}
	c.line(c.say(heading), c.tone(tone).Bold(true))
	c.gap(1)
	drawPlans(c, v)
}

func drawRecovered(c *canvas, v register.View) {
	if v.Interrupted {
		c.wrap(c.say("The till stopped while these payments were under way."), c.tone(register.ToneAttention).Bold(true))
		if slices.ContainsFunc(v.Rows, isOpen) {
			c.wrap(c.say("The card may have been charged. Do not charge it again: the till is asking the bank."), c.plain())
		}
	}
	c.message(v)
	c.gap(1)
	drawPlans(c, v)
}

func drawDetail(c *canvas, v register.View) {
	c.at(0, c.y, v.Word, c.tone(v.Tone).Bold(true))
	c.right(c.w, c.y, v.Currency+" "+v.Amount, c.bold())
	c.y++
	c.message(register.View{Message: v.Message})
	c.gap(1)
	half := (len(v.Details) + 1) / 2
	top := c.y
	drawDetails(c, v.Details[:half], 11)
	left := *c
	left.x, left.y, left.w = c.x+37, top, c.w-37
	drawDetails(&left, v.Details[half:], 11)
	c.gap(1)
	drawReceipt(c, v)
}

func drawFollow(c *canvas, v register.View) {
	c.line(c.say(titles[v.Screen])+"  "+v.Currency+" "+v.Amount, c.bold())
	c.gap(1)
	for _, r := range v.Rows {
		drawRow(c, r, false)
		c.at(0, c.y, r.Ref, c.dim())
		c.y += 2
	}
	drawFields(c, v.Fields)
	c.message(v)
}
