package storage

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/tillpos/till/pos"
)

// SQLite's file header (https://www.sqlite.org/fileformat2.html, section 1.3).
const (
	sqliteMagic      = "SQLite format 3\x00"
	sqliteHeaderSize = 100
	offPageSize      = 16 // uint16; 1 stands for 65536
	offReserved      = 20 // bytes at the end of each page
	offPageCount     = 28
	offFreelist      = 32
	offUserVersion   = 60
	offApplication   = 68
)

// inspect looks at what lies at path, with plain reads: SQLite itself would turn another program's
// database into WAL mode, or bring a log that has lost its database to life. It says whether a journal is there.
func inspect(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
			return false, pos.NewError(pos.CodeJournalDamaged, path).WithDetail("the database is gone and its log is not")
		}
		return false, nil
	}
	if err != nil {
		return false, failure(err, path, pos.CodeJournalReadOnly)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, failure(err, path, pos.CodeJournalReadOnly)
	}
	if info.IsDir() {
		return false, pos.NewError(pos.CodeJournalForeign, path).WithDetail("a folder")
	}
	// A journal gets its name only when it is whole, so an empty file is what is left of one.
	if info.Size() == 0 {
		return false, pos.NewError(pos.CodeJournalDamaged, path).WithDetail("empty")
	}
	header := make([]byte, sqliteHeaderSize)
	n, err := io.ReadFull(f, header)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, failure(err, path, pos.CodeJournalDamaged)
	}
	header = header[:n]
	magic := header[:min(len(header), len(sqliteMagic))]
	if !bytes.HasPrefix([]byte(sqliteMagic), magic) {
		return false, pos.NewError(pos.CodeJournalForeign, path).WithDetail("not a SQLite database")
	}
	if n < sqliteHeaderSize {
		return false, pos.NewError(pos.CodeJournalDamaged, path).WithDetail("cut short in the header")
	}
	if binary.BigEndian.Uint32(header[offApplication:]) != applicationID {
		return false, pos.NewError(pos.CodeJournalForeign, path).WithDetail("a database of another program")
	}
	if v := binary.BigEndian.Uint32(header[offUserVersion:]); v > schemaVersion {
		return false, pos.NewError(pos.CodeJournalNewer, path).WithDetail("version %d, this program knows %d", v, schemaVersion)
	} else if v == 0 {
		return false, pos.NewError(pos.CodeJournalDamaged, path).WithDetail("no version")
	}
	return true, wholeLength(header, path, f)
}

// wholeLength finds a database that was cut short. While a log is there, a crash in the middle of a
// checkpoint may rightly have left the file shorter than its header says. The size is looked at last: a
// running terminal makes the file longer before it empties the log.
func wholeLength(header []byte, path string, f *os.File) error {
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return failure(err, path, pos.CodeJournalReadOnly)
	}
	want := int64(binary.BigEndian.Uint32(header[offPageCount:])) * pageSize(header)
	if info.Size() < want {
		return pos.NewError(pos.CodeJournalDamaged, path).WithDetail("cut short: %d bytes of %d", info.Size(), want)
	}
	return nil
}

func pageSize(header []byte) int64 {
	n := int64(binary.BigEndian.Uint16(header[offPageSize:]))
	if n == 1 {
		return 65536
	}
	return n
}

// birth makes a journal under another name and renames it when it is whole and durable, so that a crash
// leaves either nothing or a journal.
func birth(ctx context.Context, o Options, m master) error {
	half := o.Path + ".new"
	for _, end := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(half + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := fill(ctx, half, o, m); err != nil {
		return err
	}
	if err := os.Chmod(half, 0o600); err != nil {
		return err
	}
	f, err := os.OpenFile(half, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return moveNew(half, o.Path)
}

func fill(ctx context.Context, path string, o Options, m master) (err error) {
	tag, err := drawTag(o.Random)
	if err != nil {
		return err
	}
	h := head{tag: tag, mode: mode(o.Live), lane: o.Lane, born: timeText(o.Now()), batch: 1, hash: genesis(tag)}
	db, err := sql.Open("sqlite", writerURI(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, s := range schema {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO head (one, `+headColumns+`) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		h.tag, h.mode, h.lane, h.born, h.seq, h.batch, h.events, comb(h.hash), comb(h.mac(m.head)), comb(keyCheck(h.tag, m.check))); err != nil {
		return err
	}
	for _, s := range []string{setPragma("application_id", applicationID), setPragma("user_version", schemaVersion)} {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// A journal's tag tells it from every other: it begins the hash chain and binds the keys to this file. Its
// letters leave out what people read as something else; every second sign is a letter, so that nothing that
// looks for long numbers ever finds one here.
const (
	tagLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	tagSigns   = tagLetters + "23456789" // 32: a byte modulo 32 is even-handed
)

func drawTag(random io.Reader) (string, error) {
	out := make([]byte, 0, 4)
	one := make([]byte, 1)
	for len(out) < cap(out) {
		if _, err := io.ReadFull(random, one); err != nil {
			return "", err
		}
		if len(out)%2 == 1 {
			out = append(out, tagSigns[one[0]%32])
		} else if one[0] < 240 { // the largest multiple of 24 in a byte
			out = append(out, tagLetters[one[0]%24])
		}
	}
	return string(out), nil
}
