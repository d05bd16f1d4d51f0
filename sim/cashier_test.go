package sim

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/register"
)

// cashier is the person at the till, and whoever starts it again after a crash. Its goroutine is the day's.
type cashier struct {
	w    *world
	d    stream
	till *till
	keys []register.Intent // to be pressed, one after the other
	card plastic
	last struct { // what was asked last of which card
		amount string
		card   plastic
	}
	lost    bool        // the till did not know what became of that
	behind  atomic.Bool // an order of the office is under way while the cashier goes on
	sending time.Time   // when the screen was last another one than sending
	// secret says that the keys are those of a card number.
	secret bool
}

func (c *cashier) type_(text string) {
	for _, r := range text {
		c.keys = append(c.keys, register.Intent{Verb: register.VerbType, Rune: r})
	}
}

func (c *cashier) press(verbs ...register.Verb) {
	for _, v := range verbs {
		c.keys = append(c.keys, register.Intent{Verb: v})
	}
}

// pause lets time pass; false: the terminal died meanwhile and is up again.
func (c *cashier) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		synctest.Wait()
		return true
	case how := <-c.w.doom:
		c.crash(how)
		return false
	}
}

// longestSending is far more than three reversals, an authorization and its copies may take together, each with the
// limit of a client that does not end.
const longestSending = 30 * time.Minute

// await runs what another program asks of the engine, while the terminal may die.
func (c *cashier) await(do func()) bool {
	done := make(chan struct{})
	c.till.wg.Go(func() { defer close(done); do() })
	limit := time.NewTimer(longestSending)
	defer limit.Stop()
	select {
	case <-done:
		synctest.Wait()
		return true
	case <-limit.C:
		c.w.violate("an order of the office has no outcome after %s", longestSending)
		c.crash(killed)
		return false
	case how := <-c.w.doom:
		c.crash(how)
		return false
	}
}

// crash ends this life of the terminal and starts the next.
func (c *cashier) crash(how fault) {
	w := c.w
	w.struck(how, w.standing()...)
	last := c.till.now()
	w.diary.note("till", "%s on screen %s %s", how, last.Screen, last.Caption)
	c.till.die()
	c.keys = nil
	w.diesWith(c.till)
	down := c.d.between(time.Second, 20*time.Second)
	if how == powerCut {
		down = c.d.between(time.Minute, 4*time.Minute)
	}
	time.Sleep(down)
	c.start()
	if last.Screen == register.ScreenSending && (last.Caption == "Cash" || last.Caption == "Void") {
		w.reconcileCash()
	}
}

// start boots until the terminal is up.
func (c *cashier) start() {
	for {
		t, err := boot(c.w)
		if err == nil {
			c.till = t
			break
		}
		time.Sleep(c.d.between(time.Second, 10*time.Second))
	}
	select {
	case <-c.w.doom: // meant for the last life
	default:
	}
	c.sending = time.Now()
	synctest.Wait()
}

// step is one look at the screen and what the cashier does about it.
func (c *cashier) step() {
	if c.secret && (len(c.keys) == 0 || c.till.now().Screen != register.ScreenKeyed) {
		c.secret, c.keys = false, nil // nobody types a card number where it does not belong
	}
	if len(c.keys) > 0 {
		if c.pause(c.d.between(30*time.Millisecond, 250*time.Millisecond)) {
			c.w.agrees(c.keys[0].Verb, c.till)
			c.till.register.Do(c.keys[0])
			c.keys = c.keys[1:]
			synctest.Wait() // the next look is at what the key did
		}
		return
	}
	if !c.pause(c.d.between(200*time.Millisecond, 3*time.Second)) {
		return
	}
	v := c.till.now()
	c.w.diary.note("cashier", "sees %s %s %s %s", v.Screen, v.Word, v.Amount, v.Message.Happened)
	if v.Screen != register.ScreenSending {
		c.sending = time.Now()
	} else if since := time.Since(c.sending); since > longestSending {
		c.w.violate("the host has been working on a %s for %s", v.Caption, since.Round(time.Second))
		c.crash(killed)
		return
	}
	if c.d.chance(1.5*c.w.plan.people) && v.Screen != register.ScreenResolve {
		c.slip(v)
		return
	}
	c.act(v)
}

// slip presses a key that nobody wanted pressed.
func (c *cashier) slip(register.View) {
	c.w.struck(wrongKey, c.w.standing()...)
	c.keys = append(c.keys, register.Intent{Verb: pick(c.d, register.VerbEnter, register.VerbBack, register.VerbCash, register.VerbYes,
		register.VerbUndo, register.VerbRetry, register.VerbType, register.VerbErase, register.VerbRemove, register.VerbItems, register.VerbPrintAgain,
		register.VerbDebit, register.VerbKeyed),
		Rune: rune('0' + c.d.IntN(10))})
}

