package storage

import (
	"context"
	"crypto/cipher"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/tillpos/till/pos"
)

// The two parts of what is sealed for a payment.
const (
	partSeal  = "seal"  // Change.Seal
	partExtra = "extra" // Change.Extra, as JSON
)

// sealLabel is the associated data: a sealed part moved to another payment or part does not open.
func sealLabel(id, part string) []byte { return canonical("sealed", id, part) }

// extraBody is an Extra as it is sealed; the names are part of the file format.
type extraBody struct {
	Processor string
	Data      json.RawMessage
}

func hasExtra(e pos.Extra) bool { return e.Processor != "" || len(e.Data) > 0 }

// boxFor gives the open batch's cipher if a change has something to seal; most have not, and then no
// key file is touched.
func (j *Journal) boxFor(changes []pos.Change) (cipher.AEAD, error) {
	for _, c := range changes {
		if c.Seal != nil || hasExtra(c.Extra) {
			return j.keys.obtain(j.head.batch)
		}
	}
	return nil, nil
}

// store erases and seals what the change says, in the open transaction. It says whether rows were removed.
func (j *Journal) store(ctx context.Context, batch int64, c pos.Change, box cipher.AEAD) (erased bool, err error) {
	id := c.Payment.ID
	if id == "" && (c.Seal != nil || c.Erase || hasExtra(c.Extra)) {
		return false, errors.New("an audit event seals nothing")
	}
	if c.Erase {
		done, err := j.writer.dropSealed.ExecContext(ctx, id)
		if err != nil {
			return false, err
		}
		n, err := done.RowsAffected()
		if err != nil {
			return false, err
		}
		erased = n > 0
	}
	if c.Seal != nil {
		if err := j.putSealed(ctx, batch, id, partSeal, c.Seal, box); err != nil {
			return false, err
		}
	}
	if hasExtra(c.Extra) {
		clear, err := json.Marshal(extraBody{c.Extra.Processor, json.RawMessage(c.Extra.Data)})
		if err != nil {
			return false, err
		}
		defer wipe(clear)
		if err := j.putSealed(ctx, batch, id, partExtra, clear, box); err != nil {
			return false, err
		}
	}
	return erased, nil
}

func wipe(b []byte) { clear(b) }

func (j *Journal) putSealed(ctx context.Context, batch int64, id, part string, plain []byte, box cipher.AEAD) error {
	sealed, err := seal(box, j.options.Random, plain, sealLabel(id, part))
	if err != nil {
		return err
	}
	_, err = j.writer.putSealed.ExecContext(ctx, id, part, batch, comb(sealed))
	return err
}

// Unseal gives back what Change.Seal and Change.Extra sealed, nil and the zero value if nothing is. The
// caller wipes sealed. An error has code journal.key if the batch's key is gone or does not fit.
func (j *Journal) Unseal(ctx context.Context, id string) (sealed []byte, extra pos.Extra, err error) {
	err = j.lend(func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, `SELECT part, batch, sealed FROM vault WHERE payment = ?`, id)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var part string
			var batch int64
			var combed []byte
			if err := rows.Scan(&part, &batch, &combed); err != nil {
				return err
			}
			plain, err := j.unsealRow(id, part, batch, combed)
			if err != nil {
				return err
			}
			if part == partSeal {
				sealed = plain
				continue
			}
			var b extraBody
			err = json.Unmarshal(plain, &b)
			wipe(plain)
			if err != nil {
				return keyFailure(fmt.Errorf("sealed data of %s: %w", id, err), j.keys.path(batch))
			}
			extra = pos.Extra{Processor: b.Processor, Data: pos.Secret(b.Data)}
		}
		return rows.Err()
	})
	if err != nil {
		wipe(sealed)
		return nil, pos.Extra{}, err
	}
	return sealed, extra, nil
}

func (j *Journal) unsealRow(id, part string, batch int64, combed []byte) ([]byte, error) {
	box, err := j.keys.load(batch)
	if err != nil {
		return nil, keyFailure(err, j.keys.path(batch))
	}
	raw, err := uncomb(combed)
	if err != nil {
		return nil, keyFailure(fmt.Errorf("sealed data of %s: %w", id, err), j.keys.path(batch))
	}
	plain, err := open(box, raw, sealLabel(id, part))
	if err != nil {
		return nil, keyFailure(fmt.Errorf("sealed data of %s: %w", id, err), j.keys.path(batch))
	}
	return plain, nil
}

