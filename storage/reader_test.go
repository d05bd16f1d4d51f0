package storage

import (
	"context"
	"testing"

	"github.com/tillpos/till/pos"
)

// TestReadersBesideASellingTerminal opens the journal for reading, again and again, while the terminal appends as fast
// as it can, erases sealed data (which empties the log), and is closed and opened. Every reader must see a whole journal.
func TestReadersBesideASellingTerminal(t *testing.T) {
	o := options(t)
	mustOpen(t, o).Close()
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- sellUntil(stop, o) }()
	reader := o
	reader.ReadOnly = true
	for range 200 {
		j, err := Open(context.Background(), reader)
		if err != nil {
			t.Error(err)
			break
		}
		j.Close()
	}
	close(stop)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// sellUntil is a terminal that appends, and starts again after every 40 rows.
func sellUntil(stop <-chan struct{}, o Options) error {
	ctx := context.Background()
	for n := int64(1); ; {
		j, err := Open(ctx, o)
		if err != nil {
			return err
		}
		for range 20 {
			sealed := intent(n)
			sealed.Seal = []byte("what the host will need")
			done := outcome(n, pos.StateDeclined)
			done.Erase = n%4 == 0
			err := j.Append(ctx, sealed)
			if err == nil {
				err = j.Append(ctx, done)
			}
			if err != nil {
				j.Close()
				return err
			}
			n++
		}
		if err := j.Close(); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		default:
		}
	}
}
