package tctest

import (
	"fmt"
	"slices"
	"time"
)

// playHistory books the requests of the profile's past, each at its time, as if a client had sent them.
func (h *Host) playHistory() error {
	var last time.Time
	for i := range h.cfg.Profile.History {
		past := &h.cfg.Profile.History[i]
		at, err := time.Parse(time.RFC3339, past.At)
		switch {
		case err != nil:
			return fmt.Errorf("profile: history %d: at is no RFC 3339 time", i+1)
		case at.Before(last) || at.After(h.cfg.Now()):
			return fmt.Errorf("profile: history %d: the times go forward and end before the clock's", i+1)
		}
		last = at
		h.during(at, func() { err = h.play(past) })
		if err != nil {
			return fmt.Errorf("profile: history %d: %w", i+1, err)
		}
	}
	return nil
}

// play books one request of the past. What a client would be refused is an error here.
func (h *Host) play(past *Past) error {
	acct := h.accounts[past.Fields["custid"]]
	if acct == nil {
		return fmt.Errorf("fields need the custid of an account")
	}
	for _, id := range []struct{ value, field string }{{past.TransID, "transid"}, {past.BillingID, "billingid"}} {
		if f, _ := h.book.facts.Field(id.field); id.value != "" && (len(id.value) != f.Max || !rightForm(f, id.value)) {
			return fmt.Errorf("%s has not the form of one", id.field)
		}
	}
	if past.TransID != "" && len(past.For) == 0 && h.byID[past.TransID] != nil || h.storedOf(acct, past.BillingID) != nil {
		return fmt.Errorf("transid or billingid stands there twice")
	}
	var r Request
	for name, value := range past.Fields {
		r.put(name, value)
	}
	r.put("password", acct.Password)
	slices.SortFunc(r.fields, func(a, b pair) int { return h.book.compare(a.name, b.name) })
	h.runDue()
	out := h.decide(&job{host: h, req: r, now: h.at, given: past})
	tx := h.byID[out.TransID]
	if tx == nil || tx.is(rejected, declined) {
		return fmt.Errorf("the request is refused: %s %s %s", out.Get("status"), out.Get("error"), out.Get("offenders"))
	}
	tx.Answered = true
	for _, action := range past.For {
		h.aliases[action+"/"+past.TransID] = tx.ID
	}
	return nil
}
