package storage

import (
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"hash"
	"strconv"
	"time"

	"github.com/tillpos/till/pos"
)

// timeLayout has a fixed width, so that text order is time order, and at most nine digits in a row.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

// timeText is t.UTC().Format(timeLayout), empty for no time. Package time writes RFC 3339 faster than any other layout.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	var room [len(timeLayout)]byte
	out := t.UTC().AppendFormat(room[:0], time.RFC3339)
	out[len(out)-1] = '.' // in place of the Z
	for unit := 100_000_000; unit > 0; unit /= 10 {
		out = append(out, '0'+byte(t.Nanosecond()/unit%10))
	}
	return string(append(out, 'Z'))
}

// canonical writes values so that no two lists of values give the same bytes: each with its length in front.
func canonical(values ...string) []byte {
	return appendCanonical(make([]byte, 0, canonicalRoom), values...)
}

// canonicalRoom holds a head or a label.
const canonicalRoom = 256

func appendCanonical[T string | []byte](out []byte, values ...T) []byte {
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

// linker makes the links of a chain, one after the other, in one buffer.
type linker struct{ buffer []byte }

// link is the hash of the event, given the hash before it.
func (l *linker) link(before []byte, r *eventRow) []byte {
	var number [20]byte // a number has no more digits
	l.buffer = append(l.buffer[:0], before...)
	l.buffer = appendCanonical(l.buffer, strconv.AppendInt(number[:0], r.n, 10))
	l.buffer = appendCanonical(l.buffer, r.kind, r.payment, r.at, r.clerk, r.reason, r.detail, r.body)
	l.buffer = appendCanonical(l.buffer, r.fingerprint)
	h := sha256.Sum256(l.buffer)
	return h[:]
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

func (h *head) mac(key []byte) []byte { return h.macBy(headMAC(key)) }

// headMAC can be used again and again by macBy; it keeps what HMAC makes of the key.
func headMAC(key []byte) hash.Hash { return hmac.New(sha256.New, key) }

func (h *head) macBy(m hash.Hash) []byte {
	m.Reset()
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
