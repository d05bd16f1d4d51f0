package main

import (
	"time"

	"github.com/tillpos/till/ui"
)

// keyFilter takes what a reader and a scanner type out of the keyboard; nil if neither types.
func (t *terminal) keyFilter() ui.KeyFilter {
	var f keyFilters
	if t.reader != nil && t.reader.Keys() != nil {
		f.all = append(f.all, t.reader.Keys())
	}
	if t.scanner != nil && t.cfg.Device.Scanner.URI == "wedge:" {
		f.all = append(f.all, t.scanner)
	}
	if f.all == nil {
		return nil
	}
	return &f
}

// keyFilters asks several filters. One that took the last key is asked first: the burst that it is in may hold what
// begins another's.
type keyFilters struct {
	all  []ui.KeyFilter
	last ui.KeyFilter
}

// Rune is ui.KeyFilter's.
func (f *keyFilters) Rune(r rune, at time.Time) (pass bool) {
	if f.last != nil && !f.last.Rune(r, at) {
		return false
	}
	before := f.last
	f.last = nil
	for _, one := range f.all {
		if one != before && !one.Rune(r, at) {
			f.last = one
			return false
		}
	}
	return true
}
