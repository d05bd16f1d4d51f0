package tctest

import "time"

// lapsed says whether a preauth is too old for a postauth.
func (h *Host) lapsed(t *transaction) bool { return h.now().After(h.lapses(t)) }

// lapses is the last moment of a preauth's life.
func (h *Host) lapses(t *transaction) time.Time {
	return t.BookedAt.AddDate(0, 0, h.cfg.Profile.Switches.PreauthDays)
}

// Job is something that the host did by itself when its time came.
type Job struct {
	Name  string    // settle, reject, citadel or wallet
	At    time.Time // when it fell due
	Count int       // rows or stored accounts concerned
}

// RunDue does what fell due since the last call: queued rows that turn out refused, batches that settle,
// payments of stored plans, wallets whose time is over. Every request does it too.
func (h *Host) RunDue() []Job {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.runDue()
}

// wake tells the host that something falls due at a time.
func (h *Host) wake(at time.Time) {
	if !at.IsZero() && (h.due.IsZero() || at.Before(h.due)) {
		h.due = at
	}
}

// runDue looks at the book only when the earliest due time has come. A row that changed in between may
// have made that time needless, never too late.
func (h *Host) runDue() []Job {
	now := h.now()
	var jobs []Job
	for !h.due.IsZero() && !h.due.After(now) {
		at := h.due
		for _, do := range []struct {
			name string
			run  func(time.Time) int
		}{{"reject", h.rejectDue}, {"citadel", h.payDue}, {"wallet", h.captureDue}, {"settle", h.settleDue}} {
			h.during(at, func() {
				if n := do.run(at); n > 0 {
					jobs = append(jobs, Job{do.name, at, n})
				}
			})
		}
		h.due = time.Time{}
		h.wakeAll()
	}
	return jobs
}

// wakeAll finds the earliest moment at which something changes by itself.
func (h *Host) wakeAll() {
	for _, t := range h.state.Transactions {
		switch {
		case !t.RejectAt.IsZero():
			h.wake(t.RejectAt)
		case t.settles():
			h.wake(t.Cutoff)
		}
	}
	for _, s := range h.state.Stored {
		h.wake(s.dueAt())
	}
}

func (h *Host) rejectDue(at time.Time) (n int) {
	for _, t := range h.state.Transactions {
		if !t.RejectAt.IsZero() && !t.RejectAt.After(at) {
			t.State, t.Status, t.RejectAt = rejected, "rejected", time.Time{}
			h.touch(t)
			n++
		}
	}
	return n
}

// settleDue closes the batch of a day: 20:00 Pacific (guide, voids).
func (h *Host) settleDue(at time.Time) int {
	b := batch{Number: h.state.Batch, At: at}
	for _, t := range h.state.Transactions {
		if t.RejectAt.IsZero() && t.settles() && !t.Cutoff.After(at) {
			b.Count++
			b.Net += t.net()
			t.State, t.Batch = settled, b.Number
			h.touch(t)
		}
	}
	if b.Count > 0 {
		h.state.Batches = append(h.state.Batches, b)
		h.state.Batch++
	}
	return b.Count
}

// cutoff is the next 20:00 Pacific after a time: until then a transaction can be voided. The guide says
// "on the day of submission"; one submitted after 20:00 goes with the next day's batch (ours).
func (h *Host) cutoff(t time.Time) time.Time { return h.nextHour(t, 20) }

// nextHour is the first full hour of that name, Pacific, after a time.
func (h *Host) nextHour(t time.Time, hour int) time.Time {
	p := t.In(h.pacific)
	at := time.Date(p.Year(), p.Month(), p.Day(), hour, 0, 0, 0, h.pacific)
	if !at.After(t) {
		at = time.Date(p.Year(), p.Month(), p.Day()+1, hour, 0, 0, 0, h.pacific)
	}
	return at
}
