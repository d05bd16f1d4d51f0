package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// Names of the files that keep a ledger: a snapshot, and what changed since, one JSON object a line.
const (
	ledgerFile  = "ledger.json"
	changesFile = "ledger.log"
	lockFile    = "lock"
)

// changesBeforeSnapshot keeps the log short, and with it the next start.
const changesBeforeSnapshot = 4096

// store keeps a ledger in a folder: each change is appended before it is answered, and now and then a
// snapshot takes the place of the log. After a kill everything that was appended is there. It does not
// guard against a power cut, which a simulator need not survive.
type store struct {
	folder folder
	log    *os.File
	kept   int // changes in the log
}

// openStore reads what the folder keeps.
func openStore(f folder) (s *store, snapshot []byte, changes [][]byte, err error) {
	if snapshot, err = f.read(ledgerFile); err != nil {
		return nil, nil, nil, err
	}
	b, err := f.read(changesFile)
	if err != nil {
		return nil, nil, nil, err
	}
	// A line that a kill cut off was not answered: it is left out.
	whole := b[:bytes.LastIndexByte(b, '\n')+1]
	for line := range bytes.Lines(whole) {
		changes = append(changes, bytes.TrimSuffix(line, []byte("\n")))
	}
	log, err := os.OpenFile(f.file(changesFile), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, nil, err
	}
	s = &store{folder: f, log: log, kept: len(changes)}
	if err := s.cutTo(int64(len(whole))); err != nil {
		return nil, nil, nil, errors.Join(err, log.Close())
	}
	return s, snapshot, changes, nil
}

// keep appends a change. Of one that was written in part nothing stays. A change that is nil, or one too
// many, makes a snapshot.
func (s *store) keep(change []byte, whole func() ([]byte, error)) error {
	if change != nil && s.kept < changesBeforeSnapshot {
		at, err := s.log.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		if _, err := s.log.Write(append(change, '\n')); err != nil {
			return errors.Join(err, s.cutTo(at))
		}
		s.kept++
		return nil
	}
	b, err := whole()
	if err != nil {
		return err
	}
	return s.snapshot(b)
}

// snapshot takes the place of the log. A kill in between leaves changes that the snapshot already holds;
// their numbers say so.
func (s *store) snapshot(b []byte) error {
	if err := s.folder.write(ledgerFile, b); err != nil {
		return err
	}
	s.kept = 0
	return s.cutTo(0)
}

func (s *store) cutTo(length int64) error {
	_, err := s.log.Seek(length, io.SeekStart)
	return errors.Join(err, s.log.Truncate(length))
}

func (s *store) close() error { return s.log.Close() }

// lock keeps a second host off the folder until the file is closed. The kernel gives it back when the
// process ends, however it does.
func (f folder) lock() (*os.File, error) {
	file, err := os.OpenFile(f.file(lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("the state folder %s is in use by another host", f.path), file.Close())
	}
	return file, nil
}
