package storage

import (
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"time"

	"github.com/tillpos/till/pos"
)

// timeLayout has a fixed width, so that text order is time order, and at most nine digits in a row.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}

// canonical writes values so that no two lists of values give the same bytes: each with its length in front.
func canonical(values ...string) []byte {
	var out []byte
	for _, v := range values {
		out = binary.BigEndian.AppendUint32(out, uint32(len(v)))
		out = append(out, v...)
	}
	return out
}

// eventRow is one row of table event, as text and combed bytes as they are stored.
type eventRow struct {
	n                                              int64
	kind, payment, at, clerk, reason, detail, body string
	fingerprint, hash                              []byte
}

func newEventRow(n int64, e pos.Event, at time.Time, body string, fingerprint []byte) (eventRow, error) {
	detail := ""
	if len(e.Detail) > 0 {
		b, err := json.Marshal(e.Detail) // sorts the names
		if err != nil {
			return eventRow{}, err
		}
		detail = string(b)
	}
	return eventRow{n: n, kind: string(e.Kind), payment: e.Payment, at: timeText(at), clerk: e.Clerk, reason: e.Reason,
		detail: detail, body: body, fingerprint: fingerprint}, nil
}

// link is the hash of the event, given the hash before it.
func (r eventRow) link(before []byte) []byte {
	h := sha256.New()
	h.Write(before)
	h.Write(canonical(strconv.FormatInt(r.n, 10), r.kind, r.payment, r.at, r.clerk, r.reason, r.detail, r.body, string(r.fingerprint)))
	return h.Sum(nil)
}

// genesis is the hash before the first event.
func genesis(tag string) []byte {
	h := sha256.Sum256(canonical("till journal 1", tag))
	return h[:]
}

// head is the one row of table head, hashes uncombed.
type head struct {
	tag, mode, lane, born string
	seq, batch, events    int64
	hash                  []byte
}

const headColumns = `tag, mode, lane, born, seq, batch, events, hash, mac, key_check`

func (h head) mac(key []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(canonical(h.tag, h.mode, h.lane, h.born, strconv.FormatInt(h.seq, 10), strconv.FormatInt(h.batch, 10),
		strconv.FormatInt(h.events, 10), string(h.hash)))
	return m.Sum(nil)
}

// keyCheck tells a wrong key from a changed head.
func keyCheck(tag string, key []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(canonical(tag))
	return m.Sum(nil)
}

func (h head) position() pos.Position {
	return pos.Position{Live: h.mode == modeLive, LastSeq: h.seq, Batch: h.batch}
}

// scanHead reads the columns headColumns, and more that stand behind them.
func scanHead(row *sql.Row, more ...any) (h head, mac, check []byte, err error) {
	var hash []byte
	if err = row.Scan(append([]any{&h.tag, &h.mode, &h.lane, &h.born, &h.seq, &h.batch, &h.events, &hash, &mac, &check}, more...)...); err != nil {
		return head{}, nil, nil, err
	}
	for _, b := range []*[]byte{&hash, &mac, &check} {
		if *b, err = uncomb(*b); err != nil {
			return head{}, nil, nil, err
		}
	}
	h.hash = hash
	return h, mac, check, nil
}
