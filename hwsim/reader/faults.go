package reader

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tillpos/till/hwsim"
)

// faultKind is one way in which a swipe goes wrong. Its number, where it takes one, stands behind a colon.
type faultKind struct {
	name        string
	unit        string // of its number, empty for none
	least, most int    // of the number; a mix by seed draws from these too
	only        func(traits) bool
	do          func(d *delivery, n int)
}

// traits are what a fault needs of the model and its form.
type traits struct {
	seals  bool // it enciphers
	framed bool // and sends a text or frame: with a check, and with a key serial number of no fixed width
}

// farthest bounds a number that has no limit of its own: bytes until an unplug, milliseconds of delay.
const farthest = 60_000

var faultKinds = []faultKind{
	{name: "blank", do: func(d *delivery, _ int) { d.stripe = stripe{encode: encodeBlank} }},
	{name: "lrc", unit: "N", least: 1, most: 3, do: func(d *delivery, n int) { d.stripe.fail(n - 1) }},
	{name: "reversed", do: func(d *delivery, _ int) { d.stripe.fail(0, 1, 2) }},
	{name: "partial", do: func(d *delivery, _ int) { d.half = true }},
	{name: "twice", do: func(d *delivery, _ int) { d.copies = 2 }},
	{name: "garbage", do: func(d *delivery, _ int) { d.garbage = true }},
	{name: "late", unit: "MS", most: farthest, do: func(d *delivery, n int) { d.late = time.Duration(n) * time.Millisecond }},
	{name: "unplug", unit: "N", most: farthest, do: func(d *delivery, n int) { d.cut, d.unplug = n, true }},
	{name: "crc", only: func(t traits) bool { return t.framed }, do: func(d *delivery, _ int) { d.stripe.badCheck = true }},
	{name: "wrong_key", only: func(t traits) bool { return t.seals }, do: func(d *delivery, _ int) { d.stripe.wrongKey = true }},
	{name: "exhausted", only: func(t traits) bool { return t.seals }, do: func(d *delivery, _ int) { d.stripe.exhausted = true }},
	{name: "ksn_strip", only: func(t traits) bool { return t.framed }, do: func(d *delivery, _ int) { d.stripe.ksnStripped = true }},
	{name: "ksn_full", only: func(t traits) bool { return t.seals }, do: func(*delivery, int) {}},
}

// Faults are the faults that any model has, as a swipe names them.
func Faults() []string { return names(faultKinds) }

func names(kinds []faultKind) (out []string) {
	for _, k := range kinds {
		name := k.name
		if k.unit != "" {
			name += ":" + k.unit
		}
		out = append(out, name)
	}
	return out
}

// faults are those of this reader in its form.
func (r *Reader) faults() []faultKind {
	t := r.model.traits(r.form)
	return slices.DeleteFunc(slices.Clone(faultKinds), func(k faultKind) bool { return k.only != nil && !k.only(t) })
}

// fault reads a fault's name; one without a name does nothing.
func (r *Reader) fault(text string) (do func(*delivery), err error) {
	if text == "" {
		return func(*delivery) {}, nil
	}
	name, number, numbered := strings.Cut(text, ":")
	kinds := r.faults()
	for _, k := range kinds {
		if k.name != name || numbered != (k.unit != "") {
			continue
		}
		n := 0
		if numbered {
			if n, err = strconv.Atoi(number); err != nil || n < k.least || n > k.most {
				return nil, fmt.Errorf("the number of the fault %s is %d to %d", name, k.least, k.most)
			}
		}
		return func(d *delivery) { k.do(d, n) }, nil
	}
	return nil, fmt.Errorf("this reader has no fault %q; it has %s", text, strings.Join(names(kinds), ", "))
}

// Bounds of what a mix draws: a delay that a test can wait for, and an unplug inside a report or behind it.
const (
	mixDelay  = 250
	mixUnplug = 600
)

// chances are what a mix draws from.
func chances(kinds []faultKind) (out []hwsim.Chance) {
	for _, k := range kinds {
		c := hwsim.Chance{Do: k.name, Least: k.least, Most: k.most}
		if k.unit != "" {
			c.Of = hwsim.Times
		}
		switch k.name {
		case "late":
			c.Of, c.Most = hwsim.Milliseconds, mixDelay
		case "unplug":
			c.Of, c.Most = hwsim.Bytes, mixUnplug
		}
		out = append(out, c)
	}
	return out
}
