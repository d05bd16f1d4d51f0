// Package readertest is the suite that every card reader's driver passes, with whatever plays the device:
// in the test's own process or in another.
package readertest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/tillpos/till/device"
	"github.com/tillpos/till/device/suite"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// Bench is a device under the test's hands.
type Bench struct {
	URI    string
	Driver string
	// Swipe passes one of two different test cards through the device, with a fault as `hwsim swipe`
	// names it.
	Swipe func(ctx context.Context, which int, fault string) error
	// LastFour are the ends of the two cards' numbers.
	LastFour [2]string
	// Noise sends bytes that are no swipe.
	Noise func(ctx context.Context) error
	// Encrypted says that the device enciphers: then a swipe is known by its masked tracks.
	Encrypted bool
	// Frame is the length of a swipe on the wire, in bytes: the plug is pulled after each of them.
	Frame int
	// Stride takes only every nth of those offsets; 0 takes all.
	Stride int
	// Type connects a keyboard to the reader, until the test ends; plugged counts how often it was plugged in.
	// Nil for a reader that does not type.
	Type func(t *testing.T, r *device.Reader) (plugged func() int)
}

// Run runs the suite. start is called for each part and makes a fresh device.
func Run(t *testing.T, start func(t *testing.T) Bench) {
	for _, part := range []struct {
		name string
		test func(*testing.T, *rig)
	}{
		{"read", read}, {"two in a row", twoInARow}, {"two at once", twoAtOnce}, {"unarmed", unarmed},
		{"cancel", cancelled}, {"deadline", deadline}, {"second read", secondRead},
		{"bad tracks are data", badTracks}, {"half a swipe", half}, {"noise", noise}, {"late", late},
		{"close while reading", closeWhileReading},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, newRig(t, start(t))) })
	}
	t.Run("unplug at every byte", func(t *testing.T) { unplug(t, start) })
}

// rig is an open reader on its bench.
type rig struct {
	*testing.T
	Bench
	reader  *device.Reader
	plugged func() int // how often the device was there
	changed chan struct{}
	ctx     context.Context
}

type result struct {
	swipe card.Swipe
	err   error
}

func newRig(t *testing.T, b Bench) *rig {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*suite.Limit)
	t.Cleanup(cancel)
	r := &rig{T: t, Bench: b, changed: make(chan struct{}, 1), ctx: ctx}
	var err error
	r.reader, err = device.OpenReader(ctx, b.URI, b.Driver, device.Options{Waits: suite.Waits, Changed: r.changed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.reader.Close() })
	r.plugged = r.reader.Opened
	if b.Type != nil {
		r.plugged = b.Type(t, r.reader)
	}
	if err := r.online(0); err != nil {
		t.Fatal(err)
	}
	return r
}

// online waits until the device was there more than so many times.
func (r *rig) online(before int) error {
	if !suite.Until(r.changed, func() bool { return r.plugged() > before }) {
		return fmt.Errorf("the reader stays %+v", r.reader.Health())
	}
	return nil
}

// arm starts a Read and returns when the reader is armed, or the Read has ended already.
func (r *rig) arm(ctx context.Context) <-chan result {
	out := make(chan result, 1)
	ended := make(chan struct{})
	go func() {
		s, err := r.reader.Read(ctx)
		out <- result{s, err}
		close(ended)
	}()
	suite.Until(r.changed, func() bool {
		select {
		case <-ended:
			return true
		default:
			return r.reader.Armed()
		}
	})
	return out
}

// take arms the reader, does what the shopper does and gives what came of it.
func (r *rig) take(do func() error) result {
	reading := r.arm(r.ctx)
	if err := do(); err != nil {
		return result{err: err}
	}
	return r.await(reading)
}

// errHangs is a Read that does not end.
var errHangs = errors.New("the read hangs")

func (r *rig) await(reading <-chan result) result {
	got, ok := suite.Await(reading)
	if !ok {
		return result{err: errHangs}
	}
	return got
}

func (r *rig) swipe(which int, fault string) func() error {
	return func() error { return r.Swipe(r.ctx, which, fault) }
}

// wants checks that a result is one of the bench's cards, whole and unmixed.
func (r *rig) wants(got result, which int) {
	r.Helper()
	if err := r.is(got, which); err != nil {
		r.Error(err)
	}
}

func (r *rig) is(got result, which int) error {
	if got.err != nil {
		return fmt.Errorf("read gives %w", got.err)
	}
	defer got.swipe.Wipe()
	c, err := got.swipe.Card()
	if r.Encrypted {
		return r.isSealed(got.swipe, err, which)
	}
	if err != nil {
		return err
	}
	defer c.Wipe()
	if c.PAN.Last4() != r.LastFour[which] {
		return errors.New("the swipe is of another card")
	}
	return nil
}

// isSealed checks that a swipe carries blobs and a KSN, shows its card only masked, and makes no card.
func (r *rig) isSealed(s card.Swipe, err error, which int) error {
	switch {
	case !errors.Is(err, card.ErrEncrypted):
		return fmt.Errorf("an enciphered swipe gives a card, or %w", err)
	case s.Encrypted == nil || len(s.Encrypted.KSN) != 10 || len(s.Encrypted.Tracks[0]) == 0:
		return errors.New("an enciphered swipe came without its blob or its key serial number")
	case s.Tracks[0].Present() || s.Tracks[1].Present():
		return errors.New("an enciphered swipe holds clear tracks")
	case s.Masked[0].Last4() != r.LastFour[which] || s.Masked[1].Last4() != r.LastFour[which]:
		return errors.New("the swipe is of another card")
	}
	return nil
}

// unreadable checks that a result tells of a swipe that broke off. A keyboard cannot tell what broke off: there
// the tracks are bad.
func (r *rig) unreadable(got result) error {
	if r.Type != nil && got.err == nil {
		bad := [3]card.TrackStatus{card.Bad, card.Bad, card.Blank}
		if got.swipe.Status != bad {
			return fmt.Errorf("read gives tracks %v", got.swipe.Status)
		}
		return nil
	}
	if got.err == nil || pos.CodeOf(got.err) != pos.CodeCardUnreadable {
		got.swipe.Wipe()
		return fmt.Errorf("read gives %v", got.err)
	}
	return nil
}

// ignored waits until n swipes were ignored.
func (r *rig) ignored(n int) {
	r.Helper()
	if !suite.Until(r.changed, func() bool { return r.reader.Ignored() >= n }) {
		r.Fatalf("%d swipes were ignored, want %d", r.reader.Ignored(), n)
	}
}