func (c *cashier) act(v register.View) {
	if c.w.plan.kiosk {
		c.shop(v)
		return
	}
	switch v.Screen {
	case register.ScreenAmount:
		c.atAmount(v)
	case register.ScreenItems:
		c.atItems(v)
	case register.ScreenCard:
		c.atCard(v)
	case register.ScreenKeyed:
		c.secret = true
		c.type_(c.card.number)
		c.press(register.VerbNext)
		c.type_(c.card.expiry[2:] + c.card.expiry[:2])
		c.press(register.VerbNext)
		c.type_("123")
		c.press(register.VerbEnter)
	case register.ScreenPIN:
		if c.d.chance(2) {
			c.press(register.VerbBack)
		}
	case register.ScreenCashback:
		if c.d.chance(85) {
			c.type_(strconv.Itoa(100 + c.d.IntN(mostCashback*11/10)))
		}
		c.press(register.VerbEnter)
		if v.Message.Happened != "" { // too much
			c.keys = nil
			c.press(register.VerbBack)
		}
	case register.ScreenCash:
		if c.d.chance(60) {
			c.type_(c.note(v.Amount))
		}
		c.press(register.VerbEnter)
	case register.ScreenPart:
		c.type_(strconv.Itoa(50 + c.d.IntN(4000)))
		c.press(register.VerbEnter)
		if v.Message.Happened != "" { // more than is due
			c.keys = nil
			c.press(register.VerbBack)
		}
	case register.ScreenQuestion:
		if v.Can(register.VerbSurcharge) {
			c.press([]register.Verb{register.VerbSurcharge, register.VerbWithout, register.VerbBack}[c.d.weighted(60, 25, 15)])
		} else if c.d.chance(75) {
			c.press(register.VerbYes)
		} else {
			c.press(register.VerbBack)
		}
	case register.ScreenResult:
		c.atResult(v)
	case register.ScreenPartial:
		c.card = pick(c.d, wallet...)
		c.press([]register.Verb{register.VerbEnter, register.VerbPart, register.VerbCash, register.VerbUndo}[c.d.weighted(42, 12, 30, 16)])
	case register.ScreenRecover:
		c.press(register.VerbEnter)
	case register.ScreenPayments, register.ScreenDetail, register.ScreenVoid, register.ScreenRefund, register.ScreenUnknown, register.ScreenResolve:
		c.atList(v)
	}
}

// note is a banknote that covers an amount, in minor units as typed.
func (c *cashier) note(amount string) string {
	due := minor(amount)
	for _, n := range []int64{500, 1000, 2000, 5000, 10000} {
		if n >= due {
			return strconv.FormatInt(n, 10)
		}
	}
	return strconv.FormatInt(due, 10)
}

// minor reads an amount of a view in minor units.
func minor(text string) int64 {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	if f < 0 {
		return int64(f*100 - 0.5)
	}
	return int64(f*100 + 0.5)
}

func (c *cashier) atAmount(v register.View) {
	if minor(v.Amount) == 0 {
		switch c.d.weighted(6, 3, 25, 7, 59) {
		case 0:
			c.press(register.VerbPayments)
		case 1:
			c.press(register.VerbUnknown)
		case 2:
			c.office()
		case 3:
			c.press(register.VerbItems)
		default:
			c.charge()
		}
		return
	}
	c.press([]register.Verb{register.VerbEnter, register.VerbCash, register.VerbKeyed, register.VerbBack}[c.d.weighted(74, 14, 8, 4)])
}

// charge types an amount; now and then the same shopper wants the same once more.
func (c *cashier) charge() {
	amount := strconv.Itoa(100 + c.d.IntN(9000))
	c.card = pick(c.d, wallet...)
	again := 7.0
	if c.lost {
		again, c.lost = 50, false
	}
	if c.last.amount != "" && c.d.chance(again) {
		amount, c.card = c.last.amount, c.last.card
	}
	c.last.amount, c.last.card = amount, c.card
	c.type_(amount)
}

func (c *cashier) atItems(v register.View) {
	if len(v.Lines) < 1+c.d.IntN(3) {
		c.type_(fmt.Sprintf("Tea %dx%d.%02d", 1+c.d.IntN(3), 1+c.d.IntN(9), c.d.IntN(100)))
	}
	c.press(register.VerbEnter)
}

// atCard is the shopper's turn.
func (c *cashier) atCard(v register.View) {
	if v.Left == 0 {
		c.press([]register.Verb{register.VerbRetry, register.VerbBack, register.VerbCash}[c.d.weighted(60, 25, 15)])
		return
	}
	switch {
	case v.Can(register.VerbDebit) && !v.Debit && c.d.chance(22):
		c.press(register.VerbDebit)
		return
	case v.Can(register.VerbPart) && c.d.chance(5):
		c.press(register.VerbPart)
		return
	case v.Can(register.VerbCashback) && v.Cashback == "" && c.d.chance(40):
		c.press(register.VerbCashback)
		return
	}
	rate := c.w.plan.people
	switch c.d.weighted(90, 3*rate, 3*rate, 2, 2) {
	case 0:
		if c.pause(c.d.between(300*time.Millisecond, 6*time.Second)) {
			c.till.reader.swipe(c.card)
		}
	case 1:
		c.w.struck(cancelled, c.w.standing()...)
		c.press(register.VerbBack)
	case 2:
		c.w.struck(walkedAway, c.w.standing()...)
		c.pause(c.d.between(61*time.Second, 70*time.Second))
	case 3:
		c.press(register.VerbCash)
	case 4:
		c.press(register.VerbKeyed)
	}
}

