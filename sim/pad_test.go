package sim

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// padLimit is the shopper's time, the register's grace for the pad's word about it, and a second more.
const padLimit = 71 * time.Second

// pad is a PIN pad and the shopper at it: who cancels, walks away or types in time, on a pad that goes away, hangs,
// says nonsense or comes too late.
type pad struct {
	w  *world
	mu sync.Mutex
	d  stream
}

func newPad(w *world, t *till) *pad {
	return &pad{w: w, d: newStream(w.seed, fmt.Sprintf("pad/%d", t.number))}
}

// EnterPIN is register.PINPad's.
func (p *pad) EnterPIN(ctx context.Context, r pos.PINRequest) (pos.PINEntry, error) {
	p.mu.Lock()
	took, rate := p.d.between(2*time.Second, 15*time.Second), 2*p.w.plan.people
	what := p.d.weighted(86, rate, rate, rate, rate, rate, rate, rate)
	p.mu.Unlock()
	if p.w.calm.Load() {
		what = 0
	}
	switch what {
	case 1, 2, 3, 4, 5:
		p.w.struck(padFails, p.w.standing()...)
	case 6, 7:
		p.w.struck(noPIN, p.w.standing()...)
	}
	switch what {
	case 1:
		return pos.PINEntry{}, pos.NewError(pos.CodePINPadOffline)
	case 2:
		return pos.PINEntry{}, p.w.until(ctx, padLimit, "a PIN pad that hangs")
	case 3:
		return pos.PINEntry{}, nil // neither a block nor an error
	case 4: // its word crosses the end of the wait
		p.w.until(ctx, padLimit, "a PIN pad that hangs")
		return p.block(false)
	case 5:
		if !rest(ctx, took) {
			return pos.PINEntry{}, ctx.Err()
		}
		return p.block(true)
	case 6:
		if !rest(ctx, took) {
			return pos.PINEntry{}, ctx.Err()
		}
		return pos.PINEntry{}, pos.NewError(pos.CodePINCancelled)
	case 7:
		if !rest(ctx, r.Timeout) {
			return pos.PINEntry{}, ctx.Err()
		}
		return pos.PINEntry{}, pos.NewError(pos.CodePINTimeout)
	}
	if !rest(ctx, took) {
		return pos.PINEntry{}, ctx.Err()
	}
	return p.block(false)
}

// pinMark begins every PIN block of the day, so that the scan finds one that was kept.
const pinMark = "\xd5PIN"

// block gives what was typed, under the next key; a pad that forgets gives the last key once more.
func (p *pad) block(forgets bool) (pos.PINEntry, error) {
	p.w.mu.Lock()
	if !forgets || p.w.keys == 0 {
		p.w.keys++
	}
	n := p.w.keys
	p.w.mu.Unlock()
	b, err := card.NewPINBlock(append([]byte(pinMark), 0, 0, byte(n>>8), byte(n)), card.KSN(fmt.Sprintf("FFFF9876543210E%05X", n)))
	return pos.PINEntry{Block: b}, err
}

// Health is register.PINPad's.
func (p *pad) Health() pos.Health { return pos.Health{State: pos.DeviceOnline} }
