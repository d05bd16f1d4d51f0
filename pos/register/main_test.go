package register_test

import (
	"os"
	"testing"
	"time"
)

// TestMain has the clock of the bubbles, which begins with the year 2000, show the same everywhere: pictures of screens hold
// times, and west of Greenwich that moment is in a year from which a card of 2049 is one of 1949.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}
