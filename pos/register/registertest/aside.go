package registertest

import (
	"context"
	"sync"

	"github.com/tillpos/till/pos"
)

// Scanner gives the codes that a test scans.
type Scanner struct{ codes chan string }

// NewScanner makes a scanner that nobody has scanned with.
func NewScanner() *Scanner { return &Scanner{make(chan string)} }

// Scan hands a code over; the register must be listening.
func (s *Scanner) Scan(code string) { s.codes <- code }

// Next is register.Scanner's.
func (s *Scanner) Next(ctx context.Context) (string, error) {
	select {
	case code := <-s.codes:
		return code, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Health is register.Scanner's.
func (s *Scanner) Health() pos.Health { return pos.Health{State: pos.DeviceOnline} }

// Display keeps what it was last told to show.
type Display struct {
	mu    sync.Mutex
	lines [2]string
}

// Show is register.Display's.
func (d *Display) Show(top, bottom string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = [2]string{top, bottom}
}

// Lines is what stands on it.
func (d *Display) Lines() [2]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lines
}

// Health is register.Display's.
func (d *Display) Health() pos.Health {
	return pos.Health{State: pos.DeviceOffline, Reason: "not connected"}
}
