package sim

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/register/registertest"
)

// plastic is a card that a shopper carries.
type plastic struct{ number, expiry string }

// wallet holds the test cards; their brands are those that the merchant takes offline too.
var wallet = []plastic{
	{"4111111111111111", "4912"}, {"5411111111111115", "4911"}, {"341111111111111", "4910"}, {"6011111111111117", "4909"},
	{"4012345678909", "4908"}, {"4444111144441111", "4907"}, {"5555444433332226", "4906"}, {"36484444444446", "4905"},
}

var brands = []card.Brand{card.Visa, card.Mastercard, card.Amex, card.Discover}

func (p plastic) stripe(service string) string {
	return ";" + p.number + "=" + p.expiry + service + "0000000000?"
}

// reader is a card reader that goes away, reads badly, and lets go late.
type reader struct {
	*registertest.Reader
	w *world
	d stream
}

func newReader(w *world, t *till) *reader {
	return &reader{registertest.NewReader(), w, newStream(w.seed, fmt.Sprintf("reader/%d", t.number))}
}

// swipe passes a card, as well as the shopper can.
func (r *reader) swipe(p plastic) {
	rate := r.w.plan.people
	switch {
	case r.d.chance(3*rate) && !r.w.calm.Load():
		r.w.struck(readerFails, r.w.standing()...)
		r.Fail(pos.NewError(pos.CodeReaderOffline))
	case r.d.chance(4*rate) && !r.w.calm.Load():
		r.w.struck(badSwipe, r.w.standing()...)
		half := registertest.Stripe(p.stripe("101"))
		half.Status[1] = card.Bad
		r.Swipe(half)
	case r.d.chance(10):
		r.Swipe(registertest.Stripe(p.stripe("201"))) // a chip card
	default:
		r.Swipe(registertest.Stripe(p.stripe("101")))
	}
}

// printLimit is the register's time for one slip, a second more.
const printLimit = 11 * time.Second

// until waits for the end of ctx, which must come in time (rule T20).
func (w *world) until(ctx context.Context, limit time.Duration, what string) error {
	if rest(ctx, limit) {
		w.violate("%s is waited for after %s", what, limit)
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// printer runs out of paper, hangs and comes back.
type printer struct {
	w    *world
	till *till
	mu   sync.Mutex
	d    stream
}

func newPrinter(w *world, t *till) *printer {
	return &printer{w: w, till: t, d: newStream(w.seed, fmt.Sprintf("printer/%d", t.number))}
}

// Print is register.Printer's.
func (p *printer) Print(ctx context.Context, s pos.Slip) error {
	p.mu.Lock()
	took, bad, stuck := p.d.between(300*time.Millisecond, 3*time.Second), p.d.chance(5*p.w.plan.people), p.d.chance(30)
	p.mu.Unlock()
	if bad && !p.w.calm.Load() {
		p.w.struck(printerFails, p.w.standing()...)
		if stuck {
			return p.w.until(ctx, printLimit, "a printer that hangs")
		}
		return pos.NewError(pos.CodePrinterPaper)
	}
	if !rest(ctx, took) {
		return ctx.Err()
	}
	if p.till.dead() {
		return nil
	}
	var text strings.Builder
	for _, l := range s.Lines {
		text.WriteString(l.Text + " " + l.Left + " " + l.Right + "\n")
	}
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.w.slips = append(p.w.slips, text.String())
	return nil
}

// Health is register.Printer's.
func (p *printer) Health() pos.Health { return pos.Health{State: pos.DeviceOnline} }
