package trustcommerce

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tillpos/till/pos"
)

// Status is the first word of an answer. The gateway may add to them; a word that is not listed here is
// kept, and never is a success.
type Status string

const (
	StatusApproved Status = "approved" // authorized in real time
	StatusAccepted Status = "accepted" // queued; may still be rejected
	StatusDecline  Status = "decline"
	StatusRejected Status = "rejected" // seen from live hosts, not in the guide; as decline
	StatusBadData  Status = "baddata"  // never attempted
	StatusError    Status = "error"
)

// Words of field error, with status baddata. The guide's own sample looks for them under status error.
const (
	MissingFields      = "missingfields"      // offenders: all of them
	ExtraFields        = "extrafields"        // offenders: all of them
	BadLength          = "badlength"          // offenders: the first
	BadFormat          = "badformat"          // offenders: the first
	MerchantCantAccept = "merchantcantaccept" // offenders: cc, currency, or the service
	Mismatch           = "mismatch"           // offenders: all that contradict each other
)

// Words of field errortype, with status error.
const (
	ErrorCantConnect   = "cantconnect"   // made by a client: nothing was sent
	ErrorLinkFailure   = "linkfailure"   // made by a client, or by the gateway that could not read a request
	ErrorDNSFailure    = "dnsfailure"    // in field error too; a demo account and a client that used backup addresses
	ErrorUnsupported   = "unsupported"   // offenders: action, tip or shipdate
	ErrorFailToProcess = "failtoprocess" // may have reached the issuer
)

// Result is an answer of the gateway, field by field. A value that does not have its documented form is
// left out; Words that the documents do not list are kept as they are.
type Result struct {
	Status      Status   // status: word; guide 2.8
	TransID     string   // transid: 3 digits, dash, 10 digits; present once the data were found good; guide 2.8
	DeclineType string   // declinetype: word, with decline; see DeclineTypes; guide 2.8
	Error       string   // error: word, with baddata; guide 2.8
	ErrorType   string   // errortype: word, with error; guide 2.8
	Offenders   []string // offenders: names of request fields; guide 2.8
	AVS         string   // avs: one letter or 0; see AVSResults; guide 2.8
	CVV         string   // cvv: one letter; see CVVResults; guide 2.8
	AuthCode    string   // authcode: up to 8 letters and digits; seen
	BillingID   string   // billingid: 6 letters and digits, of store; guide 2.8
	// CommercialCard is commercialcard: S purchasing, R corporate, B business; with purchaselevel; guide 2.5.
	CommercialCard string
	DebitAck       Switch   // debitack: n means that a PIN debit is not confirmed; guide 2.8
	Refund         Receipt  // debitdata, originalsaledate: to send back with the refund of a PIN debit sale
	FraudScore     int      // fraudscore: 0 to 100, with declinetype fraud; -1 if it is not there; guide 2.5
	BlacklistField string   // blacklistfield: name of the field that is on the block list; guide 2.5
	VelocityType   string   // velocitytype: which rule, such as cc1daycount; guide 2.5
	Unlisted       []string // names of fields that the documents do not list, as far as they can be shown
}

// Receipt is what the refund of a PIN debit sale has to give back. It prints as nothing but a mask.
type Receipt struct {
	DebitData        string `json:"debitdata,omitempty"`        // up to 64 characters, as they came; guide 2.8
	OriginalSaleDate string `json:"originalsaledate,omitempty"` // YYYYMMDDHHMISS; guide 2.8
}

// Format keeps the debit network's data out of prints.
func (Receipt) Format(s fmt.State, _ rune) { fmt.Fprint(s, "[debit receipt]") }

// Given is what an answer holds beyond pos.Answer, as JSON in its Extra.
type Given struct {
	Receipt
	DebitAck       Switch `json:"debitack,omitempty"`
	CommercialCard string `json:"commercialcard,omitempty"`
	BillingID      string `json:"billingid,omitempty"`
}

// Accepted says that the gateway did or queued what was asked.
func (r Result) Accepted() bool { return r.Status == StatusApproved || r.Status == StatusAccepted }

// result reads all fields of an answer.
func (r *rules) result(a reply) Result {
	out := Result{
		Status: Status(a.word("status")), TransID: transID(a.get("transid")), DeclineType: a.word("declinetype"),
		Error: a.word("error"), ErrorType: a.word("errortype"), AVS: letter(a.get("avs")), CVV: letter(a.get("cvv")),
		AuthCode: authCode(a.get("authcode")), FraudScore: -1,
	}
	if len(a) < 6 && out.Accepted() { // nothing else fits into so few fields of a plain answer
		if !a.beyond() {
			return out
		}
	}
	out.Offenders = r.knownNames(a.get("offenders"))
	out.BillingID = a.formed(r, "billingid")
	out.CommercialCard = letter(a.get("commercialcard"))
	out.DebitAck = Switch(a.formed(r, "debitack"))
	out.Refund = Receipt{DebitData: a.get("debitdata"), OriginalSaleDate: a.formed(r, "originalsaledate")}
	if n, err := strconv.Atoi(a.formed(r, "fraudscore")); err == nil {
		out.FraudScore = n
	}
	out.BlacklistField, out.VelocityType = a.formed(r, "blacklistfield"), a.formed(r, "velocitytype")
	for _, p := range a {
		if _, listed := r.reply[strings.ToLower(p.name)]; !listed {
			out.Unlisted = append(out.Unlisted, r.shownName(p.name))
		}
	}
	return out
}

// beyond says that an answer has a field other than those of a plain approval.
func (a reply) beyond() bool {
	for _, p := range a {
		switch p.name {
		case "status", "transid", "avs", "cvv", "authcode":
		default:
			return true
		}
	}
	return false
}

// formed gives a field's value if it has its documented form.
func (a reply) formed(r *rules, name string) string {
	v := a.get(name)
	if e := r.replies[r.reply[name]]; v == "" || len(v) > e.Max || !e.has(r, []byte(v)) {
		return ""
	}
	return v
}

// knownNames keeps the names of our table from a list of the host's; anything else could be data.
func (r *rules) knownNames(list string) (out []string) {
	for n := range strings.SplitSeq(list, ",") {
		if n = strings.ToLower(strings.TrimSpace(n)); n != "" && r.named(n) {
			out = append(out, n)
		}
	}
	return out
}

// extra packs what pos.Answer has no place for; the zero value if there is nothing.
func (r Result) extra() pos.Extra {
	given := Given{Receipt: r.Refund, DebitAck: r.DebitAck, CommercialCard: r.CommercialCard, BillingID: r.BillingID}
	if given == (Given{}) {
		return pos.Extra{}
	}
	data, err := json.Marshal(given)
	if err != nil {
		return pos.Extra{}
	}
	return pos.Extra{Processor: Name, Data: data}
}

// GivenOf reads what an answer of this processor left in a payment's Extra; ok is false if that is not ours.
func GivenOf(e pos.Extra) (g Given, ok bool) {
	if e.Processor != Name || json.Unmarshal(e.Data, &g) != nil {
		return Given{}, false
	}
	return g, true
}

// badData are the words of field error.
func badData(word string) bool {
	return slices.Contains([]string{MissingFields, ExtraFields, BadLength, BadFormat, MerchantCantAccept, Mismatch}, word)
}
