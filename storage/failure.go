package storage

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/tillpos/till/pos"
)

// primary is SQLite's result code without its extension, 0 for another kind of error.
func primary(err error) int { return extended(err) & 0xff }

// failure says what an error of SQLite or of the file system means for the journal at path. Errors of
// the house and of the context pass as they are; other is the code of what has no sentence of its own.
func failure(err error, path string, other pos.Code) error {
	var house *pos.Error
	if err == nil || errors.As(err, &house) {
		return err
	}
	code := other
	switch primary(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		code = pos.CodeJournalBusy
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		code = pos.CodeJournalReadOnly
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		code = pos.CodeJournalDamaged
	case sqlite3.SQLITE_FULL:
		code = pos.CodeJournalFull
	case sqlite3.SQLITE_IOERR:
		code = diskFailure(extended(err), other)
	case 0:
		switch {
		case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
			return err
		case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
			code = pos.CodeJournalFull
		case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
			code = pos.CodeJournalReadOnly
		}
	}
	return pos.NewError(code, path).Because(err)
}

// extended is SQLite's whole result code, 0 for another kind of error.
func extended(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// diskFailure tells a disk that cannot be written from a file that cannot be read, which counts as other.
func diskFailure(code int, other pos.Code) pos.Code {
	switch code {
	case sqlite3.SQLITE_IOERR_SHMSIZE:
		// The log's index could not grow: out of space (https://www.sqlite.org/rescode.html).
		return pos.CodeJournalFull
	case sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC, sqlite3.SQLITE_IOERR_TRUNCATE,
		sqlite3.SQLITE_IOERR_SHMOPEN, sqlite3.SQLITE_IOERR_SHMMAP, sqlite3.SQLITE_IOERR_SHMLOCK, sqlite3.SQLITE_IOERR_LOCK, sqlite3.SQLITE_IOERR_NOMEM:
		return pos.CodeJournalWrite
	}
	return other
}

// usedKSN says that a payment was to have the key serial number of another one (rule T7).
func usedKSN(err error) bool {
	return extended(err) == sqlite3.SQLITE_CONSTRAINT_UNIQUE && strings.Contains(err.Error(), "payment.ksn")
}
