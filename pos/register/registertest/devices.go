package registertest

import (
	"context"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// Reader is a card reader whose swipes come from a test.
type Reader struct {
	mu     sync.Mutex
	health pos.Health
	armed  int // at the same time
	most   int
	turns  int
	swipes chan read
	// slow is how long the device takes to let go when a turn is ended, late the card that it brings then.
	slow time.Duration
	late *card.Swipe
}

type read struct {
	swipe card.Swipe
	err   error
}

// NewReader gives a reader that is ready.
func NewReader() *Reader {
	return &Reader{health: pos.Health{State: pos.DeviceOnline}, swipes: make(chan read)}
}

// Read is register.Reader's.
func (r *Reader) Read(ctx context.Context) (card.Swipe, error) {
	r.mu.Lock()
	r.armed++
	r.turns++
	r.most = max(r.most, r.armed)
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		r.armed--
		r.mu.Unlock()
	}()
	select {
	case got := <-r.swipes:
		return got.swipe, got.err
	case <-ctx.Done():
	}
	r.mu.Lock()
	slow, late := r.slow, r.late
	r.mu.Unlock()
	time.Sleep(slow)
	if late != nil {
		return *late, nil
	}
	return card.Swipe{}, ctx.Err()
}

// LetGo sets what happens when a turn is ended before its swipe: the device takes a while, and may bring a
// card that was already under way.
func (r *Reader) LetGo(slow time.Duration, late *card.Swipe) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.slow, r.late = slow, late
}

// Swipe passes a card through. Delivered says that the reader was armed.
func (r *Reader) Swipe(s card.Swipe) (delivered bool) { return r.give(read{swipe: s}) }

// Fail ends the turn with an error.
func (r *Reader) Fail(err error) (delivered bool) { return r.give(read{err: err}) }

func (r *Reader) give(got read) bool {
	select {
	case r.swipes <- got:
		return true
	default:
		return false
	}
}

// Armed says whether a turn is on, Turns how many there were, Most how many at once at the worst.
func (r *Reader) Armed() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.armed > 0 }
func (r *Reader) Turns() int  { r.mu.Lock(); defer r.mu.Unlock(); return r.turns }
func (r *Reader) Most() int   { r.mu.Lock(); defer r.mu.Unlock(); return r.most }

// Health is register.Reader's.
func (r *Reader) Health() pos.Health { r.mu.Lock(); defer r.mu.Unlock(); return r.health }

// SetHealth changes it.
func (r *Reader) SetHealth(h pos.Health) { r.mu.Lock(); defer r.mu.Unlock(); r.health = h }

// Printer keeps what it prints.
type Printer struct {
	mu    sync.Mutex
	fault error
	stuck bool
	slips []pos.Slip
}

// Print is register.Printer's.
func (p *Printer) Print(ctx context.Context, s pos.Slip) error {
	p.mu.Lock()
	fault, stuck := p.fault, p.stuck
	p.mu.Unlock()
	if stuck {
		<-ctx.Done()
		return ctx.Err()
	}
	if fault != nil {
		return fault
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slips = append(p.slips, s)
	return nil
}

// Set makes the printer fail with an error, or never answer; nil and false make it work.
func (p *Printer) Set(fault error, stuck bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.stuck = fault, stuck
}

// Slips is what came out.
func (p *Printer) Slips() []pos.Slip {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]pos.Slip(nil), p.slips...)
}

// Health is register.Printer's.
func (p *Printer) Health() pos.Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault != nil || p.stuck {
		return pos.Health{State: pos.DeviceAttention, Reason: "paper out"}
	}
	return pos.Health{State: pos.DeviceOnline}
}

// Stripe is a swipe of one track 2 that the reader decoded.
func Stripe(track2 string) card.Swipe {
	s := card.Swipe{Entry: card.EntrySwipe}
	s.Status[1] = card.Decoded
	s.Tracks[1] = card.NewTrack(2, []byte(track2))
	return s
}
