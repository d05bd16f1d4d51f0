package tctest

import (
	"fmt"
	"strings"
	"time"
)

// erased is the value that empties a stored field in an update (guide 2.5).
const erased = "null"

// store keeps a card or bank account, or updates one, with its payment plan and its wallet.
func (j *job) store() Reply {
	if !j.req.has("billingid") {
		return j.storeNew()
	}
	if j.withoutStored() {
		return j.misfit(nil, refusal{offenders: []string{"billingid"}}, func(*job, *transaction) {})
	}
	return j.storeUpdate()
}

func (j *job) storeNew() Reply {
	s := &stored{CustID: j.acct.CustID, Payer: j.payer, Person: map[string]string{}, Active: true, Demo: j.demo, StoredAt: j.now}
	s.ID = j.host.allocateStored(j.acct)
	if j.given != nil && j.given.BillingID != "" {
		s.ID = j.given.BillingID
	}
	s.remember(j.req)
	s.planned(j)
	if j.req.get("wallet") == "y" {
		s.Wallet = newWallet(j.req)
	}
	v, status, refused := j.opening(s)
	if status == "" {
		return refused
	}
	j.host.keepStored(s)
	return j.storedReply(s, status, v)
}

// opening does what a new stored account asks for at once: the check of the card, the authorization that
// authnow holds, the first payment. An empty status means that one of them was refused; then nothing is
// stored (ours).
func (j *job) opening(s *stored) (v verdict, status string, refused Reply) {
	status, ok := "accepted", true
	if j.req.get("verify") == "y" && !s.Payer.Bank || s.Wallet != nil {
		if v, refused, ok = j.asked(); !ok {
			return v, "", refused
		}
		status = "approved" // of a wallet too: the guide's sample tests for it
	}
	if j.req.get("verify") == "y" && !s.Payer.Bank {
		j.verified(s, v)
	}
	p := s.Plan
	if p == nil || !j.req.has("amount") {
		return v, status, refused
	}
	authnow, now := j.req.get("authnow") == "y" && !s.Payer.Bank, p.Next.IsZero()
	if !authnow && !now {
		return v, status, refused
	}
	if v, refused, ok = j.paysAtOnce(s); !ok {
		return v, "", refused
	}
	if s.Payer.Bank {
		return v, status, refused
	}
	return v, "approved", refused
}

// paysAtOnce holds the first payment of a plan (authnow), or takes it.
func (j *job) paysAtOnce(s *stored) (v verdict, refused Reply, ok bool) {
	if s.Payer.Bank {
		if j.demo != (s.Payer.Test == demoBank) {
			return v, j.declined(verdict{decline: "decline"}), false
		}
		tx := j.enter("sale", s.Plan.Amount, accepted, "accepted")
		tx.Approved, tx.Captured, tx.BillingID = tx.Requested, tx.Requested, s.ID
		s.paid(j.host)
		return v, Reply{}, true
	}
	if v, refused, ok = j.asked(); !ok {
		return v, refused, false
	}
	if j.req.get("authnow") == "y" {
		tx := j.enter("preauth", s.Plan.Amount, held, "approved")
		tx.allow(v)
		tx.Held, tx.BillingID, s.Plan.Hold = tx.Requested, s.ID, tx.ID
		return v, Reply{}, true
	}
	tx := j.enter("sale", s.Plan.Amount, captured, "approved")
	tx.allow(v)
	tx.Captured, tx.BillingID = tx.Requested, s.ID
	s.paid(j.host)
	return v, Reply{}, true
}

// verified books how the card was checked: a verification where the account has that service, else a
// preauth of one dollar that is left to lapse (guide).
func (j *job) verified(s *stored, v verdict) {
	action, cents, state := "verify", int64(0), accepted
	if !j.acct.has("verify") {
		action, cents, state = "preauth", 100, held
	}
	tx := j.enter(action, cents, state, "approved")
	tx.allow(v)
	tx.BillingID = s.ID
	if state == held {
		tx.Held = cents
	}
}

