package pinpad

import (
	"math/rand/v2"

	"github.com/tillpos/till/hwsim"
)

// The verbs of faults.
const (
	faultLate      = "late"
	faultDelay     = "delay"
	faultDropACK   = "drop_ack"
	faultNAK       = "nak"
	faultEOT       = "eot"
	faultBadLRC    = "bad_lrc"
	faultTwice     = "twice"
	faultGarbage   = "garbage"
	faultWrongKey  = "wrong_key"
	faultExhausted = "exhausted"
	faultNoKey     = "no_key"
	faultStrip     = "ksn_strip"
	faultFull      = "ksn_full"
	faultUnplug    = "unplug"
	faultUnplugIn  = "unplug_in"
)

var verbs = []string{
	faultLate, faultDelay, faultDropACK, faultNAK, faultEOT, faultBadLRC, faultTwice, faultGarbage, faultWrongKey,
	faultExhausted, faultNoKey, faultStrip, faultFull, faultUnplug, faultUnplugIn,
}

// Faults are the names of what can go wrong.
func Faults() []string { return append([]string(nil), verbs...) }

// Arm adds a fault. It errs when there is no such verb.
func (p *Pad) Arm(f hwsim.Fault) error {
	if err := p.faults.Arm(f); err != nil {
		return &BadRequest{err}
	}
	return nil
}

// Faulted are the faults that were armed, by whoever, with how often each fired.
func (p *Pad) Faulted() []hwsim.Fault { return p.faults.Armed() }

// Bounds of what a mix draws: the frames that are not heard, a delay that a test can wait for, and an unplug inside
// a PIN's bytes or behind them.
const (
	mixTimes  = 3
	mixDelay  = 250
	mixUnplug = 50
)

// mix draws faults by a seed, so that a run can be had again.
type mix struct {
	random *rand.Rand
	share  int // of a hundred PINs, how many go wrong
}

func newMix(seed uint64, share int) *mix {
	return &mix{rand.New(rand.NewPCG(seed, 0x4661756C74)), share}
}

// draw gives what goes wrong with the next PIN, mostly nothing.
func (m *mix) draw() (f hwsim.Fault, wrong bool) {
	if m.random.IntN(100) >= m.share {
		return hwsim.Fault{}, false
	}
	f.Do = verbs[m.random.IntN(len(verbs))]
	switch f.Do {
	case faultDropACK, faultNAK:
		f.Count = 1 + m.random.IntN(mixTimes)
	case faultDelay:
		f.MS = m.random.IntN(mixDelay + 1)
	case faultUnplug, faultUnplugIn:
		f.Bytes = m.random.IntN(mixUnplug + 1)
	}
	return f, true
}

// mishap arms what a mix has go wrong with a PIN that is being asked for.
func (p *Pad) mishap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mix == nil {
		return
	}
	if f, wrong := p.mix.draw(); wrong {
		_ = p.faults.Arm(f) // the mix knows verbs of this list only
	}
}
