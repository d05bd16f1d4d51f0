package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// Find gives one payment by id, or an error with code payment.not_found.
func (j *Journal) Find(ctx context.Context, id string) (p pos.Payment, err error) {
	err = j.lend(func(db *sql.DB) error {
		var text, fingerprint []byte
		err := db.QueryRowContext(ctx, `SELECT body, fingerprint FROM payment WHERE id = ?`, id).Scan(&text, &fingerprint)
		if errors.Is(err, sql.ErrNoRows) {
			return pos.NewError(pos.CodeNotFound, id)
		}
		if err != nil {
			return err
		}
		p, err = decodePayment(text, fingerprint)
		return err
	})
	return p, err
}

// LastAudit gives the newest audit event whose detail "what" is so; false if there is none.
func (j *Journal) LastAudit(ctx context.Context, what string) (e pos.Event, found bool, err error) {
	err = j.lend(func(db *sql.DB) error {
		var at, detail string
		err := db.QueryRowContext(ctx, `SELECT at, clerk, reason, detail FROM event
			WHERE payment = '' AND kind = ? AND CASE WHEN json_valid(detail) THEN detail ->> 'what' END = ? ORDER BY n DESC LIMIT 1`, string(pos.EventAudit), what).
			Scan(&at, &e.Clerk, &e.Reason, &detail)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		found, e.Kind = true, pos.EventAudit
		if e.At, err = time.Parse(timeLayout, at); err != nil {
			return err
		}
		return json.Unmarshal([]byte(detail), &e.Detail)
	})
	return e, found, err
}

// List gives payments as the filter says, in the order of Seq.
func (j *Journal) List(ctx context.Context, f pos.Filter) (out []pos.Payment, err error) {
	query, args := listQuery(f)
	err = j.lend(func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		var stored []storedBody
		for rows.Next() {
			var b storedBody
			if err := rows.Scan(&b.text, &b.fingerprint); err != nil {
				return err
			}
			stored = append(stored, b)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		out, err = decodeAll(stored)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func listQuery(f pos.Filter) (string, []any) {
	var where []string
	var args []any
	add := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	if f.Open || f.State.Open() {
		add("open = 1")
	}
	if f.State != "" {
		add("state = ?", string(f.State))
	}
	if !f.DueBy.IsZero() {
		add("due <> '' AND due <= ?", timeText(f.DueBy))
	}
	// The partial indexes are used only when the query repeats their condition.
	if f.Sale != "" {
		add("sale = ? AND sale <> ''", f.Sale)
	}
	if f.Parent != "" {
		add("parent = ? AND parent <> ''", f.Parent)
	}
	if f.Ref != "" {
		add("ref = ?", f.Ref)
	}
	if fingerprint := card.Fingerprint(f.Fingerprint); !fingerprint.IsZero() {
		add("fingerprint = ?", combed(fingerprint))
	}
	if !f.Since.IsZero() {
		add("created >= ?", timeText(f.Since))
	}
	if f.Batch != 0 {
		add("batch = ?", f.Batch)
	}
	query := `SELECT body, fingerprint FROM payment`
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, ` AND `)
	}
	query += ` ORDER BY seq`
	if f.Newest {
		query += ` DESC`
	}
	if f.Limit > 0 {
		query += ` LIMIT ?`
		args = append(args, f.Limit)
	}
	return query, args
}

// storedBody is a payment as its two columns hold it.
type storedBody struct{ text, fingerprint []byte }

// decodeShare is how many payments are worth a goroutine: below it, starting one costs more.
const decodeShare = 500

// decodeAll uses all processors, since a terminal that starts after a bad day waits for this.
func decodeAll(stored []storedBody) ([]pos.Payment, error) {
	if len(stored) == 0 {
		return nil, nil
	}
	out := make([]pos.Payment, len(stored))
	shares := min(runtime.GOMAXPROCS(0), 1+len(stored)/decodeShare)
	errs := make([]error, shares)
	var wait sync.WaitGroup
	for s := range shares {
		wait.Go(func() {
			for i := s * len(stored) / shares; i < (s+1)*len(stored)/shares && errs[s] == nil; i++ {
				out[i], errs[s] = decodePayment(stored[i].text, stored[i].fingerprint)
			}
		})
	}
	wait.Wait()
	return out, errors.Join(errs...)
}
