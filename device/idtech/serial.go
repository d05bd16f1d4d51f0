package idtech

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/tillpos/till/device/magtek"
	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos/card"
)

// ErrText is a message without a track in it.
var ErrText = errors.New("idtech: the text holds no track")

// longestMessage bounds what one swipe sends over a line, bytes.
const longestMessage = FrameHead + longestData + FrameTail

// Cut finds the end of a message in any of the styles, or of a secure frame.
func Cut(b []byte) (n int, v transport.Verdict) {
	switch b[0] {
	case ack, nak, etx, '\n', 0: // answers to settings, and what stands behind an end
		return 1, transport.Skip
	case stx:
		return cutFramed(b)
	}
	if n := secondSwipe(b); n > 0 {
		return n, transport.Whole
	}
	if b[len(b)-1] == '\r' {
		return len(b), transport.WholeIfQuiet // another track may follow
	}
	return 0, transport.Unfinished
}

// secondSwipe is where a second swipe begins: behind a CR, with the sentinel of track 1; 0 for nowhere.
func secondSwipe(b []byte) int {
	for i := 1; i < len(b); i++ {
		if b[i-1] == '\r' && b[i] == '%' {
			return i
		}
	}
	return 0
}

// cutFramed finds the end of what begins with STX: a secure frame by its length, text at its ETX, or at
// its CR where the ETX is switched off.
func cutFramed(b []byte) (int, transport.Verdict) {
	switch {
	case len(b) == 2 && b[1] == etx: // a blank card, unless it is a length
		return 2, transport.WholeIfQuiet
	case len(b) < FrameHead:
		return 0, transport.Unfinished
	}
	if n := frameLength(b); n > 0 {
		if len(b) < n {
			return 0, transport.Unfinished
		}
		return n, transport.Whole
	}
	if i := bytes.IndexByte(b, etx); i >= 0 {
		return i + 1, transport.Whole
	}
	if b[len(b)-1] == '\r' {
		return len(b), transport.WholeIfQuiet
	}
	return 0, transport.Unfinished
}

// ParseMessage makes a swipe of a message from a line. It errs with ErrText and as ParseFrame.
func ParseMessage(m []byte) (card.Swipe, error) {
	if frameLength(m) > 0 {
		return ParseFrame(m)
	}
	s := card.Swipe{Entry: card.EntrySwipe}
	tracks, found := magtek.TextTracks(m)
	if !found {
		if len(bytes.Trim(m, "\x02\x1b\r\x03")) > 0 {
			return card.Swipe{}, ErrText
		}
		return s, nil // a blank card
	}
	for i, t := range tracks {
		if s.Status[i] = magtek.TextStatus(t); s.Status[i] == card.Decoded {
			s.Tracks[i] = card.NewTrack(i+1, t)
		}
	}
	return s, nil
}

// Reader is the driver over HID; it does not own the transport.
type Reader struct{ conn transport.ReportConn }

// New takes an open transport.
func New(conn transport.ReportConn) *Reader { return &Reader{conn} }

// Next waits for one passage of a card, whether anybody asked for it or not, and says when its first byte
// arrived. It errs as ReportConn.ReadReport and as ParseReport.
func (r *Reader) Next(ctx context.Context) (s card.Swipe, began time.Time, err error) {
	report, err := r.conn.ReadReport(ctx)
	if err != nil {
		return card.Swipe{}, time.Time{}, err
	}
	defer report.Wipe()
	s, err = ParseReport(report.Data)
	return s, report.Began, err
}

// Serial is the driver over a line; it does not own the transport.
type Serial struct{ messages *transport.Messages }

// NewSerial takes an open transport.
func NewSerial(conn transport.ByteConn) *Serial {
	return &Serial{transport.NewMessages(conn, Cut, longestMessage)}
}

// Next is like that of Reader. It errs as transport.Messages.Next and as ParseMessage.
func (r *Serial) Next(ctx context.Context) (s card.Swipe, began time.Time, err error) {
	m, err := r.messages.Next(ctx)
	if err != nil {
		return card.Swipe{}, time.Time{}, err
	}
	defer m.Wipe()
	s, err = ParseMessage(m.Data)
	return s, m.Began, err
}