func (j *job) storedReply(s *stored, status string, v verdict) Reply {
	tx := j.book(accepted, status)
	tx.BillingID, tx.AVS, tx.CVV = s.ID, v.avs, v.cvv
	out := reply("status", status)
	if status == "approved" {
		out = out.with("avs", v.avs).with("cvv", v.cvv)
	}
	return out.with("billingid", s.ID).forTransaction(tx)
}

// storeUpdate changes what is sent and keeps the rest.
func (j *job) storeUpdate() Reply {
	s := j.stored
	if j.req.get("wallet") == "y" && s.Wallet == nil {
		return baddata("mismatch", "billingid", "wallet") // only "when doing the initial setup" (guide)
	}
	v, status, ok, refused := verdict{}, "accepted", false, Reply{}
	if j.req.get("verify") == "y" && !j.payer.Bank {
		if v, refused, ok = j.asked(); !ok {
			return refused
		}
		status = "approved"
		j.verified(s, v)
	}
	s.Payer = j.payer
	s.remember(j.req)
	s.planned(j)
	if s.Wallet != nil {
		s.Wallet.resize(j.req)
	}
	j.host.keepStored(s)
	return j.storedReply(s, status, v)
}

// unstore deactivates a stored account; reports still show it. What its wallet holds is captured first
// (ours).
func (j *job) unstore() Reply {
	s := j.stored
	if j.withoutStored() {
		return j.misfit(nil, refusal{offenders: []string{"billingid"}}, func(*job, *transaction) {})
	}
	j.host.captureWallet(s, j.now)
	s.Active = false
	j.host.keepStored(s)
	return reply("status", "accepted").forTransaction(j.book(accepted, "accepted"))
}

// remember takes up the cardholder's fields of a request; null erases one.
func (s *stored) remember(r Request) {
	for _, f := range r.fields {
		switch {
		case !isPersonal(f.name):
		case f.value == erased:
			delete(s.Person, f.name)
		default:
			s.Person[f.name] = f.value
		}
	}
}

func isPersonal(name string) bool {
	for _, p := range personal {
		if p == name {
			return true
		}
	}
	return name == "country" || strings.HasPrefix(name, "customfield")
}

// planFields are those of a payment plan that an update may erase.
var planFields = []string{"amount", "cycle", "start", "payments", "authnow", "lastpaymentunstore"}

// erases says whether a field's value is the word that empties it.
func (j *job) erases(name string) bool {
	if j.req.get("action") != "store" || !j.req.has("billingid") || j.req.get(name) != erased {
		return false
	}
	for _, p := range planFields {
		if p == name {
			return true
		}
	}
	return isPersonal(name)
}

// allocateStored gives the next billingid: a letter and five digits, as the guide's have it.
func (h *Host) allocateStored(a *Account) string {
	for {
		h.state.NextStored += 7
		n := h.state.NextStored
		id := fmt.Sprintf("%c%05d", 'A'+rune(n/100_000%26), n%100_000)
		if h.storedOf(a, id) == nil {
			return id
		}
	}
}

// storedOf finds a stored account, active or not.
func (h *Host) storedOf(a *Account, id string) *stored {
	if a == nil {
		return nil
	}
	return h.stored[a.CustID+"/"+id]
}

// keepStored enters a stored account, or notes that it changed.
func (h *Host) keepStored(s *stored) {
	key := s.CustID + "/" + s.ID
	if h.stored[key] == nil {
		h.stored[key] = s
		h.state.Stored = append(h.state.Stored, s)
	}
	h.touchStored(s)
	h.wake(s.dueAt())
}

// dueAt is when the host has to do something for a stored account; zero: never.
func (s *stored) dueAt() (at time.Time) {
	if !s.Active {
		return at
	}
	if s.Plan != nil {
		at = s.Plan.Next
	}
	if s.Wallet != nil && s.Wallet.Hold != "" && (at.IsZero() || s.Wallet.Until.Before(at)) {
		at = s.Wallet.Until
	}
	return at
}
