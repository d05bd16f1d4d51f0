package storage

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
)

// BenchmarkAppend is one durable append: an intent, then its outcome, one commit each. Compare with
// BenchmarkFloor in the same run on the same disk (TMPDIR must not be a tmpfs).
func BenchmarkAppend(b *testing.B) {
	j := mustOpen(b, options(b))
	n := int64(0)
	for b.Loop() {
		n++
		c := intent((n + 1) / 2)
		if n%2 == 0 {
			c = outcome(n/2, pos.StateApproved)
		}
		if err := j.Append(context.Background(), c); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFloor is what the disk gives: the same number of bytes appended to a plain file, and an fsync.
func BenchmarkFloor(b *testing.B) {
	f, err := os.Create(b.TempDir() + "/floor")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	body, err := encodePayment(samplePayment(1))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := f.WriteString(body); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerify reads a journal of 10 000 open payments whole.
func BenchmarkVerify(b *testing.B) {
	j := mustOpen(b, openPayments(b, 10_000))
	for b.Loop() {
		if v, err := j.Verify(context.Background()); err != nil || !v.OK {
			b.Fatal(v, err)
		}
	}
}

// BenchmarkScan reads the data folder of the same journal.
func BenchmarkScan(b *testing.B) {
	o := openPayments(b, 10_000)
	info, err := os.Stat(o.Path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		if r, err := Scan(ctx, o.Path); err != nil || !r.OK {
			b.Fatal(r, err)
		}
		cancel()
	}
}
