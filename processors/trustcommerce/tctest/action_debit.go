package tctest

import "slices"

// stampLayout of originalsaledate, Pacific time.
const stampLayout = "20060102150405"

// debitSale takes the money from the account at once. What a refund will need comes back with the
// approval; debitack n says that the network did not confirm, which has to be followed up (guide).
func (j *job) debitSale() Reply {
	v, refused, ok := j.asked()
	if !ok {
		return refused
	}
	tx := j.approved(captured, v)
	tx.Captured, tx.NotGoods = tx.Requested, j.req.cents("surcharge")+j.req.cents("cashback")
	tx.DebitData = "DD" + tx.ID
	if j.given != nil && j.given.DebitData != "" {
		tx.DebitData = j.given.DebitData
	}
	return j.approval(tx).with("debitdata", tx.DebitData).
		with("originalsaledate", tx.BookedAt.In(j.host.pacific).Format(stampLayout)).with("debitack", j.acct.DebitAck)
}

// credit2 gives money back without a transid: on a card, or on a PIN debit sale that debitdata names.
func (j *job) credit2() Reply {
	switch {
	case j.req.has("pin"):
		return j.debitRefund()
	case j.withoutStored():
		return j.noStored()
	case j.req.get("media") == "ach" && !j.payer.Bank:
		return j.unsupported("action")
	case !j.demo && j.host.issuer.card(j.payer.Test).guide:
		return j.declined(verdict{decline: "carderror"})
	}
	tx := j.book(accepted, "accepted")
	tx.Approved, tx.Refunded = tx.Requested, tx.Requested
	return reply("status", "accepted").forTransaction(tx)
}

// debitRefund goes through the network at once. Only the goods' part can come back (guide); what a
// reference that does not fit shows is ours.
func (j *job) debitRefund() Reply {
	sale := j.host.debitSaleOf(j.acct, j.req.get("debitdata"))
	if offenders := j.misfitDebit(sale); len(offenders) > 0 {
		return baddata("mismatch", slices.Compact(j.host.book.inOrder(append(offenders, "debitdata")))...)
	}
	v, refused, ok := j.asked()
	if !ok {
		return refused
	}
	tx := j.approved(accepted, v)
	tx.Parent, tx.Chain = sale.ID, sale.Chain
	sale.Refunded += tx.Approved
	j.host.touch(sale)
	return j.approval(tx).with("debitack", j.acct.DebitAck)
}

// misfitDebit gives the fields, beside debitdata, that contradict the sale; nil and an absent sale mean
// that debitdata alone is wrong.
func (j *job) misfitDebit(sale *transaction) []string {
	switch {
	case sale == nil:
		return []string{"debitdata"}
	case sale.BookedAt.In(j.host.pacific).Format(stampLayout) != j.req.get("originalsaledate"):
		return []string{"originalsaledate"}
	case sale.Card != j.payer.Mask:
		return []string{"track2"}
	case j.req.cents("amount") > sale.Captured-sale.NotGoods-sale.Refunded-sale.ChargedBack:
		return []string{"amount"}
	}
	return nil
}

// debitSaleOf finds a PIN debit sale of an account by its debitdata.
func (h *Host) debitSaleOf(a *Account, debitData string) *transaction {
	for _, t := range h.state.Transactions {
		if t.CustID == a.CustID && t.DebitData != "" && t.DebitData == debitData && t.is(captured, settled) {
			return t
		}
	}
	return nil
}
