package storage

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
)

const (
	modeDemo = "demo"
	modeLive = "live"

	// readerConns is how many reports and screens may read at one time.
	readerConns = 4
)

// Options say which journal to open and what it may rely on.
type Options struct {
	Path     string           // of journal.db; born if nothing is there
	KeyFile  string           // the terminal's master key, mode 0600; born with the journal
	Live     bool             // for real money; a journal born otherwise refuses, and the other way round
	Lane     string           // written down when the journal is born
	Now      func() time.Time // nil: time.Now
	Random   io.Reader        // nil: crypto/rand
	ReadOnly bool             // for reports beside a running terminal: takes no lock, appends nothing
}

// Journal is an open journal. All methods may be called from several goroutines.
type Journal struct {
	options Options
	lock    *os.File // nil when reading only
	master  master
	keys    keyring
	turn    chan struct{} // holds one token: the turn to write

	mu      sync.RWMutex // held for writing only while connections are replaced or the head moves
	writer  *writer      // nil when reading only or after a failed reopening
	readers *sql.DB
	head    head

	// Of the one who has the turn:
	doubt  bool // the last commit may or may not be on disk; or the connection is not to be trusted
	erased bool // sealed data were erased and the log may still hold them
	closed bool
}

// Open opens the journal or, where nothing is, makes one. It changes nothing that it does not know to
// be this terminal's journal. Errors are *pos.Error with one of the journal codes: busy (another program
// has it), damaged, foreign (not a journal), newer (of a later version), full, read_only, write (the disk fails), settings (not
// in force), mode (demo opened as live or the other way round), key (missing, wrong, or open to others).
func Open(ctx context.Context, o Options) (*Journal, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	j := &Journal{options: o, turn: make(chan struct{}, 1)}
	if err := j.open(ctx); err != nil {
		j.disconnect()
		if j.lock != nil {
			j.lock.Close()
		}
		return nil, failure(err, o.Path, pos.CodeJournalDamaged)
	}
	j.turn <- struct{}{}
	return j, nil
}

func (j *Journal) open(ctx context.Context) (err error) {
	o := j.options
	if !o.ReadOnly {
		if err := j.folder(); err != nil {
			return failure(err, o.Path, pos.CodeJournalReadOnly)
		}
		if j.lock, err = lock(o.Path); err != nil {
			return err
		}
	}
	there, err := inspect(o.Path)
	if err != nil {
		return err
	}
	born := !there && !o.ReadOnly
	if j.master, err = openMaster(o.KeyFile, born, o.Random); err != nil {
		return err
	}
	if born {
		if err := birth(ctx, o, j.master); err != nil {
			return failure(err, o.Path, pos.CodeJournalReadOnly)
		}
	}
	if err := j.connect(ctx); err != nil {
		return err
	}
	asked := mode(o.Live)
	if j.head.mode != asked {
		return pos.NewError(pos.CodeJournalMode, j.head.mode, asked)
	}
	j.keys = keyring{folder: filepath.Join(filepath.Dir(o.Path), "keys"), tag: j.head.tag, wrap: j.master.wrap, random: o.Random}
	if o.ReadOnly {
		return nil
	}
	j.sweepLeft(ctx)
	return j.dropOldKeys(ctx)
}

// sweepLeft empties the log that the last run left behind: it may have ended between erasing sealed data and
// emptying the log.
func (j *Journal) sweepLeft(ctx context.Context) {
	if log, err := os.Stat(j.options.Path + "-wal"); err == nil && log.Size() > 0 {
		j.erased = true
		j.sweep(ctx)
	}
}

// folder makes the folder of a journal that is not there yet.
func (j *Journal) folder() error {
	if _, err := os.Lstat(j.options.Path); !errors.Is(err, fs.ErrNotExist) {
		return nil // what is wrong with it is told by inspect
	}
	return makeFolder(filepath.Dir(j.options.Path))
}

func mode(live bool) string {
	if live {
		return modeLive
	}
	return modeDemo
}

