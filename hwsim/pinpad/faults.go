package pinpad

import "fmt"

// Fault is something that goes wrong, so many times.
type Fault struct {
	Do    string `json:"do"`
	Count int    `json:"count"` // 0 is once
	Bytes int    `json:"bytes"` // of unplug and unplug_in
	MS    int    `json:"ms"`    // of delay
	Fired int    `json:"fired"`
}

// The verbs of Fault.Do.
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

// Arm adds a fault. It errs when there is no such verb.
func (p *Pad) Arm(f Fault) error {
	known := false
	for _, v := range verbs {
		known = known || v == f.Do
	}
	if !known || f.Count < 0 || f.Bytes < 0 || f.MS < 0 || f.MS > 60_000 {
		return &BadRequest{fmt.Errorf("no such fault; known are %v", verbs)}
	}
	f.Count, f.Fired = max(f.Count, 1), 0
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, f)
	return nil
}

// Disarm forgets all faults.
func (p *Pad) Disarm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

// Faults are those that were armed, with how often each fired.
func (p *Pad) Faults() []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Fault{}, p.faults...)
}

// fires says whether a fault is due, and counts it.
func (p *Pad) fires(do string) (Fault, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.faults {
		if f := &p.faults[i]; f.Do == do && f.Fired < f.Count {
			f.Fired++
			return *f, true
		}
	}
	return Fault{}, false
}

// cut says after how many of the next bytes the plug is pulled, -1 when it is not. Bytes count from when
// the fault was armed.
func (p *Pad) cut(do string, next int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.faults {
		f := &p.faults[i]
		if f.Do != do || f.Fired >= f.Count {
			continue
		}
		if f.Bytes < next {
			f.Fired++
			return f.Bytes
		}
		f.Bytes -= next
	}
	return -1
}
