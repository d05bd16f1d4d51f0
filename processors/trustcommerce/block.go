package trustcommerce

import (
	"bytes"
	"strings"

	"github.com/tillpos/till/pos"
)

// block reads name=value lines, as they come in: a BEGIN … END block of TCLink, or, if bare, the lines of
// an HTTPS answer, which have no frame.
//
//	before BEGIN: a blank line is skipped, BEGIN opens, anything else is a failure
//	after it:     a blank line is skipped, END closes, a line with '=' is a pair (kept only if both
//	              sides hold something), BEGIN or a line without '=' is a failure
//	bare:         a line without '=' is skipped
//
// Keywords are matched without regard to case. A CR before the LF is dropped.
type block struct {
	most  int  // bytes of a line that are kept, the rest is cut silently
	whole int  // bytes of the whole block
	bare  bool // lines without a frame
	at    int  // bytes seen
	line  []byte
	from  int // offset of the line
	over  bool
	open  bool
	done  bool
	begin int // offset of BEGIN
	pairs []pair
	keep  keep
	space [12]pair // where pairs begin
}

func newBlock(most, whole int) *block {
	b := &block{most: most, whole: whole}
	b.pairs = b.space[:0]
	return b
}

func newResponse() *block { return newBlock(MaxResponseLine, MaxResponse) }

// newLines reads the body of an HTTPS answer.
func newLines() *block {
	b := newResponse()
	b.bare, b.open = true, true
	return b
}

// feed takes bytes up to the end of the block and says how many. The error carries an offset and never
// a byte of what was read.
func (b *block) feed(chunk []byte) (used int, err *pos.WireError) {
	for used < len(chunk) && !b.done {
		rest := chunk[used:]
		n := bytes.IndexByte(rest, '\n')
		ended := n >= 0
		if !ended {
			n = len(rest)
		}
		b.at += n
		used += n
		if b.at > b.whole {
			return used, &pos.WireError{Offset: b.at, Reason: "the block is too long"}
		}
		line := rest[:n]
		if !ended || len(b.line) > 0 || n > b.most {
			b.gather(line)
			line = b.line
		}
		if !ended {
			break
		}
		b.at++
		used++
		if err := b.take(line); err != nil {
			return used, err
		}
		b.next()
	}
	return used, nil
}

// finish takes a last line that has no LF; only bare lines may end so.
func (b *block) finish() {
	if len(b.line) > 0 {
		b.take(b.line)
		b.next()
	}
	b.done = true
}

func (b *block) next() {
	clear(b.line)
	b.line, b.over, b.from = b.line[:0], false, b.at
}

func (b *block) gather(part []byte) {
	if room := b.most - len(b.line); len(part) > room {
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

func (b *block) take(line []byte) *pos.WireError {
	if !b.over {
		line = bytes.TrimSuffix(line, []byte{'\r'})
	}
	if len(line) == 0 {
		return nil
	}
	name, value, ok := bytes.Cut(line, []byte{'='})
	switch {
	case ok && b.open:
		if len(name) > 0 && len(value) > 0 {
			own := b.keep.room(len(value))
			copy(own, value)
			b.pairs = append(b.pairs, pair{name: nameOf(name), value: own, at: b.from + len(name) + 1})
		}
		return nil
	case b.bare:
		return nil
	case !b.open && is(line, "BEGIN"):
		b.open, b.begin = true, b.from
		return nil
	case !b.open:
		return &pos.WireError{Offset: b.from, Reason: "something other than BEGIN stands before the block"}
	case is(line, "BEGIN"):
		return &pos.WireError{Offset: b.from, Reason: "a second BEGIN inside the block"}
	case is(line, "END"):
		b.done = true
		return nil
	}
	return &pos.WireError{Offset: b.from, Reason: "a line without an equal sign"}
}

// is compares with a keyword without regard to case.
func is(line []byte, keyword string) bool {
	return len(line) == len(keyword) && strings.EqualFold(string(line), keyword)
}

// nameOf spares the copy of the names that nearly every answer has.
func nameOf(b []byte) string {
	switch string(b) {
	case "status":
		return "status"
	case "transid":
		return "transid"
	case "avs":
		return "avs"
	case "cvv":
		return "cvv"
	case "authcode":
		return "authcode"
	case "declinetype":
		return "declinetype"
	}
	return string(b)
}

// reply is a whole answer.
type reply []pair

func (b *block) reply() reply { return b.pairs }

// get gives a field's value, empty if it is not there. Names are found without regard to case, and of a
// name sent twice the last counts.
func (r reply) get(name string) string {
	for i := len(r) - 1; i >= 0; i-- {
		if len(r[i].name) == len(name) && strings.EqualFold(r[i].name, name) {
			return string(r[i].value)
		}
	}
	return ""
}

// word gives a field's value in lower case.
func (r reply) word(name string) string { return strings.ToLower(r.get(name)) }

// wipe clears what was read.
func (b *block) wipe() {
	b.keep.wipe()
	clear(b.line[:cap(b.line)])
}
