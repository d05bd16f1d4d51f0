package pinpad

import "github.com/tillpos/till/hwsim"

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

// chances are what a mix draws from: every verb.
func chances() (out []hwsim.Chance) {
	for _, verb := range verbs {
		c := hwsim.Chance{Do: verb}
		switch verb {
		case faultDropACK, faultNAK:
			c.Of, c.Least, c.Most = hwsim.Times, 1, mixTimes
		case faultDelay:
			c.Of, c.Most = hwsim.Milliseconds, mixDelay
		case faultUnplug, faultUnplugIn:
			c.Of, c.Most = hwsim.Bytes, mixUnplug
		}
		out = append(out, c)
	}
	return out
}
