package trustcommerce

import "sync"

// desk lends the memory that requests and answers are put together in, wiped each time it comes back. It
// is more than half of what coding a sale would cost otherwise.
type desk struct{ drafts, blocks sync.Pool }

// draft begins a request in a form.
func (k *desk) draft(form *formRules) *draft {
	d, ok := k.drafts.Get().(*draft)
	if !ok {
		return newDraft(form)
	}
	d.form, d.trouble, d.pairs = form, nil, d.space[:0]
	return d
}

// sent takes a request back. Nobody may look at it any more.
func (k *desk) sent(d *draft) {
	d.wipe()
	k.drafts.Put(d)
}

// response begins a TCLink answer, lines one of HTTPS.
func (k *desk) response() *block {
	b, ok := k.blocks.Get().(*block)
	if !ok {
		return newResponse()
	}
	line := b.line[:0]
	*b = block{most: MaxResponseLine, whole: MaxResponse, line: line}
	b.pairs = b.space[:0]
	return b
}

func (k *desk) lines() *block {
	b := k.response()
	b.bare, b.open = true, true
	return b
}

// read takes an answer back. Nobody may look at it any more.
func (k *desk) read(b *block) {
	b.wipe()
	k.blocks.Put(b)
}
