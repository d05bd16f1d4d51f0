package storage

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestTornFilesNeverAlarm takes sectors out of the database and its log, as a power cut does: what is left of SQLite's own
// numbers is no card number.
func TestTornFilesNeverAlarm(t *testing.T) {
	const sector = 512
	whole := sellSome(t, 12)
	random := rand.New(rand.NewPCG(1, 1))
	for try := range 25 {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(try))
		copyFolder(t, dir, whole)
		for _, name := range []string{"journal.db", "journal.db-wal", "journal.db-shm"} {
			path := filepath.Join(dir, name)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b = b[:len(b)-random.IntN(5000)] // the last frame or page was not whole
			for range 1 + random.IntN(12) {
				lost := random.IntN(len(b) / sector)
				if random.IntN(20) == 0 {
					lost = 0
				}
				clear(b[lost*sector : (lost+1)*sector])
			}
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if r := scanned(t, dir); !r.OK {
			t.Fatalf("try %d: %+v", try, r.Findings)
		}
	}
}
