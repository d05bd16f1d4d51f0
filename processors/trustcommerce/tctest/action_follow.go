package tctest

import "time"

// refusal says why a transaction that refers to another one cannot be done; the zero value: it can.
type refusal struct {
	offenders   []string // the reference does not fit; what the wire shows is the profile's rule
	unsupported string   // offender of error/unsupported
	decline     string   // declinetype
}

// follow handles an action that refers to an earlier transaction: fits judges, done books the effect.
func (j *job) follow(fits func(*job, *transaction) refusal, done func(*job, *transaction)) Reply {
	parent := j.host.find(j.req.get("transid"), j.req.get("action"))
	if parent != nil && parent.CustID != j.acct.CustID {
		parent = nil
	}
	if parent != nil {
		j.payer = payer{Mask: parent.Card, Brand: parent.Brand, Bank: parent.Media == "ach"}
		j.host.touch(parent)
	}
	r := fits(j, parent)
	switch {
	case r.unsupported != "":
		reply := j.unsupported(r.unsupported)
		j.join(parent)
		return reply
	case r.decline != "":
		tx := j.book(declined, "decline")
		tx.Decline = r.decline
		j.join(parent)
		return reply("status", "decline", "declinetype", r.decline).forTransaction(tx)
	case len(r.offenders) > 0:
		return j.misfit(parent, r, done)
	}
	return j.accept(parent, done)
}

func (j *job) accept(parent *transaction, done func(*job, *transaction)) Reply {
	tx := j.book(accepted, "accepted")
	j.join(parent)
	done(j, parent)
	return reply("status", "accepted").forTransaction(tx)
}

// misfit answers a reference that does not fit as the profile's rule says. The documents are silent.
func (j *job) misfit(parent *transaction, r refusal, done func(*job, *transaction)) Reply {
	switch j.host.cfg.Profile.Rule {
	case "queue":
		tx := j.book(accepted, "accepted")
		tx.RejectAt = j.now.Add(15 * time.Minute)
		j.host.wake(tx.RejectAt)
		j.join(parent)
		return reply("status", "accepted").forTransaction(tx)
	case "rejected":
		tx := j.book(rejected, "rejected")
		j.join(parent)
		return reply("status", "rejected").forTransaction(tx)
	case "lenient":
		return j.accept(parent, done)
	}
	return baddata("mismatch", r.offenders...)
}

// join puts the booked transaction into the chain of its parent.
func (j *job) join(parent *transaction) {
	j.tx.Parent = j.req.get("transid")
	if parent != nil {
		j.tx.Parent, j.tx.Chain, j.tx.Media, j.tx.Demo = parent.ID, parent.Chain, parent.Media, parent.Demo
		j.tx.BillingID = parent.BillingID
	}
}

var (
	wrongReference = refusal{offenders: []string{"transid"}}
	wrongAmount    = refusal{offenders: []string{"transid", "amount"}}
)

// amountOr is the amount sent, or what stands for it when none was.
func (j *job) amountOr(standard int64) int64 {
	if j.req.has("amount") {
		return j.req.cents("amount")
	}
	return standard
}

// postauthFits: an approved preauth without a postauth, or a preauth or sale that only our avs or cvv
// rule declined; at most what is held, more only as tip; not older than the life of a preauth.
func postauthFits(j *job, p *transaction) refusal {
	switch {
	case j.req.has("tip") && !j.takesTip():
		return refusal{unsupported: "tip"}
	case j.req.has("shipdate") && !j.takesShipDate():
		return refusal{unsupported: "shipdate"}
	case j.req.get("purchaselevel") == "3":
		return refusal{unsupported: "action"}
	case p == nil || p.Wallet || p.Action != "preauth" && p.Action != "sale":
		return wrongReference
	case !(p.Action == "preauth" && p.State == held || p.ByRule && p.State == declined):
		return wrongReference
	case j.host.lapsed(p):
		return refusal{decline: "authexpired"}
	case j.amountOr(1) > holdOf(p):
		return wrongAmount
	}
	return refusal{}
}

// holdOf is what a postauth of p may take: the hold, or what a rule's decline would have held.
func holdOf(p *transaction) int64 {
	if p.State == declined {
		return p.Requested
	}
	return p.Held
}

func postauthDone(j *job, p *transaction) {
	standard := int64(0)
	if p != nil {
		standard = holdOf(p)
		if p.is(held, declined) {
			p.State, p.Held = captured, 0
		}
	}
	j.tx.Requested = j.amountOr(standard) + j.req.cents("tip")
	j.tx.Approved, j.tx.Captured, j.tx.State = j.tx.Requested, j.tx.Requested, captured
}

