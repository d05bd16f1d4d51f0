package padtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tillpos/till/device/verifone"
	"github.com/tillpos/till/pos"
)

func enter(t *testing.T, r *rig) {
	got := r.take(0, r.Type)
	if err := r.is(got, 0); err != nil {
		t.Fatal(err)
	}
	if r.Settings.Keys == verifone.Session {
		if got.entry.Block.KSN != "" || got.entry.Slot != r.Settings.Slot {
			t.Error("a block under a session key names another key")
		}
		return
	}
	if err := got.entry.Block.KSN.Check(); err != nil {
		t.Error(err)
	}
}

func twoInARow(t *testing.T, r *rig) {
	first := r.enters(0)
	second := r.enters(1)
	third := r.enters(0)
	if first != "" && (!second.After(first) || !third.After(second)) {
		t.Errorf("the key serial numbers are %s, %s and %s", first, second, third)
	}
}

func cancelKey(t *testing.T, r *rig) {
	if got := r.take(0, r.press("cancel")); pos.CodeOf(got.err) != pos.CodePINCancelled {
		t.Errorf("it gives %v", got.err)
	}
	r.enters(1)
}

// cancelled: the register changed its mind while the shopper was asked.
func cancelled(t *testing.T, r *rig) {
	for range 3 {
		ctx, cancel := context.WithCancel(r.ctx)
		asked := r.ask(ctx, 0)
		r.until(r.pad.Busy, "busy")
		cancel()
		if got := r.await(asked); !errors.Is(got.err, context.Canceled) {
			t.Errorf("it gives %v", got.err)
		}
	}
	r.entersAgain(1)
}

func deadline(t *testing.T, r *rig) {
	ctx, cancel := context.WithTimeout(r.ctx, time.Millisecond)
	defer cancel()
	if got := r.await(r.ask(ctx, 0)); !errors.Is(got.err, context.DeadlineExceeded) {
		t.Errorf("it gives %v", got.err)
	}
	r.entersAgain(1)
}

