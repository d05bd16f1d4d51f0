package main

import (
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/tillpos/till/cmd/till/internal/control"
	"github.com/tillpos/till/pos"
)

// panics keeps the first panic of goroutines that run beside a screen. A panic that ended the program from
// there would leave the terminal without echo and with half a picture on it.
type panics struct {
	stop  func() // ends the screen
	once  sync.Once
	first string
}

// watch runs f and keeps its panic.
func (p *panics) watch(f func()) {
	defer p.caught()
	f()
}

// answering is watch for a request: whoever asked is told, and that what moves money may have been sent.
func (p *panics) answering(do control.Verb, f func() control.Answer) (a control.Answer) {
	code := pos.CodeUnknown
	switch do {
	case control.Ping, control.Settle, control.Resolve, control.Interrupt:
		code = pos.CodeInternal
	}
	a.Failure = control.Fail(pos.NewError(code).WithDetail("a fault of the program"))
	p.watch(func() { a = f() })
	return a
}

func (p *panics) caught() {
	v := recover()
	if v == nil {
		return
	}
	p.once.Do(func() { p.first = fmt.Sprintf("%v\n\n%s", v, debug.Stack()) })
	p.stop()
}

// again panics with what was kept, once every watched goroutine has ended.
func (p *panics) again() {
	if p.first != "" {
		panic(p.first)
	}
}
