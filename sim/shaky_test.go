package sim

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tillpos/till/pos"
)

// shaky stands between the engine and a book. A commit takes time; it is done, or not done, or nobody
// knows; and when the terminal dies in the middle of one, it is on the disk or not.
type shaky struct {
	book
	w    *world
	till *till
	turn chan struct{} // one commit at a time; a mutex would freeze the bubble's time

	mu    sync.Mutex
	tries map[string]int
}

func newShaky(b book, w *world, t *till) *shaky {
	s := &shaky{book: b, w: w, till: t, turn: make(chan struct{}, 1), tries: map[string]int{}}
	s.turn <- struct{}{}
	return s
}

var errDead = errors.New("the terminal is dead")

// Append commits, with the fate that the seed has for this commit.
func (s *shaky) Append(ctx context.Context, changes ...pos.Change) error {
	if err := ctx.Err(); err != nil {
		return pos.NewError(pos.CodeJournalWrite).Because(err)
	}
	if len(changes) == 0 {
		return nil
	}
	what, states := describe(changes)
	d := s.draw(what)
	time.Sleep(d.between(0, 20*time.Microsecond)) // who asks at the same moment comes in the same order at each replay
	select {
	case <-s.turn:
	case <-ctx.Done():
		return pos.NewError(pos.CodeJournalWrite).Because(ctx.Err())
	}
	defer func() { s.turn <- struct{}{} }()
	if s.till.dead() {
		return pos.NewError(pos.CodeJournalUnknown).Because(errDead)
	}
	took := d.between(100*time.Microsecond, 6*time.Millisecond)
	fate := s.fate(d)
	if fate == slowCommit {
		took = d.between(time.Second, 12*time.Second)
	}
	s.w.struck(fate, states...)
	s.w.tempt("commit", what, took)
	time.Sleep(took)
	if s.till.dead() {
		s.dying(d, what, changes)
		return pos.NewError(pos.CodeJournalUnknown).Because(errDead)
	}
	return s.commit(ctx, fate, what, changes)
}

func (s *shaky) commit(ctx context.Context, fate fault, what string, changes []pos.Change) error {
	switch fate {
	case notCommitted:
		s.w.diary.note("journal "+what, "not written")
		return pos.NewError(pos.CodeJournalWrite)
	case lostCommit:
		s.w.diary.note("journal "+what, "perhaps written; it is not")
		return pos.NewError(pos.CodeJournalUnknown)
	}
	if err := s.append(context.WithoutCancel(ctx), changes); err != nil {
		return err
	}
	if fate == doubtfulCommit {
		s.w.diary.note("journal "+what, "perhaps written; it is")
		return pos.NewError(pos.CodeJournalUnknown)
	}
	s.w.diary.note("journal "+what, "written")
	return nil
}

// append writes. The only thing that the journal may refuse is a PIN block whose key was used before.
func (s *shaky) append(ctx context.Context, changes []pos.Change) error {
	for _, c := range changes {
		s.w.approvedAlone(c.Payment, c.Event)
	}
	err := s.book.Append(ctx, changes...)
	switch {
	case err == nil:
	case pos.CodeOf(err) == pos.CodePINPadProtocol && changes[0].Payment.State == pos.StateSending:
		s.w.diary.note("journal", "refuses a key that was used")
	default:
		s.w.violate("the journal refuses what the engine writes: %v", err)
	}
	return err
}

// dying ends a commit that the crash interrupted: acknowledged to nobody, on the disk or not.
func (s *shaky) dying(d stream, what string, changes []pos.Change) {
	if !d.chance(50) {
		s.w.diary.note("journal "+what, "lost in the crash")
		return
	}
	if s.append(context.Background(), changes) == nil {
		s.w.diary.note("journal "+what, "written in the crash")
	}
}

func (s *shaky) fate(d stream) fault {
	rate := s.w.plan.disk
	if s.w.calm.Load() {
		return none
	}
	switch d.weighted(1.5*rate, rate, rate, 2*rate, max(0, 100-5.5*rate)) {
	case 0:
		return notCommitted
	case 1:
		return doubtfulCommit
	case 2:
		return lostCommit
	case 3:
		return slowCommit
	}
	return none
}

// draw gives the stream of this very commit: the same at each replay, whoever else commits meanwhile.
func (s *shaky) draw(what string) stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries[what]++
	return newStream(s.w.seed, fmt.Sprintf("journal/%s/%d/%d", what, s.tries[what], s.till.number))
}

// describe names a commit by its first payment and gives the states that it writes.
func describe(changes []pos.Change) (string, []pos.State) {
	var states []pos.State
	for _, c := range changes {
		if c.Payment.ID != "" {
			states = append(states, c.Payment.State)
		}
	}
	first := changes[0]
	if first.Payment.ID == "" {
		return "audit", nil
	}
	return fmt.Sprintf("%s %s %s", first.Payment.Ref, first.Event.Kind, first.Payment.State), states
}

// Find reads, while the terminal lives.
func (s *shaky) Find(ctx context.Context, id string) (pos.Payment, error) {
	if s.till.dead() {
		return pos.Payment{}, pos.NewError(pos.CodeJournalDamaged).Because(errDead)
	}
	return s.book.Find(ctx, id)
}

// List reads, while the terminal lives.
func (s *shaky) List(ctx context.Context, f pos.Filter) ([]pos.Payment, error) {
	if s.till.dead() {
		return nil, pos.NewError(pos.CodeJournalDamaged).Because(errDead)
	}
	return s.book.List(ctx, f)
}
