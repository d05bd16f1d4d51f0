package trustcommerce

import (
	"context"

	"github.com/tillpos/till/processors/link"
)

// sendForm posts a draft to the one address of HTTPS and gives the whole answer. Its errors are faults.
// The transport fields of TCLink are not sent: they tell of its connect loop.
func (c *Client) sendForm(ctx context.Context, d *draft, ref string) (*block, error) {
	host := c.post.URL.Host
	out := d.encodeForm()
	defer clear(out)
	c.logSent(ctx, host, ref, d)
	body, err := c.post.Do(ctx, out)
	if err != nil {
		c.log.Fault(ctx, host, ref, err)
		return nil, err
	}
	defer clear(body)
	in := c.desk.lines()
	if _, bad := in.feed(body); bad != nil {
		c.desk.read(in)
		fault := &link.Fault{Kind: link.LinkFailure, Reason: "the answer makes no sense"}
		c.log.Fault(ctx, host, ref, fault)
		return nil, fault
	}
	in.finish()
	c.logReceived(ctx, host, ref, in)
	return in, nil
}

// unreserved are the bytes that stand for themselves in a form.
func unreserved(b byte) bool {
	return alnum(b) || b == '-' || b == '.' || b == '_' || b == '~'
}

// formLength is the length of a value in a form.
func formLength(v []byte) int {
	n := len(v)
	for _, b := range v {
		if !unreserved(b) && b != ' ' {
			n += 2
		}
	}
	return n
}

// encodeForm makes the body of a POST. The caller clears it. Names hold letters, digits and underscores only.
func (d *draft) encodeForm() []byte {
	size := 0
	for _, p := range d.pairs {
		size += len(p.name) + formLength(p.value) + 2
	}
	// The capacity is known, so that no smaller copy with card data is left behind.
	out := make([]byte, 0, size)
	for i, p := range d.pairs {
		if i > 0 {
			out = append(out, '&')
		}
		out = append(append(out, p.name...), '=')
		out = appendForm(out, p.value)
	}
	return out
}

func appendForm(out, value []byte) []byte {
	const digits = "0123456789ABCDEF"
	for _, b := range value {
		switch {
		case unreserved(b):
			out = append(out, b)
		case b == ' ':
			out = append(out, '+')
		default:
			out = append(out, '%', digits[b>>4], digits[b&15])
		}
	}
	return out
}

// fitsForm holds a form to the limits that a block has.
func (d *draft) fitsForm() bool { return d.fitsLimits("") }
