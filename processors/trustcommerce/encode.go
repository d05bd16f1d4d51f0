package trustcommerce

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/tillpos/till/pos/money"
)

// pair is one name=value of a block. Its value may be card data, so it prints without it.
type pair struct {
	name  string
	value []byte
	at    int // offset of the value in what was parsed; 0 in requests
}

// String keeps values out of prints of a pair.
func (p pair) String() string               { return p.name + "=" + hiddenText }
func (p pair) Format(s fmt.State, _ rune)   { fmt.Fprint(s, p.String()) }
func (p pair) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// keep holds clear bytes in few pieces that never move, so that no copy is left behind and wipe reaches
// all of them.
type keep struct {
	first [512]byte // most requests and answers need no more
	used  int       // of first
	more  [][]byte
}

// room gives n bytes.
func (k *keep) room(n int) []byte {
	if k.used+n <= len(k.first) {
		k.used += n
		return k.first[k.used-n : k.used : k.used]
	}
	k.more = append(k.more, make([]byte, n))
	return k.more[len(k.more)-1]
}

func (k *keep) wipe() {
	clear(k.first[:k.used])
	for _, b := range k.more {
		clear(b)
	}
	k.used, k.more = 0, nil
}

// draft is a request being put together. Its values are copies that wipe clears.
type draft struct {
	form    *formRules
	pairs   []pair
	trouble *troubleFound // what could not be put into fields
	keep    keep
	space   [16]pair // where pairs begin
}

func newDraft(form *formRules) *draft {
	d := &draft{form: form}
	d.pairs = d.space[:0]
	return d
}

// set adds a field; spaces at either end, which the gateway does not keep, are dropped, and so is a
// field without a value.
func (d *draft) set(name, value string) {
	value = strings.Trim(value, " ")
	if len(value) == 0 {
		return
	}
	own := d.keep.room(len(value))
	copy(own, value)
	d.pairs = append(d.pairs, pair{name: name, value: own})
}

// number adds a whole number, without leading zeros.
func (d *draft) number(name string, n int64) { d.set(name, strconv.FormatInt(n, 10)) }

// secret is how pos/card lends clear characters.
type secret interface {
	Lend(func(clear []byte))
}

func (d *draft) lend(name string, s secret) {
	s.Lend(func(b []byte) {
		if b = bytes.Trim(b, " "); len(b) == 0 {
			return
		}
		own := d.keep.room(len(b))
		copy(own, b)
		d.pairs = append(d.pairs, pair{name: name, value: own})
	})
}

func (d *draft) wipe() { d.keep.wipe() }

// setting is what the connection adds to a request.
type setting struct {
	version string
	pass    int  // passes of the connect loop
	seconds int  // whole seconds until connected
	noDNS   bool // names could not be resolved, backup addresses were used
}

// tailLength is more than pass, time, dns and END can take.
const tailLength = 64

// fitsLimits says whether the block and its lines keep to the limits of the wire; the newest public
// client refuses such a request by itself, the older ones silently cut it.
func (d *draft) fitsLimits(version string) bool {
	total := len("BEGIN\nversion=\n") + len(version) + tailLength
	for _, p := range d.pairs {
		line := len(p.name) + 1 + len(p.value) + 1
		if line > MaxRequestLine {
			return false
		}
		total += line
	}
	return total <= MaxRequest
}

// encode makes the block. The caller clears it.
func (d *draft) encode(s setting) []byte {
	size := len("BEGIN\nversion=\n") + len(s.version) + tailLength
	for _, p := range d.pairs {
		size += len(p.name) + len(p.value) + 2
	}
	// The capacity is known, so that no smaller copy with card data is left behind.
	out := make([]byte, 0, size)
	out = append(out, "BEGIN\nversion="...)
	out = append(append(out, s.version...), '\n')
	for _, p := range d.pairs {
		out = append(append(out, p.name...), '=')
		out = append(append(out, p.value...), '\n')
	}
	out = append(strconv.AppendInt(append(out, "pass="...), int64(s.pass), 10), '\n')
	out = append(strconv.AppendInt(append(out, "time="...), int64(s.seconds), 10), '\n')
	if s.noDNS {
		out = append(out, "dns=n\n"...)
	}
	return append(out, "END\n"...)
}

// cents writes an amount as the wire has it: digits only, three at least.
func cents(a money.Amount) string { return fmt.Sprintf("%03d", a.Minor()) }

// plain drops what the gateway does not take from a text that no payment should fail for, such as a
// clerk's name or a street, and cuts it.
func plain(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '|' {
			return -1
		}
		return r
	}, text)
	text = strings.Trim(text, " ")
	if len(text) > most {
		text = strings.TrimRight(text[:most], " ")
	}
	return text
}
