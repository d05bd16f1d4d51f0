package transport

import "time"

// partialGap is the silence after which a report that has begun counts as broken off. USB packets of one
// report follow each other within tens of milliseconds.
const partialGap = 250 * time.Millisecond

// tailGap is the silence that ends a report that is as long as its family's shortest, where longer ones
// are known too and no short packet says which this is.
const tailGap = 60 * time.Millisecond

// A silence is waited for in two parts: a machine that was busy sees its end before the packets that came in it, and
// takes them up in the second part.
func mostOf(gap time.Duration) time.Duration { return gap - restOf(gap) }
func restOf(gap time.Duration) time.Duration { return gap / 5 }

// largestPacket is what full-speed USB carries in one packet, bytes. What is longer is a whole report.
const largestPacket = 64

// reportSize says how long an input report may be. Some readers add to what their family sends.
type reportSize struct{ shortest, longest int }

// assembler joins packets into reports by length: there is no other mark, and a report whose length
// divides by the packet size ends without a short packet. It has no clock of its own.
type assembler struct {
	size  reportSize
	buf   []byte
	first int // length of the report's first packet
	began time.Time
	usual int // length of the last report that silence ended; 0 before one did
}

// add takes one packet. It gives a whole report, or the report that the packet proves to be damaged, or
// neither; a packet that cannot belong to the report begun starts the next one, so it may give both.
func (a *assembler) add(packet []byte, at time.Time) (whole *Report, damaged *PartialError) {
	if len(packet) == 0 {
		return nil, nil
	}
	if len(a.buf) > 0 && (len(packet) > a.first || len(a.buf)+len(packet) > a.size.longest) {
		if a.ripe() {
			whole = a.take()
		} else {
			damaged = a.drop()
		}
	}
	if len(a.buf) == 0 {
		a.began, a.first = at, len(packet)
		a.buf = make([]byte, 0, max(a.size.longest, len(packet)))
	}
	a.buf = append(a.buf, packet...)
	if a.ripe() {
		if n := len(a.buf); n < a.size.longest && n != a.usual && len(packet) == a.first && a.first <= largestPacket {
			return whole, damaged // more may come
		}
		return a.take(), damaged
	}
	// Only a report's last packet is shorter than its first: something in between was lost.
	if len(packet) < a.first {
		damaged = a.drop()
	}
	return whole, damaged
}

// ripe says whether what has arrived is long enough for a report.
func (a *assembler) ripe() bool { return len(a.buf) > 0 && len(a.buf) >= a.size.shortest }

func (a *assembler) take() *Report {
	r := &Report{Data: a.buf, Began: a.began}
	a.buf = nil
	return r
}

// quiet is called when no packet came for gap.
func (a *assembler) quiet() (whole *Report, damaged *PartialError) {
	switch {
	case a.ripe():
		a.usual = len(a.buf)
		return a.take(), nil
	case a.pending():
		return nil, a.drop()
	}
	return nil, nil
}

// gap is how long nothing may come before what is pending ends.
func (a *assembler) gap() time.Duration {
	if a.ripe() {
		return tailGap
	}
	return partialGap
}

// pending says whether a report has begun.
func (a *assembler) pending() bool { return len(a.buf) > 0 }

// drop wipes what has arrived of a report.
func (a *assembler) drop() *PartialError {
	e := &PartialError{Began: a.began, Got: len(a.buf), Want: a.size.shortest}
	clear(a.buf)
	a.buf = nil
	return e
}
