package wedge

import (
	"context"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// How long two keys of one burst may lie apart. A reader types them within some milliseconds; but a key's time is when
// the screen's program took it up, and that stops for a moment when the machine is busy. What is left of a stripe must
// not pass then.
const (
	// Gap is for the first keys, which a person may have typed.
	Gap = 150 * time.Millisecond
	// Silence ends what is surely a burst.
	Silence = time.Second
)

// sure is how many keys no person types that fast, the sentinel among them.
const sure = 3

// Reader takes bursts out of the keys of a person. Rune is called from the screen's goroutine, Read from
// another.
type Reader struct {
	mu      sync.Mutex
	held    []byte // characters of the burst under way; never grown, so that a wipe clears all of them
	holding bool
	foreign bool // a key that no stripe holds, or too many keys
	began   time.Time
	last    time.Time
	armed   *arming
	ignored int
	closed  chan struct{}
	ends    sync.Once
	stirred chan struct{} // a burst began
	now     func() time.Time
}

// arming is one Read.
type arming struct {
	at     time.Time
	result chan card.Swipe
}

// New makes a reader without keys. now is the clock that also stamps the keys given to Rune.
func New(now func() time.Time) *Reader {
	return &Reader{held: make([]byte, 0, longestBurst), stirred: make(chan struct{}, 1), closed: make(chan struct{}), now: now}
}

// Close ends a waiting Read and refuses further ones. Bursts are still taken out of the keys.
func (r *Reader) Close() { r.ends.Do(func() { close(r.closed) }) }

// Rune takes one key at the time it was pressed; Enter is '\r' or '\n'. It says whether the key is a
// person's and may pass on.
func (r *Reader) Rune(key rune, at time.Time) (pass bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.holding && at.Sub(r.last) > r.gap() {
		r.finish(false)
	}
	if !r.holding {
		return r.begin(key, at)
	}
	r.last = at
	if key == '\r' || key == '\n' {
		r.finish(true)
		return false
	}
	r.hold(key)
	return false
}

// gap is how long nothing may come before the burst is over.
func (r *Reader) gap() time.Duration {
	if len(r.held) >= sure || r.foreign {
		return Silence
	}
	return Gap
}

func (r *Reader) begin(key rune, at time.Time) (pass bool) {
	if _, ok := first(key); !ok {
		return true
	}
	r.holding, r.began, r.last = true, at, at
	r.hold(key)
	select {
	case r.stirred <- struct{}{}:
	default:
	}
	return false
}

// settle ends a burst that fell silent before its Enter, and says whether one is still under way.
func (r *Reader) settle() (under bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.holding && r.now().Sub(r.last) > r.gap() {
		r.finish(false)
	}
	return r.holding
}

func (r *Reader) hold(key rune) {
	c, ok := sign(key)
	if !ok || len(r.held) == cap(r.held) {
		r.foreign = true
		return
	}
	r.held = append(r.held, c)
}

// finish ends the burst. Without Enter it was a person's key, or a reader that was pulled out.
func (r *Reader) finish(entered bool) {
	n := len(r.held)
	if n > 1 {
		r.deliver(entered && !r.foreign && whole(r.held))
	}
	clear(r.held)
	r.held, r.holding, r.foreign = r.held[:0], false, false
}

// deliver hands the burst to the Read that was armed before it began, as a swipe or as one that could
// not be read.
func (r *Reader) deliver(readable bool) {
	if r.armed == nil || r.began.Before(r.armed.at) {
		r.ignored++
		return
	}
	s := card.Swipe{Entry: card.EntryWedge, Status: [3]card.TrackStatus{card.Bad, card.Bad, card.Blank}}
	if readable {
		s = Parse(r.held)
	}
	r.armed.result <- s
	r.armed = nil
}

// Read arms the reader and waits for one swipe. It errs with ctx's error, or with code register.busy
// when another Read waits, reader.offline when the reader was closed.
func (r *Reader) Read(ctx context.Context) (card.Swipe, error) {
	mine := &arming{at: r.now(), result: make(chan card.Swipe, 1)}
	r.mu.Lock()
	if r.armed != nil {
		r.mu.Unlock()
		return card.Swipe{}, pos.NewError(pos.CodeBusy)
	}
	r.armed = mine
	r.mu.Unlock()

	silence := time.NewTimer(0)
	defer silence.Stop()
	for {
		select {
		case s := <-mine.result:
			return s, nil
		case <-ctx.Done():
			return r.disarm(ctx.Err(), mine)
		case <-r.closed:
			return r.disarm(pos.NewError(pos.CodeReaderOffline).WithDetail("closed"), mine)
		case <-r.stirred:
			silence.Reset(Gap)
		case <-silence.C:
			if r.settle() {
				silence.Reset(Gap)
			}
		}
	}
}

// disarm takes a Read back, which ends with why.
func (r *Reader) disarm(why error, mine *arming) (card.Swipe, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.armed == mine {
		r.armed = nil
		return card.Swipe{}, why
	}
	s := <-mine.result // the swipe and the cancel came together: the cancel counts
	s.Wipe()
	r.ignored++
	return card.Swipe{}, why
}

// Health is online until Close: a keyboard tells nothing about what is plugged into it.
func (r *Reader) Health() pos.Health {
	select {
	case <-r.closed:
		return pos.Health{State: pos.DeviceClosed}
	default:
		return pos.Health{State: pos.DeviceOnline}
	}
}

// Armed says whether a Read waits for a swipe.
func (r *Reader) Armed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.armed != nil
}

// Ignored counts the bursts that came while nothing was armed.
func (r *Reader) Ignored() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ignored
}
