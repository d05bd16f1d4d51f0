package storage

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/tillpos/till/pos"
)

// Append makes the changes durable, all or none, in one transaction with one fsync. Nil means that they
// are on disk. An error with code journal.unknown means that they may be; then every Append tries first
// to find out, and writes nothing until it has. Any other error means that surely nothing was written:
// journal.write (ErrTransition, two payments with one ref or seq, a failing disk), journal.full,
// journal.busy, journal.read_only, or ctx's own error. Every Change.Seal is wiped, whatever comes of it.
func (j *Journal) Append(ctx context.Context, changes ...pos.Change) error {
	defer func() {
		for _, c := range changes {
			clear(c.Seal)
		}
	}()
	if len(changes) == 0 {
		return nil
	}
	if err := j.take(ctx); err != nil {
		return err
	}
	defer j.give()
	if err := j.trust(ctx); err != nil {
		return err
	}
	return j.write(ctx, changes)
}

// Audit appends an event that belongs to no payment's state: a login, a reprint, a configuration change.
func (j *Journal) Audit(ctx context.Context, e pos.Event) error {
	if e.Kind == "" {
		e.Kind = pos.EventAudit
	}
	return j.Append(ctx, pos.Change{Event: e})
}

// trust opens the connections again if the last commit left doubt.
func (j *Journal) trust(ctx context.Context) error {
	if !j.doubt {
		return nil
	}
	if err := j.reopen(ctx); err != nil {
		return pos.NewError(pos.CodeJournalWrite, j.options.Path).WithDetail("not usable since a commit failed").Because(err)
	}
	return nil
}

func (j *Journal) write(ctx context.Context, changes []pos.Change) error {
	path := j.options.Path
	before := j.head // only the one who has the turn writes it
	next := before
	box, err := j.boxFor(changes)
	if err != nil {
		return keyFailure(err, j.keys.path(before.batch))
	}
	// A cancel is looked at here and once before COMMIT: an interrupted COMMIT would leave doubt, and for
	// every statement that can be cancelled the driver starts a goroutine.
	if err := ctx.Err(); err != nil {
		return err
	}
	steady := context.WithoutCancel(ctx)
	if _, err := j.writer.begin.ExecContext(steady); err != nil {
		return failure(err, path, pos.CodeJournalWrite)
	}
	erased, err := j.fill(steady, &next, changes, box)
	if err == nil {
		err = j.writer.setHead(steady, &next)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		j.undo(steady)
		return failure(err, path, pos.CodeJournalWrite)
	}
	if _, err := j.writer.commit.ExecContext(steady); err != nil {
		return j.settle(steady, err, before, next)
	}
	j.writer.keep()
	j.moved(next)
	j.erased = j.erased || erased
	j.sweep(steady)
	return nil
}

// fill writes all changes into the open transaction and says whether sealed data were removed.
func (j *Journal) fill(ctx context.Context, h *head, changes []pos.Change, box cipher.AEAD) (erased bool, err error) {
	for _, c := range changes {
		e := c.Event
		if e.At.IsZero() {
			e.At = j.options.Now()
		}
		if e.Kind == "" && c.Payment.ID == "" {
			e.Kind = pos.EventAudit
		}
		if c.Payment.ID != "" {
			e.Payment = c.Payment.ID
		}
		if err := j.writer.put(ctx, h, &c.Payment, &e); err != nil {
			return false, err
		}
		gone, err := j.store(ctx, h.batch, c, box)
		if err != nil {
			return false, err
		}
		erased = erased || gone
	}
	return erased, nil
}

// undo ends a transaction whose COMMIT was not sent. If even that fails, the connection is not used again.
func (j *Journal) undo(ctx context.Context) {
	clear(j.writer.staged)
	if _, err := j.writer.rollback.ExecContext(ctx); err != nil {
		j.doubt = true
	}
}

func (j *Journal) moved(h head) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.head = h
}

// settle finds out what an error of COMMIT means. The commit frame is the last thing written before the
// fsync, so an error of writing (disk full) cannot have left it; after any other error it may be there.
func (j *Journal) settle(ctx context.Context, cause error, before, next head) error {
	path := j.options.Path
	if neverWritten(cause) {
		j.undo(ctx)
		if h, err := j.readHead(ctx, j.writer.conn); err == nil && h.events == before.events {
			return failure(cause, path, pos.CodeJournalWrite)
		}
	}
	if err := j.reopen(ctx); err != nil {
		return pos.NewError(pos.CodeJournalUnknown, path).WithDetail("COMMIT failed and the journal cannot be read back").Because(errors.Join(cause, err))
	}
	switch {
	case j.head.events == next.events && string(j.head.hash) == string(next.hash):
		return nil
	case j.head.events == before.events && string(j.head.hash) == string(before.hash):
		return pos.NewError(pos.CodeJournalWrite, path).Because(cause)
	}
	j.doubt = true
	return pos.NewError(pos.CodeJournalUnknown, path).WithDetail("the head is at event %d, neither at %d nor at %d", j.head.events, before.events, next.events).Because(cause)
}

func neverWritten(err error) bool {
	code := extended(err)
	return code == sqlite3.SQLITE_FULL || code == sqlite3.SQLITE_IOERR_WRITE
}

// reopen drops every connection of this process, so that SQLite reads the log from the disk again, and
// moves what it finds into the database. After a failed fsync the kernel may count pages of the log as
// written that are not; the checkpoint writes the pages anew, and only then is what we see durable (or,
// if it is not there, surely gone).
func (j *Journal) reopen(ctx context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.doubt = true
	j.disconnect()
	if err := j.connect(ctx); err != nil {
		j.disconnect()
		return err
	}
	if err := j.writer.truncate(ctx); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	j.doubt = false
	return nil
}

// sweep empties the log after sealed data were erased: secure_delete has overwritten them in the
// database, the log still holds the old page. Readers may hold it; then the next Append tries again.
func (j *Journal) sweep(ctx context.Context) {
	if !j.erased {
		return
	}
	// A sale does not wait for a report to end.
	if _, err := j.writer.conn.ExecContext(ctx, "PRAGMA busy_timeout = 0"); err != nil {
		return
	}
	j.erased = j.writer.truncate(ctx) != nil
	if _, err := j.writer.conn.ExecContext(ctx, setPragma("busy_timeout", busyTimeoutMS)); err != nil {
		j.doubt = true
	}
}
