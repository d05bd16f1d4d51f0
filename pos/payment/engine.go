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
	"github.com/tillpos/till/pos/money"
)

// Config is what an engine is made of. Journal, Host, Lane, Currency and Now are required.
type Config struct {
	Journal  Journal
	Vault    Vault // may be nil while no processor keeps anything sealed
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
	Offline         *Offline // nil: every sale needs the host
	Unattended      bool     // nobody stands at the terminal: online only, no cash back, no typed card
	// Changed gets one non-blocking send whenever the background changed a payment; may be nil.
	Changed chan<- struct{}
}

// Engine moves money, one payment at a time or several at once, and is the only thing that does.
type Engine struct {
	Config

	mu       sync.Mutex
	seq      int64
	active   map[string]bool         // payments whose request is under way in this process
	chains   map[string]bool         // first payments of the chains that something is being done to
	pending  map[string][]pos.Change // answers that the journal has not taken yet
	hostDown string                  // why the last request did not reach the host; empty: it did
	wake     chan struct{}
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
		active:  map[string]bool{},
		chains:  map[string]bool{},
		pending: map[string][]pos.Change{},
		wake:    make(chan struct{}, 1),
	}, nil
}

const (
	laneAlphabet   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	letterAlphabet = "BCDFGHJKLMNPQRSTVWXZ" // no vowels, so no words
)

