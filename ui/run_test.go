package ui_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gdamore/tcell/v2"

	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/ui"
	"github.com/tillpos/till/ui/robot"
)

// views is a register that shows what it is told to, and keeps the intents.
type views struct {
	views   chan register.View
	intents chan register.Intent
}

// open makes the channels: a bubble's own, so that waiting on them counts as idle.
func (v *views) open() {
	v.views, v.intents = make(chan register.View, 1), make(chan register.Intent, 100)
}
func (v *views) Views() <-chan register.View { return v.views }
func (v *views) Do(i register.Intent)        { v.intents <- i }

// run starts the screens in a bubble; ended gives Run's error, or what it panicked with.
func run(t *testing.T, v *views, o ui.Options, tell func(r *robot.Robot, cancel func(), ended <-chan any)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := robot.New(t)
		v.open()
		o.Register, o.Screen = v, r.Terminal()
		v.views <- register.View{Screen: register.ScreenAmount, Amount: "0.00", Currency: "USD",
			Verbs: []register.Verb{register.VerbType, register.VerbErase, register.VerbEnter, register.VerbQuit}}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan any, 1)
		go func() {
			defer func() {
				if p := recover(); p != nil {
					ended <- p
				}
			}()
			ended <- ui.Run(ctx, o)
		}()
		r.Expect("New sale")
		tell(r, cancel, ended)
	})
}

func TestEveryExitGivesTheTerminalBack(t *testing.T) {
	boom := []ui.Key{{Key: tcell.KeyF9, Name: "F9", Label: "Break", Run: func(context.Context) string { panic("boom") }}}
	for _, c := range []struct {
		name  string
		extra []ui.Key
		end   func(r *robot.Robot, v *views, cancel func())
		panic string
	}{
		{name: "quit", end: func(r *robot.Robot, _ *views, _ func()) { r.Press("F10") }},
		{name: "control C", end: func(r *robot.Robot, _ *views, _ func()) { r.Press("Ctrl-C") }},
		{name: "a signal", end: func(_ *robot.Robot, _ *views, cancel func()) { cancel() }},
		{name: "a panic while drawing", panic: "nil pointer", end: func(_ *robot.Robot, v *views, _ func()) { v.views <- register.View{Screen: "no such screen"} }},
		{name: "a panic of an extra key", extra: boom, panic: "boom", end: func(r *robot.Robot, _ *views, _ func()) { r.Press("F9") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := &views{}
			run(t, v, ui.Options{ExtraKeys: c.extra}, func(r *robot.Robot, cancel func(), ended <-chan any) {
				c.end(r, v, cancel)
				got := <-ended
				if !r.GivenBack() {
					t.Error("the terminal was not given back")
				}
				text, paniced := got.(string)
				if err, ok := got.(error); ok && c.panic != "" {
					text, paniced = err.Error(), true
				}
				if paniced != (c.panic != "") || !strings.Contains(text, c.panic) {
					t.Errorf("ended with %v", got)
				}
			})
		})
	}
}

// filter swallows what stands between two percent signs.
type filter struct{ inside bool }

func (f *filter) Rune(r rune, _ time.Time) bool {
	was := f.inside
	if r == '%' {
		f.inside = !f.inside
	}
	return !was && r != '%'
}

func TestAWedgesKeysReachNoField(t *testing.T) {
	v := &views{}
	run(t, v, ui.Options{KeyFilter: &filter{}}, func(r *robot.Robot, cancel func(), ended <-chan any) {
		r.Type("1%411")
		r.Press("Enter")
		r.Type("1%2")
		r.Reject("411")
		cancel()
		<-ended
		close(v.intents)
		got := ""
		for i := range v.intents {
			got += string(i.Verb) + string(i.Rune)
		}
		if got != "type1type2" {
			t.Errorf("what reached the register: %q", got)
		}
	})
}

