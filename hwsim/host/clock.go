package host

import (
	"encoding/json"
	"sync"
	"time"
)

// Clock is real time plus an offset, or stands still.
type Clock struct {
	real func() time.Time

	mu     sync.Mutex
	offset time.Duration
	frozen time.Time // zero while it runs
}

// NewClock runs with real until it is told otherwise; a frozen time that is not zero stops it there.
func NewClock(real func() time.Time, frozen time.Time) *Clock {
	return &Clock{real: real, frozen: frozen}
}

// Now is the time at the host.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	if !c.frozen.IsZero() {
		return c.frozen
	}
	return c.real().Add(c.offset).UTC().Round(0)
}

// Frozen says whether it stands.
func (c *Clock) Frozen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.frozen.IsZero()
}

// Freeze stops it at a time.
func (c *Clock) Freeze(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = t
}

// Advance moves it; it stands or runs on as before.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frozen.IsZero() {
		c.offset += d
		return
	}
	c.frozen = c.frozen.Add(d)
}

// Run lets it go on from where it stands.
func (c *Clock) Run() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.frozen.IsZero() {
		c.offset = c.frozen.Sub(c.real())
		c.frozen = time.Time{}
	}
}

// kept is the clock's file in the state folder.
type kept struct {
	OffsetNS int64     `json:"offset_ns"`
	Frozen   time.Time `json:"frozen"`
}

// MarshalJSON keeps how far it was moved, or where it stands.
func (c *Clock) MarshalJSON() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return json.Marshal(kept{int64(c.offset), c.frozen})
}

// UnmarshalJSON takes up what MarshalJSON kept.
func (c *Clock) UnmarshalJSON(b []byte) error {
	var k kept
	if err := json.Unmarshal(b, &k); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset, c.frozen = time.Duration(k.OffsetNS), k.Frozen
	return nil
}
