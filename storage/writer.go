package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash"

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

	// What this connection wrote of each payment: staged in the open transaction, known since its commit. It
	// is the only writer, so that what it knows needs no look into the table.
	staged, known map[string]identity

	// Used again for every row.
	mac   hash.Hash
	links linker
	clock clock
	text  []byte
	args  []any

	begin, commit, rollback                                 *sql.Stmt
	putEvent, findPayment, addPayment, putPayment, moveHead *sql.Stmt
	putSealed, dropSealed, listSealed, checkpoint           *sql.Stmt
}

func newWriter(ctx context.Context, path string, headKey []byte) (w *writer, err error) {
	w = &writer{staged: map[string]identity{}, known: map[string]identity{}, mac: headMAC(headKey)}
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
		// No conflict clause: a new payment that is there already is an error.
		{&w.addPayment, `INSERT INTO payment (id, ref, seq, kind, state, open, sale, parent, fingerprint, created, due, batch, ksn, event, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&w.putPayment, `INSERT INTO payment (id, ref, seq, kind, state, open, sale, parent, fingerprint, created, due, batch, ksn, event, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET state = excluded.state, open = excluded.open, sale = excluded.sale, parent = excluded.parent,
			fingerprint = excluded.fingerprint, created = excluded.created, due = excluded.due, batch = excluded.batch, ksn = excluded.ksn,
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
func (w *writer) put(ctx context.Context, h *head, p *pos.Payment, e *pos.Event) error {
	if p.ID == "" {
		return w.event(ctx, h, e, "", nil)
	}
	fresh := p.Seq > h.seq
	if err := w.allow(ctx, p, fresh); err != nil {
		return err
	}
	b, err := bodyOf(p, w.clock.write)
	if err != nil {
		return err
	}
	w.text = b.appendTo(w.text[:0])
	body, fingerprint := string(w.text), combed(p.Instrument.Fingerprint)
	h.seq = max(h.seq, p.Seq)
	if err := w.event(ctx, h, e, body, fingerprint); err != nil {
		return err
	}
	write := w.putPayment
	if fresh {
		write = w.addPayment
	}
	w.args = append(w.args[:0], b.ID, b.Ref, b.Seq, string(b.Kind), string(b.State), openFlag(b.State), b.Sale, b.Parent, fingerprint,
		b.Created, b.Due, b.Batch, ksnColumn(b.KSN), h.events, body)
	if _, err = write.ExecContext(ctx, w.args...); err != nil && usedKSN(err) {
		return pos.NewError(pos.CodePINPadProtocol).WithDetail("a PIN block of the pad's transaction %d was sent before", p.KSN.Counter())
	}
	return err
}

// event writes the next row of the chain and moves the head h to it.
func (w *writer) event(ctx context.Context, h *head, e *pos.Event, body string, fingerprint []byte) error {
	w.text = appendDetail(w.text[:0], e.Detail)
	r := eventRow{n: h.events + 1, kind: string(e.Kind), payment: e.Payment, at: w.clock.write(e.At), clerk: e.Clerk, reason: e.Reason,
		detail: string(w.text), body: body, fingerprint: fingerprint}
	h.events, h.hash = r.n, w.links.link(h.hash, &r)
	w.args = append(w.args[:0], r.n, r.kind, r.payment, r.at, r.clerk, r.reason, r.detail, r.body, r.fingerprint, comb(h.hash))
	_, err := w.putEvent.ExecContext(ctx, w.args...)
	return err
}

func openFlag(s pos.State) int64 {
	if s.Open() {
		return 1
	}
	return 0
}

// identity is what may not change of a payment, and the state it is in.
type identity struct {
	ref   string
	seq   int64
	kind  pos.Kind
	state pos.State
}

// mostKnown bounds the memory of written payments; few are under way at a time.
const mostKnown = 64

// keep makes known what the committed transaction wrote of payments that are still under way.
func (w *writer) keep() {
	if len(w.known) > mostKnown {
		clear(w.known)
	}
	for id, now := range w.staged {
		delete(w.known, id)
		if now.state == pos.StateSending {
			w.known[id] = now
		}
	}
	clear(w.staged)
}

// allow errs with ErrTransition unless the payment may become what it is to become. fresh says that its
// seq is higher than any before, so that no row of it can be there.
func (w *writer) allow(ctx context.Context, p *pos.Payment, fresh bool) error {
	old, err := w.identity(ctx, p, fresh)
	if err != nil {
		return err
	}
	if old.ref != p.Ref || old.seq != p.Seq || old.kind != p.Kind {
		return fmt.Errorf("%w: ref, seq and kind of %s stay", ErrTransition, p.ID)
	}
	if p.State == "" || !old.state.CanBecome(p.State) {
		return fmt.Errorf("%w: %s from %q to %q", ErrTransition, p.ID, old.state, p.State)
	}
	w.staged[p.ID] = identity{p.Ref, p.Seq, p.Kind, p.State}
	return nil
}

// identity is the payment as it now stands; of a new one, with no state.
func (w *writer) identity(ctx context.Context, p *pos.Payment, fresh bool) (identity, error) {
	if old, there := w.staged[p.ID]; there {
		return old, nil
	}
	if old, there := w.known[p.ID]; there {
		return old, nil
	}
	unborn := identity{ref: p.Ref, seq: p.Seq, kind: p.Kind}
	if fresh {
		return unborn, nil
	}
	var old identity
	err := w.findPayment.QueryRowContext(ctx, p.ID).Scan(&old.ref, &old.seq, &old.kind, &old.state)
	if errors.Is(err, sql.ErrNoRows) {
		return unborn, nil
	}
	return old, err
}

// setHead writes the head under a new MAC.
func (w *writer) setHead(ctx context.Context, h *head) error {
	w.args = append(w.args[:0], h.seq, h.batch, h.events, comb(h.hash), comb(h.macBy(w.mac)))
	_, err := w.moveHead.ExecContext(ctx, w.args...)
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
