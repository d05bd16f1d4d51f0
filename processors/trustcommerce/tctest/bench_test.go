package tctest

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkSale is one sale on a book of 2000 rows, alone and with a snapshot written for each.
func BenchmarkSale(b *testing.B) {
	file := filepath.Join(b.TempDir(), "ledger.json")
	saves := map[string]func([]byte) error{
		"memory": nil,
		"file":   func(s []byte) error { return os.WriteFile(file, s, 0o600) },
	}
	for name, save := range saves {
		b.Run(name, func(b *testing.B) {
			h, err := New(Config{Now: func() time.Time { return noon }, Random: zero{}})
			if err != nil {
				b.Fatal(err)
			}
			lane := bench{Host: h}
			for range 2000 {
				lane.sale("100")
			}
			h.cfg.Save = save
			for b.Loop() {
				lane.sale("100")
			}
		})
	}
}
