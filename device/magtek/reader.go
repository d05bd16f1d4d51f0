package magtek

import (
	"context"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos/card"
)

// Reader is the driver of the HID readers: it makes swipes of the reports of a transport, which it does
// not own.
type Reader struct {
	conn  transport.ReportConn
	parse func([]byte) (card.Swipe, error)
}

// New takes an open transport to a clear reader.
func New(conn transport.ReportConn) *Reader { return &Reader{conn, Parse} }

// NewSafe takes an open transport to an encrypting reader.
func NewSafe(conn transport.ReportConn) *Reader { return &Reader{conn, ParseSafe} }

// Next waits for one passage of a card, whether anybody asked for it or not, and says when its first
// byte arrived. It errs as ReportConn.ReadReport, and with *LengthError.
func (r *Reader) Next(ctx context.Context) (s card.Swipe, began time.Time, err error) {
	report, err := r.conn.ReadReport(ctx)
	if err != nil {
		return card.Swipe{}, time.Time{}, err
	}
	defer report.Wipe()
	s, err = r.parse(report.Data)
	return s, report.Began, err
}

// Serial is the driver of the readers that send text: RS-232 readers, and encrypting readers on a serial
// line or a radio.
type Serial struct{ messages *transport.Messages }

// NewSerial takes an open transport, which it does not own.
func NewSerial(conn transport.ByteConn) *Serial {
	return &Serial{transport.NewMessages(conn, CutText, longestText)}
}

// Next is like that of Reader. It errs as transport.Messages.Next, and with ErrText and ErrCRC. That a
// card was put into an insert reader, or taken out, is no passage.
func (r *Serial) Next(ctx context.Context) (s card.Swipe, began time.Time, err error) {
	for {
		m, err := r.messages.Next(ctx)
		if err != nil {
			return card.Swipe{}, time.Time{}, err
		}
		if isEvent(m.Data) {
			m.Wipe()
			continue
		}
		s, err = ParseText(m.Data)
		m.Wipe()
		return s, m.Began, err
	}
}
