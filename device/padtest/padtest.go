// Package padtest is the suite that every PIN pad's driver passes, with whatever plays the pad: in the
// test's own process or in another.
package padtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/suite"
	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

// Bench is a pad under the test's hands.
type Bench struct {
	URI      string
	Settings device.PINPadSettings
	// Card gives the number of one of two different test cards; the suite wipes it.
	Card func(which int) card.PAN
	// Type types the PIN of the card that is asked for, when it is asked for.
	Type func(ctx context.Context) error
	// Press presses a key as `hwsim` names it, when the pad waits for one.
	Press func(ctx context.Context, key string) error
	// Fault makes a fault as `hwsim` names it, so many times; after is the bytes until an unplug.
	Fault func(ctx context.Context, do string, count, after int) error
	// Opens says whether a block holds the card's PIN.
	Opens func(e pos.PINEntry, which int) bool
	// Sent and Taken are how many bytes the pad sends and gets for one PIN: the plug is pulled after each
	// of them. Both are 0 for a pad that cannot be plugged in again.
	Sent, Taken int
}

// Run runs the suite. start is called for each part and makes a fresh pad.
func Run(t *testing.T, start func(t *testing.T) Bench) {
	type part struct {
		name string
		test func(*testing.T, *rig)
	}
	parts := []part{
		{"enter", enter}, {"two in a row", twoInARow}, {"cancel key", cancelKey}, {"cancelled", cancelled},
		{"deadline", deadline}, {"second call", secondCall}, {"keys and screen", keysAndScreen},
		{"dropped ACK", droppedACK}, {"refused frames", refusedFrames}, {"refused too often", refusedTooOften},
		{"broken answers", brokenAnswers}, {"stray EOT", strayEOT}, {"answer twice", answerTwice},
		{"late answer", lateAnswer}, {"noise", noise}, {"wrong key", wrongKey}, {"no key", noKey},
		{"close while entering", closeWhileEntering},
	}
	bench := start(t)
	if bench.Settings.Keys != verifone.Session {
		parts = append(parts, part{"key serial numbers", serialNumbers}, part{"used up", usedUp})
	}
	if bench.Sent > 0 {
		parts = append(parts, part{"unplug at every byte", unplug})
	}
	for _, part := range parts {
		t.Run(part.name, func(t *testing.T) { part.test(t, newRig(t, start(t))) })
	}
}

// rig is an open pad on its bench.
type rig struct {
	*testing.T
	Bench
	pad     *device.PINPad
	changed chan struct{}
	ctx     context.Context
}

type result struct {
	entry pos.PINEntry
	err   error
}

func newRig(t *testing.T, b Bench) *rig {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*suite.Limit)
	t.Cleanup(cancel)
	r := &rig{T: t, Bench: b, changed: make(chan struct{}, 1), ctx: ctx}
	var err error
	r.pad, err = device.OpenPINPad(ctx, b.URI, "verifone", b.Settings, device.Options{Waits: suite.Waits, Changed: r.changed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.pad.Close() })
	r.online(0)
	return r
}

// online waits until the pad was found more than so many times.
func (r *rig) online(opened int) {
	r.Helper()
	r.until(func() bool { return r.pad.Opened() > opened }, "online")
}

func (r *rig) until(done func() bool, what string) {
	r.Helper()
	if !suite.Until(r.changed, done) {
		r.Fatalf("the pad is never %s; it is %+v", what, r.pad.Health())
	}
}

// ask starts a request for a card's PIN.
func (r *rig) ask(ctx context.Context, which int) <-chan result {
	out := make(chan result, 1)
	pan := r.Card(which)
	go func() {
		defer pan.Wipe()
		e, err := r.pad.EnterPIN(ctx, pos.PINRequest{PAN: pan, Amount: money.New(1234, money.USD), Timeout: time.Minute})
		out <- result{e, err}
	}()
	return out
}

// await waits for the end of a request.
func (r *rig) await(asked <-chan result) result {
	r.Helper()
	got, ok := suite.Await(asked)
	if !ok {
		r.Fatal("the request hangs")
	}
	return got
}

// take asks for a card's PIN, does what the shopper does and gives what came of it.
func (r *rig) take(which int, do func(context.Context) error) result {
	r.Helper()
	asked := r.ask(r.ctx, which)
	if err := do(r.ctx); err != nil {
		r.Fatalf("%v, and the request gives %v", err, r.await(asked).err)
	}
	return r.await(asked)
}

// enters checks that a card's PIN comes, whole and unmixed, and gives its key serial number.
func (r *rig) enters(which int) card.KSN {
	r.Helper()
	got := r.take(which, r.Type)
	if err := r.is(got, which); err != nil {
		r.Fatal(err)
	}
	return got.entry.Block.KSN
}

// entersAgain is enters after a request that was called off.
func (r *rig) entersAgain(which int) {
	r.Helper()
	if err := r.is(r.takeAgain(which), which); err != nil {
		r.Fatal(err)
	}
}

// takeAgain asks for a card's PIN after a request that was called off or lost. The pad may still ask for that one when
// the shopper begins to type, and such a PIN is dropped; or the hand that typed there, if it is in another process,
// types here before it hears that it was called off. So the shopper types whenever the pad asks.
func (r *rig) takeAgain(which int) result {
	r.Helper()
	ctx, cancel := context.WithCancel(r.ctx)
	asked := r.ask(r.ctx, which)
	typed := make(chan struct{})
	go func() {
		defer close(typed)
		for ctx.Err() == nil {
			_ = r.Type(ctx) // it waits until the pad asks
		}
	}()
	got := r.await(asked)
	cancel()
	<-typed
	return got
}

func (r *rig) is(got result, which int) error {
	if got.err != nil {
		return fmt.Errorf("the request gives %w", got.err)
	}
	defer got.entry.Wipe()
	if !r.Opens(got.entry, which) {
		return errors.New("the block does not hold the card's PIN")
	}
	return nil
}

func (r *rig) fault(do string, count, after int) {
	r.Helper()
	if err := r.Fault(r.ctx, do, count, after); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) press(key string) func(context.Context) error {
	return func(ctx context.Context) error { return r.Press(ctx, key) }
}

func nothing(context.Context) error { return nil }
