package crash

import (
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"time"
)

// disk is a disk in memory. It knows what a program wrote and what it flushed: only the latter is safe. A power cut
// leaves of the rest what chance wills.
type disk struct {
	mu     sync.Mutex
	root   *thing
	inodes uint64
	fault  diskFailure
	counts map[string]int // calls of each kind since the fault was set
	fired  int
	held   chan struct{} // open while calls hang; nil: they do not
}

// The kinds of call that count.
const (
	aWrite = "write"
	aSync  = "sync" // of a file or of a folder
	aName  = "name" // a file made, renamed or removed
	anyOf  = ""
)

// diskFailure is what goes wrong.
type diskFailure struct {
	Calls   string `json:"calls"` // kind; empty: all of them
	Nth     int    `json:"nth"`   // counted from 1, since the failure was set; 0: none
	Onward  bool   `json:"onward"`
	Does    string `json:"does"`
	DelayMS int64  `json:"delay_ms"`
}

// What a failing call does. A disk that stops answers no further call: whoever waits for it is killed, or the power is cut.
const (
	doesEIO    = "EIO"
	doesENOSPC = "ENOSPC"
	doesShort  = "short" // takes only a part of what is written
	doesSlow   = "slow"
	doesStop   = "stop" // before the call has done anything
	doesStopIn = "stop in"
)

// sector is what a disk writes whole.
const sector = 512

// thing is a file or a folder.
type thing struct {
	ino   uint64
	mode  uint32
	quiet bool // its calls do not count: the log, the lock and SQLite's index, which need not last
	now   []byte
	safe  []byte
	since []change // what was done to the file since it was flushed

	names     map[string]*thing
	safeNames map[string]*thing
	moves     []move
}

// change is a piece written, or a length set.
type change struct {
	at   int64
	data []byte
	cut  bool // the length becomes at
}

// move gives a thing a name, takes one away, or both at once.
type move struct {
	from, to string
	of       *thing
}

func newDisk() *disk {
	d := &disk{counts: map[string]int{}}
	d.root = d.thing(syscall.S_IFDIR | 0o700)
	return d
}

// thing makes a file or folder without a name. d.mu is held or d is new.
func (d *disk) thing(mode uint32) *thing {
	d.inodes++
	x := &thing{ino: d.inodes, mode: mode}
	if mode&syscall.S_IFMT == syscall.S_IFDIR {
		x.names, x.safeNames = map[string]*thing{}, map[string]*thing{}
	}
	return x
}

// quietName says whose calls do not count.
func quietName(name string) bool {
	for _, end := range []string{"-shm", ".log", ".log.1", ".lock", ".sock"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

func (c change) apply(b []byte) []byte {
	if end := c.at + int64(len(c.data)); end > int64(len(b)) {
		b = append(b, make([]byte, end-int64(len(b)))...)
	}
	if c.cut {
		return b[:c.at:c.at]
	}
	copy(b[c.at:], c.data)
	return b
}

func (m move) apply(names map[string]*thing) {
	if m.from != "" {
		delete(names, m.from)
	}
	if m.to != "" {
		names[m.to] = m.of
	}
}

func (x *thing) alter(c change) {
	x.now = c.apply(x.now)
	x.since = append(x.since, c)
}

func (x *thing) rename(m move) {
	m.apply(x.names)
	x.moves = append(x.moves, m)
}

// flush makes what was done so far safe.
func (x *thing) flush() {
	for _, c := range x.since {
		x.safe = c.apply(x.safe)
	}
	for _, m := range x.moves {
		m.apply(x.safeNames)
	}
	x.since, x.moves = nil, nil
}

// cutPower keeps what is safe and, of the rest, each piece with the chance given: of a file any pieces, perhaps torn
// between sectors; of a folder the first few moves, for file systems keep their order.
func (d *disk) cutPower(chance float64, seed uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault, d.counts = diskFailure{}, map[string]int{}
	d.root.lose(chance, rand.New(rand.NewPCG(seed, 1)))
}

func (x *thing) lose(chance float64, r *rand.Rand) {
	for _, c := range x.since {
		if r.Float64() >= chance {
			continue
		}
		if !c.cut && len(c.data) > sector && r.IntN(4) == 0 {
			c.data = c.data[:sector*(1+r.IntN(len(c.data)/sector))]
		}
		x.safe = c.apply(x.safe)
	}
	for _, m := range x.moves {
		if r.Float64() >= chance {
			break
		}
		m.apply(x.safeNames)
	}
	x.since, x.moves = nil, nil
	x.now = append([]byte(nil), x.safe...)
	if x.names == nil {
		return
	}
	x.names = map[string]*thing{}
	for name, child := range x.safeNames {
		x.names[name] = child
		child.lose(chance, r)
	}
}

// set arms a failure and counts from anew.
func (d *disk) set(f diskFailure) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault, d.counts, d.fired = f, map[string]int{}, 0
}

// release lets the calls go that hang.
func (d *disk) release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = diskFailure{}
	if d.held != nil {
		close(d.held)
		d.held = nil
	}
}

// outcome is what becomes of one call.
type outcome struct {
	errno syscall.Errno
	short bool
	done  bool // the call is carried out although its caller never hears of it
}

// strike counts a call and lets it fail if it is its turn. It waits where the disk is slow or has stopped; act is called,
// with d.mu held, if the call is carried out.
func (d *disk) strike(x *thing, kind string, act func(short bool)) syscall.Errno {
	d.mu.Lock()
	o, held, pause := d.verdict(x, kind)
	if held == nil && pause > 0 {
		d.mu.Unlock()
		time.Sleep(pause)
		d.mu.Lock()
	}
	if o.errno == 0 || o.done {
		act(o.short)
	}
	d.mu.Unlock()
	if held != nil {
		<-held
	}
	return o.errno
}

// verdict is strike with d.mu held: what becomes of the call, and what it waits for.
func (d *disk) verdict(x *thing, kind string) (o outcome, held chan struct{}, pause time.Duration) {
	if x.quiet {
		return o, nil, 0
	}
	if d.held != nil {
		return outcome{errno: syscall.EIO}, d.held, 0
	}
	d.counts[kind]++
	f := d.fault
	if f.Nth == 0 || f.Calls != anyOf && f.Calls != kind {
		return o, nil, 0
	}
	n := d.counts[kind]
	if f.Calls == anyOf {
		n = d.counts[aWrite] + d.counts[aSync] + d.counts[aName]
	}
	if n < f.Nth || n > f.Nth && !f.Onward {
		return o, nil, 0
	}
	d.fired++
	switch f.Does {
	case doesEIO:
		o.errno = syscall.EIO
		if kind == aSync {
			x.since = nil // as Linux does: what could not be flushed once is never tried again, and no later fsync says so
		}
	case doesENOSPC:
		o.errno = syscall.ENOSPC
	case doesShort:
		o.short = true
	case doesSlow:
		pause = time.Duration(f.DelayMS) * time.Millisecond
	case doesStop, doesStopIn:
		d.held = make(chan struct{})
		return outcome{errno: syscall.EIO, done: f.Does == doesStopIn}, d.held, 0
	}
	return o, nil, pause
}
