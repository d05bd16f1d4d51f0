package tctest

import (
	"fmt"
	"strconv"
	"time"
)

// stored is an account in the vault, named by its billingid.
type stored struct {
	ID, CustID string
	Payer      payer
	Person     map[string]string `json:",omitempty"`
	Active     bool
	Demo       bool
	StoredAt   time.Time
	Plan       *plan   `json:",omitempty"`
	Wallet     *wallet `json:",omitempty"`
}

// plan is a series of payments that the host makes by itself.
type plan struct {
	Amount        int64  // cents of each
	Cycle         string // 1m; empty: one payment
	Payments      int64  // how many; 0: no end
	Made          int64
	Step          int       // how many cycles after Anchor the next one is
	Anchor        time.Time // night of the first one
	Next          time.Time // zero: nothing more, or the first one is due at once
	Hold          string    `json:",omitempty"` // transid of the preauth that authnow made
	KeepAfterLast bool      `json:",omitempty"`
	PastDue       bool      `json:",omitempty"` // the last one was refused
}

// runHour of the nightly run, Pacific (guide: "at around 02:00").
const runHour = 2

// planMissing gives the fields without which a plan makes no sense: an amount always, a cycle unless
// there is one payment only (guide: required for payments that the gateway starts).
func (j *job) planMissing() (gone []string) {
	r := j.req
	asked := r.has("cycle") || r.has("start") || r.cents("payments") > 0 || r.get("authnow") == "y"
	if r.get("action") != "store" || r.has("billingid") || !asked {
		return nil
	}
	if !r.has("amount") {
		gone = append(gone, "amount")
	}
	if !r.has("cycle") && r.cents("payments") != 1 {
		gone = append(gone, "cycle")
	}
	return gone
}

// planned makes the plan of a store request, or changes the one there is.
func (s *stored) planned(j *job) {
	r := j.req
	if r.get("amount") == erased || r.get("cycle") == erased {
		s.Plan = nil
		return
	}
	if s.Plan == nil && !r.has("cycle") && r.cents("payments") != 1 {
		return
	}
	p := s.Plan
	fresh := p == nil
	if fresh {
		p = &plan{}
	}
	if r.has("amount") {
		p.Amount = r.cents("amount")
	}
	if r.has("cycle") {
		p.Cycle = r.get("cycle")
	}
	if r.has("payments") { // counted anew
		p.Payments, p.Made = r.cents("payments"), 0
	}
	if r.has("lastpaymentunstore") {
		p.KeepAfterLast = r.get("lastpaymentunstore") == "n"
	}
	s.Plan = p
	if fresh || r.has("start") {
		p.begins(j)
	} else if r.has("cycle") || r.has("payments") {
		p.Anchor, p.Step = p.Next, 0
		if p.Next.IsZero() {
			p.begins(j)
		}
	}
}

// begins sets the first payment. Without a start it is the coming night if the profile says next_run or
// the amount is held already, else due at once, which a zero Next means. An update is never due at once.
func (p *plan) begins(j *job) {
	next := j.host.nextHour(j.now, runHour)
	start := j.req.get("start")
	p.Step, p.Anchor, p.Next = 0, next, next
	switch {
	case start != "" && start != erased:
		if at := j.host.startNight(start, j.now); at.After(next) {
			p.Anchor, p.Next = at, at
		}
	case j.req.get("authnow") == "y", j.req.has("billingid"), j.host.cfg.Profile.Switches.StartAbsent == "next_run":
	default:
		p.Anchor, p.Next = j.host.night(j.now.In(j.host.pacific)), time.Time{}
	}
}

// startNight reads YYYY-MM-DD, or an interval from today.
func (h *Host) startNight(start string, now time.Time) time.Time {
	if day, err := time.ParseInLocation("2006-01-02", start, h.pacific); err == nil {
		return h.night(day)
	}
	return h.night(after(now.In(h.pacific), start, 1))
}

// night is the run of a day.
func (h *Host) night(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), runHour, 0, 0, 0, h.pacific)
}

// after is a day so many cycles after another one. A month that is too short gives its last day, and the
// day of the month comes back in the next longer one (ours).
func after(day time.Time, cycle string, times int) time.Time {
	n, err := strconv.Atoi(cycle[:len(cycle)-1])
	if err != nil {
		return day
	}
	n *= times
	switch cycle[len(cycle)-1] {
	case 'd':
		return day.AddDate(0, 0, n)
	case 'w':
		return day.AddDate(0, 0, 7*n)
	case 'y':
		n *= 12
	}
	first := time.Date(day.Year(), day.Month()+time.Month(n), 1, day.Hour(), 0, 0, 0, day.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(day.Day(), last)-1)
}

// paid counts a payment and plans the next one.
func (s *stored) paid(h *Host) {
	s.Plan.Made++
	s.Plan.PastDue = false
	s.advance(h)
}

// advance moves on to the next cycle. A refused payment of an installment plan is not counted as made: it
// is tried again a cycle later (ours).
func (s *stored) advance(h *Host) {
	p := s.Plan
	p.Hold = ""
	if p.Cycle == "" || p.Payments > 0 && p.Made >= p.Payments {
		p.Next = time.Time{}
		return
	}
	p.Step++
	p.Next = h.night(after(p.Anchor.In(h.pacific), p.Cycle, p.Step))
}

// done says whether all payments were made.
func (p *plan) done() bool { return p.Payments > 0 && p.Made >= p.Payments }

// payDue makes the payments of a night and unstores the accounts whose last one it was, unless they are
// to be kept.
func (h *Host) payDue(at time.Time) (n int) {
	for _, s := range h.state.Stored {
		if !s.Active || s.Plan == nil || s.Plan.Next.IsZero() || s.Plan.Next.After(at) {
			continue
		}
		n++
		h.pay(s, at)
		h.unstoreIfDone(s, at)
		h.keepStored(s)
	}
	return n
}

func (h *Host) pay(s *stored, at time.Time) {
	j := h.own(s, at)
	if j == nil { // the profile no longer has the account
		s.Active = false
		return
	}
	var out Reply
	if hold := h.byID[s.Plan.Hold]; hold != nil && hold.State == held && !h.lapsed(hold) {
		j.req.put("action", "postauth")
		j.req.put("transid", hold.ID)
		out = j.follow(postauthFits, postauthDone)
	} else {
		j.req.put("action", "sale")
		j.req.put("amount", fmt.Sprintf("%03d", s.Plan.Amount))
		j.req.put("billingid", s.ID)
		out = j.sale()
	}
	j.tx.BillingID = s.ID
	if status := out.Get("status"); status == "approved" || status == "accepted" {
		s.paid(h)
		return
	}
	s.Plan.PastDue = true
	s.advance(h)
}

// unstoreIfDone ends an installment plan after its last payment (lastpaymentunstore).
func (h *Host) unstoreIfDone(s *stored, at time.Time) {
	if s.Plan == nil || !s.Plan.done() || s.Plan.KeepAfterLast || !s.Active {
		return
	}
	if j := h.own(s, at); j != nil {
		j.req.put("action", "unstore")
		j.req.put("billingid", s.ID)
		j.unstore()
	}
}

// own is a job that the host gives itself for a stored account.
func (h *Host) own(s *stored, at time.Time) *job {
	acct := h.accounts[s.CustID]
	if acct == nil {
		return nil
	}
	return &job{host: h, now: at, acct: acct, demo: s.Demo, payer: s.Payer, stored: s, unasked: true}
}
