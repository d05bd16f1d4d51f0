package sim

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sort"
	"sync"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// platter is a disk in memory: what stands on it is durable. It keeps the promises of payment.Journal and
// payment.Vault (storage/journaltest); its faults are those of shaky, which stands in front of it.
type platter struct {
	mu       sync.Mutex
	payments map[string]pos.Payment
	order    []string // ids by Seq
	refs     map[string]string
	seqs     map[int64]string
	ksns     map[card.KSN]string
	events   []pos.Event
	sealed   map[string]sealed
	at       pos.Position
}

type sealed struct {
	seal  []byte
	extra pos.Extra
}

func newPlatter() *platter {
	return &platter{payments: map[string]pos.Payment{}, refs: map[string]string{}, seqs: map[int64]string{}, ksns: map[card.KSN]string{},
		sealed: map[string]sealed{}, at: pos.Position{Batch: 1}}
}

// Append is payment.Journal's.
func (m *platter) Append(ctx context.Context, changes ...pos.Change) error {
	if err := ctx.Err(); err != nil {
		return pos.NewError(pos.CodeJournalWrite).Because(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.judge(changes); err != nil {
		return pos.NewError(pos.CodeJournalWrite).Because(err)
	}
	if m.usedKSN(changes) {
		return pos.NewError(pos.CodePINPadProtocol)
	}
	for _, c := range changes {
		m.put(c)
	}
	return nil
}

// errRule says that a change was asked for that no journal takes.
type errRule string

func (e errRule) Error() string { return string(e) }

// judge looks at all changes before the first one is written.
func (m *platter) judge(changes []pos.Change) error {
	states := map[string]pos.State{}
	refs, seqs := map[string]string{}, map[int64]string{}
	for _, c := range changes {
		p := c.Payment
		if p.ID == "" {
			continue
		}
		before, there := m.payments[p.ID]
		from := before.State
		if s, ok := states[p.ID]; ok {
			from = s
		}
		switch {
		case !from.CanBecome(p.State) || p.State == "":
			return errRule(fmt.Sprintf("%s cannot go from %q to %q", p.ID, from, p.State))
		case there && (before.Ref != p.Ref || before.Seq != p.Seq || before.Kind != p.Kind || before.KSN != p.KSN):
			return errRule(p.ID + " has another ref, seq, kind or key")
		}
		for _, other := range []string{m.refs[p.Ref], m.seqs[p.Seq], refs[p.Ref], seqs[p.Seq]} {
			if other != "" && other != p.ID {
				return errRule(p.ID + " has the ref or seq of " + other)
			}
		}
		states[p.ID], refs[p.Ref], seqs[p.Seq] = p.State, p.ID, p.ID
	}
	return nil
}

// usedKSN says that a payment was to have the key serial number of another one (rule T7).
func (m *platter) usedKSN(changes []pos.Change) bool {
	for _, c := range changes {
		if holder := m.ksns[c.Payment.KSN]; c.Payment.KSN != "" && holder != "" && holder != c.Payment.ID {
			return true
		}
	}
	return false
}

func (m *platter) put(c pos.Change) {
	m.events = append(m.events, c.Event)
	p := c.Payment
	if p.ID == "" {
		return
	}
	if _, there := m.payments[p.ID]; !there {
		at := sort.Search(len(m.order), func(i int) bool { return m.payments[m.order[i]].Seq > p.Seq })
		m.order = slices.Insert(m.order, at, p.ID)
	}
	p.Failure = copied(p.Failure)
	m.payments[p.ID], m.refs[p.Ref], m.seqs[p.Seq] = p, p.ID, p.ID
	m.at.LastSeq = max(m.at.LastSeq, p.Seq)
	if p.KSN != "" {
		m.ksns[p.KSN] = p.ID
	}
	s := m.sealed[p.ID]
	if c.Seal != nil {
		s.seal = scrambled(c.Seal)
		clear(c.Seal)
	}
	if c.Extra.Processor != "" {
		s.extra = pos.Extra{Processor: c.Extra.Processor, Data: slices.Clone(c.Extra.Data)}
	}
	if c.Erase {
		s = sealed{}
	}
	m.sealed[p.ID] = s
}

// scrambled stands for the cipher, so that a scan of the rows would find what was put beside it in clear.
func scrambled(b []byte) []byte {
	pad := sha256.Sum256([]byte("the batch key"))
	out := slices.Clone(b)
	for i := range out {
		out[i] ^= pad[i%len(pad)]
	}
	return out
}

func copied(e *pos.Error) *pos.Error {
	if e == nil {
		return nil
	}
	out := *e
	out.Args = slices.Clone(e.Args)
	return &out
}

// Find is payment.Journal's.
func (m *platter) Find(ctx context.Context, id string) (pos.Payment, error) {
	if err := ctx.Err(); err != nil {
		return pos.Payment{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.payments[id]
	if !ok {
		return p, pos.NewError(pos.CodeNotFound, id)
	}
	p.Failure = copied(p.Failure)
	return p, nil
}

// List is payment.Journal's.
func (m *platter) List(ctx context.Context, f pos.Filter) ([]pos.Payment, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []pos.Payment
	for i := range m.order {
		id := m.order[i]
		if f.Newest {
			id = m.order[len(m.order)-1-i]
		}
		p := m.payments[id]
		if !fits(p, f) {
			continue
		}
		p.Failure = copied(p.Failure)
		if out = append(out, p); f.Limit > 0 && len(out) == f.Limit {
			break
		}
	}
	return out, nil
}

func fits(p pos.Payment, f pos.Filter) bool {
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
		return false
	}
	return true
}

// Unseal is payment.Vault's.
func (m *platter) Unseal(ctx context.Context, id string) ([]byte, pos.Extra, error) {
	if err := ctx.Err(); err != nil {
		return nil, pos.Extra{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.sealed[id]
	if s.seal == nil {
		return nil, s.extra, nil
	}
	return scrambled(s.seal), pos.Extra{Processor: s.extra.Processor, Data: slices.Clone(s.extra.Data)}, nil
}

// Position is where the journal stands.
func (m *platter) Position() pos.Position {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

// NextBatch opens the next batch.
func (m *platter) NextBatch(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at.Batch++
	return m.at.Batch, nil
}

// FingerprintKey is the key of the terminal.
func (m *platter) FingerprintKey() []byte { return []byte("the terminal's key of 32 bytes..") }

// Close does nothing: what is on the platter stays.
func (m *platter) Close() error { return nil }