// secondCall: one payment asks at a time.
func secondCall(t *testing.T, r *rig) {
	asked := r.ask(r.ctx, 0)
	r.until(r.pad.Busy, "busy")
	if err := r.pad.Idle(r.ctx); pos.CodeOf(err) != pos.CodeBusy {
		t.Errorf("the second call gives %v", err)
	}
	if err := r.Type(r.ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.is(r.await(asked), 0); err != nil {
		t.Error(err)
	}
}

func keysAndScreen(t *testing.T, r *rig) {
	if err := r.pad.Show(r.ctx, "PAY 12.34", "OK?"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]byte{"5": '5', "F1": verifone.KeyF1, "cancel": verifone.KeyCancel, "enter": verifone.KeyEnter, "clear": verifone.KeyClear} {
		if got, err := r.key(name); err != nil || got != want {
			t.Errorf("%s gives %q, %v", name, got, err)
		}
	}
	if _, err := r.key("timeout"); pos.CodeOf(err) != pos.CodePINTimeout {
		t.Errorf("no key gives %v", err)
	}
	if err := r.pad.Idle(r.ctx); err != nil {
		t.Error(err)
	}
	r.enters(0)
}

func (r *rig) key(name string) (byte, error) {
	type pressed struct {
		key byte
		err error
	}
	out := make(chan pressed, 1)
	go func() {
		k, err := r.pad.Key(r.ctx, time.Minute)
		out <- pressed{k, err}
	}()
	if err := r.Press(r.ctx, name); err != nil {
		r.Fatal(err)
	}
	got := <-out
	return got.key, got.err
}

// droppedACK: a request that nobody heard is sent again.
func droppedACK(_ *testing.T, r *rig) {
	r.fault("drop_ack", 1, 0)
	r.enters(0)
	r.fault("drop_ack", 2, 0)
	r.enters(1)
}

// refusedFrames: a request that arrived broken is sent again.
func refusedFrames(_ *testing.T, r *rig) {
	r.fault("nak", 2, 0)
	r.enters(0)
	r.enters(1)
}

func refusedTooOften(t *testing.T, r *rig) {
	r.fault("nak", 3, 0)
	if code := pos.CodeOf(r.await(r.ask(r.ctx, 0)).err); code != pos.CodePINPadProtocol && code != pos.CodePINPadOffline {
		t.Errorf("it gives %s", code)
	}
	r.until(func() bool { return r.pad.Health().State == pos.DeviceOnline }, "online")
	r.enters(1)
}

func brokenAnswers(t *testing.T, r *rig) {
	r.fault("bad_lrc", 1, 0)
	r.enters(0)
	r.enters(1)
}

func strayEOT(_ *testing.T, r *rig) {
	for which := range 2 {
		r.fault("eot", 1, 0)
		r.enters(which)
	}
}

// answerTwice: the pad did not hear that its answer came.
func answerTwice(t *testing.T, r *rig) {
	r.fault("twice", 2, 0)
	first := r.enters(0)
	second := r.enters(1)
	third := r.enters(0)
	if first != "" && (!second.After(first) || !third.After(second)) {
		t.Errorf("the key serial numbers are %s, %s and %s", first, second, third)
	}
}

// lateAnswer: the register gave up, and the block comes during the next payment. It pays nothing.
func lateAnswer(t *testing.T, r *rig) {
	r.fault("late", 1, 0)
	ctx, cancel := context.WithCancel(r.ctx)
	asked := r.ask(ctx, 0)
	if err := r.Type(r.ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	if got := r.await(asked); !errors.Is(got.err, context.Canceled) {
		t.Errorf("it gives %v", got.err)
	}
	r.enters(1)
	r.enters(0)
}

// noise before and behind an answer changes nothing.
func noise(_ *testing.T, r *rig) {
	r.fault("garbage", 4, 0)
	for i := range 4 {
		r.enters(i % 2)
	}
}

// wrongKey cannot be seen by the terminal: the block is carried as it is.
func wrongKey(t *testing.T, r *rig) {
	r.fault("wrong_key", 1, 0)
	got := r.take(0, r.Type)
	if got.err != nil || r.Opens(got.entry, 0) {
		t.Errorf("a block under a wrong key gives %v", got.err)
	}
	got.entry.Wipe()
	r.enters(1)
}

func noKey(t *testing.T, r *rig) {
	r.fault("no_key", 1, 0)
	if got := r.take(0, nothing); pos.CodeOf(got.err) != pos.CodePINPadNoKey {
		t.Errorf("it gives %v", got.err)
	}
	r.enters(1)
}

// serialNumbers come with and without their leading F's.
func serialNumbers(t *testing.T, r *rig) {
	r.fault("ksn_full", 1, 0)
	full := r.enters(0)
	r.fault("ksn_strip", 1, 0)
	if stripped := r.enters(1); len(full) != 20 || len(stripped) != 20 || !stripped.After(full) {
		t.Errorf("they are %s and %s", full, stripped)
	}
}

func usedUp(t *testing.T, r *rig) {
	r.fault("exhausted", 1, 0)
	if got := r.take(0, nothing); pos.CodeOf(got.err) != pos.CodePINPadUsedUp {
		t.Errorf("it gives %v", got.err)
	}
}

func closeWhileEntering(t *testing.T, r *rig) {
	asked := r.ask(r.ctx, 0)
	r.until(r.pad.Busy, "busy")
	r.pad.Close()
	if got := r.await(asked); pos.CodeOf(got.err) != pos.CodePINPadOffline {
		t.Errorf("it gives %v", got.err)
	}
	if got := r.await(r.ask(r.ctx, 0)); pos.CodeOf(got.err) != pos.CodePINPadOffline {
		t.Errorf("after close it gives %v", got.err)
	}
	r.pad.Close()
}

// unplug pulls the plug after each byte of a PIN, in both directions, and asks again when the pad is back.
func unplug(t *testing.T, r *rig) {
	for _, way := range []struct {
		fault string
		bytes int
	}{{"unplug", r.Sent}, {"unplug_in", r.Taken}} {
		for n := range way.bytes {
			if err := r.unplugAt(way.fault, n); err != nil {
				t.Fatalf("%s after %d bytes: %v", way.fault, n, err)
			}
		}
	}
}

// unplugAt types the PIN in any case: whether the pad still asks depends on where the plug was pulled. A
// look at the pad may lose its connection in the place of the request.
func (r *rig) unplugAt(fault string, n int) error {
	opened := r.pad.Opened()
	r.fault(fault, 1, n)
	ctx, cancel := context.WithCancel(r.ctx)
	typed := make(chan struct{})
	asked := r.ask(r.ctx, 0)
	go func() {
		defer close(typed)
		_ = r.Type(ctx)
	}()
	got := r.await(asked)
	cancel()
	<-typed
	// The last bytes that the pad gets are the ACK of its answer: the PIN has come by then.
	if err := r.is(got, 0); err != nil && pos.CodeOf(got.err) != pos.CodePINPadOffline {
		return fmt.Errorf("it gives %w", err)
	}
	r.online(opened)
	return r.is(r.takeAgain(1), 1)
}
