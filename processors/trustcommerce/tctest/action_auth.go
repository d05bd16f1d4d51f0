package tctest

// sale authorizes and captures at once.
func (j *job) sale() Reply {
	switch {
	case j.req.has("pin"):
		return j.debitSale()
	case j.withoutStored():
		return j.noStored()
	case j.payer.Bank:
		return j.bankSale()
	case j.req.has("tip") && !j.takesTip():
		return j.unsupported("tip")
	case j.req.has("offlineauthcode"):
		return j.offlineSale()
	}
	v, refused, ok := j.asked()
	if !ok {
		return refused
	}
	tx := j.approved(captured, v)
	tx.Captured = tx.Requested
	return j.approval(tx)
}

// offlineSale queues what a voice centre authorized. Nothing is asked now (ours; the guide names no
// status), but a test card is no card to a live issuer.
func (j *job) offlineSale() Reply {
	if !j.demo && j.host.issuer.card(j.payer.Test).guide {
		return j.declined(verdict{decline: "carderror"})
	}
	tx := j.book(accepted, "accepted")
	tx.AuthCode = j.req.get("offlineauthcode")
	tx.Approved, tx.Captured = tx.Requested, tx.Requested
	return reply("status", "accepted").forTransaction(tx)
}

// preauth holds the amount.
func (j *job) preauth() Reply {
	switch {
	case j.withoutStored():
		return j.noStored()
	case j.payer.Bank, j.req.get("media") == "ach", j.req.get("purchaselevel") == "3":
		return j.unsupported("action") // the guide: Level III and ACH with sale only
	}
	v, refused, ok := j.asked()
	if !ok {
		return refused
	}
	tx := j.approved(held, v)
	tx.Held = tx.Requested
	return j.approval(tx)
}

// verify asks whether the card is good; no money.
func (j *job) verify() Reply {
	switch {
	case j.withoutStored():
		return j.noStored()
	case j.payer.Bank, j.req.get("media") == "ach":
		return j.unsupported("action")
	}
	v, refused, ok := j.asked()
	if !ok {
		return refused
	}
	return j.approval(j.approved(accepted, v))
}

// bankSale queues a debit of a bank account. Nothing is authorized; in demo mode one account is accepted
// (guide) and all others are declined (ours).
func (j *job) bankSale() Reply {
	if j.demo != (j.payer.Test == demoBank) { // live mode takes every account but the demo one
		return j.declined(verdict{decline: "decline"})
	}
	tx := j.book(accepted, "accepted")
	tx.Approved, tx.Captured = tx.Requested, tx.Requested
	return reply("status", "accepted").forTransaction(tx)
}

// asked asks for an authorization. If ok is false there is none, and the reply says why.
func (j *job) asked() (v verdict, refused Reply, ok bool) {
	v = j.authorize()
	if j.req.has("pin") {
		v.avs, v.cvv = "", "" // neither was sent
	}
	switch {
	case v.fail:
		return v, j.unprocessed(), false
	case v.decline != "":
		return v, j.declined(v), false
	}
	return v, Reply{}, true
}

func (j *job) approved(s State, v verdict) *transaction {
	tx := j.book(s, "approved")
	tx.allow(v)
	if j.req.has("purchaselevel") {
		j.commerce = v.commercial
	}
	return tx
}

// allow notes what an approval said.
func (t *transaction) allow(v verdict) {
	t.Approved, t.AuthCode, t.AVS, t.CVV = t.Requested, v.authCode, v.avs, v.cvv
}

func (j *job) approval(tx *transaction) Reply {
	return reply("status", "approved", "avs", tx.AVS, "cvv", tx.CVV, "authcode", tx.AuthCode, "commercialcard", j.commerce).forTransaction(tx)
}

// declined books a refusal. A refusal by our cvv rule shows cvv and no avs (seen live), one by our avs
// rule shows avs, one by the issuer avs too (ours).
func (j *job) declined(v verdict) Reply {
	tx := j.book(declined, "decline")
	tx.Decline, tx.ByRule, tx.AVS, tx.CVV = v.decline, v.byRule, v.avs, v.cvv
	out := reply("status", "decline", "declinetype", v.decline)
	if v.decline == "cvv" {
		return out.with("cvv", v.cvv).forTransaction(tx)
	}
	return out.with("avs", v.avs).forTransaction(tx)
}

// takesTip: "not supported on this industry or platform" (guide). Mail order has no tips.
func (j *job) takesTip() bool {
	return j.host.cfg.Profile.Switches.Tip && j.acct.Industry != "direct"
}

// takesShipDate: a restaurant ships nothing.
func (j *job) takesShipDate() bool {
	return j.host.cfg.Profile.Switches.ShipDate && j.acct.Industry != "restaurant"
}
