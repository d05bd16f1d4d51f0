package trustcommerce

import (
	"slices"
	"strings"

	"github.com/tillpos/till/pos"
)

// errors of status baddata; the guide's own sample looks for them under status error.
var badData = []string{"missingfields", "extrafields", "badlength", "badformat", "merchantcantaccept", "mismatch"}

// answer maps a whole response. What the tables do not know is unknown, never a success and never a
// refusal: the bytes had left.
func (f Facts) answer(r reply) pos.Answer {
	out := pos.Answer{HostID: transID(r["transid"]), AuthCode: authCode(r["authcode"]), AVS: letter(r["avs"]), CVV: letter(r["cvv"])}
	status, word := strings.ToLower(r["status"]), strings.ToLower(r["error"])
	switch {
	case status == "approved" && out.HostID != "":
		out.State = pos.StateApproved
	case status == "accepted" && out.HostID != "":
		out.State = pos.StateAccepted
		out.Failure = pos.NewError(pos.CodeAccepted)
	case status == "decline", status == "declined", status == "rejected":
		out.State = pos.StateDeclined
		out.Failure = declined(strings.ToLower(r["declinetype"]))
	case (status == "baddata" || status == "error" && slices.Contains(badData, word)) && r["transid"] == "":
		out.State = pos.StateRefused
		out.Failure = f.refused(word, r["offenders"])
	case status == "error":
		return f.hostError(r, out)
	default:
		return unclear(out, "status "+shownWord(status))
	}
	return out
}

// hostError maps status error: what surely did not happen apart from what may have.
func (f Facts) hostError(r reply, out pos.Answer) pos.Answer {
	kind := strings.ToLower(r["errortype"])
	if kind == "" {
		kind = strings.ToLower(r["error"])
	}
	switch {
	case kind == "unsupported":
		out.State = pos.StateRefused
		out.Failure = pos.NewError(pos.CodeUnsupported, f.shownNames(r["offenders"])).WithDetail("the payment processor does not support it")
	case (kind == "dnsfailure" || r["error"] == "dnsfailure") && r["transid"] == "":
		out.State = pos.StateNotSent
		out.Failure = pos.NewError(pos.CodeNotSent).WithDetail("the gateway refuses test transactions while this machine cannot resolve host names: repair its name service")
	default:
		return unclear(out, "errortype "+shownWord(kind))
	}
	return out
}

func unclear(out pos.Answer, detail string) pos.Answer {
	out.State = pos.StateUnknown
	out.Failure = pos.NewError(pos.CodeUnknown).WithDetail("%s", detail)
	return out
}

func (f Facts) refused(word, offenders string) *pos.Error {
	names := f.shownNames(offenders)
	if word == "merchantcantaccept" {
		return pos.NewError(pos.CodeUnsupported, names).WithDetail("merchantcantaccept: the merchant account is not set up for it")
	}
	return pos.NewError(pos.CodeRefused, names).WithDetail("%s", shownWord(word))
}

// shownNames keeps the names of our table from a list of the host's; anything else could be data.
func (f Facts) shownNames(list string) string {
	var out []string
	for _, n := range strings.Split(list, ",") {
		if n = strings.ToLower(strings.TrimSpace(n)); f.named(n) {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return "a field that the host did not name"
	}
	return strings.Join(out, ",")
}

// transID takes the documented form only, so that nothing else can pose as an identifier.
func transID(s string) string {
	if len(s) != 14 || !shaped([]byte(s), "999-9999999999") {
		return ""
	}
	return s
}

func authCode(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 8 || !(Field{Format: Alnum}).fits([]byte(s)) {
		return ""
	}
	return s
}

// letter takes a result code; a space means nothing.
func letter(s string) string {
	if len(s) != 1 || !printable([]byte(s)) {
		return ""
	}
	return strings.TrimSpace(s)
}
