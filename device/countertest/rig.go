// Package countertest is the suites that the drivers of printers, customer displays and scanners pass, with whatever
// plays the device: in the test's own process or in another.
package countertest

import (
	"context"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
)

// Bench is a device under the test's hands.
type Bench struct {
	URI    string
	Driver string
	// Ask calls the device's control address, as `hwsim` has it. in and out may be nil.
	Ask func(ctx context.Context, method, path string, in, out any) error
}

// limit ends a test that hangs. No test depends on how long anything takes.
const limit = 2 * time.Minute

// rig is an open device on its bench.
type rig struct {
	*testing.T
	Bench
	changed chan struct{}
	ctx     context.Context
}

// supervised is what every device is.
type supervised interface {
	Health() pos.Health
	Opened() int
	Close() error
}

func newRig(t *testing.T, b Bench) *rig {
	ctx, cancel := context.WithTimeout(t.Context(), 4*limit)
	t.Cleanup(cancel)
	return &rig{T: t, Bench: b, changed: make(chan struct{}, 1), ctx: ctx}
}

// until waits for a state of the device or of what plays it.
func (r *rig) until(what string, is func() bool) {
	r.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	again := time.NewTicker(2 * time.Millisecond) // what plays the device tells nobody of its state
	defer again.Stop()
	for !is() {
		select {
		case <-r.changed:
		case <-again.C:
		case <-timer.C:
			r.Fatalf("it never came to it: %s", what)
		}
	}
}

func (r *rig) online(d supervised) {
	r.Helper()
	r.until("online", func() bool { return d.Health().State == pos.DeviceOnline })
}

func (r *rig) ask(method, path string, in, out any) {
	r.Helper()
	if out == nil {
		out = &struct{}{}
	}
	if err := r.Ask(r.ctx, method, path, in, out); err != nil {
		r.Fatalf("%s %s: %v", method, path, err)
	}
}

// fault makes the device do something wrong, so many times.
func (r *rig) fault(do string, count, bytes, ms int) {
	r.Helper()
	var answer struct {
		Armed int    `json:"armed"`
		Error string `json:"error"`
	}
	r.ask("POST", "/faults", map[string]any{"do": do, "count": count, "bytes": bytes, "ms": ms}, &answer)
	if answer.Armed != 1 {
		r.Fatalf("the fault %s: %s", do, answer.Error)
	}
}

// part is one test of a suite.
type part struct {
	name string
	test func(*rig)
}

// run gives each part a fresh device.
func run(t *testing.T, start func(*testing.T) Bench, parts []part) {
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) { p.test(newRig(t, start(t))) })
	}
}

// within waits for the end of a call.
func within[T any](r *rig, out <-chan T) (got T) {
	r.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case got = <-out:
	case <-timer.C:
		r.Fatal("the call hangs")
	}
	return got
}
