package sim

import (
	"testing"

	"github.com/tillpos/till/storage/journaltest"
)

// TestConformance holds the journal double to the promises that storage keeps.
func TestConformance(t *testing.T) {
	journaltest.Run(t, func(*testing.T) journaltest.Journal { return newPlatter() })
}
