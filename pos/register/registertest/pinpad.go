package registertest

import (
	"context"
	"fmt"
	"sync"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// PINPad is a PIN pad at which a test is the shopper.
type PINPad struct {
	mu     sync.Mutex
	asked  []pos.PINRequest
	count  int
	typed  chan error
	health pos.Health
}

// NewPINPad gives a pad that is ready.
func NewPINPad() *PINPad {
	return &PINPad{health: pos.Health{State: pos.DeviceOnline}, typed: make(chan error)}
}

// EnterPIN is register.PINPad's. Each PIN has a key serial number of its own.
func (p *PINPad) EnterPIN(ctx context.Context, r pos.PINRequest) (pos.PINEntry, error) {
	r.PAN = card.PAN{} // it is the caller's, who wipes it
	p.mu.Lock()
	p.asked = append(p.asked, r)
	p.mu.Unlock()
	select {
	case err := <-p.typed:
		if err != nil {
			return pos.PINEntry{}, err
		}
	case <-ctx.Done():
		return pos.PINEntry{}, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	block, err := card.NewPINBlock([]byte{1, 2, 3, 4, 5, 6, 7, byte(p.count)}, card.KSN(fmt.Sprintf("FFFF9876543210E%05X", p.count)))
	return pos.PINEntry{Block: block}, err
}

// Type types a PIN, or ends the question with an error. Asked says that the pad was asking.
func (p *PINPad) Type(err error) (asked bool) {
	select {
	case p.typed <- err:
		return true
	default:
		return false
	}
}

// Asked are the questions so far, without the card.
func (p *PINPad) Asked() []pos.PINRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]pos.PINRequest(nil), p.asked...)
}

// Health is register.PINPad's.
func (p *PINPad) Health() pos.Health { return p.health }
