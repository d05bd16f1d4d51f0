package sim

import (
	"sync"

	"github.com/tillpos/till/pos"
)

// fault is a kind of misfortune.
type fault int

const (
	none fault = iota
	hostRefused
	requestLost
	requestLate
	answerLost
	answerLate
	answerCut
	answerWrong
	callHangs
	duplicated
	notCommitted
	doubtfulCommit
	lostCommit
	slowCommit
	killed
	powerCut
	killedInRecovery
	clockForward
	clockBack
	readerFails
	printerFails
	padFails
	noPIN
	badSwipe
	wrongKey
	cancelled
	walkedAway
	faults
)

func (f fault) String() string {
	return [...]string{"none", "host refuses connection", "request lost", "request late, overtaken", "answer lost", "answer late", "answer cut", "answer of another",
		"client does not end", "request twice", "commit not done", "commit doubtful, done", "commit doubtful, not done", "commit slow", "terminal killed", "power cut",
		"killed in recovery", "clock jumps forward", "clock jumps back", "reader fails", "printer fails", "PIN pad fails", "PIN not typed", "card unreadable", "wrong key",
		"cashier cancels", "shopper walks away"}[f]
}

// columns are the states of the table.
var columns = []pos.State{
	pos.StateSending, pos.StateApproved, pos.StatePartial, pos.StateAccepted, pos.StateDeclined, pos.StateRefused, pos.StateNotSent,
	pos.StateUnknown, pos.StateReversing, pos.StateReversed, pos.StateConfirmed, pos.StateHeld, pos.StateNeedsPerson, pos.StateRejectedLate,
	pos.StateCaptured, pos.StateVoided, pos.StateAdjusted,
}

// impossible says why a fault cannot strike a payment in a state; empty: it can.
func impossible(f fault, s pos.State) string {
	switch {
	case f >= hostRefused && f <= duplicated:
		switch s {
		case pos.StateDeclined, pos.StateRefused, pos.StateNotSent, pos.StateReversed, pos.StateNeedsPerson, pos.StateRejectedLate, pos.StateVoided:
			return "m" // no message is ever about it
		case pos.StateCaptured:
			return "c"
		}
	}
	return ""
}

// reasons explain the letters of the table.
var reasons = []string{
	"host: the payment that the message was about and the one that it was for; commit: what it wrote; all others: what stood in the journal then",
	"m: nothing is sent to the host about a payment in this state",
	"c: messages are about the capture, a payment of its own; the hold that it took is not named any more"}

// tally counts faults by the state of the payment that they struck.
type tally struct {
	mu     sync.Mutex
	counts map[fault]map[pos.State]int
	total  map[fault]int
	deeds  map[deed]int
}

func newTally() *tally {
	return &tally{counts: map[fault]map[pos.State]int{}, total: map[fault]int{}, deeds: map[deed]int{}}
}

func (t *tally) count(f fault, states ...pos.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total[f]++
	if t.counts[f] == nil {
		t.counts[f] = map[pos.State]int{}
	}
	seen := map[pos.State]bool{}
	for _, s := range states {
		if !seen[s] {
			seen[s] = true
			t.counts[f][s]++
		}
	}
}

// add puts another tally into this one.
func (t *tally) add(other *tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for d, n := range other.deeds {
		t.deeds[d] += n
	}
	for f, n := range other.total {
		t.total[f] += n
		if t.counts[f] == nil {
			t.counts[f] = map[pos.State]int{}
		}
		for s, n := range other.counts[f] {
			t.counts[f][s] += n
		}
	}
}