// connect opens both pools, checks that the settings are in force, and reads the head.
func (j *Journal) connect(ctx context.Context) (err error) {
	path := j.options.Path
	if !j.options.ReadOnly {
		if j.writer, err = newWriter(ctx, path, j.master.head); err != nil {
			return err
		}
		// SQLite has made its log by now. It flushes the log's name with the first commit and does not look
		// whether that worked: a log without a name is lost with the power, and every commit in it.
		if err := syncFolder(filepath.Dir(path)); err != nil {
			return failure(err, path, pos.CodeJournalWrite)
		}
	}
	if j.readers, err = sql.Open("sqlite", readerURI(path)); err != nil {
		return err
	}
	j.readers.SetMaxOpenConns(readerConns)
	j.readers.SetMaxIdleConns(readerConns)
	c, err := j.readers.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := checkSettings(ctx, c, readerSettings); err != nil {
		return err
	}
	j.head, err = j.readHead(ctx, c)
	return err
}

// readHead reads and checks the head: the key fits, the MAC is right, and the last event is the one it names.
func (j *Journal) readHead(ctx context.Context, c *sql.Conn) (head, error) {
	// One statement, so that it sees one moment: beside a running terminal the head moves between two.
	var n sql.NullInt64
	var combedHash []byte
	h, mac, check, err := scanHead(c.QueryRowContext(ctx, `SELECT `+headColumns+`, n, link FROM head
		LEFT JOIN (SELECT n, hash AS link FROM event ORDER BY n DESC LIMIT 1) ON true`), &n, &combedHash)
	if err != nil {
		return head{}, j.damaged(err, "head")
	}
	if !hmac.Equal(check, keyCheck(h.tag, j.master.check)) {
		return head{}, keyFailure(errors.New("it is not the key of this journal"), j.options.KeyFile)
	}
	if !hmac.Equal(mac, h.mac(j.master.head)) {
		return head{}, j.damaged(errors.New("wrong MAC"), "head")
	}
	last := genesis(h.tag)
	if n.Valid {
		if last, err = uncomb(combedHash); err != nil {
			return head{}, j.damaged(err, "last event")
		}
	}
	if n.Int64 != h.events || !hmac.Equal(last, h.hash) {
		return head{}, j.damaged(errors.New("the last event is not the one that the head names"), "last event")
	}
	return h, nil
}

// damaged keeps errors of the disk and of the context as they are and calls the rest damage.
func (j *Journal) damaged(err error, where string) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || primary(err) != 0 {
		return err
	}
	return pos.NewError(pos.CodeJournalDamaged, j.options.Path).WithDetail("%s", where).Because(err)
}

func (j *Journal) disconnect() {
	if j.readers != nil {
		j.readers.Close()
		j.readers = nil
	}
	if j.writer != nil {
		j.writer.close()
		j.writer = nil
	}
}

// take waits for the turn to write.
func (j *Journal) take(ctx context.Context) error {
	if j.options.ReadOnly {
		return pos.NewError(pos.CodeJournalReadOnly, j.options.Path).WithDetail("opened for reading")
	}
	select {
	case <-j.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	if j.closed {
		j.give()
		return pos.NewError(pos.CodeJournalWrite, j.options.Path).WithDetail("the journal is closed")
	}
	return nil
}

func (j *Journal) give() { j.turn <- struct{}{} }

// Close waits for a running Append, ends all connections and frees the lock.
func (j *Journal) Close() error {
	<-j.turn
	defer j.give()
	if j.closed {
		return nil
	}
	j.closed = true
	j.mu.Lock()
	defer j.mu.Unlock()
	j.disconnect()
	if j.lock != nil {
		return j.lock.Close()
	}
	return nil
}

// Position is where the journal stands.
func (j *Journal) Position() pos.Position {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.head.position()
}

// FingerprintKey is the key under which card.PAN.Fingerprint finds the same card again; derived from the
// master key, so that another terminal's fingerprints differ.
func (j *Journal) FingerprintKey() []byte { return append([]byte(nil), j.master.fingerprint...) }

// lend calls f with the pool of readers, which is not replaced meanwhile.
func (j *Journal) lend(f func(*sql.DB) error) error {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if j.readers == nil {
		return pos.NewError(pos.CodeJournalDamaged, j.options.Path).WithDetail("closed, or not usable since a commit failed")
	}
	return failure(f(j.readers), j.options.Path, pos.CodeJournalDamaged)
}
