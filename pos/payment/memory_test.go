package payment_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
)

// memory is a journal and vault double: it keeps the rules of pos/payment/port.go and fails when told to.
type memory struct {
	mu       sync.Mutex
	order    []string
	payments map[string]pos.Payment
	sealed   map[string][]byte
	extra    map[string]pos.Extra
	events   []pos.Event
	commits  int
	lists    int
	// fail is asked before each commit: nil commits; an error with lost=false commits and errs all the same.
	fail func(changes []pos.Change) (err error, lost bool)
	bad  []string // rules that were broken
}

// looks is how often the journal was listed.
func (m *memory) looks() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lists
}

func newMemory() *memory {
	return &memory{payments: map[string]pos.Payment{}, sealed: map[string][]byte{}, extra: map[string]pos.Extra{}}
}

func (m *memory) Append(ctx context.Context, changes ...pos.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer func() {
		for _, c := range changes {
			clear(c.Seal)
		}
	}()
	if err := ctx.Err(); err != nil {
		return pos.NewError(pos.CodeJournalWrite).Because(err)
	}
	var failure error
	if m.fail != nil {
		err, lost := m.fail(changes)
		if lost {
			return err
		}
		failure = err
	}
	m.commits++
	for _, c := range changes {
		p := c.Payment
		before, there := m.payments[p.ID]
		if !before.State.CanBecome(p.State) {
			m.bad = append(m.bad, string(before.State)+" -> "+string(p.State))
		}
		if !there {
			for _, q := range m.payments {
				if q.Ref == p.Ref || q.Seq == p.Seq {
					m.bad = append(m.bad, "ref or seq used twice")
				}
				if p.HostSeq != 0 && q.HostSeq == p.HostSeq && unfinished(q, p.Created) {
					m.bad = append(m.bad, "host number of an unfinished payment used again")
				}
			}
			m.order = append(m.order, p.ID)
		}
		m.payments[p.ID] = p
		m.events = append(m.events, c.Event)
		if c.Erase {
			delete(m.sealed, p.ID)
			delete(m.extra, p.ID)
		}
		if c.Seal != nil {
			m.sealed[p.ID] = bytes.Clone(c.Seal)
		}
		if c.Extra.Processor != "" {
			m.extra[p.ID] = c.Extra
		}
	}
	return failure
}

func (m *memory) Find(_ context.Context, id string) (pos.Payment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.payments[id]
	if !ok {
		return pos.Payment{}, pos.NewError(pos.CodeNotFound, id)
	}
	return p, nil
}

func (m *memory) List(_ context.Context, f pos.Filter) ([]pos.Payment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lists++
	var out []pos.Payment
	for _, id := range m.order {
		p := m.payments[id]
		switch {
		case f.Open && !p.State.Open(),
			f.State != "" && p.State != f.State,
			f.Sale != "" && p.Sale != f.Sale,
			f.Parent != "" && p.Parent != f.Parent,
			f.Ref != "" && p.Ref != f.Ref,
			f.Fingerprint != [32]byte{} && p.Instrument.Fingerprint != f.Fingerprint,
			p.Created.Before(f.Since),
			!f.DueBy.IsZero() && (p.Due.IsZero() || p.Due.After(f.DueBy)),
			f.Batch != 0 && p.Batch != f.Batch:
			continue
		}
		out = append(out, p)
	}
	if f.Newest {
		slices.Reverse(out)
	}
	if f.Limit > 0 && len(out) > f.Limit {
		out = out[:f.Limit]
	}
	return out, nil
}

func (m *memory) Unseal(_ context.Context, id string) ([]byte, pos.Extra, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.sealed[id]), m.extra[id], nil
}

// unfinished is the rule of host numbers said in another way than the engine does.
func unfinished(p pos.Payment, now time.Time) bool {
	lapsed := p.State == pos.StateHeld && now.Sub(p.Created) > 31*24*time.Hour
	return !lapsed && (p.State.Open() || p.State == pos.StateAccepted || p.Kind == pos.KindAuth && p.State.Where(p.Kind) == pos.MoneyHeld)
}

// seen are the states that the journal gave a payment, in order.
func (m *memory) seen(id string) (out []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.events {
		if e.Payment == id {
			out = append(out, string(e.Kind)+" "+e.Detail["state"])
		}
	}
	return out
}

func (m *memory) get(id string) pos.Payment {
	p, _ := m.Find(context.Background(), id)
	return p
}

// clock is a time that moves a second at each look.
func clock() func() time.Time {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	return func() time.Time { now = now.Add(time.Second); return now }
}

var errDisk = errors.New("disk")