// creditFits: a sale or postauth that brought money in, at most what is left of it.
func creditFits(j *job, p *transaction) refusal {
	switch {
	case p == nil || !p.broughtIn():
		return wrongReference
	case p.Debit:
		return refusal{unsupported: "action"} // the cardholder's PIN is needed: credit2
	}
	if j.host.cfg.Profile.Switches.VoidBlocksSameDayCredit && j.acct.has("void") && j.now.Before(p.Cutoff) {
		return refusal{unsupported: "action"}
	}
	if left := p.Captured - p.Refunded - p.ChargedBack; j.amountOr(p.Captured) > left {
		return wrongAmount
	}
	return refusal{}
}

func creditDone(j *job, p *transaction) {
	at, standard := j.tx, int64(0) // without a parent the row carries its own refund
	if p != nil {
		at, standard = p, p.Captured // the guide: by default the amount of the original, credited before or not
	}
	j.tx.Requested = j.amountOr(standard)
	j.tx.Approved = j.tx.Requested
	at.Refunded += j.tx.Approved
}

// broughtIn says whether the row brought money in. A walletsale does when its wallet is captured.
func (t *transaction) broughtIn() bool {
	return t.Captured > 0 && t.is(captured, settled, accepted) && !t.inWallet()
}

// chargebackFits: the cardholder's bank took the money of a sale or postauth back; it is marked once.
func chargebackFits(_ *job, p *transaction) refusal {
	if p == nil || !p.broughtIn() || p.Captured == p.Refunded+p.ChargedBack {
		return wrongReference
	}
	return refusal{}
}

// chargebackDone takes what credits left. It is bookkeeping: no batch carries it.
func chargebackDone(j *job, p *transaction) {
	if p == nil || p.Captured == 0 {
		return
	}
	j.tx.Requested = p.Captured - p.Refunded - p.ChargedBack
	j.tx.Approved = j.tx.Requested
	p.ChargedBack += j.tx.Approved
}

// voidFits: a sale, postauth, credit or preauth whose batch has not gone, that nothing later refers to.
// A PIN debit is done at once and in no batch, so it cannot be voided (ours).
func voidFits(j *job, p *transaction) refusal {
	if p == nil || !p.is(held, captured, accepted) || !j.now.Before(p.Cutoff) || !p.RejectAt.IsZero() {
		return wrongReference
	}
	ok := false
	switch p.Action {
	case "preauth":
		ok = p.State == held && !p.Wallet
	case "sale", "postauth", "credit":
		ok = p.Refunded+p.ChargedBack == 0 && !p.Wallet
	case "credit2":
		ok = true
	case "walletsale":
		ok = p.inWallet()
	}
	switch {
	case !ok:
		return wrongReference
	case p.Debit:
		return refusal{unsupported: "action"}
	}
	return refusal{}
}

func voidDone(j *job, p *transaction) {
	if p == nil || p.is(voided, reversed, rejected, declined) {
		return
	}
	j.tx.Requested = p.Approved
	j.tx.Approved = p.Approved
	above := j.host.byID[p.Parent]
	switch {
	case p.Action == "postauth" && above != nil && above.State == captured && !above.ByRule:
		// The hold stands again until it lapses.
		above.State, above.Held = held, j.host.unreversed(above)
	case p.Action == "postauth" && above != nil && above.ByRule:
		above.State = declined
	case p.Action == "credit" && above != nil:
		above.Refunded -= p.Approved
	case p.Action == "credit", p.Action == "credit2":
		p.Refunded = 0
	case p.Action == "walletsale":
		j.host.takeFromWallet(p)
	}
	if above != nil {
		j.host.touch(above)
	}
	p.State, p.Captured, p.Held = voided, 0, 0
}

// unreversed is what reversals left of a preauth.
func (h *Host) unreversed(p *transaction) int64 {
	left := p.Approved
	for _, c := range h.children(p, "reversal") {
		left -= c.Approved
	}
	return left
}

// reversalFits: an approved preauth without a postauth, card not present. Visa in part or whole,
// Mastercard whole, no other brand (guide); the answer to the others is ours.
func reversalFits(j *job, p *transaction) refusal {
	switch {
	case p == nil || p.Action != "preauth" || p.State != held || p.Wallet || j.host.lapsed(p):
		return wrongReference
	case p.Swiped || j.acct.Industry == "retail" || j.acct.Industry == "restaurant":
		return refusal{unsupported: "action"}
	case p.Brand != "visa" && (p.Brand != "mastercard" || j.amountOr(p.Held) != p.Held):
		return refusal{unsupported: "action"}
	case j.amountOr(1) > p.Held:
		return wrongAmount
	}
	return refusal{}
}

func reversalDone(j *job, p *transaction) {
	if p == nil || p.State != held {
		return
	}
	j.tx.Requested = j.amountOr(p.Held)
	j.tx.Approved = min(j.tx.Requested, p.Held)
	p.Held -= j.tx.Approved
	if p.Held == 0 {
		p.State = reversed
	}
}

// is says whether the row stands in one of the states.
func (t *transaction) is(states ...State) bool {
	for _, s := range states {
		if t.State == s {
			return true
		}
	}
	return false
}
