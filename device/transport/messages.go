package transport

import (
	"context"
	"errors"
	"os"
	"time"
)

// Verdict is what a Cut makes of the bytes that have arrived.
type Verdict int

const (
	// Unfinished: more must come; silence damages the message.
	Unfinished Verdict = iota
	// Whole: the first n bytes are one message.
	Whole
	// WholeIfQuiet: all of it is one message unless more comes at once.
	WholeIfQuiet
	// Skip: the first n bytes belong to no message.
	Skip
)

// Cut finds the first message in what has arrived, which is never empty.
type Cut func(b []byte) (n int, v Verdict)

// settleGap is the silence after which a message without a sure end counts as whole. At 9600 baud some
// fifty characters fit into it.
const settleGap = 50 * time.Millisecond

// Messages cuts the stream of a byte device that speaks when it likes into messages. Silence inside a
// message breaks it off. One goroutine at a time may use it.
type Messages struct {
	conn    ByteConn
	cut     Cut
	longest int
	buf     []byte
	began   time.Time
	chunk   [256]byte
}

// NewMessages takes an open transport, which it does not own. A message that gets longer than longest
// bytes is damaged.
func NewMessages(conn ByteConn, cut Cut, longest int) *Messages {
	return &Messages{conn: conn, cut: cut, longest: longest}
}

// Next waits for one message. It errs like ReportConn.ReadReport: with ctx's error, *PartialError, ErrOffline
// or ErrClosed. The caller wipes the message.
func (m *Messages) Next(ctx context.Context) (Report, error) {
	stop := Bound(ctx, m.conn)
	defer stop()
	doubted := false
	for {
		n, verdict := m.look()
		switch {
		case verdict == Whole && n <= m.longest:
			return m.take(n), nil
		case verdict == Whole:
			return Report{}, m.damaged(n)
		case len(m.buf) > m.longest:
			return Report{}, m.drop()
		}
		wait, gap := time.Time{}, time.Duration(0)
		switch {
		case verdict == WholeIfQuiet:
			gap = settleGap
		case len(m.buf) > 0:
			gap = partialGap
		}
		switch {
		case gap > 0 && doubted:
			wait = time.Now().Add(restOf(gap))
		case gap > 0:
			wait = time.Now().Add(mostOf(gap))
		}
		_ = m.conn.SetReadDeadline(wait)  // an error of it is one of the read too
		if err := ctx.Err(); err != nil { // after the deadline, which a cancel that comes later overrules
			return Report{}, err
		}
		err := m.read()
		silent := errors.Is(err, os.ErrDeadlineExceeded)
		switch {
		case err == nil:
			doubted = false
		case ctx.Err() != nil && silent:
			return Report{}, ctx.Err()
		case !silent:
			m.drop()
			return Report{}, err
		case gap > 0 && !doubted:
			doubted = true
		case verdict == WholeIfQuiet:
			return m.take(len(m.buf)), nil
		case len(m.buf) > 0:
			return Report{}, m.drop()
		}
	}
}

// look asks the cut until it skips nothing more.
func (m *Messages) look() (n int, v Verdict) {
	for len(m.buf) > 0 {
		if n, v = m.cut(m.buf); v != Skip {
			return n, v
		}
		m.shift(n)
	}
	return 0, Unfinished
}

func (m *Messages) read() error {
	n, err := m.conn.Read(m.chunk[:])
	if n > 0 {
		if len(m.buf) == 0 {
			m.began = time.Now()
		}
		m.append(m.chunk[:n])
		clear(m.chunk[:n])
		return nil
	}
	return err
}

// append wipes the memory that a growing buffer leaves behind.
func (m *Messages) append(b []byte) {
	if len(m.buf)+len(b) > cap(m.buf) {
		grown := make([]byte, len(m.buf), 2*cap(m.buf)+max(len(b), cap(m.chunk[:])))
		copy(grown, m.buf)
		clear(m.buf)
		m.buf = grown
	}
	m.buf = append(m.buf, b...)
}

func (m *Messages) take(n int) Report {
	r := Report{Data: append([]byte(nil), m.buf[:n]...), Began: m.began}
	m.shift(n)
	return r
}

// shift drops the first n bytes. What stands behind them came with the last read or before it.
func (m *Messages) shift(n int) {
	rest := copy(m.buf, m.buf[n:])
	clear(m.buf[rest:])
	m.buf = m.buf[:rest]
}

func (m *Messages) drop() *PartialError { return m.damaged(len(m.buf)) }

// damaged drops the first n bytes, which are no message.
func (m *Messages) damaged(n int) *PartialError {
	e := &PartialError{Began: m.began, Got: n, Want: m.longest}
	m.shift(n)
	return e
}
