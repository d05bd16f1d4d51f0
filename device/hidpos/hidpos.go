// Package hidpos reads stripe readers of the HID point of sale class: usage page 8E (HID Usage Tables,
// magnetic stripe readers). Such a reader says itself, in its report descriptor, where what stands:
//
//	01       the reader's collection
//	11 to 13 length of track 1 to 3
//	21 to 23 data of track 1 to 3
//	14, 24   the same of the JIS track, ignored here
//
// Tracks are ASCII; those that come without sentinels get theirs, an E in place of a track says that it
// could not be decoded. A reader whose backend cannot tell the descriptor (USB through libusb) cannot be
// read by this package: use hidraw.
package hidpos

import (
	"context"
	"errors"
	"time"

	"github.com/tillpos/till/device/transport"
	"github.com/tillpos/till/pos/card"
)

// UsagePage is that of magnetic stripe readers.
const UsagePage = 0x8E

// Usages of the page.
const (
	UsageReader  = 0x01
	UsageLength1 = 0x11
	UsageData1   = 0x21
)

// Errors of this package.
var (
	// ErrNoLayout is a reader whose report descriptor is not there, or shows no track.
	ErrNoLayout = errors.New("hidpos: the report descriptor shows no track data of usage page 8E")
	ErrReport   = errors.New("hidpos: the report is shorter than its descriptor says")
)

// Layout says where the tracks stand in a report. A track that the reader does not have has length 0.
type Layout struct {
	report  byte // id, 0 for none
	lengths [3]transport.DescriptorField
	data    [3]transport.DescriptorField
	size    int
}

// LayoutOf reads a report descriptor. It errs with ErrNoLayout and transport.ErrDescriptor.
func LayoutOf(descriptor []byte) (Layout, error) {
	fields, _, err := transport.InputFields(descriptor)
	if err != nil {
		return Layout{}, err
	}
	var l Layout
	found := false
	for _, f := range fields {
		if f.Page != UsagePage {
			continue
		}
		switch {
		case f.Usage >= UsageLength1 && f.Usage < UsageLength1+3 && f.Length <= 2:
			l.lengths[f.Usage-UsageLength1] = f
		case f.Usage >= UsageData1 && f.Usage < UsageData1+3:
			l.data[f.Usage-UsageData1] = f
			found = true
		default:
			continue
		}
		l.report = f.Report
		l.size = max(l.size, f.Offset+f.Length)
	}
	if !found {
		return Layout{}, ErrNoLayout
	}
	return l, nil
}

// Parse makes a swipe of a report; one with another id is no swipe. It errs with ErrReport.
func (l Layout) Parse(report []byte) (s card.Swipe, swiped bool, err error) {
	switch {
	case l.report != 0 && (len(report) == 0 || report[0] != l.report):
		return s, false, nil
	case len(report) < l.size:
		return s, false, ErrReport
	}
	s.Entry = card.EntrySwipe
	for i := range 3 {
		text, ok := l.text(report, i)
		switch {
		case !ok:
			s.Status[i] = card.Bad
		case len(text) == 0:
		default:
			s.Status[i] = card.Decoded
			s.Tracks[i] = withSentinels(i, text)
		}
	}
	return s, true, nil
}

// text gives a track; false for one that could not be decoded. Without a length field the first NUL ends it.
func (l Layout) text(report []byte, i int) ([]byte, bool) {
	d := l.data[i]
	text := report[d.Offset : d.Offset+d.Length]
	if f := l.lengths[i]; f.Length > 0 {
		n := int(report[f.Offset])
		if f.Length == 2 {
			n |= int(report[f.Offset+1]) << 8
		}
		if n > len(text) {
			return nil, false
		}
		text = text[:n]
	} else {
		for k, c := range text {
			if c == 0 {
				text = text[:k]
				break
			}
		}
	}
	if n := len(text); n == 1 && text[0] == 'E' || n == 3 && text[1] == 'E' {
		return nil, false
	}
	return text, true
}

// startSentinels of the three tracks.
const startSentinels = "%;;"

func withSentinels(i int, text []byte) card.Track {
	if text[0] == '%' || text[0] == ';' || text[0] == '+' {
		return card.NewTrack(i+1, text)
	}
	whole := make([]byte, 0, len(text)+2)
	whole = append(append(append(whole, startSentinels[i]), text...), '?')
	defer clear(whole)
	return card.NewTrack(i+1, whole)
}

// Reader is the driver; it does not own the transport.
type Reader struct {
	conn   transport.ReportConn
	layout Layout
}

// New takes an open transport and reads its descriptor. It errs as LayoutOf.
func New(conn transport.ReportConn) (*Reader, error) {
	layout, err := LayoutOf(conn.Info().Descriptor)
	if err != nil {
		return nil, err
	}
	return &Reader{conn, layout}, nil
}

// Next waits for one passage of a card, whether anybody asked for it or not, and says when its first byte
// arrived. It errs as ReportConn.ReadReport and with ErrReport.
func (r *Reader) Next(ctx context.Context) (s card.Swipe, began time.Time, err error) {
	for {
		report, err := r.conn.ReadReport(ctx)
		if err != nil {
			return card.Swipe{}, time.Time{}, err
		}
		s, swiped, err := r.layout.Parse(report.Data)
		report.Wipe()
		if swiped || err != nil {
			return s, report.Began, err
		}
	}
}
