package tctest

// sale authorizes and captures at once.
func (j *job) sale() Reply {
	switch {
	case j.req.has("pin"), j.req.has("billingid"):
		return j.unsupported("action")
	case j.req.get("media") == "ach":
		return j.bankSale()
	case j.req.has("tip") && !j.takesTip():
		return j.unsupported("tip")
	case j.req.has("offlineauthcode"):
		// The voice centre authorized it, so nothing is asked now: queued for the batch (ours; the guide
		// names no status).
		tx := j.book(accepted, "accepted")
		tx.AuthCode = j.req.get("offlineauthcode")
		tx.Approved, tx.Captured = tx.Requested, tx.Requested
		return reply("status", "accepted").forTransaction(tx)
	}
	v := j.authorize()
	if v.decline != "" {
		return j.declined(v)
	}
	tx := j.approved(captured, v)
	tx.Captured = tx.Requested
	return j.approval(tx)
}

// preauth holds the amount.
func (j *job) preauth() Reply {
	switch {
	case j.req.has("billingid"), j.req.get("media") == "ach", j.req.get("purchaselevel") == "3":
		return j.unsupported("action") // the guide: Level III and ACH with sale only
	}
	v := j.authorize()
	if v.decline != "" {
		return j.declined(v)
	}
	tx := j.approved(held, v)
	tx.Held = tx.Requested
	return j.approval(tx)
}

// verify asks whether the card is good; no money.
func (j *job) verify() Reply {
	if j.req.has("billingid") || j.req.get("media") == "ach" {
		return j.unsupported("action")
	}
	v := j.authorize()
	if v.decline != "" {
		return j.declined(v)
	}
	return j.approval(j.approved(accepted, v))
}

// bankSale queues a debit of a bank account. Nothing is authorized; in demo mode one account is accepted
// (guide) and all others are declined (ours).
func (j *job) bankSale() Reply {
	good := j.req.get("routing") == demoRouting && j.req.get("account") == demoAccount
	if j.req.has("billingid") {
		return j.unsupported("action")
	}
	if j.demo != good { // live mode takes every account but the demo one
		tx := j.book(declined, "decline")
		tx.Decline = "decline"
		return reply("status", "decline", "declinetype", "decline").forTransaction(tx)
	}
	tx := j.book(accepted, "accepted")
	tx.Approved, tx.Captured = tx.Requested, tx.Requested
	return reply("status", "accepted").forTransaction(tx)
}

func (j *job) approved(s State, v verdict) *transaction {
	tx := j.book(s, "approved")
	tx.Approved, tx.AuthCode, tx.AVS, tx.CVV = tx.Requested, v.authCode, v.avs, v.cvv
	return tx
}

func (j *job) approval(tx *transaction) Reply {
	return reply("status", "approved", "avs", tx.AVS, "cvv", tx.CVV, "authcode", tx.AuthCode).forTransaction(tx)
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
