package tctest

import (
	"encoding/json"
	"fmt"
)

// change is what one request or one nightly run did to the book: rows are whole, as they are afterwards.
type change struct {
	Seq        int64
	Next       int64
	NextStored int64
	Batch      int64
	Rows       []*transaction `json:",omitempty"`
	Stored     []*stored      `json:",omitempty"`
	Batches    []batch        `json:",omitempty"` // closed since the last change
}

// dirty is what changed since the last save, in the order of first change: new rows stay in their order.
type dirty struct {
	rows   []*transaction
	stored []*stored
	known  map[any]bool
}

func (d *dirty) add(row any) bool {
	if d.known[row] {
		return false
	}
	if d.known == nil {
		d.known = map[any]bool{}
	}
	d.known[row] = true
	return true
}

// touch notes that a row changed.
func (h *Host) touch(t *transaction) {
	if h.dirty.add(t) {
		h.dirty.rows = append(h.dirty.rows, t)
	}
}

func (h *Host) touchStored(s *stored) {
	if h.dirty.add(s) {
		h.dirty.stored = append(h.dirty.stored, s)
	}
}

// save gives what changed to the keeper, if there is one.
func (h *Host) save() error {
	if len(h.dirty.known) == 0 || h.cfg.Keep == nil {
		h.dirty = dirty{}
		return nil
	}
	s := &h.state
	c := change{Seq: s.Seq + 1, Next: s.Next, NextStored: s.NextStored, Batch: s.Batch,
		Rows: h.dirty.rows, Stored: h.dirty.stored, Batches: s.Batches[h.keptBatches:]}
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	s.Seq = c.Seq
	if err := h.cfg.Keep(b, h.snapshot); err != nil {
		s.Seq-- // it goes with the next one
		return err
	}
	h.keptBatches = len(s.Batches)
	h.dirty = dirty{}
	return nil
}

func (h *Host) snapshot() ([]byte, error) { return json.Marshal(h.state) }

// Snapshot is the whole book. Stored accounts are in it with mask and expiry, no card number and no bank
// account.
func (h *Host) Snapshot() ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.snapshot()
}

// Restore takes up a snapshot and the changes that were kept after it, in order. Changes that the
// snapshot already holds are passed over; an empty snapshot stands for the beginning of a host with the
// same profile and seed.
func (h *Host) Restore(snapshot []byte, changes [][]byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.state
	if len(snapshot) > 0 {
		s = state{}
		if err := json.Unmarshal(snapshot, &s); err != nil {
			return fmt.Errorf("tctest: snapshot: %w", err)
		}
	}
	h.adopt(s)
	for i, b := range changes {
		var c change
		if err := json.Unmarshal(b, &c); err != nil {
			return fmt.Errorf("tctest: change %d: %w", i+1, err)
		}
		if c.Seq <= h.state.Seq {
			continue
		}
		if c.Seq != h.state.Seq+1 {
			return fmt.Errorf("tctest: change %d: number %d follows %d", i+1, c.Seq, h.state.Seq)
		}
		h.replay(c)
	}
	h.keptBatches = len(h.state.Batches)
	h.wakeAll()
	return nil
}

// adopt makes a state the host's own.
func (h *Host) adopt(s state) {
	h.state = s
	h.byID, h.stored = map[string]*transaction{}, map[string]*stored{}
	h.dirty = dirty{}
	for _, t := range s.Transactions {
		h.byID[t.ID] = t
	}
	for _, t := range s.Stored {
		h.stored[t.CustID+"/"+t.ID] = t
	}
}

func (h *Host) replay(c change) {
	s := &h.state
	s.Seq, s.Next, s.NextStored, s.Batch = c.Seq, c.Next, c.NextStored, c.Batch
	s.Batches = append(s.Batches, c.Batches...)
	for _, t := range c.Rows {
		if old := h.byID[t.ID]; old != nil {
			*old = *t
			continue
		}
		h.byID[t.ID] = t
		s.Transactions = append(s.Transactions, t)
	}
	for _, t := range c.Stored {
		key := t.CustID + "/" + t.ID
		if old := h.stored[key]; old != nil {
			*old = *t
			continue
		}
		h.stored[key] = t
		s.Stored = append(s.Stored, t)
	}
}
