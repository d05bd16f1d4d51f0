package tctest

import "time"

// job is one request on its way through the host. Its clear card data end with it.
type job struct {
	host *Host
	req  Request
	now  time.Time
	acct *Account
	demo bool

	pan, exp    string // clear; exp is MMYY
	mask, brand string
	swiped      bool

	tx *transaction // once it is booked
}

// actions says who handles which action. Each is called with the host locked and a request that passed
// validation.
var actions = map[string]func(*job) Reply{
	"sale":       (*job).sale,
	"preauth":    (*job).preauth,
	"verify":     (*job).verify,
	"postauth":   func(j *job) Reply { return j.follow(postauthFits, postauthDone) },
	"credit":     func(j *job) Reply { return j.follow(creditFits, creditDone) },
	"void":       func(j *job) Reply { return j.follow(voidFits, voidDone) },
	"reversal":   func(j *job) Reply { return j.follow(reversalFits, reversalDone) },
	"credit2":    unsupportedAction,
	"chargeback": unsupportedAction,
	"store":      unsupportedAction,
	"unstore":    unsupportedAction,
	"walletsale": unsupportedAction,
}

// unsupportedAction is the guide's answer to a scenario that the platform behind an account lacks.
func unsupportedAction(j *job) Reply { return j.unsupported("action") }

func (j *job) unsupported(offender string) Reply {
	tx := j.book(rejected, "error")
	return reply("status", "error", "errortype", "unsupported", "offenders", offender).forTransaction(tx)
}

// book enters a transaction. All of them that passed validation are in the ledger, declined ones too.
func (j *job) book(s State, status string) *transaction {
	h := j.host
	tx := &transaction{
		ID: h.allocate(), Ticket: j.req.get("ticket"), CustID: j.acct.CustID, Action: j.req.get("action"), Media: "cc",
		State: s, Status: status, Demo: j.demo, Swiped: j.swiped, Requested: j.req.cents("amount"),
		Card: j.mask, Brand: j.brand, BookedAt: j.now, Cutoff: h.cutoff(j.now), Person: map[string]string{},
	}
	if tx.Ticket == "" {
		tx.Ticket = tx.ID
	}
	if m := j.req.get("media"); m != "" {
		tx.Media = m
	}
	for _, name := range personal {
		if v := j.req.get(name); v != "" {
			tx.Person[name] = v
		}
	}
	tx.Chain = tx.ID
	h.state.Transactions = append(h.state.Transactions, tx)
	h.byID[tx.ID] = tx
	j.tx = tx
	return tx
}

// personal are the fields that the query shows again.
var personal = []string{"name", "address1", "address2", "city", "state", "zip", "phone", "email", "shiptosame", "shipto_name",
	"shipto_address1", "shipto_address2", "shipto_city", "shipto_state", "shipto_zip"}

func (r Reply) forTransaction(tx *transaction) Reply {
	r.TransID = tx.ID
	return r.with("transid", tx.ID)
}
