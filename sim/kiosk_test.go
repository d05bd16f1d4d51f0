package sim

import (
	"strconv"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/register"
)

// shop is a shopper at a till at which nobody stands.
func (c *cashier) shop(v register.View) {
	switch v.Screen {
	case register.ScreenAmount:
		switch {
		case minor(v.Amount) > 0 && c.d.chance(8):
			c.walkAway()
		case minor(v.Amount) > 0:
			c.press([]register.Verb{register.VerbEnter, register.VerbCash, register.VerbKeyed, register.VerbBack}[c.d.weighted(85, 4, 4, 7)])
		case c.d.chance(15):
			c.office()
		default:
			c.charge()
		}
	case register.ScreenCard:
		c.shopWithCard(v)
	case register.ScreenPIN, register.ScreenSending:
	case register.ScreenQuestion, register.ScreenResult:
		switch c.d.weighted(60, 15, 25) {
		case 0:
			c.press(register.VerbYes, register.VerbSurcharge, register.VerbEnter)
		case 1:
			c.press(register.VerbBack)
		case 2:
			c.walkAway()
		}
	case register.ScreenItems:
		c.press(register.VerbBack)
	default:
		c.w.violate("an unattended till shows %s", v.Screen)
		c.press(register.VerbBack, register.VerbEnter)
	}
}

func (c *cashier) shopWithCard(v register.View) {
	if v.Left == 0 {
		c.press([]register.Verb{register.VerbRetry, register.VerbBack, register.VerbCash}[c.d.weighted(60, 30, 10)])
		return
	}
	rate := c.w.plan.people
	switch c.d.weighted(80, 4*rate, 5*rate, 2, 2, 10) {
	case 0:
		if c.pause(c.d.between(300*time.Millisecond, 6*time.Second)) {
			c.till.reader.swipe(c.card)
		}
	case 1:
		c.w.struck(cancelled, c.w.standing()...)
		c.press(register.VerbBack)
	case 2:
		c.walkAway()
	case 3:
		c.press(register.VerbCashback)
		c.type_(strconv.Itoa(500))
		c.press(register.VerbEnter)
	case 4:
		c.press(register.VerbKeyed)
	case 5:
		c.press(register.VerbDebit)
	}
}

// walkAway leaves the till as it is. After twice the time of a card nothing of it may be there for the next shopper.
func (c *cashier) walkAway() {
	c.w.struck(walkedAway, c.w.standing()...)
	if !c.pause(c.d.between(125*time.Second, 140*time.Second)) {
		return
	}
	switch v := c.till.now(); v.Screen {
	case register.ScreenAmount:
		if minor(v.Amount) != 0 {
			c.w.violate("the amount of a shopper who has gone still stands on the screen")
		}
	case register.ScreenCard, register.ScreenQuestion, register.ScreenItems, register.ScreenPartial:
		c.w.violate("the screen %s still waits for a shopper who has gone", v.Screen)
	}
}

// leavesUnknown notes that an unattended till went on from a payment whose outcome it did not know: that one must not
// stand.
func (w *world) leavesUnknown(last, next register.View) {
	if !w.plan.kiosk || last.Screen != register.ScreenResult || last.Word != "UNKNOWN" || next.Screen != register.ScreenAmount {
		return
	}
	for _, p := range w.disk.peek(pos.Filter{Ref: reference(last)}) {
		w.mu.Lock()
		w.released[p.ID] = true
		w.mu.Unlock()
	}
}

// diesWith notes which payments an unattended till was in the middle of when it died: nobody waits for them.
func (w *world) diesWith(t *till) {
	if !w.plan.kiosk {
		return
	}
	t.mu.Lock()
	sale := t.sale
	t.mu.Unlock()
	for _, p := range w.disk.peek(pos.Filter{Sale: sale, Open: true}) {
		if p.Parent != "" {
			continue // the office's doing
		}
		w.mu.Lock()
		w.released[p.ID] = true
		w.mu.Unlock()
	}
}

// checkUnattended holds the rows of a day without a cashier to rule T19: online, by card, all of it or nothing.
func (w *world) checkUnattended(rows []pos.Payment) {
	if !w.plan.kiosk {
		return
	}
	for _, p := range rows {
		order := p.Parent == ""
		switch {
		case !order:
		case p.Instrument.Kind == pos.InstrumentCash:
			w.violate("%s: cash at an unattended till", p.Ref)
		case p.Offline:
			w.violate("%s: approved offline by an unattended till", p.Ref)
		case p.Cashback.IsPositive():
			w.violate("%s: cash back at an unattended till", p.Ref)
		case p.Instrument.Entry == card.EntryKeyed:
			w.violate("%s: a card typed at an unattended till", p.Ref)
		case p.Kind == pos.KindRefund:
			w.violate("%s: a refund without sale at an unattended till", p.Ref)
		case p.Clerk == clerk && (p.State == pos.StatePartial || p.PartialOK):
			w.violate("%s: a part of a sale is kept, %s of %s", p.Ref, p.Approved, p.Requested)
		}
	}
}
