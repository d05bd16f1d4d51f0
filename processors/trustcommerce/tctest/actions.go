package tctest

import (
	"fmt"
	"time"
)

// job is one request on its way through the host. Its clear card data end with it.
type job struct {
	host *Host
	req  Request
	now  time.Time
	acct *Account
	demo bool

	payer  payer
	stored *stored // what billingid names, if it is there
	swiped bool

	trouble  Trouble
	given    *Past // identifiers that a profile's history prescribes
	unasked  bool  // the host acts by itself: nobody waits for an answer
	tx       *transaction
	commerce string // commercialcard of the answer
}

// actions says who handles which action. Each is called with the host locked and a request that passed
// validation.
var actions = map[string]func(*job) Reply{
	"sale":       (*job).sale,
	"preauth":    (*job).preauth,
	"verify":     (*job).verify,
	"postauth":   func(j *job) Reply { return j.follow(postauthFits, postauthDone) },
	"credit":     func(j *job) Reply { return j.follow(creditFits, creditDone) },
	"credit2":    (*job).credit2,
	"void":       func(j *job) Reply { return j.follow(voidFits, voidDone) },
	"reversal":   func(j *job) Reply { return j.follow(reversalFits, reversalDone) },
	"chargeback": func(j *job) Reply { return j.follow(chargebackFits, chargebackDone) },
	"store":      (*job).store,
	"unstore":    (*job).unstore,
	"walletsale": (*job).walletSale,
}

func (j *job) unsupported(offender string) Reply {
	tx := j.book(rejected, "error")
	return reply("status", "error", "errortype", "unsupported", "offenders", offender).forTransaction(tx)
}

// unprocessed is the answer when the payment processor could not be reached or was not understood.
func (j *job) unprocessed() Reply {
	return failToProcess.forTransaction(j.book(rejected, "error"))
}

var failToProcess = reply("status", "error", "errortype", "failtoprocess")

// book enters the transaction that the answer names. All of them that passed validation are in the
// ledger, declined ones too.
func (j *job) book(s State, status string) *transaction {
	tx := j.enter(j.req.get("action"), j.req.cents("amount"), s, status)
	tx.Marks = j.marks()
	tx.Answered = j.unasked
	j.tx = tx
	return tx
}

// enter adds a row for what the host does on the way: the dollar that verifies a card, a plan's payment,
// a wallet's authorization.
func (j *job) enter(action string, cents int64, s State, status string) *transaction {
	h := j.host
	tx := &transaction{
		ID: h.allocate(), Ticket: j.req.get("ticket"), CustID: j.acct.CustID, Action: action, Media: "cc",
		State: s, Status: status, Demo: j.demo, Swiped: j.swiped, Requested: cents, Answered: true, Debit: j.req.has("pin"),
		Card: j.payer.Mask, Brand: j.payer.Brand, BillingID: j.req.get("billingid"),
		BookedAt: j.now, Cutoff: h.cutoff(j.now), ShownAt: j.now.Add(j.trouble.HideFor), Person: j.person(),
	}
	if g := j.given; g != nil && action == j.req.get("action") && g.TransID != "" && len(g.For) == 0 {
		tx.ID = g.TransID
	}
	if j.payer.Bank || j.req.get("media") == "ach" {
		tx.Media = "ach"
	}
	if tx.Ticket == "" {
		tx.Ticket = tx.ID
	}
	tx.Chain = tx.ID
	h.state.Transactions = append(h.state.Transactions, tx)
	h.byID[tx.ID] = tx
	h.touch(tx)
	h.wake(tx.Cutoff)
	return tx
}

// person is what the query shows of the cardholder: the request's fields, else those that are stored.
func (j *job) person() map[string]string {
	out := map[string]string{}
	for _, name := range personal {
		if v := j.personal(name); v != "" {
			out[name] = v
		}
	}
	return out
}

// personal are the fields that the query shows again.
var personal = []string{"name", "address1", "address2", "city", "state", "zip", "phone", "email", "shiptosame", "shipto_name",
	"shipto_address1", "shipto_address2", "shipto_city", "shipto_state", "shipto_zip"}

// marks are what a transaction is submitted as, beyond its amount: how the industry's edits came out.
func (j *job) marks() (out []string) {
	r := j.req
	if r.get("type") == "moto" {
		out = append(out, "moto")
	}
	switch {
	case r.has("totalpayments"):
		out = append(out, fmt.Sprintf("installment %d/%d", r.cents("paymentnumber"), r.cents("totalpayments")))
	case r.has("paymentnumber"):
		out = append(out, "recurring")
	}
	if j.unasked && j.stored != nil && j.stored.Plan != nil {
		out = append(out, "recurring")
	}
	if r.get("action") == "postauth" {
		day := r.get("shipdate") // by default the day of the postauth (guide)
		if day == "" {
			day = j.now.In(j.host.pacific).Format("01-02-2006")
		}
		out = append(out, "shipped "+day)
	}
	if r.has("tip") {
		out = append(out, fmt.Sprintf("tip %d", r.cents("tip")))
	}
	if level := r.get("purchaselevel"); level != "" {
		out = append(out, j.level(level))
	}
	return out
}

// level says whether the data of a Level II or III transaction are whole. What is missing fails nothing,
// it costs the merchant the better rate (guide). A preauth only announces the level.
func (j *job) level(level string) string {
	r := j.req
	need := []string{"tax", "taxidentifier", "purchaseordernum"}
	switch {
	case r.get("action") == "preauth":
		return "level" + level + " announced"
	case j.payer.Brand == "amex":
		need = append(need, "shipto_zip")
	case level == "3":
		need = []string{"tax"}
	}
	for _, name := range need {
		if !r.has(name) {
			return "level" + level + " downgraded"
		}
	}
	return "level" + level
}

func (r Reply) forTransaction(tx *transaction) Reply {
	r.TransID = tx.ID
	return r.with("transid", tx.ID)
}

// withoutStored says that the request names a stored account which is not there or no longer active.
func (j *job) withoutStored() bool {
	return j.req.has("billingid") && (j.stored == nil || !j.stored.Active)
}

// noStored answers that. The documents are silent; an authorization cannot be queued, so only the
// profile's rule "rejected" makes a difference.
func (j *job) noStored() Reply {
	if j.host.cfg.Profile.Rule == "rejected" {
		return reply("status", "rejected").forTransaction(j.book(rejected, "rejected"))
	}
	return baddata("mismatch", "billingid")
}
