package readertest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tillpos/till/device/wedge"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

func read(_ *testing.T, r *rig) { r.wants(r.take(r.swipe(0, "")), 0) }

func twoInARow(_ *testing.T, r *rig) {
	r.wants(r.take(r.swipe(0, "")), 0)
	r.wants(r.take(r.swipe(1, "")), 1)
}

// twoAtOnce: the first pays, the second is wiped.
func twoAtOnce(t *testing.T, r *rig) {
	before := r.reader.Ignored()
	got := r.take(r.swipe(0, "twice"))
	r.wants(got, 0)
	r.ignored(before + 1)
	if h := r.reader.Health(); h.State != pos.DeviceAttention && r.Type == nil {
		t.Errorf("after it the reader is %+v", h)
	}
	r.wants(r.take(r.swipe(1, "")), 1)
}

// unarmed: what was swiped before nobody asked for does not pay later.
func unarmed(t *testing.T, r *rig) {
	if err := r.Swipe(r.ctx, 0, ""); err != nil {
		t.Fatal(err)
	}
	r.ignored(1)
	r.wants(r.take(r.swipe(1, "")), 1)
}

func cancelled(t *testing.T, r *rig) {
	ctx, cancel := context.WithCancel(r.ctx)
	reading := r.arm(ctx)
	cancel()
	if got := r.await(reading); !errors.Is(got.err, context.Canceled) {
		t.Errorf("read gives %v", got.err)
	}
	if err := r.Swipe(r.ctx, 0, ""); err != nil {
		t.Fatal(err)
	}
	r.ignored(1)
	r.wants(r.take(r.swipe(1, "")), 1)
}

func deadline(t *testing.T, r *rig) {
	ctx, cancel := context.WithTimeout(r.ctx, time.Millisecond)
	defer cancel()
	if _, err := r.reader.Read(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("read gives %v", err)
	}
	r.wants(r.take(r.swipe(0, "")), 0)
}

// secondRead: one payment is armed at a time.
func secondRead(t *testing.T, r *rig) {
	ctx, cancel := context.WithCancel(r.ctx)
	first := r.arm(ctx)
	if _, err := r.reader.Read(ctx); pos.CodeOf(err) != pos.CodeBusy {
		t.Errorf("the second read gives %v", err)
	}
	cancel()
	if got := r.await(first); !errors.Is(got.err, context.Canceled) {
		t.Errorf("the first read gives %v", got.err)
	}
}

func badTracks(t *testing.T, r *rig) {
	for _, c := range []struct {
		fault string
		want  [2]card.TrackStatus
	}{
		{"lrc:1", [2]card.TrackStatus{card.Bad, card.Decoded}},
		{"lrc:2", [2]card.TrackStatus{card.Decoded, card.Bad}},
		{"reversed", [2]card.TrackStatus{card.Bad, card.Bad}},
		{"blank", [2]card.TrackStatus{card.Blank, card.Blank}},
	} {
		if c.fault == "blank" && r.Type != nil {
			continue // nothing is typed, or an Enter that cannot be told from a person's
		}
		got := r.take(r.swipe(0, c.fault))
		if got.err != nil || [2]card.TrackStatus(got.swipe.Status[:2]) != c.want {
			t.Errorf("%s gives tracks %v, %v", c.fault, got.swipe.Status, got.err)
		}
		got.swipe.Wipe()
	}
	r.wants(r.take(r.swipe(1, "")), 1)
}

// half: half a swipe and then nothing is told, not waited for.
func half(t *testing.T, r *rig) {
	if err := r.unreadable(r.take(r.swipe(0, "partial"))); err != nil {
		t.Errorf("half a swipe: %v", err)
	}
	r.wants(r.take(r.swipe(1, "")), 1)
}

