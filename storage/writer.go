package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tillpos/till/pos"
)

// ErrTransition says that a payment was to take a state that its present one cannot lead to, or another
// ref, seq or kind. Append wraps it in an error with code journal.write: nothing was written.
var ErrTransition = errors.New("storage: the payment cannot become that")

// writer is the one connection that writes, with its prepared statements.
type writer struct {
	db   *sql.DB
	conn *sql.Conn
	all  []*sql.Stmt

	begin, commit, rollback                       *sql.Stmt
	putEvent, findPayment, putPayment, moveHead   *sql.Stmt
	putSealed, dropSealed, listSealed, checkpoint *sql.Stmt
}

func newWriter(ctx context.Context, path string) (w *writer, err error) {
	w = &writer{}
	if w.db, err = sql.Open("sqlite", writerURI(path)); err != nil {
		return nil, err
	}
	w.db.SetMaxOpenConns(1)
	if err = w.prepare(ctx); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *writer) prepare(ctx context.Context) (err error) {
	if w.conn, err = w.db.Conn(ctx); err != nil {
		return err
	}
	if err = checkSettings(ctx, w.conn, writerSettings); err != nil {
		return err
	}
	for _, s := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&w.begin, `BEGIN IMMEDIATE`},
		{&w.commit, `COMMIT`},
		{&w.rollback, `ROLLBACK`},
		{&w.putEvent, `INSERT INTO event (n, kind, payment, at, clerk, reason, detail, body, fingerprint, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&w.findPayment, `SELECT ref, seq, kind, state FROM payment WHERE id = ?`},
		{&w.putPayment, `INSERT INTO payment (id, ref, seq, kind, state, open, sale, parent, fingerprint, created, due, batch, event, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET state = excluded.state, open = excluded.open, sale = excluded.sale, parent = excluded.parent,
			fingerprint = excluded.fingerprint, created = excluded.created, due = excluded.due, batch = excluded.batch,
			event = excluded.event, body = excluded.body`},
		{&w.moveHead, `UPDATE head SET seq = ?, batch = ?, events = ?, hash = ?, mac = ? WHERE one = 1`},
		{&w.putSealed, `INSERT INTO vault (payment, part, batch, sealed) VALUES (?, ?, ?, ?)
			ON CONFLICT (payment, part) DO UPDATE SET batch = excluded.batch, sealed = excluded.sealed`},
		{&w.dropSealed, `DELETE FROM vault WHERE payment = ?`},
		{&w.listSealed, `SELECT v.payment, v.part, v.batch, v.sealed, p.state FROM vault v JOIN payment p ON p.id = v.payment WHERE v.batch <> ? ORDER BY p.seq, v.part`},
		{&w.checkpoint, `PRAGMA wal_checkpoint(TRUNCATE)`},
	} {
		if *s.to, err = w.conn.PrepareContext(ctx, s.text); err != nil {
			return err
		}
		w.all = append(w.all, *s.to)
	}
	return nil
}

// close ends the statements first: SQLite keeps a connection with an open statement alive, and with it
// the log and its index.
func (w *writer) close() {
	for _, s := range w.all {
		s.Close()
	}
	if w.conn != nil {
		w.conn.Close()
	}
	w.db.Close()
}

// put writes the event, and the payment if the change is of one, and moves the head h along.
func (w *writer) put(ctx context.Context, h *head, c pos.Change, e pos.Event) error {
	p := c.Payment
	body, fingerprint := "", []byte(nil)
	if p.ID != "" {
		if err := w.allow(ctx, p); err != nil {
			return err
		}
		var err error
		if body, err = encodePayment(p); err != nil {
			return err
		}
		fingerprint = combed(p.Instrument.Fingerprint)
		h.seq = max(h.seq, p.Seq)
	}
	row, err := newEventRow(h.events+1, e, e.At, body, fingerprint)
	if err != nil {
		return err
	}
	h.events, h.hash = row.n, row.link(h.hash)
	if _, err := w.putEvent.ExecContext(ctx, row.n, row.kind, row.payment, row.at, row.clerk, row.reason, row.detail, row.body, row.fingerprint, comb(h.hash)); err != nil {
		return err
	}
	if p.ID == "" {
		return nil
	}
	_, err = w.putPayment.ExecContext(ctx, p.ID, p.Ref, p.Seq, string(p.Kind), string(p.State), openFlag(p), p.Sale, p.Parent, fingerprint,
		timeText(p.Created), timeText(p.Due), p.Batch, row.n, body)
	return err
}

func openFlag(p pos.Payment) int64 {
	if p.State.Open() {
		return 1
	}
	return 0
}

// allow errs with ErrTransition unless the payment may become what it is to become.
func (w *writer) allow(ctx context.Context, p pos.Payment) error {
	var old pos.Payment
	err := w.findPayment.QueryRowContext(ctx, p.ID).Scan(&old.Ref, &old.Seq, &old.Kind, &old.State)
	if errors.Is(err, sql.ErrNoRows) {
		err, old.Ref, old.Seq, old.Kind = nil, p.Ref, p.Seq, p.Kind
	}
	if err != nil {
		return err
	}
	if old.Ref != p.Ref || old.Seq != p.Seq || old.Kind != p.Kind {
		return fmt.Errorf("%w: ref, seq and kind of %s stay", ErrTransition, p.ID)
	}
	if p.State == "" || !old.State.CanBecome(p.State) {
		return fmt.Errorf("%w: %s from %q to %q", ErrTransition, p.ID, old.State, p.State)
	}
	return nil
}

// setHead writes the head under a new MAC.
func (w *writer) setHead(ctx context.Context, h head, m master) error {
	_, err := w.moveHead.ExecContext(ctx, h.seq, h.batch, h.events, comb(h.hash), comb(h.mac(m.head)))
	return err
}

var errReaders = errors.New("readers hold the log")

// truncate moves the whole log into the database, durably, and empties it.
func (w *writer) truncate(ctx context.Context) error {
	var busy, log, moved int
	if err := w.checkpoint.QueryRowContext(ctx).Scan(&busy, &log, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return errReaders
	}
	return nil
}
