package trustcommerce

import (
	"strings"

	"github.com/tillpos/till/pos"
)

// answer maps a whole response. What the tables do not know is unknown, never a success and never a
// refusal: the bytes had left.
func (r *rules) answer(form *formRules, a reply) pos.Answer {
	res := r.result(a)
	out := pos.Answer{HostID: res.TransID, AuthCode: res.AuthCode, AVS: res.AVS, CVV: res.CVV, Extra: res.extra()}
	switch {
	case res.Status == StatusApproved && out.HostID != "":
		out.State = pos.StateApproved
	case res.Status == StatusAccepted && out.HostID != "":
		out.State = pos.StateAccepted
		out.Failure = pos.NewError(pos.CodeAccepted)
	case res.Status == StatusDecline, res.Status == "declined", res.Status == StatusRejected:
		out.State = pos.StateDeclined
		out.Failure = declined(res.DeclineType)
	case (res.Status == StatusBadData || res.Status == StatusError && badData(res.Error)) && a.get("transid") == "":
		out.State = pos.StateRefused
		out.Failure = res.refused()
	case res.Status == StatusError:
		out = res.hostError(out, a.get("transid") == "")
	default:
		out = unclear(out, "status "+shownWord(string(res.Status)))
	}
	if form != nil && form.Variant == debitForm {
		return res.debit(out)
	}
	return out
}

// debit holds an answer against the guide's rule for PIN debit: all but an approval or a decline has to be
// followed up by a person, and so has an approval that is not confirmed.
func (r Result) debit(out pos.Answer) pos.Answer {
	switch {
	case out.State == pos.StateApproved && r.DebitAck == No:
		out.State = pos.StateUnknown
		out.Failure = pos.NewError(pos.CodeDebitUnconfirmed, out.HostID)
	case out.State == pos.StateAccepted, out.State == pos.StateUnknown:
		detail := "PIN debit"
		if out.Failure != nil && out.Failure.Detail != "" {
			detail += ": " + out.Failure.Detail
		}
		out.State = pos.StateUnknown
		out.Failure = pos.NewError(pos.CodeDebitUnknown, out.HostID).WithDetail("%s", detail)
	}
	return out
}

// hostError maps status error: what surely did not happen apart from what may have.
func (r Result) hostError(out pos.Answer, noTransID bool) pos.Answer {
	kind := r.ErrorType
	if kind == "" {
		kind = r.Error
	}
	switch {
	case kind == ErrorUnsupported:
		out.State = pos.StateRefused
		out.Failure = pos.NewError(pos.CodeUnsupported, r.offenders()).WithDetail("the payment processor does not support it")
	case (kind == ErrorDNSFailure || r.Error == ErrorDNSFailure) && noTransID:
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

func (r Result) refused() *pos.Error {
	if r.Error == MerchantCantAccept {
		return pos.NewError(pos.CodeUnsupported, r.offenders()).WithDetail("merchantcantaccept: the merchant account is not set up for it")
	}
	return pos.NewError(pos.CodeRefused, r.offenders()).WithDetail("%s", shownWord(r.Error))
}

func (r Result) offenders() string {
	if len(r.Offenders) == 0 {
		return "a field that the host did not name"
	}
	return strings.Join(r.Offenders, ",")
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
	if len(s) > 8 || !only([]byte(s), alnum) {
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