// noise comes before, between and after swipes; no swipe is mixed with it.
func noise(t *testing.T, r *rig) {
	for i := range 3 {
		if err := r.unreadable(r.take(func() error { return r.Noise(r.ctx) })); err != nil {
			t.Errorf("noise: %v", err)
		}
		r.wants(r.take(r.swipe(i%2, "")), i%2)
	}
}

// late: a swipe that comes after its Read was given up does not pay with the next one.
func late(t *testing.T, r *rig) {
	ctx, cancel := context.WithCancel(r.ctx)
	reading := r.arm(ctx)
	swiped := make(chan error, 1)
	go func() { swiped <- r.Swipe(r.ctx, 0, "late:100") }()
	cancel()
	if got := r.await(reading); !errors.Is(got.err, context.Canceled) {
		t.Errorf("read gives %v", got.err)
	}
	if err := <-swiped; err != nil {
		t.Fatal(err)
	}
	r.ignored(1)
	r.wants(r.take(r.swipe(1, "")), 1)
}

func closeWhileReading(t *testing.T, r *rig) {
	reading := r.arm(r.ctx)
	r.reader.Close()
	if got := r.await(reading); pos.CodeOf(got.err) != pos.CodeReaderOffline {
		t.Errorf("read gives %v", got.err)
	}
	if _, err := r.reader.Read(r.ctx); pos.CodeOf(err) != pos.CodeReaderOffline {
		t.Errorf("read after close gives %v", err)
	}
	r.reader.Close()
}

// lanes is how many devices are unplugged at the same time. More would starve each other: what falls silent inside a
// report for a quarter of a second is broken off.
const lanes = 2

// unplug pulls the plug after each byte of a swipe, and swipes another card when the device is back.
func unplug(t *testing.T, start func(t *testing.T) Bench) {
	offsets := make(chan int)
	failed := make(chan error, lanes)
	var bench Bench
	for range lanes {
		bench = start(t)
		r := newRig(t, bench)
		go func() {
			var err error
			for n := range offsets {
				if err != nil {
					continue
				}
				for range 3 {
					if err = r.unplugAt(n); pos.CodeOf(err) != pos.CodeCardUnreadable {
						break // else the next card's packets came with a gap, as they do from a busy machine: once, not each time
					}
				}
				if err != nil {
					err = fmt.Errorf("unplugged after %d bytes: %w", n, err)
				}
			}
			failed <- err
		}()
	}
	for n := 0; n < bench.Frame; n += max(bench.Stride, 1) {
		offsets <- n
	}
	close(offsets)
	for range lanes {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

// unplugAt takes both answers that a broken swipe can have: what was lost shows in a short packet before
// the device is gone, or in that it is gone.
func (r *rig) unplugAt(n int) error {
	before := r.plugged()
	if r.Type != nil {
		return r.unplugKeyboard(n, before)
	}
	got := r.take(r.swipe(0, fmt.Sprintf("unplug:%d", n)))
	if err := r.unreadable(got); err != nil && pos.CodeOf(got.err) != pos.CodeReaderOffline {
		return err
	}
	if err := r.online(before); err != nil {
		return err
	}
	return r.is(r.take(r.swipe(1, "")), 1)
}

// unplugKeyboard unplugs a reader that types. Keys that were still on their way are lost: less than two of them are
// nothing, and the Read goes on; more are half a burst.
func (r *rig) unplugKeyboard(n, before int) error {
	reading := r.arm(r.ctx)
	if err := r.Swipe(r.ctx, 0, fmt.Sprintf("unplug:%d", n)); err != nil {
		return err
	}
	if err := r.online(before); err != nil {
		return err
	}
	// A person's key, later than the burst's silence.
	r.reader.Keys().Rune('1', time.Now().Add(2*wedge.Silence))
	if !r.reader.Armed() {
		if err := r.unreadable(r.await(reading)); err != nil {
			return err
		}
		reading = r.arm(r.ctx)
	}
	if err := r.Swipe(r.ctx, 1, ""); err != nil {
		return err
	}
	return r.is(r.await(reading), 1)
}
