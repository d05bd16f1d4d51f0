package host

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Verb is what a fault does.
type Verb string

// The verbs. Those up to OtherName concern a connection, the others a request.
const (
	Refuse          Verb = "refuse"            // the connection is reset as soon as it is accepted
	StallAccept     Verb = "stall_accept"      // accepted, and no byte is read
	StallTLS        Verb = "stall_tls"         // the first flight is read, none is answered
	BadCert         Verb = "bad_cert"          // a certificate of another authority for another name
	NoTLS           Verb = "no_tls"            // answers in clear, whatever comes
	ExpiredCert     Verb = "expired_cert"      // a certificate of the right authority that is over
	OtherName       Verb = "other_name"        // a certificate of the right authority for another name
	Delay           Verb = "delay"             // waits, then books and answers
	DropBeforeBook  Verb = "drop_before_book"  // not booked; the connection ends, without TLS's farewell
	DropAfterBook   Verb = "drop_after_book"   // booked; the connection ends without an answer
	ResetBeforeBook Verb = "reset_before_book" // as drop, with a TCP reset
	ResetAfterBook  Verb = "reset_after_book"
	Cut             Verb = "cut"              // the answer ends after so many bytes; 0: in its middle
	Garbage         Verb = "garbage"          // so many bytes of noise for an answer; 0: 64
	Duplicate       Verb = "duplicate"        // the answer twice
	Late            Verb = "late"             // books, waits, answers
	WrongSeq        Verb = "wrong_seq"        // the answer names another transaction
	CRLF            Verb = "crlf"             // lines end in CR LF
	BlankLines      Verb = "blank_lines"      // so many empty lines first, 0: 3; ms between them
	NoBegin         Verb = "no_begin"         // the first line is missing
	TwoBegin        Verb = "two_begin"        // the first line twice
	NoEnd           Verb = "no_end"           // the last line is missing, and the connection ends in order
	NoEquals        Verb = "no_equals"        // a line that is no pair before the last one
	LongLine        Verb = "long_line"        // a pair of so many bytes before the last line, 0: 4000
	Stall           Verb = "stall"            // half the answer, a wait, the rest
	FailBeforeBook  Verb = "fail_before_book" // the processor is not reached: error, no money moves
	FailAfterBook   Verb = "fail_after_book"  // booked, and the answer is an error that tells nothing
	SlowReport      Verb = "slow_report"      // answered at once; reports show it only after ms
)

var connectionVerbs = []Verb{Refuse, StallAccept, StallTLS, BadCert, NoTLS, ExpiredCert, OtherName}

var requestVerbs = []Verb{Delay, DropBeforeBook, DropAfterBook, ResetBeforeBook, ResetAfterBook, Cut, Garbage, Duplicate,
	Late, WrongSeq, CRLF, BlankLines, NoBegin, TwoBegin, NoEnd, NoEquals, LongLine, Stall, FailBeforeBook, FailAfterBook, SlowReport}

// standardWait is how long a verb waits when ms is 0.
var standardWait = map[Verb]time.Duration{
	Delay: time.Second, Late: time.Minute, StallAccept: 10 * time.Minute, StallTLS: 10 * time.Minute,
	Stall: 10 * time.Minute, SlowReport: 2 * time.Minute,
}

// Match picks requests; a zero field matches all. Queries match only the kind "query".
type Match struct {
	Kind        string `json:"kind"`
	Ref         string `json:"ref"`
	AmountCents int64  `json:"amount_cents"`
}

// Rule is one fault. It skips the first After matches and fires on the next Count (0: one).
type Rule struct {
	Match Match `json:"match"`
	After int   `json:"after"`
	Count int   `json:"count"`
	Do    Verb  `json:"do"`
	MS    int64 `json:"ms"`
	Bytes int   `json:"bytes"`
}

// Fired is a rule with how often it fired.
type Fired struct {
	Rule
	Fired int `json:"fired"`
}

// maxWaitMS keeps every wait finite.
const maxWaitMS = 24 * 60 * 60 * 1000

func (r Rule) check() error {
	connection := slices.Contains(connectionVerbs, r.Do)
	switch {
	case !connection && !slices.Contains(requestVerbs, r.Do):
		return fmt.Errorf("unknown verb %q", r.Do)
	case connection && r.Match != Match{}:
		return fmt.Errorf("%s concerns a connection, which has no kind, ref or amount to match", r.Do)
	case r.After < 0 || r.Count < 0 || r.MS < 0 || r.Bytes < 0 || r.Bytes > 1<<20 || r.MS > maxWaitMS:
		return fmt.Errorf("after, count, ms or bytes of %s is out of range", r.Do)
	}
	return nil
}

func (r Rule) wait() time.Duration {
	if r.MS == 0 {
		return standardWait[r.Do]
	}
	return time.Duration(r.MS) * time.Millisecond
}

// Faults are the armed rules of a host.
type Faults struct {
	mu       sync.Mutex
	rules    []*armed
	released chan struct{} // closed when the rules are cleared
}

type armed struct {
	Rule
	seen, fired int
}

// NewFaults has no rules.
func NewFaults() *Faults { return &Faults{released: make(chan struct{})} }

// Arm adds rules, all or none.
func (f *Faults) Arm(rules []Rule) error {
	for _, r := range rules {
		if err := r.check(); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range rules {
		r.Count = max(r.Count, 1)
		f.rules = append(f.rules, &armed{Rule: r})
	}
	return nil
}

// List shows the rules.
func (f *Faults) List() []Fired {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := []Fired{}
	for _, r := range f.rules {
		out = append(out, Fired{r.Rule, r.fired})
	}
	return out
}

// Clear removes the rules and ends the stalls.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
	close(f.released)
	f.released = make(chan struct{})
}

// connection gives the fault of a new connection, if any, and what ends its stall.
func (f *Faults) connection() (Rule, <-chan struct{}, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, ok := f.pick(connectionVerbs, func(Match) bool { return true })
	return r, f.released, ok
}

// Request gives the fault of a request, if any.
func (f *Faults) Request(kind, ref string, amountCents int64) (Mishap, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, ok := f.pick(requestVerbs, func(m Match) bool {
		return (m.Kind == kind || m.Kind == "" && kind != "query") &&
			(m.Ref == "" || m.Ref == ref) && (m.AmountCents == 0 || m.AmountCents == amountCents)
	})
	return Mishap{r}, ok
}

// pick takes the first rule that matches and has fires left. Rules before it that skip count the match.
func (f *Faults) pick(verbs []Verb, match func(Match) bool) (Rule, bool) {
	for _, r := range f.rules {
		if !slices.Contains(verbs, r.Do) || r.fired >= r.Count || !match(r.Match) {
			continue
		}
		if r.seen++; r.seen > r.After {
			r.fired++
			return r.Rule, true
		}
	}
	return Rule{}, false
}
