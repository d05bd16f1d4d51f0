package reader

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Swipe is what a shopper does: a named card or given tracks, and what goes wrong.
type Swipe struct {
	Card   string `json:"card,omitempty"`
	Track1 string `json:"track1,omitempty"`
	Track2 string `json:"track2,omitempty"`
	Track3 string `json:"track3,omitempty"`
	Fault  string `json:"fault,omitempty"`
}

// encodeTypes as the device names them.
const (
	encodeISO          = 0
	encodeBlank        = 3
	encodeUndetermined = 5
)

// trackRoom is how many characters of a track a report holds.
const trackRoom = 110

// stripe is what a report says of the tracks.
type stripe struct {
	text   [3]string
	failed [3]bool
	encode byte

	badCheck, wrongKey, exhausted bool
}

// delivery is what goes over the wire for one swipe.
type delivery struct {
	reports [][]byte
	cut     int // bytes after which nothing more is sent; -1 for all
	unplug  bool
	late    time.Duration
}

// plan turns a swipe into reports.
func (r *Reader) plan(s Swipe) (delivery, error) {
	st, err := s.stripe()
	if err != nil {
		return delivery{}, err
	}
	out := delivery{cut: -1}
	name, arg, _ := strings.Cut(s.Fault, ":")
	n, numErr := strconv.Atoi(arg)
	copies, half := 1, false
	switch {
	case name == "" || arg != "" && numErr != nil:
		if s.Fault != "" {
			return out, unknownFault(s.Fault)
		}
	case name == "blank":
		st = stripe{encode: encodeBlank}
	case name == "lrc" && n >= 1 && n <= 3:
		st.fail(n - 1)
	case name == "reversed":
		st.fail(0, 1, 2)
	case name == "partial":
		half = true
	case name == "twice":
		copies = 2
	case name == "garbage":
		out.reports = [][]byte{r.noise(garbageLength)}
		return out, nil
	case name == "crc":
		st.badCheck = true
	case name == "wrongkey":
		st.wrongKey = true
	case name == "exhausted":
		st.exhausted = true
	case name == "late" && arg != "" && n >= 0:
		out.late = time.Duration(n) * time.Millisecond
	case name == "unplug" && arg != "" && n >= 0:
		out.cut, out.unplug = n, true
	default:
		return out, unknownFault(s.Fault)
	}
	for range copies {
		report, err := r.model.send(r, st)
		if err != nil {
			return out, err
		}
		out.reports = append(out.reports, report)
	}
	if half {
		out.cut = len(out.reports[0]) / 2
	}
	return out, nil
}

// garbageLength is that of a clear reader's report, bytes.
const garbageLength = 337

func unknownFault(f string) error {
	return fmt.Errorf("unknown fault %q; known are blank, lrc:N, reversed, partial, twice, garbage, late:MS, crc, wrongkey, exhausted and unplug:N", f)
}

func (s Swipe) stripe() (stripe, error) {
	st := stripe{text: [3]string{s.Track1, s.Track2, s.Track3}, encode: encodeISO}
	if s.Card != "" {
		if s.Track1 != "" || s.Track2 != "" || s.Track3 != "" {
			return st, fmt.Errorf("give a card or tracks, not both")
		}
		c, err := Find(s.Card)
		if err != nil {
			return st, err
		}
		st.text = [3]string{c.Track1, c.Track2}
	}
	if st.text == [3]string{} {
		return st, fmt.Errorf("give a card or at least one track; a blank card is the fault blank")
	}
	for i, t := range st.text {
		if len(t) > trackRoom {
			return st, fmt.Errorf("track %d has %d characters, a report holds %d", i+1, len(t), trackRoom)
		}
	}
	return st, nil
}

// fail makes tracks undecodable where something stands on them.
func (st *stripe) fail(tracks ...int) {
	for _, i := range tracks {
		st.failed[i] = st.text[i] != ""
		st.text[i] = ""
	}
	if st.text == [3]string{} {
		st.encode = encodeUndetermined
	}
}

func (r *Reader) noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.random.Uint32())
	}
	return b
}
