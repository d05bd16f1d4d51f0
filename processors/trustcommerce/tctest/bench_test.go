package tctest

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkSale is one sale on a book of 2000 rows, alone and with its change appended to a file.
func BenchmarkSale(b *testing.B) {
	file, err := os.Create(filepath.Join(b.TempDir(), "ledger.log"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	saves := map[string]func([]byte, func() ([]byte, error)) error{
		"memory": nil,
		"file":   func(change []byte, _ func() ([]byte, error)) error { _, err := file.Write(change); return err },
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
			h.cfg.Keep = save
			for b.Loop() {
				lane.sale("100")
			}
		})
	}
}
