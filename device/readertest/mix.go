package readertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/tillpos/till/device/suite"
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// Mix passes n swipes of both cards through a device that draws faults by itself. Each is read, told as unreadable
// or counted as ignored; none is lost without a word, and none shows a track of each card. In the end the device
// reads as ever.
func Mix(t *testing.T, b Bench, n int) {
	r := newRig(t, b)
	for i := range n {
		if err := r.mixed(i % 2); err != nil {
			t.Fatalf("swipe %d: %v", i+1, err)
		}
	}
	var err error
	for range 5 { // what came last may still disturb the next one
		r.awake()
		if err = r.is(r.take(r.swipe(1, "late:0")), 1); err == nil {
			return
		}
	}
	t.Errorf("after all faults: %v", err)
}

// awake waits until the reader is there.
func (r *rig) awake() {
	r.Helper()
	if !suite.Until(r.changed, func() bool { return r.reader.Health().State != pos.DeviceOffline }) {
		r.Fatalf("the reader stays %+v", r.reader.Health())
	}
}

func (r *rig) mixed(which int) error {
	r.awake()
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	before := r.reader.Ignored()
	reading := r.arm(ctx)
	if err := r.Swipe(r.ctx, which, ""); err != nil {
		return err
	}
	// A keyboard says nothing of a blank card.
	told := func() bool { return !r.reader.Armed() || r.reader.Ignored() > before }
	if r.Type == nil && !suite.Until(r.changed, told) {
		return errors.New("it is neither read nor refused nor ignored")
	}
	cancel()
	got := r.await(reading)
	defer got.swipe.Wipe()
	if got.err != nil {
		return nil
	}
	return r.unmixed(got.swipe)
}

// unmixed checks that whatever shows of a card is of one card.
func (r *rig) unmixed(s card.Swipe) error {
	one, two := s.Masked[0].Last4(), s.Masked[1].Last4()
	if one != "" && two != "" && one != two {
		return errors.New("the masks are of two cards")
	}
	c, err := s.Card()
	defer c.Wipe()
	switch {
	case errors.Is(err, card.ErrDisagree):
		return fmt.Errorf("the tracks are of two cards: %w", err)
	case err == nil && !slices.Contains(r.LastFour[:], c.PAN.Last4()):
		return errors.New("the swipe is of a card that nobody has")
	}
	return nil
}