// number gives a payment its id, seq and ref, fixed from here on. The ref is LANE-YYMMDD-LETTERS-SEQ, at most 27
// characters; the random letters keep it unique even when an older copy of the journal was put back,
// and keep its digits from ever reading as a card number. The id is made of the last two parts.
func (e *Engine) number(p *pos.Payment) error {
	raw := make([]byte, 5)
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, err := io.ReadFull(e.Random, raw); err != nil {
		return pos.NewError(pos.CodeInternal).Because(err)
	}
	for i, b := range raw {
		raw[i] = letterAlphabet[int(b)%len(letterAlphabet)]
	}
	e.seq++
	p.Seq = e.seq
	p.ID = fmt.Sprintf("%s-%d", strings.ToLower(string(raw)), p.Seq)
	if p.Ref == "" {
		p.Ref = fmt.Sprintf("%s-%s-%s-%d", e.Lane, p.Created.Format("060102"), raw, p.Seq)
	}
	return nil
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

// begin makes the intent durable. After it the payment may be sent; if it errs, nothing was and nothing
// will be sent.
func (e *Engine) begin(ctx context.Context, p *pos.Payment) error {
	p.Created = e.Now()
	p.Updated = p.Created
	p.State = pos.StateSending
	p.Processor = e.Host.Name
	p.Batch = e.Position.Batch
	if err := e.number(p); err != nil {
		return err
	}
	e.setActive(p.ID, true)
	change := pos.Change{Payment: *p, Event: pos.Event{Kind: pos.EventIntent, Payment: p.ID, At: p.Created, Clerk: p.Clerk}}
	if err := e.Journal.Append(ctx, change); err != nil {
		e.setActive(p.ID, false)
		// Perhaps written: then it stands as sending until the next start, which asks the host and
		// finds nothing. No byte has left.
		e.Log.Error("intent not journaled", "payment", p.ID, "error", err)
		return err
	}
	return nil
}

// finish applies an answer, makes it durable together with what it does to the parent, and only then
// returns the payment for anybody to see.
func (e *Engine) finish(ctx context.Context, p pos.Payment, a pos.Answer, chain []pos.Payment) pos.Payment {
	defer e.setActive(p.ID, false)
	apply(&p, a)
	p.Updated = e.Now()
	if p.State == pos.StateUnknown {
		p.Due = p.Updated.Add(e.Host.Settling.First)
	}
	e.noteHost(p)
	changes := []pos.Change{{
		Payment: p, Extra: a.Extra,
		Event: pos.Event{Kind: pos.EventOutcome, Payment: p.ID, At: p.Updated, Clerk: p.Clerk, Detail: outcomeDetail(p)},
	}}
	changes = append(changes, parentChanges(p, chain)...)
	// The answer is here; cancelling now would only lose it.
	if err := e.Journal.Append(context.WithoutCancel(ctx), changes...); err != nil {
		e.Log.Error("outcome not journaled", "payment", p.ID, "state", string(p.State), "error", err)
		return e.keepPending(p, changes, err)
	}
	e.poke()
	return p
}

// keepPending holds an answer that the journal did not take. Nobody sees it before it is durable: the
// payment shows as unknown until the background queue has written it.
func (e *Engine) keepPending(p pos.Payment, changes []pos.Change, err error) pos.Payment {
	e.mu.Lock()
	e.pending[p.ID] = changes
	e.mu.Unlock()
	e.poke()
	p.State = pos.StateUnknown
	p.Approved = money.New(0, p.Requested.Currency())
	p.Failure = asError(err)
	return p
}

// parentChanges are the journal rows that say what a later payment did to the ones it is for.
func parentChanges(child pos.Payment, chain []pos.Payment) []pos.Change {
	var out []pos.Change
	for _, p := range effects(child, chain) {
		p.Updated = child.Updated
		out = append(out, pos.Change{Payment: p, Event: pos.Event{
			Kind: pos.EventParent, Payment: p.ID, At: child.Updated, Clerk: child.Clerk,
			Detail: map[string]string{"by": child.ID, "kind": string(child.Kind), "state": string(p.State)},
		}})
	}
	return out
}

func outcomeDetail(p pos.Payment) map[string]string {
	d := map[string]string{"state": string(p.State)}
	if p.HostID != "" {
		d["host_id"] = p.HostID
	}
	if p.Failure != nil {
		d["code"] = string(p.Failure.Code)
	}
	return d
}

// apply writes an answer into a payment that is being sent or unknown.
func apply(p *pos.Payment, a pos.Answer) {
	p.HostID, p.AuthCode, p.AVS, p.CVV, p.Failure = a.HostID, a.AuthCode, a.AVS, a.CVV, a.Failure
	switch a.State {
	case pos.StateApproved, pos.StatePartial, pos.StateAccepted:
		applyYes(p, a)
	case pos.StateDeclined, pos.StateRefused, pos.StateNotSent:
		p.State = a.State
	default:
		p.State = pos.StateUnknown
		if p.Failure == nil {
			p.Failure = pos.NewError(pos.CodeUnknown)
		}
	}
}

// applyYes judges the amount of a yes: none named means all, less means partial, and more than was asked for or another
// currency is an answer that cannot be believed.
func applyYes(p *pos.Payment, a pos.Answer) {
	p.State, p.Approved = a.State, a.Approved
	if a.Approved.IsZero() {
		p.Approved = p.Requested
	}
	order, err := p.Approved.Cmp(p.Requested)
	switch {
	case err != nil, order > 0, p.Approved.IsNegative():
		p.State = pos.StateUnknown
		p.Approved = money.New(0, p.Requested.Currency())
		p.Failure = pos.NewError(pos.CodeWrongAnswer).WithDetail("the host answered with an amount that was not asked for")
	case order < 0 && a.State == pos.StateApproved:
		p.State = pos.StatePartial
	case order == 0 && a.State == pos.StatePartial:
		p.State = pos.StateApproved
	}
}

func (e *Engine) noteHost(p pos.Payment) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch p.State {
	case pos.StateNotSent:
		e.hostDown = "not reached"
	case pos.StateUnknown:
		e.hostDown = "no answer"
	default:
		e.hostDown = ""
	}
}

func (e *Engine) setActive(id string, on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if on {
		e.active[id] = true
	} else {
		delete(e.active, id)
	}
}

// poke wakes the background queue and tells the screen that something changed.
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

func asError(err error) *pos.Error {
	var known *pos.Error
	if errors.As(err, &known) {
		return known
	}
	return pos.NewError(pos.CodeInternal).Because(err)
}
