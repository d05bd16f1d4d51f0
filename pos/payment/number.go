package payment

import (
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/tillpos/till/pos"
)

const (
	laneAlphabet   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	letterAlphabet = "BCDFGHJKLMNPQRSTVWXZ" // no vowels, so no words
)

// number gives a payment its id, seq and ref, fixed from here on. The ref is LANE-YYMMDD-LETTERS-SEQ, at most 27
// characters; the random letters keep it unique even when an older copy of the journal was put back,
// and keep its digits from ever reading as a card number. The id is made of the last two parts.
func (e *Engine) number(p *pos.Payment) error {
	raw := make([]byte, 5)
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, err := io.ReadFull(e.Random, raw); err != nil {
		return pos.NewError(pos.CodeInternal).Because(err)
	}
	for i, b := range raw {
		raw[i] = letterAlphabet[int(b)%len(letterAlphabet)]
	}
	e.seq++
	p.Seq = e.seq
	letters, number := string(raw), strconv.FormatInt(p.Seq, 10)
	p.ID = strings.ToLower(letters) + "-" + number
	if p.Ref == "" {
		p.Ref = e.Lane + "-" + p.Created.Format("060102") + "-" + letters + "-" + number
	}
	return nil
}

// numbers are the host's sequence numbers as far as they are in use.
type numbers struct {
	loaded bool
	last   int64            // given out last
	used   map[int64]string // number → id of the payment that holds it
}

// hostNumber gives a payment the next free sequence number of the host, and refuses when none is left.
func (e *Engine) hostNumber(ctx context.Context, p *pos.Payment) error {
	r := e.Host.Numbers
	if r == (Numbers{}) {
		return nil
	}
	if err := e.loadNumbers(ctx); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.numbers.last
	for range r.Last - r.First + 1 {
		if n++; n > r.Last || n < r.First {
			n = r.First
		}
		if _, taken := e.numbers.used[n]; !taken {
			e.numbers.last, e.numbers.used[n] = n, p.ID
			p.HostSeq = n
			return nil
		}
	}
	return pos.NewError(pos.CodeNumbersUsed)
}

// lookBack is how many of the newest payments are searched for the number given out last.
const lookBack = 500

// loadNumbers reads from the journal which numbers are in use, once for each batch.
func (e *Engine) loadNumbers(ctx context.Context) error {
	e.mu.Lock()
	loaded, batch := e.numbers.loaded, e.batch
	e.mu.Unlock()
	if loaded {
		return nil
	}
	now := e.Now()
	found := []pos.Payment{}
	filters := []pos.Filter{{Batch: batch}, {Open: true}}
	for _, s := range []pos.State{pos.StateAccepted, pos.StateApproved, pos.StatePartial, pos.StateConfirmed, pos.StateHeld} {
		filters = append(filters, pos.Filter{State: s})
	}
	newest := pos.Filter{Newest: true, Limit: lookBack}
	for _, f := range append(filters, newest) {
		list, err := e.Journal.List(ctx, f)
		if err != nil {
			return err
		}
		found = append(found, list...)
	}
	holds, err := e.holdsBehind(ctx, found, batch)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	used := map[int64]string{}
	for _, p := range holds {
		used[p.HostSeq] = p.ID
	}
	for id := range e.active { // intents that are being made durable
		for n, holder := range e.numbers.used {
			if holder == id {
				used[n] = id
			}
		}
	}
	latest := int64(0)
	for _, p := range found {
		if p.HostSeq != 0 && p.Seq > latest {
			latest = p.Seq
			e.numbers.last = p.HostSeq
		}
		if holdsNumber(p, batch, now) {
			used[p.HostSeq] = p.ID
		}
	}
	e.numbers.loaded, e.numbers.used = true, used
	return nil
}

// holdsBehind are the captured holds that may come to stand again: their capture can still be voided, or
// somebody did and it is not known yet whether the host has.
func (e *Engine) holdsBehind(ctx context.Context, found []pos.Payment, batch int64) (holds []pos.Payment, err error) {
	seen := map[string]bool{}
	for _, p := range found {
		if p.Parent == "" || seen[p.Parent] || p.Batch != batch && !p.State.Open() {
			continue
		}
		seen[p.Parent] = true
		chain, err := e.chain(ctx, p.Parent)
		if err != nil {
			return nil, err
		}
		if root := chain[len(chain)-1]; root.HostSeq != 0 && root.State == pos.StateCaptured {
			holds = append(holds, root)
		}
	}
	return holds, nil
}

// longestLapse is longer than any issuer lets a hold stand that nobody captures.
const longestLapse = 31 * 24 * time.Hour

// holdsNumber says that the host may still tell a payment by its number: it has seen it in the open batch, or
// it is not final. A declined or reversed one counts too: a host that looks a lost payment up by its number could
// take the one for the other.
func holdsNumber(p pos.Payment, batch int64, now time.Time) bool {
	switch {
	case p.HostSeq == 0, p.State == pos.StateNotSent:
		return false
	case p.Batch == batch, p.State.Open(), p.State == pos.StateAccepted:
		return true
	case p.State == pos.StateHeld:
		return now.Sub(p.Created) < longestLapse
	}
	return holds(p)
}