func TestWithoutColours(t *testing.T) {
	for _, c := range []struct {
		name    string
		noColor bool
	}{{"colours", false}, {"no colours", true}} {
		t.Run(c.name, func(t *testing.T) {
			v := &views{}
			run(t, v, ui.Options{NoColor: c.noColor}, func(r *robot.Robot, cancel func(), ended <-chan any) {
				for _, result := range []struct {
					word   string
					tone   register.Tone
					colour tcell.Color
				}{
					{"APPROVED", register.ToneGood, tcell.ColorLime}, {"DECLINED", register.ToneBad, tcell.ColorRed},
					{"UNKNOWN", register.ToneAttention, tcell.ColorYellow},
				} {
					v.views <- register.View{Screen: register.ScreenResult, Word: result.word, Caption: result.word, Tone: result.tone}
					want := result.colour
					if c.noColor {
						want = tcell.ColorDefault
					}
					if got, _, attributes := r.Style(result.word).Decompose(); got != want || attributes&tcell.AttrBold == 0 {
						t.Errorf("%s is drawn in %v %v", result.word, got, attributes)
					}
				}
				cancel()
				<-ended
			})
		})
	}
}

func TestTheWindowChangesItsSize(t *testing.T) {
	v := &views{}
	run(t, v, ui.Options{}, func(r *robot.Robot, cancel func(), ended <-chan any) {
		for _, size := range [][2]int{{80, 24}, {132, 50}, {200, 60}, {80, 24}} {
			r.Resize(size[0], size[1])
			time.Sleep(time.Second)
			r.Expect("USD 0.00", "Enter Card", "F10 Quit")
			if lines := strings.Count(r.Screen(), "\n"); lines != size[1] {
				t.Errorf("%d lines of %d", lines, size[1])
			}
		}
		r.Resize(60, 20)
		time.Sleep(time.Second)
		r.Expect("The window is too small")
		cancel()
		<-ended
	})
}

func TestALongHelpIsWrapped(t *testing.T) {
	v := &views{}
	long := ui.Key{Key: tcell.KeyF9, Name: "F9", Label: "Swipe", Run: func(context.Context) string { return "" },
		Help: "A sentence that is much too long for one row of the smallest screen goes on in the next one to its very end."}
	run(t, v, ui.Options{ExtraKeys: []ui.Key{long}}, func(r *robot.Robot, cancel func(), ended <-chan any) {
		r.Press("F1")
		r.Expect("F9          A sentence that is much", "\n               ", "to its very end.", "F10", "Any key goes back.")
		cancel()
		<-ended
	})
}

func TestAnExtraKeyReports(t *testing.T) {
	v := &views{}
	var release chan string
	calls := 0
	swipe := ui.Key{Key: tcell.KeyF9, Name: "F9", Label: "Swipe a test card", Help: "Swipe the next test card.", Run: func(ctx context.Context) string {
		calls++
		select {
		case note := <-release:
			return note
		case <-ctx.Done():
			return ""
		}
	}}
	synctest.Test(t, func(t *testing.T) {
		release = make(chan string)
		r := robot.New(t)
		v.open()
		v.views <- register.View{Screen: register.ScreenAmount, Verbs: []register.Verb{register.VerbType}}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- ui.Run(ctx, ui.Options{Register: v, Screen: r.Terminal(), ExtraKeys: []ui.Key{swipe}})
		}()
		r.Expect("F9 Swipe a test card")
		r.Press("F9", "F9")
		release <- "swiped: visa"
		r.Expect("swiped: visa")
		r.Press("F1")
		r.Reject("swiped: visa")
		r.Expect("Swipe the next test card.")
		if calls != 1 {
			t.Errorf("called %d times", calls)
		}
		r.Press("F1", "F9")
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestTheKeyTable: each line has its help, helps fit the page, and no screen has two hints for one key.
func TestTheKeyTable(t *testing.T) {
	for _, k := range ui.Keys {
		if k.Label != "" && k.Help == "" {
			t.Errorf("%s %q has no help", k.Name, k.Label)
		}
		if len(k.Help) > 62 {
			t.Errorf("the help of %s %q is too wide by %d", k.Name, k.Label, len(k.Help)-62)
		}
		if k.Name == "" || k.Verb == "" {
			t.Errorf("a key without a name or a verb: %+v", k)
		}
	}
}
