package reader

import (
	"fmt"
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

	badCheck, wrongKey, exhausted, ksnStripped bool
}

// delivery is what goes over the wire for one swipe.
type delivery struct {
	stripe  stripe
	copies  int
	half    bool
	garbage bool
	cut     int // bytes after which nothing more is sent; -1 for all
	unplug  bool
	late    time.Duration

	reports [][]byte
}

// plan turns a swipe into reports. A swipe that names no fault may get one from the mix.
func (r *Reader) plan(s Swipe) (delivery, error) {
	out := delivery{cut: -1, copies: 1}
	var err error
	if out.stripe, err = s.stripe(); err != nil {
		return out, err
	}
	drawn := s.Fault == "" && r.mix != nil
	if drawn {
		s.Fault = r.mix.Name()
	}
	do, err := r.fault(s.Fault)
	if err != nil {
		return out, err
	}
	out.stripe = r.passed(out.stripe)
	do(&out)
	if out.garbage {
		out.reports = [][]byte{r.noise(garbageLength)}
		return out, nil
	}
	for range out.copies {
		report, err := r.model.send(r, out.stripe)
		if err != nil {
			return out, err
		}
		out.reports = append(out.reports, report)
	}
	if out.half {
		out.cut = len(out.reports[0]) / 2
	}
	if drawn {
		r.keys.gone = false // keys that a mix uses up come back, or the rest of the run would show nothing
	}
	return out, nil
}

// garbageLength is that of a clear reader's report, bytes.
const garbageLength = 337

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
