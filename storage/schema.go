package storage

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/tillpos/till/pos"
)

const (
	// applicationID stands at byte 68 of every journal ("TILL"); schemaVersion at byte 60 (user_version).
	applicationID = 0x54494c4c
	schemaVersion = 1

	// busyTimeoutMS is how long SQLite waits for a lock that another program took, a sqlite3 shell for example.
	busyTimeoutMS = 5000
	// walLimitBytes is what the log shrinks to after a checkpoint; without it, it stays at its highest size.
	walLimitBytes = 8 << 20
)

// schema is the journal as it is born. Times are text of fixed width in UTC; random bytes are combed BLOBs.
var schema = []string{
	`CREATE TABLE head (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	tag TEXT NOT NULL, mode TEXT NOT NULL CHECK (mode IN ('demo', 'live')), lane TEXT NOT NULL, born TEXT NOT NULL,
	seq INTEGER NOT NULL, batch INTEGER NOT NULL,
	events INTEGER NOT NULL, hash BLOB NOT NULL, mac BLOB NOT NULL, key_check BLOB NOT NULL
) STRICT`,
	`CREATE TABLE event (
	n INTEGER PRIMARY KEY,
	kind TEXT NOT NULL, payment TEXT NOT NULL, at TEXT NOT NULL, clerk TEXT NOT NULL, reason TEXT NOT NULL,
	detail TEXT NOT NULL, body TEXT NOT NULL, fingerprint BLOB, hash BLOB NOT NULL
) STRICT`,
	`CREATE INDEX event_audit ON event (kind) WHERE payment = ''`,
	`CREATE TABLE payment (
	seq INTEGER PRIMARY KEY, -- the rowid itself: one index less to write
	id TEXT NOT NULL UNIQUE CHECK (id <> ''), ref TEXT NOT NULL UNIQUE CHECK (ref <> ''),
	kind TEXT NOT NULL, state TEXT NOT NULL, open INTEGER NOT NULL, sale TEXT NOT NULL, parent TEXT NOT NULL,
	fingerprint BLOB, created TEXT NOT NULL, due TEXT NOT NULL, batch INTEGER NOT NULL,
	ksn TEXT, -- of the PIN block it was sent with
	event INTEGER NOT NULL REFERENCES event (n), body TEXT NOT NULL
) STRICT`,
	`CREATE INDEX payment_open ON payment (seq) WHERE open = 1`,
	`CREATE INDEX payment_sale ON payment (sale) WHERE sale <> ''`,
	`CREATE INDEX payment_parent ON payment (parent) WHERE parent <> ''`,
	`CREATE INDEX payment_card ON payment (fingerprint, created) WHERE fingerprint IS NOT NULL`,
	`CREATE INDEX payment_created ON payment (created)`,
	`CREATE INDEX payment_due ON payment (due) WHERE due <> ''`,
	`CREATE INDEX payment_batch ON payment (batch)`,
	`CREATE UNIQUE INDEX payment_ksn ON payment (ksn) WHERE ksn IS NOT NULL`,
	`CREATE TABLE vault (
	payment TEXT NOT NULL REFERENCES payment (id), part TEXT NOT NULL CHECK (part IN ('seal', 'extra')),
	batch INTEGER NOT NULL, sealed BLOB NOT NULL,
	PRIMARY KEY (payment, part)
) STRICT`,
	`CREATE TRIGGER event_keep BEFORE UPDATE ON event BEGIN SELECT raise(ABORT, 'events are append-only'); END`,
	`CREATE TRIGGER event_stay BEFORE DELETE ON event BEGIN SELECT raise(ABORT, 'events are append-only'); END`,
	`CREATE TRIGGER payment_keep BEFORE UPDATE OF id, ref, seq, kind, ksn ON payment
	WHEN old.id <> new.id OR old.ref <> new.ref OR old.seq <> new.seq OR old.kind <> new.kind OR old.ksn IS NOT new.ksn
	BEGIN SELECT raise(ABORT, 'id, ref, seq, kind and ksn of a payment stay'); END`,
	`CREATE TRIGGER payment_stay BEFORE DELETE ON payment BEGIN SELECT raise(ABORT, 'payments stay'); END`,
	`CREATE TRIGGER head_stay BEFORE DELETE ON head BEGIN SELECT raise(ABORT, 'the head stays'); END`,
}

// writerURI opens the journal for the one writer. The short forms of the settings are checked by the
// driver; a misspelt _pragma is silently ignored, so checkSettings reads everything back.
func writerURI(path string) string {
	return fmt.Sprintf("%s?_busy_timeout=%d&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_txlock=immediate&_defensive=1&_dqs=0"+
		"&_pragma=secure_delete(1)&_pragma=journal_size_limit(%d)&_pragma=cell_size_check(1)&_pragma=trusted_schema(0)",
		fileURI(path), busyTimeoutMS, walLimitBytes)
}

func readerURI(path string) string {
	return fmt.Sprintf("%s?mode=ro&_busy_timeout=%d&_dqs=0&_pragma=query_only(1)&_pragma=cell_size_check(1)", fileURI(path), busyTimeoutMS)
}

// fileURI must start with "file:", or SQLite drops mode=ro and opens for writing.
func fileURI(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return "file:" + strings.ReplaceAll((&url.URL{Path: path}).EscapedPath(), "?", "%3f")
}

// setting is one value that must be in force before a sale is taken.
type setting struct{ pragma, want string }

var writerSettings = []setting{
	{"journal_mode", "wal"},
	{"synchronous", "2"},
	{"foreign_keys", "1"},
	{"secure_delete", "1"},
	{"busy_timeout", fmt.Sprint(busyTimeoutMS)},
	{"journal_size_limit", fmt.Sprint(walLimitBytes)},
}

var readerSettings = []setting{{"query_only", "1"}, {"journal_mode", "wal"}, {"busy_timeout", fmt.Sprint(busyTimeoutMS)}}

// checkSettings reads the settings back and errs with journal.settings if one is not in force.
func checkSettings(ctx context.Context, c *sql.Conn, all []setting) error {
	for _, s := range all {
		var got string
		if err := c.QueryRowContext(ctx, "PRAGMA "+s.pragma).Scan(&got); err != nil {
			return err
		}
		if got != s.want {
			return pos.NewError(pos.CodeJournalSettings, s.pragma).WithDetail("%s is %q, not %q", s.pragma, got, s.want)
		}
	}
	return nil
}

func setPragma(name string, value int) string { return fmt.Sprintf("PRAGMA %s = %d", name, value) }
