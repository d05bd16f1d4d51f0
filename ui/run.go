package ui

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"

	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/words"
)

// Register is what the screens need of a register. *register.Register is one.
type Register interface {
	Views() <-chan register.View
	Do(register.Intent)
}

// KeyFilter sees every rune before the screens do; Enter comes as '\r'. What it does not pass reaches no
// field and no screen: that is how a keyboard-wedge reader's keystrokes are taken out.
type KeyFilter interface {
	Rune(r rune, at time.Time) (pass bool)
}

// Options of Run. Register is required.
type Options struct {
	Register  Register
	KeyFilter KeyFilter      // nil: every key is typed by a person
	Screen    tcell.Screen   // for tests; nil: the terminal that the program runs on
	Words     *words.Catalog // English if nil
	NoColor   bool           // also when NO_COLOR is set and not empty
	ExtraKeys []Key          // added to the table; they take precedence
}

// app is the running screens.
type app struct {
	options Options
	keys    []Key
	tv      *tview.Application
	cancel  context.CancelFunc
	ctx     context.Context
	wg      sync.WaitGroup

	mu     sync.Mutex
	failed any // the first panic of one of our goroutines

	// The event loop alone touches these.
	view register.View
	help bool
	note string // what an extra key reported, until the next key
	busy bool   // an extra key's function runs

	notes chan string
}

// Run shows the screens until ctx ends or the cashier quits. The terminal is as it was when Run returns,
// and also when it panics: a panic in any goroutine of this package comes out of Run after the terminal was
// given back. Run draws on the whole terminal; nothing else may write to it meanwhile.
func Run(ctx context.Context, o Options) error {
	if o.Register == nil {
		return errors.New("ui: a register is required")
	}
	if o.Words == nil {
		o.Words = words.New(words.English)
	}
	if os.Getenv("NO_COLOR") != "" {
		o.NoColor = true
	}
	a := &app{options: o, keys: append(append([]Key(nil), o.ExtraKeys...), Keys...), tv: tview.NewApplication(), notes: make(chan string)}
	a.ctx, a.cancel = context.WithCancel(ctx)
	defer a.cancel()
	return a.run()
}

func (a *app) run() error {
	drawn := make(chan struct{})
	var once sync.Once
	if a.options.Screen != nil {
		a.tv.SetScreen(a.options.Screen)
	} // else tview opens the terminal itself: SetScreen initialises, and a terminal initialised twice draws for ever
	a.tv.SetRoot(&page{Box: tview.NewBox(), app: a}, true)
	a.tv.SetInputCapture(a.capture)
	a.tv.SetAfterDrawFunc(func(tcell.Screen) { once.Do(func() { close(drawn) }) })
	a.goes(func() { a.post(drawn) })
	err := a.tv.Run()
	a.cancel()
	a.wg.Wait()
	if a.failed != nil {
		panic(a.failed)
	}
	return err
}

// post is the one goroutine that speaks to tview: it alone queues updates and it alone stops the
// application, after its last update. tview blocks for ever on an update after Stop, so no other order works.
// It waits for the first drawing, because a Stop before it would be lost.
func (a *app) post(drawn <-chan struct{}) {
	<-drawn
	defer a.tv.Stop()
	for {
		select {
		case <-a.ctx.Done():
			return
		case v := <-a.options.Register.Views():
			a.tv.QueueUpdateDraw(func() { a.show(v) })
		case note := <-a.notes:
			a.tv.QueueUpdateDraw(func() { a.note, a.busy = note, false })
		}
	}
}

func (a *app) show(v register.View) {
	if v.Screen != a.view.Screen {
		// What happens to the sale is never hidden behind the help page.
		a.help = false
	}
	a.view = v
}

// goes runs f in a goroutine that Run waits for. A panic in it ends the screens first.
func (a *app) goes(f func()) {
	a.wg.Add(1)
	go func() {
		defer a.wg.Done()
		defer a.caught()
		f()
	}()
}

// caught keeps the first panic for Run.
func (a *app) caught() {
	v := recover()
	if v == nil {
		return
	}
	a.mu.Lock()
	if a.failed == nil {
		a.failed = v
	}
	a.mu.Unlock()
	a.cancel()
}

// capture takes every key; tview sees none of them.
func (a *app) capture(e *tcell.EventKey) *tcell.EventKey {
	defer a.caught()
	if f := a.options.KeyFilter; f != nil {
		switch {
		case e.Key() == tcell.KeyRune && !f.Rune(e.Rune(), e.When()):
			return nil
		case (e.Key() == tcell.KeyEnter || e.Key() == tcell.KeyLF) && !f.Rune('\r', e.When()):
			return nil
		}
	}
	a.press(e)
	return nil
}

func (a *app) press(e *tcell.EventKey) {
	a.note = ""
	k, found := find(a.keys, a.view, e)
	switch {
	case e.Key() == tcell.KeyCtrlC && a.view.Screen == register.ScreenSending:
		a.note = a.options.Words.Phrase("The bank is working: wait for its answer.")
	case e.Key() == tcell.KeyCtrlC:
		a.cancel()
	case a.help:
		a.help = false
	case !found && e.Key() == tcell.KeyRune && a.view.Can(register.VerbType):
		a.options.Register.Do(register.Intent{Verb: register.VerbType, Rune: e.Rune()})
	case !found:
	case k.Run != nil:
		a.extra(k)
	case k.Verb == verbHelp:
		a.help = true
	case k.Verb == register.VerbQuit:
		a.cancel()
	default:
		a.options.Register.Do(register.Intent{Verb: k.Verb})
	}
}

// extra runs an extra key's function beside the screens, one at a time.
func (a *app) extra(k Key) {
	if a.busy {
		return
	}
	a.busy = true
	a.goes(func() {
		note := k.Run(a.ctx)
		select {
		case a.notes <- note:
		case <-a.ctx.Done():
		}
	})
}
