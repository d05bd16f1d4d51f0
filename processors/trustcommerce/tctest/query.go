package tctest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// columns of a transaction query, in the order of the vault's CSV. exp is always empty here: a host for
// tests keeps no expiry.
var columns = strings.Fields(`cc media_name exp trans_date transid ref_transid amount auth_amount bank_amount credit_amount
	chargeback_amount action_name status_name name address1 address2 city state zip phone email shiptosame shipto_name
	shipto_address1 shipto_address2 shipto_city shipto_state shipto_zip expired reauth chain chain_head ticket batchnum
	authcode billingid custid fail_name avs`)

// chainColumns of a chain query.
var chainColumns = strings.Fields("chain count name cc trans_date auth_amount net_amount ticket custid")

// summaryColumns: that there is a sum is seen, the others are ours.
var summaryColumns = strings.Fields("media_name action_name status_name count sum custid")

// storedColumns of a billingid query: bank is seen, the others are ours. bank is the end of an account
// number, exp always empty.
var storedColumns = strings.Fields(`billingid active cc bank media_name exp name address1 address2 city state zip country phone
	email amount cycle payments payments_made next_date pastdue wallet walletsize walletexposure custid`)

// Query answers the vault's query interface: CSV with a line of column names, or with format=html a
// table, or a line that begins with "error". It shows a transaction only query_lag_s after it was booked.
func (h *Host) Query(r Request) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.runDue()
	acct := h.accounts[r.get("custid")]
	if acct == nil || acct.VaultPassword != r.get("password") {
		return "error: custid or password not known\n"
	}
	if acct.VaultUntil != "" && h.now().In(h.pacific).Format(time.DateOnly) > acct.VaultUntil {
		return "error: the password has expired\n"
	}
	if err := oneOf("format", r.get("format"), "", "text", "html"); err != nil {
		return "error: format is text or html\n"
	}
	if r.get("querytype") == "billingid" {
		return h.listing(r, storedColumns, h.storedRows(r, acct))
	}
	found, problem := h.found(r, acct)
	if problem != "" {
		return "error: " + problem + "\n"
	}
	switch r.get("querytype") {
	case "transaction":
		return h.listing(r, columns, each(found, h.transactionRow(acct)))
	case "chain":
		return h.listing(r, chainColumns, each(heads(found), h.chainRow))
	case "summary":
		r.put("limit", "0") // "unused for summary"
		return h.listing(r, summaryColumns, summarize(found))
	}
	return "error: querytype not known\n"
}

func each(found []*transaction, row func(*transaction) map[string]string) (rows []map[string]string) {
	for _, t := range found {
		rows = append(rows, row(t))
	}
	return rows
}

// found narrows the account's transactions by the query's fields.
func (h *Host) found(r Request, acct *Account) (rows []*transaction, problem string) {
	begin, okBegin := h.date(r.get("begindate"))
	end, okEnd := h.date(r.get("enddate"))
	if !okBegin || !okEnd {
		return nil, "dates are MM-DD-YYYY HH:MM:SS"
	}
	shown := h.now().Add(-time.Duration(h.cfg.Profile.Switches.QueryLagSeconds) * time.Second)
	media := r.get("media")
	for _, t := range h.state.Transactions {
		switch {
		case t.CustID != acct.CustID, t.ShownAt.After(shown):
		case !begin.IsZero() && t.BookedAt.Before(begin), !end.IsZero() && t.BookedAt.After(end):
		case media != t.Media && (media != "" || t.Media != "cc"):
		case !matches(r, t):
		default:
			rows = append(rows, t)
		}
	}
	return rows, ""
}

func matches(r Request, t *transaction) bool {
	exact := map[string]string{"transid": t.ID, "ticket": t.Ticket, "chain": t.Chain, "billingid": t.BillingID}
	for name, value := range exact {
		if r.has(name) && r.get(name) != value {
			return false
		}
	}
	lists := map[string]string{"action": t.Action, "status": t.Status}
	for name, value := range lists {
		if r.has(name) && !slices.Contains(strings.Split(r.get(name), ","), value) {
			return false
		}
	}
	if name := r.get("name"); name != "" && !strings.Contains(strings.ToLower(t.Person["name"]), strings.ToLower(name)) {
		return false
	}
	pan := r.get("cc")
	return pan == "" || len(pan) >= 4 && t.Card != "" && pan[len(pan)-4:] == t.Card[len(t.Card)-4:]
}

// date reads MM-DD-YYYY with or without a time of day, Pacific. Nothing is no limit.
func (h *Host) date(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	for _, layout := range []string{"01-02-2006 15:04:05", "01-02-2006"} {
		if t, err := time.ParseInLocation(layout, s, h.pacific); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// transactionRow makes the row of a transaction query. Amounts are cents, a D behind the brand is demo.
func (h *Host) transactionRow(acct *Account) func(*transaction) map[string]string {
	return func(t *transaction) map[string]string {
		v := map[string]string{
			"cc": lastFour(t.Card), "media_name": mediaName(t), "trans_date": t.BookedAt.In(h.pacific).Format("01-02-2006 15:04:05"),
			"transid": t.ID, "ref_transid": t.Parent, "amount": fmt.Sprint(t.Requested), "auth_amount": "0",
			"bank_amount": fmt.Sprint(t.Captured), "credit_amount": "0", "chargeback_amount": fmt.Sprint(t.ChargedBack),
			"action_name": t.Action, "status_name": t.Status, "expired": flag(t.Action == "preauth" && h.lapsed(t)), "reauth": flag(t.Wallet && t.Action == "preauth"), "chain": t.Chain,
			"chain_head": flag(t.Chain == t.ID), "ticket": t.Ticket, "authcode": t.AuthCode, "custid": t.CustID,
			"fail_name": t.Decline, "avs": t.AVS, "billingid": t.BillingID,
		}
		for name, value := range t.Person {
			v[name] = value
		}
		if t.Status == "approved" && t.Action != "verify" {
			v["auth_amount"] = fmt.Sprint(t.Approved)
		}
		if Kind(t.Action) == "refund" {
			v["credit_amount"] = fmt.Sprint(-t.net())
		}
		if acct.Platform == "terminal" && t.Batch > 0 {
			v["batchnum"] = fmt.Sprint(t.Batch)
		}
		return v
	}
}

// chainRow sums up the chain that a row begins: authorized is approved preauths that have not lapsed and
// sales; net is sales and postauths less credits and chargebacks.
func (h *Host) chainRow(head *transaction) map[string]string {
	var count, auth, net int64
	for _, t := range h.state.Transactions {
		if t.Chain != head.ID {
			continue
		}
		count++
		net += t.net()
		if t.Status == "approved" && (Kind(t.Action) == "sale" || t.Action == "preauth" && !t.Wallet && !h.lapsed(t)) {
			auth += t.Approved
		}
	}
	return map[string]string{
		"chain": head.ID, "count": fmt.Sprint(count), "name": head.Person["name"], "cc": lastFour(head.Card),
		"trans_date":  head.BookedAt.In(h.pacific).Format("01-02-2006 15:04:05"),
		"auth_amount": fmt.Sprint(auth), "net_amount": fmt.Sprint(net), "ticket": head.Ticket, "custid": head.CustID,
	}
}

func heads(rows []*transaction) []*transaction {
	return slices.DeleteFunc(slices.Clone(rows), func(t *transaction) bool { return t.Chain != t.ID })
}
