package storage

import (
	"errors"
	"os"
	"syscall"

	"github.com/tillpos/till/pos"
)

// lock takes the one writer's place beside the journal. The kernel frees it when the process ends,
// however it ends. The file stays: removing it would let two programs hold two different ones.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, failure(err, path, pos.CodeJournalReadOnly)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, pos.NewError(pos.CodeJournalBusy, path)
	}
	return nil, failure(err, path, pos.CodeJournalBusy)
}
