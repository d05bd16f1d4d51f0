package sim

import (
	"testing"

	"github.com/tillpos/till/storage/journaltest"
)

// TestConformance holds the journal double to the promises that storage keeps.
func TestConformance(t *testing.T) {
	t.Run("the disk in memory", func(t *testing.T) {
		journaltest.Run(t, func(*testing.T) journaltest.Journal { return newPlatter() })
	})
	t.Run("what stands in front of it, on a calm day", func(t *testing.T) {
		journaltest.Run(t, func(*testing.T) journaltest.Journal {
			w := newWorld(0)
			w.calm.Store(true)
			return newShaky(newPlatter(), w, &till{w: w})
		})
	})
}