// final says that no processor will need anything sealed for a payment in this state again.
func final(s pos.State) bool {
	switch s {
	case pos.StateDeclined, pos.StateRefused, pos.StateNotSent, pos.StateReversed, pos.StateVoided, pos.StateSettled:
		return true
	}
	return false
}

// NextBatch opens the next batch: a new key, under which everything sealed for a payment that is not
// final is sealed again, in one commit with the new batch number; what belongs to final payments goes.
// After the commit the old key files are destroyed. A crash before the commit leaves the old batch open
// and a key that the next call uses; a crash after it leaves old key files, which Open destroys.
func (j *Journal) NextBatch(ctx context.Context) (batch int64, err error) {
	if err := j.take(ctx); err != nil {
		return 0, err
	}
	defer j.give()
	if err := j.trust(ctx); err != nil {
		return 0, err
	}
	before, next := j.head, j.head
	next.batch++
	box, err := j.keys.obtain(next.batch)
	if err != nil {
		return 0, keyFailure(err, j.keys.path(next.batch))
	}
	if _, err := j.writer.begin.ExecContext(ctx); err != nil {
		return 0, failure(err, j.options.Path, pos.CodeJournalWrite)
	}
	steady := context.WithoutCancel(ctx)
	if err := j.turnBatch(steady, &next, box); err != nil {
		j.undo(steady)
		return 0, failure(err, j.options.Path, pos.CodeJournalWrite)
	}
	if _, err := j.writer.commit.ExecContext(steady); err != nil {
		if err := j.settle(steady, err, before, next); err != nil {
			return 0, err
		}
	}
	j.moved(next)
	j.erased = true
	j.sweep(steady)
	return next.batch, j.dropOldKeys(steady)
}

func (j *Journal) turnBatch(ctx context.Context, next *head, box cipher.AEAD) error {
	e := pos.Event{Kind: pos.EventAudit, At: j.options.Now(), Detail: map[string]string{"batch": strconv.FormatInt(next.batch, 10)}, Reason: "batch key changed"}
	if err := j.writer.put(ctx, next, &pos.Payment{}, &e); err != nil {
		return err
	}
	if err := j.sealAgain(ctx, next.batch, box); err != nil {
		return err
	}
	return j.writer.setHead(ctx, next)
}

// sealedRow is one row of table vault with the state of its payment.
type sealedRow struct {
	id, part string
	batch    int64
	combed   []byte
	state    pos.State
}

func (j *Journal) sealAgain(ctx context.Context, batch int64, box cipher.AEAD) error {
	rows, err := j.oldSealed(ctx, batch)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if final(r.state) {
			if _, err := j.writer.dropSealed.ExecContext(ctx, r.id); err != nil {
				return err
			}
			continue
		}
		plain, err := j.unsealRow(r.id, r.part, r.batch, r.combed)
		if err != nil {
			return err
		}
		err = j.putSealed(ctx, batch, r.id, r.part, plain, box)
		wipe(plain)
		if err != nil {
			return err
		}
	}
	return nil
}

// oldSealed lists what is sealed under another key than that of batch.
func (j *Journal) oldSealed(ctx context.Context, batch int64) (out []sealedRow, err error) {
	rows, err := j.writer.listSealed.QueryContext(ctx, batch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r sealedRow
		if err := rows.Scan(&r.id, &r.part, &r.batch, &r.combed, &r.state); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// dropOldKeys destroys the key files of batches before the open one that nothing is sealed under.
func (j *Journal) dropOldKeys(ctx context.Context) error {
	have, err := j.keys.batches()
	if err != nil {
		return keyFailure(err, j.keys.folder)
	}
	open := j.head.batch
	have = slices.DeleteFunc(have, func(b int64) bool { return b >= open })
	if len(have) == 0 {
		return nil
	}
	used, err := j.oldSealed(ctx, open)
	if err != nil {
		return failure(err, j.options.Path, pos.CodeJournalDamaged)
	}
	for _, b := range have {
		if slices.ContainsFunc(used, func(r sealedRow) bool { return r.batch == b }) {
			continue
		}
		if err := destroyKey(j.keys.path(b)); err != nil {
			return keyFailure(err, j.keys.path(b))
		}
	}
	return nil
}
