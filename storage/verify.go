package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"

	"github.com/tillpos/till/pos"
)

// Verification is what a look at the whole journal found.
type Verification struct {
	OK   bool
	Rows int64  // events
	Head string // the last hash as base32 text; compare it with a printed one
	// FirstBad names the first row that is not as it was written: "event 17", "payment ID", "head" or
	// "schema"; empty if all is well.
	FirstBad string
}

// Verify computes the chain anew, checks the head's MAC and count, and compares every payment with the
// last event that changed it. All of it is read in one snapshot, while the terminal may go on selling.
// The error says that the journal could not be read.
func (j *Journal) Verify(ctx context.Context) (v Verification, err error) {
	err = j.lend(func(db *sql.DB) error {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return err
		}
		defer tx.Rollback()
		w := verifier{ctx: ctx, tx: tx, master: j.master, last: map[string]lastEvent{}}
		v, err = w.run()
		return err
	})
	return v, err
}

// lastEvent is what the newest event of a payment says it is.
type lastEvent struct {
	n    int64
	body [sha256.Size]byte // of body and fingerprint
}

type verifier struct {
	ctx    context.Context
	tx     *sql.Tx
	master master
	last   map[string]lastEvent
	seq    int64
}

func bodyHash(text, fingerprint []byte) [sha256.Size]byte {
	return sha256.Sum256(canonical(string(text), string(fingerprint)))
}

func (w *verifier) run() (Verification, error) {
	h, mac, check, err := scanHead(w.tx.QueryRowContext(w.ctx, `SELECT `+headColumns+` FROM head`))
	if err != nil {
		if primary(err) != 0 || w.ctx.Err() != nil {
			return Verification{}, err
		}
		return Verification{FirstBad: "head"}, nil
	}
	v := Verification{}
	hash, bad, err := w.chain(h, &v)
	if err != nil {
		return Verification{}, err
	}
	v.Head = words(hash)
	for _, step := range []func() (string, error){
		func() (string, error) { return bad, nil },
		func() (string, error) {
			if v.Rows != h.events || !bytes.Equal(hash, h.hash) || !bytes.Equal(mac, h.mac(w.master.head)) ||
				!bytes.Equal(check, keyCheck(h.tag, w.master.check)) {
				return "head", nil
			}
			return "", nil
		},
		w.payments,
		func() (string, error) {
			if w.seq != h.seq {
				return "head", nil
			}
			return "", nil
		},
		w.schema,
	} {
		if v.FirstBad, err = step(); err != nil {
			return Verification{}, err
		}
		if v.FirstBad != "" {
			return v, nil
		}
	}
	v.OK = true
	return v, nil
}

// chain walks the events and gives the last good hash and the first bad row.
func (w *verifier) chain(h head, v *Verification) (hash []byte, bad string, err error) {
	hash = genesis(h.tag)
	var links linker
	rows, err := w.tx.QueryContext(w.ctx, `SELECT n, kind, payment, at, clerk, reason, detail, body, fingerprint, hash FROM event ORDER BY n`)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	for rows.Next() {
		var r eventRow
		if err := rows.Scan(&r.n, &r.kind, &r.payment, &r.at, &r.clerk, &r.reason, &r.detail, &r.body, &r.fingerprint, &r.hash); err != nil {
			return nil, "", err
		}
		v.Rows++
		if bad != "" {
			continue
		}
		stored, err := uncomb(r.hash)
		next := links.link(hash, &r)
		if err != nil || r.n != v.Rows || !bytes.Equal(stored, next) {
			bad = fmt.Sprintf("event %d", v.Rows)
			continue
		}
		hash = next
		if r.body != "" {
			w.last[r.payment] = lastEvent{r.n, bodyHash([]byte(r.body), r.fingerprint)}
		}
	}
	return hash, bad, rows.Err()
}

// payments compares the derived rows with the events.
func (w *verifier) payments() (bad string, err error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT id, ref, seq, kind, state, open, sale, parent, fingerprint, created, due, batch, coalesce(ksn, ''), event, body FROM payment ORDER BY seq`)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		var p paymentRow
		if err := rows.Scan(&p.id, &p.ref, &p.seq, &p.kind, &p.state, &p.open, &p.sale, &p.parent, &p.fingerprint, &p.created, &p.due, &p.batch, &p.ksn, &p.event, &p.body); err != nil {
			return "", err
		}
		if !w.derived(p) {
			return "payment " + p.id, nil
		}
		w.seq = max(w.seq, p.seq)
		delete(w.last, p.id)
	}
	if err := rows.Err(); err != nil {
		return "", err
	}
	for id := range w.last {
		return "payment " + id, nil // it has events and no row
	}
	return "", nil
}

type paymentRow struct {
	id, ref, kind, state, sale, parent, created, due, ksn string
	seq, open, batch, event                               int64
	fingerprint, body                                     []byte
}

// derived says that the row is what its last event makes it.
func (w *verifier) derived(r paymentRow) bool {
	last, ok := w.last[r.id]
	if !ok || last.n != r.event || last.body != bodyHash(r.body, r.fingerprint) {
		return false
	}
	p, err := decodePayment(r.body, r.fingerprint)
	if err != nil {
		return false
	}
	return p.ID == r.id && p.Ref == r.ref && p.Seq == r.seq && p.Kind == pos.Kind(r.kind) && p.State == pos.State(r.state) &&
		openFlag(p.State) == r.open && p.Sale == r.sale && p.Parent == r.parent && timeText(p.Created) == r.created &&
		timeText(p.Due) == r.due && p.Batch == r.batch && ksnText(p.KSN) == r.ksn
}

// schema finds a table, index or trigger that was removed, added or changed.
func (w *verifier) schema() (string, error) {
	rows, err := w.tx.QueryContext(w.ctx, `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL`)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	missing := map[string]bool{}
	for _, s := range schema {
		missing[s] = true
	}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return "", err
		}
		if !missing[text] {
			return "schema", nil
		}
		delete(missing, text)
	}
	if len(missing) > 0 {
		return "schema", rows.Err()
	}
	return "", rows.Err()
}
