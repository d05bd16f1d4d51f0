package sim

import (
	"context"
	"path/filepath"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/storage"
)

// disk outlives the terminal: it is opened anew after each crash.
type disk interface {
	open(w *world) (book, error)
	// peek reads what is durable, past all faults.
	peek(f pos.Filter) []pos.Payment
	count() int   // payments, perhaps a few more: what the numbers say
	text() string // all rows and events as text, for the scan
}

// book is an open journal: platter or *storage.Journal.
type book interface {
	Append(ctx context.Context, changes ...pos.Change) error
	Find(ctx context.Context, id string) (pos.Payment, error)
	List(ctx context.Context, f pos.Filter) ([]pos.Payment, error)
	Unseal(ctx context.Context, id string) ([]byte, pos.Extra, error)
	Position() pos.Position
	FingerprintKey() []byte
	NextBatch(ctx context.Context) (int64, error)
	Close() error
}

type memoryDisk struct{ *platter }

func (d memoryDisk) open(*world) (book, error) { return d.platter, nil }

func (d memoryDisk) peek(f pos.Filter) []pos.Payment {
	out, _ := d.List(context.Background(), f)
	return out
}

func (d memoryDisk) count() int { return int(d.Position().LastSeq) }

func (d memoryDisk) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return asText(d.payments) + asText(d.events)
}

// sqliteDisk is the real storage package in a folder.
type sqliteDisk struct {
	folder  string
	journal *storage.Journal
}

func (d *sqliteDisk) open(w *world) (book, error) {
	j, err := storage.Open(context.Background(), storage.Options{
		Path: filepath.Join(d.folder, "journal.db"), KeyFile: filepath.Join(d.folder, "master.key"), Lane: lane,
		Now: w.now, Random: newBytes(w.seed, "storage/"+time.Since(w.diary.began).String()),
	})
	if err != nil {
		return nil, err
	}
	d.journal = j
	return j, nil
}

func (d *sqliteDisk) peek(f pos.Filter) []pos.Payment {
	out, _ := d.journal.List(context.Background(), f)
	return out
}

func (d *sqliteDisk) count() int { return int(d.journal.Position().LastSeq) }

func (d *sqliteDisk) text() string { return asText(d.peek(pos.Filter{})) }
