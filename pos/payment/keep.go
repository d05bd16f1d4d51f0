package payment

import (
	"context"

	"github.com/tillpos/till/pos"
)

// keep asks the processor for what it needs until the payment is final. Without it the payment could not
// be settled later, so a processor that fails here stops it.
func (e *Engine) keep(r pos.Request) (kept []byte, err error) {
	if e.Host.Keep == nil || !r.Credentials.Card.PAN.Present() {
		return nil, nil
	}
	defer func() {
		if v := recover(); v != nil {
			kept, err = nil, pos.NewError(pos.CodeInternal).WithDetail("the processor module failed with a %T", v)
		}
	}()
	return e.Host.Keep.Keep(r), nil
}

// reseal says what becomes of what is sealed for a payment in its state: erased when it is final, and what
// an offline approval had sealed shrinks to what the processor keeps, as soon as its answer is known.
func (e *Engine) reseal(ctx context.Context, p pos.Payment) (seal []byte, erase bool) {
	// One that the host surely has and the till takes back is never sent again.
	goes := p.State == pos.StateReversing && p.Approved.IsPositive()
	switch {
	case e.Host.Keep == nil && !p.Offline, p.State.Open() && !goes, p.Waiting():
		return nil, false
	case !p.State.Succeeded() && p.State != pos.StateHeld && !goes, e.Host.Keep == nil:
		return nil, true
	case !p.Offline:
		return nil, false
	}
	sealed, _, err := e.Vault.Unseal(ctx, p.ID)
	if err != nil || !packed(sealed) {
		clear(sealed)
		return nil, false
	}
	kept, err := e.asKept(p, sealed)
	return kept, err != nil || kept == nil
}

// unseal fills in what the processor kept, from the nearest of a chain of payments that has it, and gives
// the extra of the first of them.
func (e *Engine) unseal(ctx context.Context, r *pos.Request, chain []pos.Payment) (first pos.Extra, err error) {
	if e.Vault == nil {
		return first, nil
	}
	for i, p := range chain {
		kept, extra, err := e.Vault.Unseal(ctx, p.ID)
		if err != nil && e.Host.Keep != nil {
			return first, err
		}
		if err != nil {
			e.Log.Warn("sealed data not read", "payment", p.ID, "error", err)
			return first, nil
		}
		if i == 0 {
			first = extra
		}
		if kept != nil {
			r.Kept, err = e.asKept(p, kept)
			return first, err
		}
	}
	return first, nil
}

// asKept gives what the processor keeps, also where the whole credentials of an offline approval are still
// sealed in its place.
func (e *Engine) asKept(p pos.Payment, sealed []byte) ([]byte, error) {
	if !packed(sealed) {
		return sealed, nil
	}
	defer clear(sealed)
	c, err := unpack(sealed)
	if err != nil {
		return nil, err
	}
	defer c.Wipe()
	return e.keep(pos.Request{Payment: p, Credentials: c})
}
