package payment

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
	"github.com/tillpos/till/pos/money"
)

// Config is what an engine is made of. Journal, Host, Lane, Currency and Now are required.
type Config struct {
	Journal  Journal
	Vault    Vault // may be nil while nothing is kept sealed: no Host.Keep, no Offline
	Host     Host
	Position pos.Position // where the journal stands at start
	Lane     string       // 1 to 4 letters or digits, part of every ref
	Currency money.Currency
	Now      func() time.Time
	Random   io.Reader // nil: crypto/rand
	Log      *slog.Logger
	// DuplicateWindow is how long the same card, amount and clerk asks before it is sent again; zero never asks.
	DuplicateWindow time.Duration
	FingerprintKey  []byte
	Offline         *Offline     // nil: every sale needs the host
	Surcharge       *Surcharge   // nil: none is taken
	DebitFee        money.Amount // the most that a debit with PIN pays to the terminal; zero: none
	Unattended      bool         // nobody stands at the terminal: online only, no cash back, no typed card
	// Changed gets one non-blocking send whenever the background changed a payment; may be nil.
	Changed chan<- struct{}
}

// Engine moves money, one payment at a time or several at once, and is the only thing that does.
type Engine struct {
	Config

	mu       sync.Mutex
	seq      int64
	batch    int64                    // the open batch
	active   map[string]bool          // payments whose request is under way in this process
	chains   map[string]chan struct{} // first payments of the chains that something is being done to; closed at its end
	pending  map[string][]pos.Change  // answers that the journal has not taken yet
	hostDown string                   // why the last request did not reach the host; empty: it did
	numbers  numbers
	gates    map[string]int64      // payments that may gate the lane and are looked at before it sells, with their Seq
	alarms   map[string]*pos.Error // what a person should look at, by payment
	known    known

	wake  chan struct{}
	turn  chan struct{} // holds one token: what the background and a gate do goes one after the other
	order chan struct{} // likewise: from the look at what is there to what is made durable because of it
}

// New makes an engine. Call Recover before the first sale and Run for the background queue.
func New(c Config) (*Engine, error) {
	switch {
	case c.Journal == nil, c.Host.Name == "", c.Now == nil:
		return nil, errors.New("payment: an engine needs a journal, a host and a clock")
	case len(c.Lane) == 0 || len(c.Lane) > 4 || strings.Trim(c.Lane, laneAlphabet) != "":
		return nil, fmt.Errorf("payment: the lane %q is not 1 to 4 letters or digits", c.Lane)
	case !c.Currency.Valid():
		return nil, fmt.Errorf("payment: %w %q", money.ErrUnknown, string(c.Currency))
	case c.Vault == nil && (c.Host.Keep != nil || c.Offline != nil):
		return nil, errors.New("payment: what is kept sealed needs a vault")
	case c.Unattended && c.Offline != nil:
		return nil, errors.New("payment: an unattended terminal is online only")
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Engine{
		Config:  c,
		seq:     c.Position.LastSeq,
		batch:   c.Position.Batch,
		active:  map[string]bool{},
		chains:  map[string]chan struct{}{},
		pending: map[string][]pos.Change{},
		gates:   map[string]int64{},
		alarms:  map[string]*pos.Error{},
		known:   known{cards: map[card.Fingerprint]bool{}},
		wake:    make(chan struct{}, 1),
		turn:    make(chan struct{}, 1),
		order:   make(chan struct{}, 1),
	}, nil
}

// NewBatch says that the host's open batch is this one now: nothing sent before is resent, and the
// sequence numbers of the closed batch become free.
func (e *Engine) NewBatch(batch int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.batch = batch
	e.numbers.loaded = false
}

func (e *Engine) openBatch() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.batch
}

// HostHealth says whether the last request reached the host.
func (e *Engine) HostHealth() pos.Health {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hostDown != "" {
		return pos.Health{State: pos.DeviceOffline, Reason: e.hostDown}
	}
	return pos.Health{State: pos.DeviceOnline}
}

// noAnswer is why the host is said to be down when its last answer was lost.
const noAnswer = "no answer"

func (e *Engine) noteHost(p pos.Payment) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case p.State == pos.StateNotSent, p.Waiting():
		e.hostDown = "not reached"
	case p.State == pos.StateUnknown && p.HostID == "": // with one it was an answer that leaves the outcome open
		e.hostDown = noAnswer
	default:
		e.hostDown = ""
	}
}

// noteReached says that the host has just answered about a payment: it is there again.
func (e *Engine) noteReached() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hostDown == noAnswer {
		e.hostDown = ""
	}
}

// takeTurn waits until no other look at an unsettled payment is under way; giveTurn ends one's own.
func (e *Engine) takeTurn(ctx context.Context) error {
	select {
	case e.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *Engine) giveTurn() { <-e.turn }

// takeOrder waits until no other new order is between its checks and the journal; giveOrder lets the next one in.
func (e *Engine) takeOrder(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return pos.NewError(pos.CodeCancelled).Because(err)
	}
	select {
	case e.order <- struct{}{}:
		return nil
	case <-ctx.Done():
		return pos.NewError(pos.CodeCancelled).Because(ctx.Err())
	}
}

func (e *Engine) giveOrder() { <-e.order }

func (e *Engine) setActive(id string, on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if on {
		e.active[id] = true
	} else {
		delete(e.active, id)
	}
}

func (e *Engine) isActive(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, waits := e.pending[id]
	return e.active[id] || waits
}

// poke wakes the background queue; it never waits.
func (e *Engine) poke() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

func (e *Engine) announce() {
	if e.Changed == nil {
		return
	}
	select {
	case e.Changed <- struct{}{}:
	default:
	}
}
