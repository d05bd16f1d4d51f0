package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // the driver of the journal

	"github.com/tillpos/till/pos"
)

// The settings and statements of package storage, once more: a floor that used the journal's own code
// would measure the journal against itself. Replayed rows are compared with the original at the end, so
// that a floor that has fallen behind shows.
const (
	writerSettings = "?_busy_timeout=5000&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_txlock=immediate&_defensive=1&_dqs=0" +
		"&_pragma=secure_delete(1)&_pragma=journal_size_limit(8388608)&_pragma=cell_size_check(1)&_pragma=trusted_schema(0)"
	readerSettings = "?mode=ro&_busy_timeout=5000&_dqs=0&_pragma=query_only(1)&_pragma=cell_size_check(1)"

	putEvent   = `INSERT INTO event (n, kind, payment, at, clerk, reason, detail, body, fingerprint, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	addPayment = `INSERT INTO payment (id, ref, seq, kind, state, open, sale, parent, fingerprint, created, due, batch, ksn, event, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	putPayment = addPayment + `
			ON CONFLICT (id) DO UPDATE SET state = excluded.state, open = excluded.open, sale = excluded.sale, parent = excluded.parent,
			fingerprint = excluded.fingerprint, created = excluded.created, due = excluded.due, batch = excluded.batch, ksn = excluded.ksn,
			event = excluded.event, body = excluded.body`
	moveHead = `UPDATE head SET seq = ?, batch = ?, events = ?, hash = ?, mac = ? WHERE one = 1`

	allEvents   = `SELECT n, kind, payment, at, clerk, reason, detail, body, fingerprint, hash FROM event ORDER BY n`
	allPayments = `SELECT id, ref, seq, kind, state, open, sale, parent, fingerprint, created, due, batch, ksn, event, body FROM payment ORDER BY seq`
)

func fileURI(path, settings string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + settings
}

// commit is one transaction of the journal as values: an event, what the payment became by it, the head.
type commit struct {
	event, payment, head []any
	fresh                bool // the payment is new
}

// original reads what a journal wrote.
type original struct {
	db   *sql.DB
	last int64 // number of the last event that was read
	seq  int64 // highest of a payment so far
}

func openOriginal(path string) (*original, error) {
	db, err := sql.Open("sqlite", fileURI(path, readerSettings))
	if err != nil {
		return nil, err
	}
	return &original{db: db}, nil
}

func (o *original) close() { o.db.Close() }

// fresh gives the commits that came since the last call. A sale whose answer arrives makes two commits
// of one event each, and nothing else is measured here, so an event of a payment is a commit. What a start
// journals of its configuration is none.
func (o *original) fresh(ctx context.Context) ([]commit, error) {
	var mac []byte
	if err := o.db.QueryRowContext(ctx, `SELECT mac FROM head`).Scan(&mac); err != nil {
		return nil, err
	}
	rows, err := o.db.QueryContext(ctx, `SELECT n, kind, payment, at, clerk, reason, detail, body, fingerprint, hash FROM event
		WHERE n > ? AND payment <> '' ORDER BY n`, o.last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []commit
	for rows.Next() {
		var n int64
		var kind, payment, at, clerk, reason, detail, body string
		var fingerprint, hash []byte
		if err := rows.Scan(&n, &kind, &payment, &at, &clerk, &reason, &detail, &body, &fingerprint, &hash); err != nil {
			return nil, err
		}
		c := commit{event: []any{n, kind, payment, at, clerk, reason, detail, body, blob(fingerprint), hash}}
		var seq, batch int64
		if c.payment, seq, batch, err = derived(n, body, fingerprint); err != nil {
			return nil, err
		}
		c.fresh = seq > o.seq
		o.seq = max(o.seq, seq)
		// The head of an older event is gone; its MAC has the size of the present one's.
		c.head = []any{seq, batch, n, hash, mac}
		out = append(out, c)
		o.last = n
	}
	return out, rows.Err()
}

// blob keeps an absent column NULL: a nil slice in an interface is no nil.
func blob(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// derived makes the row of table payment of an event's body.
func derived(n int64, body string, fingerprint []byte) (columns []any, seq, batch int64, err error) {
	var p struct {
		ID, Ref, Kind, Sale, Parent, Created, Due string
		State                                     pos.State
		Seq, Batch                                int64
	}
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		return nil, 0, 0, fmt.Errorf("event %d: %w", n, err)
	}
	open := int64(0)
	if p.State.Open() {
		open = 1
	}
	return []any{p.ID, p.Ref, p.Seq, p.Kind, string(p.State), open, p.Sale, p.Parent, blob(fingerprint), p.Created, p.Due, p.Batch, nil, n, body}, p.Seq, p.Batch, nil
}

// replayer writes commits into a second journal file with database/sql alone.
type replayer struct {
	db                                         *sql.DB
	conn                                       *sql.Conn
	begin, event, add, payment, head, commitIt *sql.Stmt
}

// openReplayer opens a journal file that package storage has made and closed.
func openReplayer(ctx context.Context, path string) (r *replayer, err error) {
	r = &replayer{}
	if r.db, err = sql.Open("sqlite", fileURI(path, writerSettings)); err != nil {
		return nil, err
	}
	r.db.SetMaxOpenConns(1)
	if r.conn, err = r.db.Conn(ctx); err != nil {
		r.db.Close()
		return nil, err
	}
	for _, s := range []struct {
		to   **sql.Stmt
		text string
	}{{&r.begin, `BEGIN IMMEDIATE`}, {&r.event, putEvent}, {&r.add, addPayment}, {&r.payment, putPayment}, {&r.head, moveHead}, {&r.commitIt, `COMMIT`}} {
		if *s.to, err = r.conn.PrepareContext(ctx, s.text); err != nil {
			r.close()
			return nil, err
		}
	}
	return r, nil
}

func (r *replayer) close() {
	r.conn.Close()
	r.db.Close()
}

// write makes one commit durable.
func (r *replayer) write(c commit) error {
	// Without a cancel: the driver would start a goroutine for each statement to watch for it.
	ctx := context.Background()
	payment := r.payment
	if c.fresh {
		payment = r.add
	}
	for _, step := range []struct {
		s      *sql.Stmt
		values []any
	}{{r.begin, nil}, {r.event, c.event}, {payment, c.payment}, {r.head, c.head}, {r.commitIt, nil}} {
		if _, err := step.s.ExecContext(ctx, step.values...); err != nil {
			return err
		}
	}
	return nil
}

// sameRows errs unless the replayed file holds exactly the rows of the original.
func sameRows(ctx context.Context, o *original, r *replayer) error {
	for _, query := range []string{allEvents, allPayments} {
		want, err := dump(ctx, o.db, query)
		if err != nil {
			return err
		}
		got, err := dump(ctx, r.conn, query)
		if err != nil {
			return err
		}
		if !bytes.Equal(want, got) {
			return fmt.Errorf("the replay wrote other rows than the journal: %d bytes, not %d", len(got), len(want))
		}
	}
	return nil
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func dump(ctx context.Context, q querier, query string) ([]byte, error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values := make([]sql.RawBytes, len(columns))
	into := make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var out []byte
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for _, v := range values {
			out = fmt.Appendf(out, "%d:", len(v))
			out = append(out, v...)
		}
	}
	return out, rows.Err()
}
