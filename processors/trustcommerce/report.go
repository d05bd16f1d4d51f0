package trustcommerce

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/tillpos/till/pos"
)

// ReportColumns are the columns of a transaction report, in the order in which the vault is known to
// send them; read them by name all the same.
func ReportColumns() []string {
	return []string{"cc", "media_name", "exp", "trans_date", "transid", "ref_transid", "amount", "auth_amount",
		"bank_amount", "credit_amount", "chargeback_amount", "action_name", "status_name", "name", "address1",
		"address2", "city", "state", "zip", "phone", "email", "shiptosame", "shipto_name", "shipto_address1",
		"shipto_address2", "shipto_city", "shipto_state", "shipto_zip", "expired", "reauth", "chain", "chain_head",
		"ticket", "batchnum", "authcode", "billingid", "custid", "fail_name", "avs"}
}

// needed are the columns without which a body is no transaction report.
var needed = []string{"transid", "amount", "action_name", "status_name", "ticket"}

// row is what is read of one line of a report. Columns with personal data are not kept.
type row struct {
	transID, action, status, ticket, fail, authCode, avs, billingID string
	last4                                                           string // of the card; empty: not said
	amount                                                          int64
	hasAmount                                                       bool
}

var errNoReport = errors.New("the vault's answer is no such report")

// parseReport reads a transaction report. Its errors hold nothing of the body.
func parseReport(r io.Reader) (out []row, err error) {
	err = readCSV(r, needed, func(cell func(string) string) { out = append(out, newRow(cell)) })
	return out, err
}

// parseStored reads a report of stored accounts. Its errors hold nothing of the body.
func parseStored(r io.Reader) (out []Stored, err error) {
	err = readCSV(r, []string{"billingid"}, func(cell func(string) string) {
		s := Stored{BillingID: billingID(cell("billingid")), Media: plain(cell("media_name"), 20), Name: plain(cell("name"), 60), Active: true}
		if s.BillingID == "" {
			return
		}
		for _, column := range []string{"cc", "account"} {
			if v := cell(column); v != "" && len(v) <= 4 {
				s.Masked = plain(v, 4)
			}
		}
		for _, column := range []string{"unstored", "active"} {
			if v := cell(column); v != "" {
				s.Active = (v == "t") == (column == "active")
			}
		}
		out = append(out, s)
	})
	return out, err
}

// readCSV reads a table with a line of column names, among them those that it must have.
func readCSV(r io.Reader, must []string, take func(cell func(name string) string)) error {
	lines := csv.NewReader(r)
	header, err := lines.Read()
	if err != nil {
		return errNoReport
	}
	column := map[string]int{}
	for i, name := range header {
		column[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, name := range must {
		if _, ok := column[name]; !ok {
			return errNoReport
		}
	}
	for {
		record, err := lines.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return errors.New("a line of the vault's report does not have the columns of its header")
		}
		take(func(name string) string {
			if i, ok := column[name]; ok {
				return strings.TrimSpace(record[i])
			}
			return ""
		})
	}
}

// billingID takes the documented form only.
func billingID(s string) string {
	if len(s) != 6 || !only([]byte(s), alnum) {
		return ""
	}
	return s
}

func newRow(cell func(string) string) row {
	r := row{
		transID: transID(cell("transid")), action: strings.ToLower(cell("action_name")), status: strings.ToLower(cell("status_name")),
		ticket: cell("ticket"), fail: strings.ToLower(cell("fail_name")), authCode: authCode(cell("authcode")), avs: letter(cell("avs")),
		billingID: billingID(cell("billingid")),
	}
	if cc := cell("cc"); len(cc) == 4 && only([]byte(cc), isDigit) {
		r.last4 = cc
	}
	amount := cell("amount")
	n, err := strconv.ParseInt(amount, 10, 64)
	r.amount, r.hasAmount = n, err == nil && only([]byte(amount), isDigit)
	return r
}

// reportKey is what a payment is found by.
type reportKey struct {
	ticket, transID string
	actions         []string
}

// find picks the payment's row: its own ticket or identifier, its action, its amount, its card. The report is
// filtered again here, because a filter that the host does not know would give every row.
func (k reportKey) find(rows []row, p pos.Payment) pos.Finding {
	mine := slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
		known := r.ticket == k.ticket || k.transID != "" && r.transID == k.transID
		return !known || !slices.Contains(k.actions, r.action)
	})
	if len(mine) == 0 {
		return pos.Finding{Verdict: pos.VerdictAbsent}
	}
	fitting := slices.DeleteFunc(slices.Clone(mine), func(r row) bool { return !r.pays(p) })
	if len(fitting) == 0 {
		return found(unclear(pos.Answer{HostID: mine[0].transID}, "the host's report has this ticket with another amount"))
	}
	if fitting = slices.DeleteFunc(fitting, func(r row) bool { return !r.sameCard(p) }); len(fitting) == 0 {
		return found(unclear(pos.Answer{}, "the host's report has this ticket with another card"))
	}
	yes := 0
	best := fitting[0]
	for _, r := range fitting {
		if r.succeeded() {
			yes++
			best = r
		}
	}
	if yes > 1 {
		return found(unclear(pos.Answer{HostID: best.transID}, "the host's report has this ticket more than once"))
	}
	return found(best.answer())
}

func found(a pos.Answer) pos.Finding { return pos.Finding{Verdict: pos.VerdictFound, Answer: a} }

// pays says that the row's amount is the payment's. A void and a verification have none of their own; a capture with a tip may
// stand there with or without it, since both were sent.
func (r row) pays(p pos.Payment) bool {
	if p.Kind == pos.KindVoid || p.Kind == pos.KindVerify {
		return true
	}
	whole := p.Requested.Minor()
	bill := whole
	if p.Kind == pos.KindCapture {
		bill -= p.Tip.Minor()
	}
	return r.hasAmount && (r.amount == whole || r.amount == bill)
}

// sameCard says that the row may be the payment's card. The caller's own reference may be another till's as well.
func (r row) sameCard(p pos.Payment) bool {
	known := p.Instrument.Kind == pos.InstrumentCard && len(p.Instrument.Masked) >= len(r.last4)
	return r.last4 == "" || !known || strings.HasSuffix(p.Instrument.Masked, r.last4)
}

func (r row) succeeded() bool { return r.status == "approved" || r.status == "accepted" }

// answer maps status_name as status of an answer is mapped; what it does not know stays unknown.
func (r row) answer() pos.Answer {
	out := pos.Answer{HostID: r.transID, AuthCode: r.authCode, AVS: r.avs}
	switch r.status {
	case "approved":
		out.State = pos.StateApproved
	case "accepted":
		out.State = pos.StateAccepted
		out.Failure = pos.NewError(pos.CodeAccepted)
	case "decline", "declined", "rejected":
		out.State = pos.StateDeclined
		out.Failure = declined(r.fail)
	default:
		return unclear(out, "the host's report says "+shownWord(r.status))
	}
	return out
}
