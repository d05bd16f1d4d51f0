package trustcommerce

import (
	"bytes"
	"strings"

	"github.com/tillpos/till/pos"
)

// block reads one BEGIN … END block, as it comes in.
//
//	before BEGIN: a blank line is skipped, BEGIN opens, anything else is a failure
//	after it:     a blank line is skipped, END closes, a line with '=' is a pair (kept only if both
//	              sides hold something), BEGIN or a line without '=' is a failure
//
// Keywords are matched without regard to case. A CR before the LF is dropped.
type block struct {
	keep  int // bytes of a line that are kept, the rest is cut silently
	most  int // bytes of the whole block
	at    int // bytes seen
	line  []byte
	from  int // offset of the line
	over  bool
	open  bool
	done  bool
	begin int // offset of BEGIN
	pairs []pair
}

func newResponse() *block { return &block{keep: MaxResponseLine, most: MaxResponse} }

// feed takes bytes up to the end of the block and says how many. The error carries an offset and never
// a byte of what was read.
func (b *block) feed(chunk []byte) (used int, err *pos.WireError) {
	for used < len(chunk) && !b.done {
		rest := chunk[used:]
		n := bytes.IndexByte(rest, '\n')
		whole := n >= 0
		if !whole {
			n = len(rest)
		}
		b.gather(rest[:n])
		b.at += n
		used += n
		if b.at > b.most {
			return used, &pos.WireError{Offset: b.at, Reason: "the block is too long"}
		}
		if !whole {
			break
		}
		b.at++
		used++
		if err := b.take(); err != nil {
			return used, err
		}
		clear(b.line)
		b.line, b.over, b.from = b.line[:0], false, b.at
	}
	return used, nil
}

func (b *block) gather(part []byte) {
	if room := b.keep - len(b.line); len(part) > room {
		part, b.over = part[:room], true
	}
	if len(b.line)+len(part) > cap(b.line) {
		// Growing by hand: append would leave the old copy uncleared.
		bigger := make([]byte, len(b.line), max(256, 2*(len(b.line)+len(part))))
		copy(bigger, b.line)
		clear(b.line)
		b.line = bigger
	}
	b.line = append(b.line, part...)
}

func (b *block) take() *pos.WireError {
	begin, end := []byte("BEGIN"), []byte("END")
	line := b.line
	if !b.over {
		line = bytes.TrimSuffix(line, []byte{'\r'})
	}
	switch {
	case len(line) == 0:
		return nil
	case !b.open && bytes.EqualFold(line, begin):
		b.open, b.begin = true, b.from
		return nil
	case !b.open:
		return &pos.WireError{Offset: b.from, Reason: "something other than BEGIN stands before the block"}
	case bytes.EqualFold(line, begin):
		return &pos.WireError{Offset: b.from, Reason: "a second BEGIN inside the block"}
	case bytes.EqualFold(line, end):
		b.done = true
		return nil
	}
	name, value, ok := bytes.Cut(line, []byte{'='})
	if !ok {
		return &pos.WireError{Offset: b.from, Reason: "a line without an equal sign"}
	}
	if len(name) > 0 && len(value) > 0 {
		b.pairs = append(b.pairs, pair{string(name), bytes.Clone(value), b.from + len(name) + 1})
	}
	return nil
}

// reply is a whole response; names are lower case, of a name sent twice the last counts.
type reply map[string]string

func (b *block) reply() reply {
	r := reply{}
	for _, p := range b.pairs {
		r[strings.ToLower(p.name)] = string(p.value)
	}
	return r
}

// wipe clears what was read.
func (b *block) wipe() {
	for _, p := range b.pairs {
		clear(p.value)
	}
	clear(b.line[:cap(b.line)])
}
