package sim

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// event is one thing that happened in a day.
type event struct {
	at    time.Duration // since the day began
	actor string
	text  string
}

// diary is the event log of a day.
type diary struct {
	mu     sync.Mutex
	began  time.Time
	events []event
}

func (d *diary) note(actor, format string, args ...any) {
	e := event{time.Since(d.began), actor, fmt.Sprintf(format, args...)}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, e)
}

// sorted orders what happened at one moment by name: there the scheduler's order means nothing.
func (d *diary) sorted() []event {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := slices.Clone(d.events)
	slices.SortStableFunc(out, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.actor, b.actor), cmp.Compare(a.text, b.text))
	})
	return out
}

// hash stands for the whole day.
func (d *diary) hash() string {
	h := sha256.New()
	for _, e := range d.sorted() {
		fmt.Fprintf(h, "%d %s %s\n", e.at, e.actor, e.text)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func (d *diary) String() string {
	var b strings.Builder
	for _, e := range d.sorted() {
		fmt.Fprintf(&b, "%14.6f  %-28s %s\n", e.at.Seconds(), e.actor, e.text)
	}
	return b.String()
}
