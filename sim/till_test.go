package sim

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
	"github.com/tillpos/till/pos/payment"
	"github.com/tillpos/till/pos/receipt"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/words"
)

// till is one life of the terminal: from its start to its end or crash.
type till struct {
	w        *world
	number   int
	killed   atomic.Bool
	ctx      context.Context
	stop     context.CancelFunc
	wg       sync.WaitGroup
	book     book
	engine   *payment.Engine
	register *register.Register
	reader   *reader
	printer  *printer
	pad      *pad
	ended    chan struct{} // closed when the eyes have seen the last view

	mu   sync.Mutex
	view register.View
	sale string // the last one that was opened
}

func (t *till) dead() bool { return t.killed.Load() }

// boot starts the terminal: opens the journal, recovers, and opens the register. It errs when the journal
// failed; then a person starts it again.
func boot(w *world) (*till, error) {
	w.lives++
	t := &till{w: w, number: w.lives, ended: make(chan struct{})}
	t.ctx, t.stop = context.WithCancel(context.Background())
	b, err := w.disk.open(w)
	if err != nil {
		w.violate("the journal does not open: %v", err)
		return nil, err
	}
	t.book = b
	journal := newShaky(b, w, t)
	changed := make(chan struct{}, 1)
	host, err := t.host()
	if err != nil {
		w.violate("the processor's client does not start: %v", err)
		return nil, err
	}
	config := payment.Config{
		Journal: journal, Vault: journal, Host: host, Position: b.Position(), Lane: lane, Currency: money.USD, Now: w.now,
		Random: newBytes(w.seed, fmt.Sprintf("engine/%d", t.number)), Log: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		DuplicateWindow: twinWindow, FingerprintKey: b.FingerprintKey(), Changed: changed,
		Offline: w.offline(), Unattended: w.plan.kiosk,
	}
	policy := register.Policy{Chip: register.ChipManager, Cashback: cents(mostCashback), Unattended: w.plan.kiosk}
	if w.plan.charges {
		config.Surcharge, config.DebitFee = surcharge, cents(50)
		policy.Surcharge, policy.DebitFee = config.Surcharge, config.DebitFee
	}
	t.engine, err = payment.New(config)
	if err != nil && w.plan.kiosk && config.Offline != nil {
		config.Offline = nil // a merchant who switches on what an unattended till does not do is refused, and switches it off
		t.engine, err = payment.New(config)
	}
	if err != nil {
		w.violate("the engine does not start: %v", err)
		return nil, err
	}
	w.diary.note("till", "start %d", t.number)
	unlucky := newStream(w.seed, fmt.Sprintf("recovery/%d", t.number))
	if unlucky.chance(25) && !w.calm.Load() && t.number > 1 {
		dies := time.AfterFunc(unlucky.between(0, 8*time.Millisecond), func() {
			w.struck(killedInRecovery, w.standing()...)
			t.killed.Store(true)
		})
		defer dies.Stop() // at the latest when recovery is over
	}
	recovered, err := t.engine.Recover(t.ctx)
	if err == nil && t.dead() {
		err = errDead
	}
	if err != nil {
		w.diary.note("till", "recovery failed: %s", pos.CodeOf(err))
		t.die()
		return nil, err
	}
	t.reader, t.printer, t.pad = newReader(w, t), newPrinter(w, t), newPad(w, t)
	t.register, err = register.New(register.Config{
		Payments: t.engine, History: journal, Reader: t.reader, Printer: t.printer, PINPad: t.pad, Now: w.now, Changed: changed, Recovered: recovered,
		Shop: receipt.Shop{Name: "Corner Shop"}, Words: words.New(words.English), NewSaleID: t.newSale, HostHealth: t.engine.HostHealth,
		Clerk: clerk, Policy: policy,
		Audit: func(ctx context.Context, e pos.Event) error { return journal.Append(ctx, pos.Change{Event: e}) },
	})
	if err != nil {
		return nil, err
	}
	t.wg.Go(func() { t.engine.Run(t.ctx) })
	t.wg.Go(func() { t.register.Run(t.ctx) })
	go t.watch()
	return t, nil
}

// host is the processor of this life.
func (t *till) host() (payment.Host, error) {
	if t.w.wire != nil {
		return t.w.wire.payments(t)
	}
	return t.w.plan.physics.host(&client{t.w, t}), nil
}

// surcharge is what some days ask of credit cards.
var surcharge = &payment.Surcharge{Percent: decimal.NewFromInt(3), Fixed: cents(10), Cap: decimal.NewFromInt(4), Exempt: []string{"5411"}}

// mostCashback is what a debit may pay out, in cents.
const mostCashback = 40_00

func (t *till) newSale() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sale = fmt.Sprintf("sale-%d-%d", t.number, time.Since(t.w.diary.began).Milliseconds())
	return t.sale
}

// die ends this life. What it still does reaches neither disk nor host nor paper.
func (t *till) die() {
	t.killed.Store(true)
	t.halt()
	t.book.Close()
}

// halt ends the terminal in good order; its journal stays open.
func (t *till) halt() {
	t.stop()
	t.wg.Wait()
	if t.register != nil {
		close(t.ended)
	}
}

// watch is the cashier's eyes: it sees every view that the register shows.
func (t *till) watch() {
	for {
		select {
		case v := <-t.register.Views():
			t.look(v)
		case <-t.ended:
			return
		}
	}
}

func (t *till) look(v register.View) {
	if t.dead() {
		return
	}
	t.mu.Lock()
	last := t.view
	t.view = v
	sale := t.sale
	t.mu.Unlock()
	t.w.leavesUnknown(last, v)
	t.w.handsCash(last, v)
	t.w.scanView(v)
	if total, err := strconv.ParseFloat(v.Total, 64); err == nil && total > 0 && sale != "" {
		t.w.mu.Lock()
		t.w.totals[sale] = int64(total*100 + 0.5)
		t.w.mu.Unlock()
	}
	t.w.believe(v)
}

func (t *till) now() register.View {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.view
}
