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

// draft is a request being put together. Its values are copies that wipe clears.
type draft struct {
	form  Form
	pairs []pair
}

// set adds a field; spaces at either end, which the gateway does not keep, are dropped, and so is a
// field without a value.
func (d *draft) set(name, value string) { d.add(name, []byte(value)) }

// add takes ownership of value.
func (d *draft) add(name string, value []byte) {
	if value = bytes.Trim(value, " "); len(value) > 0 {
		d.pairs = append(d.pairs, pair{name: name, value: value})
	}
}

// secret is how pos/card lends clear characters.
type secret interface {
	Lend(func(clear []byte))
}

func (d *draft) lend(name string, s secret) {
	s.Lend(func(b []byte) { d.add(name, bytes.Clone(b)) })
}

func (d *draft) wipe() {
	for _, p := range d.pairs {
		clear(p.value)
	}
}

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