func (c *cashier) atResult(v register.View) {
	c.lost = c.lost || v.Word == "UNKNOWN"
	if v.Word == "UNKNOWN" && c.d.chance(60) {
		// Some wait a while for the till to find out.
		c.pause(c.d.between(5*time.Second, 3*time.Minute))
		return
	}
	switch {
	case v.Word == "UNKNOWN":
		c.giveUp(v)
		c.press(register.VerbEnter)
	case v.Can(register.VerbRetry):
		c.card = pick(c.d, wallet...)
		c.press([]register.Verb{register.VerbRetry, register.VerbCash, register.VerbBack}[c.d.weighted(60, 15, 25)])
	case v.Can(register.VerbType) && c.d.chance(20):
		c.type_(strconv.Itoa(100 + c.d.IntN(9000)))
	case v.Can(register.VerbPrintAgain) && c.d.chance(5):
		c.press(register.VerbPrintAgain)
	default:
		c.press(register.VerbEnter)
	}
}

// giveUp goes on without the payment on the screen: half of the shoppers leave with nothing, or pay in another
// way, and the sale is closed without it.
func (c *cashier) giveUp(v register.View) {
	ref := reference(v)
	rows := c.w.disk.peek(pos.Filter{Ref: ref})
	if len(rows) != 1 || rows[0].Kind != pos.KindSale || !c.d.chance(50) {
		return
	}
	c.await(func() {
		err := c.till.engine.Release(c.till.ctx, rows[0].ID)
		c.w.diary.note("cashier", "gives %s up: %v", ref, err)
		if err == nil && !c.till.dead() {
			c.w.mu.Lock()
			c.w.released[rows[0].ID] = true
			c.w.mu.Unlock()
		}
	})
}

func reference(v register.View) string { return detail(v, "Reference") }

func detail(v register.View, name string) string {
	for _, d := range v.Details {
		if d.Name == name {
			return d.Value
		}
	}
	return ""
}

func (c *cashier) atList(v register.View) {
	switch v.Screen {
	case register.ScreenPayments:
		for range c.d.IntN(min(len(v.Rows), 12) + 1) {
			c.press(register.VerbDown)
		}
		if c.press(register.VerbEnter); len(v.Rows) == 0 || c.d.chance(20) {
			c.keys = nil
			c.press(register.VerbBack)
		}
	case register.ScreenDetail:
		if v.Can(register.VerbVoid) && c.d.chance(40) {
			c.press(register.VerbVoid)
		} else if v.Can(register.VerbRefund) && c.d.chance(70) {
			c.press(register.VerbRefund)
		} else {
			c.press(register.VerbBack)
		}
	case register.ScreenVoid:
		c.type_("wrong item")
		c.press(register.VerbEnter)
	case register.ScreenRefund:
		if c.d.chance(40) {
			c.press(register.VerbPrevious)
			for range 10 {
				c.press(register.VerbErase)
			}
			c.type_(strconv.Itoa(50 + c.d.IntN(500)))
			c.press(register.VerbNext)
		}
		c.bring(v)
		c.type_("brought back")
		c.press(register.VerbEnter)
		if v.Message.Happened != "" {
			c.keys = nil
			c.press(register.VerbBack)
		}
	case register.ScreenUnknown:
		for i, row := range v.Rows {
			if row.State == pos.StateNeedsPerson && c.w.canTell(row.Ref) {
				for range i - v.Selected {
					c.press(register.VerbDown)
				}
				for range v.Selected - i {
					c.press(register.VerbUp)
				}
				c.press(register.VerbEnter)
				return
			}
		}
		c.press(register.VerbBack)
	case register.ScreenResolve:
		c.resolve(v)
	}
}

// bring has the shopper bring the card along with which the payment on the screen was made, or another one.
func (c *cashier) bring(v register.View) {
	c.card = pick(c.d, wallet...)
	for _, p := range wallet {
		if len(v.Rows) == 1 && p.number == c.w.numberOf(v.Rows[0].Ref) && !c.d.chance(12) {
			c.card = p
		}
	}
}

// resolve answers what the bank said on the telephone.
func (c *cashier) resolve(v register.View) {
	if len(v.Rows) != 1 || len(v.Fields) != 2 || v.Rows[0].State != pos.StateNeedsPerson || !c.w.canTell(v.Rows[0].Ref) {
		c.press(register.VerbBack)
		return
	}
	want := sentenceOf[c.w.verdict(v.Rows[0].Ref)]
	if !strings.Contains(v.Fields[0].Text, want) {
		c.press(register.VerbDown)
		return
	}
	c.press(register.VerbNext)
	c.type_("the bank said so")
	c.press(register.VerbEnter)
}

// sentenceOf is how the resolve screen words a decision.
var sentenceOf = map[pos.State]string{
	pos.StateConfirmed: "the bank has it",
	pos.StateNotSent:   "the bank never had it",
	pos.StateReversed:  "reversed at the bank",
}
