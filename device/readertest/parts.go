package readertest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

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
	if h := r.reader.Health(); h.State != pos.DeviceAttention {
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
	if got := r.take(r.swipe(0, "partial")); pos.CodeOf(got.err) != pos.CodeCardUnreadable {
		t.Errorf("half a swipe gives %v", got.err)
	}
	r.wants(r.take(r.swipe(1, "")), 1)
}

// noise comes before, between and after swipes; no swipe is mixed with it.
func noise(t *testing.T, r *rig) {
	if r.Noise == nil {
		t.Skip("this bench makes no noise")
	}
	for i := range 3 {
		got := r.take(func() error { return r.Noise(r.ctx) })
		if pos.CodeOf(got.err) != pos.CodeCardUnreadable {
			t.Errorf("noise gives %v", got.err)
		}
		r.wants(r.take(r.swipe(i%2, "")), i%2)
	}
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

// unplug pulls the plug after each byte of a swipe, and swipes another card when the device is back.
func unplug(t *testing.T, r *rig) {
	for n := 0; n < r.Frame; n += max(r.Stride, 1) {
		if err := r.unplugAt(n); err != nil {
			t.Fatalf("unplugged after %d bytes: %v", n, err)
		}
	}
}

// unplugAt takes both answers that a broken swipe can have: what was lost shows in a short packet before
// the device is gone, or in that it is gone.
func (r *rig) unplugAt(n int) error {
	opened := r.reader.Opened()
	got := r.take(r.swipe(0, fmt.Sprintf("unplug:%d", n)))
	if code := pos.CodeOf(got.err); got.err == nil || code != pos.CodeReaderOffline && code != pos.CodeCardUnreadable {
		return fmt.Errorf("read gives %v", got.err)
	}
	r.online(opened)
	return r.is(r.take(r.swipe(1, "")), 1)
}
