package verifone

import (
	"context"
	"errors"

	"github.com/tillpos/till/pos"
)

// Serial asks for the pad's serial number, as its maker wrote it.
func (p *Pad) Serial(ctx context.Context) (string, error) {
	values, err := p.inquire(ctx, "ask serial number")
	if err != nil {
		return "", err
	}
	return string(values[0]), nil
}

// HasMasterKey asks whether a master key was loaded into a slot.
func (p *Pad) HasMasterKey(ctx context.Context, slot int) (bool, error) {
	values, err := p.inquire(ctx, "ask master key", []byte{'0' + byte(slot)}, nil)
	if err != nil {
		return false, err
	}
	return values[0][0] == 'F', nil
}

// inquire asks a question of maintenance, which the pad answers under the same id and ends with EOT.
func (p *Pad) inquire(ctx context.Context, question string, fields ...[]byte) ([][]byte, error) {
	asks := row(question)
	body, err := asks.build(fields...)
	if err != nil {
		return nil, pos.NewError(pos.CodePINPadProtocol).Because(err)
	}
	if err := p.link.begin(ctx); err != nil {
		return nil, p.failed(ctx, err)
	}
	if err := p.link.send(ctx, SI, body); err != nil {
		return nil, p.failed(ctx, err)
	}
	answer, err := p.link.receive(ctx, p.set.Reply, func(b []byte) bool { return hasID(b, []string{asks.ID}) })
	switch {
	case errors.Is(err, ErrEnded), errors.Is(err, ErrSilent):
		return nil, pos.NewError(pos.CodePINPadProtocol).WithDetail("the pad does not answer message %s", asks.ID)
	case err != nil:
		return nil, p.failed(ctx, err)
	}
	m, values := find(SI, answer, true)
	if m == nil || m.ID != asks.ID {
		return nil, garbage("the answer to " + asks.ID)
	}
	kept := make([][]byte, len(values))
	for i, v := range values {
		kept[i] = append([]byte(nil), v...)
	}
	// The EOT that ends it; whether every pad sends one is not sure.
	if _, err := p.link.receive(ctx, p.set.Quiet, func([]byte) bool { return false }); err != nil && !errors.Is(err, ErrEnded) && !errors.Is(err, ErrSilent) {
		return nil, p.failed(ctx, err)
	}
	p.link.finished()
	return kept, nil
}
