package magtek

import (
	"context"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos/card"
)

// Reader is the driver: it makes swipes of the reports of a transport, which it does not own.
type Reader struct{ conn transport.ReportConn }

// New takes an open transport.
func New(conn transport.ReportConn) *Reader { return &Reader{conn} }

// Next waits for one passage of a card, whether anybody asked for it or not, and says when its first
// byte arrived. It errs as ReportConn.ReadReport, and with *LengthError.
func (r *Reader) Next(ctx context.Context) (s card.Swipe, began time.Time, err error) {
	report, err := r.conn.ReadReport(ctx)
	if err != nil {
		return card.Swipe{}, time.Time{}, err
	}
	defer report.Wipe()
	s, err = Parse(report.Data)
	return s, report.Began, err
}
