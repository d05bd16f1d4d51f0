package register

import (
	"context"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
)

// Limits of what one till holds in memory.
const (
	maxIntents = 256 // typed ahead; what comes beyond is dropped
	maxLines   = 100 // items of one sale
	maxListed  = 200 // payments of one list
	maxWaiting = 50  // receipts for a printer that does not print; the oldest goes first
)

// MaxUnknowns is how many open payments are counted and listed; there may be more.
const MaxUnknowns = 100

// Register leads the cashier through sales. One goroutine, Run, owns all of its state; what takes time
// runs in goroutines of its own that hand their result back to it.
type Register struct {
	Config
	intents chan Intent
	views   chan View
	// results are what the register's goroutines bring back, to be run by Run.
	results chan func()
	over    chan struct{} // closed when Run has ended: nobody takes results any more
	wg      sync.WaitGroup
	ctx     context.Context
	closing bool

	screen Screen
	sale   pos.Sale
	paid   []pos.Payment // of this sale, as journaled
	// given and change are of the cash part of this sale.
	given, change money.Amount
	typed         []byte // the amount
	form          form
	message       Message
	tone          Tone
	arming        *arming
	// held is a chip card that waits for a person to agree. It is wiped when the question ends.
	held *card.Card
	// again says that the cashier agreed to charge one card twice for this sale.
	again  bool
	asking pos.Code
	terms
	// unfinished is the sale in which the last life of the till ended; nil: none.
	unfinished *unfinished
	// doubtful is a void of this sale that got no answer.
	doubtful pos.Payment
	// surcharge is what the held card pays on top if the cashier says so.
	surcharge money.Amount
	// returning is the refund of a debit sale for which the card and its PIN are asked; nil: a sale.
	returning *payment.Follow
	pin       *pinTurn
	// until ends a screen that holds card data, typed or read.
	until   time.Time
	sent    time.Time
	patient bool // the screen's limit has not passed yet
	// what is under way while sending, and for how much.
	what   string
	moving money.Amount
	// touched is when somebody last did something, or the screen changed.
	touched time.Time
	orphans orphans
	result  result

	displayed twoLines // what the customer's display shows

	list     listing
	printing printing
	status   Status
	totals   totals
	losses   int
}

// New makes a register. It errs when something required is missing.
func New(c Config) (*Register, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	r := &Register{
		Config: c, intents: make(chan Intent, maxIntents), views: make(chan View, 1), results: make(chan func()), over: make(chan struct{}),
		screen: ScreenAmount,
	}
	if len(c.Recovered) > 0 && !c.Policy.Unattended {
		r.screen = ScreenRecover
		r.list.payments = c.Recovered
	}
	return r, nil
}

// Views gives snapshots. The channel holds one, the newest.
func (r *Register) Views() <-chan View { return r.views }

// Do hands over an intent and never blocks.
func (r *Register) Do(i Intent) {
	select {
	case r.intents <- i:
	default:
	}
}

// Run owns the register until ctx ends. It returns after its last goroutine, with the reader disarmed
// and every card wiped.
func (r *Register) Run(ctx context.Context) error {
	defer close(r.over)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.ctx = ctx
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	r.look()
	r.count()
	r.countLosses()
	r.lookBack()
	r.releaseOrphans()
	r.listen()
	r.publish()
	for {
		select {
		case <-ctx.Done():
			r.close()
			return ctx.Err()
		case i := <-r.intents:
			if r.view().Can(i.Verb) {
				r.touched = r.Now()
				r.do(i)
			}
		case then := <-r.results:
			then()
		case <-r.Changed:
			r.count()
			r.countLosses()
			r.follow()
			r.followList()
		case <-r.Devices:
			r.look()
		case <-tick.C:
			r.tick()
		}
		r.publish()
	}
}

// close lets every goroutine come home, wiping what it brings.
func (r *Register) close() {
	r.closing = true
	r.disarm()
	r.forget()
	home := make(chan struct{})
	go func() {
		r.wg.Wait()
		close(home)
	}()
	for {
		select {
		case then := <-r.results:
			then()
		case <-home:
			return
		}
	}
}

// spawn runs work beside the loop; what it returns is run by the loop. A panic in it comes out of Run, so that
// whoever called Run can give the terminal back first.
func (r *Register) spawn(work func(ctx context.Context) (then func())) {
	if r.closing {
		return
	}
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		defer func() {
			if v := recover(); v != nil {
				r.bring(func() { panic(v) })
			}
		}()
		r.bring(work(r.ctx))
	}()
}

// bring hands a result to the loop. After a panic of the loop there is none.
func (r *Register) bring(then func()) {
	select {
	case r.results <- then:
	case <-r.over:
	}
}

func (r *Register) publish() {
	r.tellCustomer()
	v := r.view()
	select {
	case <-r.views:
	default:
	}
	r.views <- v
}

// tick looks at the devices and ends what has waited too long.
func (r *Register) tick() {
	r.look()
	now := r.Now()
	r.releaseOrphans()
	if r.leftAlone() {
		r.leave()
	}
	if r.screen == ScreenSending && r.patient && now.Sub(r.sent) >= r.Policy.Patience {
		r.patient = false
	}
	if latest := now.Add(r.Policy.CardEntry); r.until.After(latest) {
		r.until = latest // the clock was set back; card data does not stay for that
	}
	if !r.until.IsZero() && !now.Before(r.until) {
		r.forget()
		// What was agreed was for that customer.
		r.again, r.terms = false, terms{}
		if r.returning != nil {
			r.askCard()
			r.tell(ToneAttention, pos.NewError(pos.CodeCardTimeout))
			return
		}
		r.to(ScreenAmount)
		if len(r.paid) > 0 {
			r.askRest()
		}
		r.tell(ToneAttention, pos.NewError(pos.CodeCardTimeout))
	}
}

func (r *Register) look() {
	none := pos.Health{State: pos.DeviceClosed}
	s := &r.status
	s.Reader, s.Printer, s.Host, s.PINPad, s.Display, s.Scanner = none, none, none, none, none, none
	if r.Reader != nil {
		s.Reader = r.Reader.Health()
	}
	if r.Printer != nil {
		s.Printer = r.Printer.Health()
	}
	if r.PINPad != nil {
		s.PINPad = r.PINPad.Health()
	}
	if r.Display != nil {
		s.Display = r.Display.Health()
	}
	if r.Scanner != nil {
		s.Scanner = r.Scanner.Health()
	}
	if r.HostHealth != nil {
		s.Host = r.HostHealth()
	}
	s.Training = r.Training
}

// to shows another screen, with nothing said on it yet.
func (r *Register) to(s Screen) {
	r.screen, r.touched = s, r.Now()
	r.message, r.tone = Message{}, TonePlain
}

// tell puts the sentences of an error on the screen.
func (r *Register) tell(tone Tone, e *pos.Error) { r.message, r.tone = r.say(e), tone }

// forget wipes what the screens hold of a card.
func (r *Register) forget() {
	r.form.wipe()
	r.form = form{}
	if r.held != nil {
		r.held.Wipe()
		r.held = nil
	}
	r.until = time.Time{}
	r.endPIN()
}

// fresh starts the next sale.
func (r *Register) fresh() {
	r.disarm()
	r.forget()
	r.sale, r.paid, r.typed, r.again, r.result = pos.Sale{}, nil, nil, false, result{}
	r.given, r.change = money.Amount{}, money.Amount{}
	r.terms, r.returning = terms{}, nil
	r.doubtful = pos.Payment{}
	r.printing.last = ""
	r.to(ScreenAmount)
}

func (r *Register) zero() money.Amount { return money.New(0, r.Currency) }
