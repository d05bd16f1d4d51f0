package trustcommerce

import (
	"context"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/processors/link"
)

// do sends a draft, once, and maps what comes back. It wipes the draft.
func (c *Client) do(ctx context.Context, d *draft, ref string) pos.Answer {
	in, failed := c.exchange(ctx, d, ref)
	if failed != nil {
		return *failed
	}
	defer c.desk.read(in)
	return c.rules.answer(d.form, in.reply())
}

// exchange sends a draft, once. failed says why there is no answer to read; it wipes the draft.
func (c *Client) exchange(ctx context.Context, d *draft, ref string) (in *block, failed *pos.Answer) {
	defer c.desk.sent(d)
	trouble := d.trouble
	if trouble == nil {
		trouble = c.rules.check(d.form, d.pairs)
	}
	if trouble == nil {
		trouble = d.contradiction()
	}
	if trouble == nil && !c.fits(d) {
		trouble = &troubleFound{BadLength, []string{"request"}}
	}
	if trouble != nil {
		return nil, &pos.Answer{State: pos.StateRefused, Failure: trouble.failure()}
	}
	in, err := c.send(ctx, d, ref)
	if err == nil {
		return in, nil
	}
	if link.KindOf(err) == link.CantConnect {
		return nil, &pos.Answer{State: pos.StateNotSent, Failure: pos.NewError(pos.CodeNotSent).Because(err)}
	}
	code := pos.CodeUnknown
	if d.form.Variant == debitForm {
		code = pos.CodeDebitUnknown
	}
	return nil, &pos.Answer{State: pos.StateUnknown, Failure: pos.NewError(code).Because(err)}
}

func (c *Client) logSent(ctx context.Context, host, ref string, d *draft) {
	if c.log.Enabled(ctx) {
		c.log.Packet(ctx, link.Sent, host, ref, c.rules.masked(d.pairs, false, 0))
	}
}

func (c *Client) logReceived(ctx context.Context, host, ref string, in *block) {
	if c.log.Enabled(ctx) {
		c.log.Packet(ctx, link.Received, host, ref, c.rules.masked(in.pairs, true, 0))
	}
}
