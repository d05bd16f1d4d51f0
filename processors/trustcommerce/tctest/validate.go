package tctest

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tillpos/till/processors/trustcommerce"
)

// validate judges a request in the gateway's order: action, extra fields, missing fields, each field by
// itself, the password, fields that contradict each other, what the account may do, name resolution.
// ok is false when the request goes no further; then the reply says why and nothing is booked.
func (j *job) validate() (refused Reply, ok bool) {
	j.acct = j.host.accounts[j.req.get("custid")]
	f, known := j.host.book.form(j.req)
	if j.req.has("action") && !known {
		return baddata("badformat", "action"), false
	}
	for _, step := range []func(trustcommerce.Form) (string, []string){
		j.extra, j.missing, j.each, j.authentic, j.contradicting, j.allowed,
	} {
		if problem, offenders := step(f); problem != "" {
			return baddata(problem, offenders...), false
		}
	}
	j.demo = j.acct.Mode == "test" || j.req.get("demo") == "y"
	if j.demo && j.req.get("dns") == "n" {
		// The guide names the word under "error", guide 2.5 under "errortype": both are sent.
		return reply("status", "error", "error", "dnsfailure", "errortype", "dnsfailure"), false
	}
	return Reply{}, true
}

func baddata(problem string, offenders ...string) Reply {
	return reply("status", "baddata", "error", problem, "offenders", strings.Join(offenders, ","))
}

// extra finds fields that the action does not take.
func (j *job) extra(f trustcommerce.Form) (string, []string) {
	if !j.req.has("action") {
		return "", nil
	}
	var extra []string
	for _, p := range j.req.fields {
		if !j.host.book.transport[p.name] && !j.mayCarry(f, p.name) {
			extra = append(extra, p.name)
		}
	}
	extra = j.host.book.inOrder(extra)
	for i, name := range extra {
		extra[i] = harmless(name)
	}
	return problemWith("extrafields", extra)
}

// harmless makes a name that a client made up fit to be sent back: one line, one name of a list.
func harmless(name string) string {
	return strings.Map(func(c rune) rune {
		if c <= 0x20 || c > 0x7e || c == ',' || c == '=' {
			return '?'
		}
		return c
	}, name[:min(len(name), 64)])
}

func (j *job) mayCarry(f trustcommerce.Form, name string) bool {
	entry, at := j.host.book.entry(name)
	if at < 0 {
		return false
	}
	if entry == "customfield#" {
		return j.acct != nil && slices.Contains(j.acct.CustomFields, name)
	}
	switch f.Use(entry) {
	case trustcommerce.Payer:
		return f.Alone == "" || entry == f.Alone || !j.req.has(f.Alone)
	case trustcommerce.Forbidden:
		return j.host.cfg.Profile.Switches.LenientExtra && !slices.Contains(neverExtra, entry)
	}
	return true
}

// neverExtra are fields that change what an action is, so lenient_extra does not let them pass.
var neverExtra = []string{"cc", "exp", "track1", "track2", "routing", "account", "billingid", "transid", "pin"}

// missing lists everything that is required and absent.
func (j *job) missing(f trustcommerce.Form) (string, []string) {
	required := f.Required
	if f.Action == "" {
		required = []string{"custid", "password", "action"}
	}
	gone := slices.DeleteFunc(slices.Clone(required), j.req.has)
	gone = append(gone, j.payerMissing(f)...)
	for _, need := range f.Needs {
		if j.carries(need.If) && !j.req.has(need.Then) && !slices.Contains(gone, need.Then) {
			gone = append(gone, need.Then)
		}
	}
	for _, name := range append(j.planMissing(), j.halfBank()...) {
		if !slices.Contains(gone, name) {
			gone = append(gone, name)
		}
	}
	return problemWith("missingfields", j.host.book.inOrder(gone))
}

// halfBank is what an update lacks that names half a bank account.
func (j *job) halfBank() []string {
	if j.req.get("action") != "store" || j.req.has("routing") == j.req.has("account") {
		return nil
	}
	if j.req.has("routing") {
		return []string{"account"}
	}
	return []string{"routing"}
}

// carries says whether the request has a field of the table, a numbered one under any number.
func (j *job) carries(entry string) bool {
	return slices.ContainsFunc(j.req.fields, func(p pair) bool {
		e, _ := j.host.book.entry(p.name)
		return e == entry
	})
}

// payerMissing says which fields of the card or bank account are absent: the rest of a pair that was
// begun, else the whole first pair (guide, curl sample); with media=ach that of the bank account.
func (j *job) payerMissing(f trustcommerce.Form) []string {
	var begun, bank []string
	for _, group := range f.Payers {
		gone := slices.DeleteFunc(slices.Clone(group), j.req.has)
		switch {
		case len(gone) == 0:
			return nil
		case len(gone) < len(group) && begun == nil:
			begun = gone
		case slices.Contains(group, "routing"):
			bank = gone
		}
	}
	switch {
	case len(f.Payers) == 0:
		return nil
	case begun != nil:
		return begun
	case j.req.get("media") == "ach" && bank != nil:
		return bank
	}
	return f.Payers[0]
}

// lineItems is the highest line number among the fields.
func (j *job) lineItems() (highest int) {
	for _, p := range j.req.fields {
		entry, _ := j.host.book.entry(p.name)
		stem, numbered := strings.CutSuffix(entry, "#")
		if !numbered || stem == "customfield" || stem == "aggregator" {
			continue
		}
		if n, _ := strconv.Atoi(p.name[len(stem):]); n > highest {
			highest = n
		}
	}
	return highest
}

// each judges the fields one by one in the table's order: the first that fails is the one offender.
// Characters and check digit come before length (seen live).
func (j *job) each(trustcommerce.Form) (string, []string) {
	names := make([]string, 0, len(j.req.fields))
	for _, p := range j.req.fields {
		if !j.host.book.transport[p.name] {
			names = append(names, p.name)
		}
	}
	for _, name := range j.host.book.inOrder(names) {
		if j.erases(name) {
			continue
		}
		_, at := j.host.book.entry(name)
		f := j.host.book.facts.Fields[at]
		value := j.req.get(name)
		if !rightCharacters(f.Format, value) {
			return "badformat", []string{name}
		}
		if n := len(counted(name, value)); n < f.Min || n > f.Max {
			return "badlength", []string{name}
		}
		if !rightForm(f, value) || !j.rightValue(name, value) {
			return "badformat", []string{name}
		}
	}
	return "", nil
}

// rightCharacters is the gateway's type check. A check digit belongs to it: a number of the wrong length
// that fails it is a bad format (seen live).
func rightCharacters(format trustcommerce.Format, value string) bool {
	switch format {
	case trustcommerce.Digits, trustcommerce.MonthYear, trustcommerce.Stamp:
		return onlyDigits(value)
	case trustcommerce.CardPAN:
		return onlyDigits(value) && luhnOK(value)
	case trustcommerce.YesNo:
		return value == "y" || value == "n"
	}
	return strings.IndexFunc(value, func(c rune) bool { return c < 0x20 || c > 0x7e }) < 0
}

func onlyDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// counted is the part of a value whose length counts: of a track only what stands between its sentinels.
func counted(name, value string) string {
	switch name {
	case "track1":
		return between(value, "%")
	case "track2":
		return between(value, ";")
	}
	return value
}

func between(value, start string) string {
	if _, after, found := strings.Cut(value, start); found {
		value = after
	}
	value, _, _ = strings.Cut(value, "?")
	return value
}

// patterns are the formats whose characters are not the whole rule; they are judged after the length.
var patterns = map[trustcommerce.Format]*regexp.Regexp{
	trustcommerce.MonthYear: regexp.MustCompile(`^(0[1-9]|1[0-2])\d\d$`),
	trustcommerce.Alnum:     regexp.MustCompile(`^[A-Za-z0-9]*$`),
	trustcommerce.Hex:       regexp.MustCompile(`^[0-9A-Fa-f]*$`),
	trustcommerce.TransID:   regexp.MustCompile(`^\d{3}-\d{10}$`),
	trustcommerce.Interval:  regexp.MustCompile(`^([1-9]|0[1-9]|[1-9][0-9])[dwmy]$`),
}

// layouts are the formats that hold a calendar date.
var layouts = map[trustcommerce.Format]string{
	trustcommerce.USDate: "01-02-2006",
	trustcommerce.Stamp:  "20060102150405",
}

func rightForm(f trustcommerce.Field, value string) bool {
	switch f.Format {
	case trustcommerce.OneOf:
		return slices.Contains(f.Values, value)
	case trustcommerce.IPv4:
		a, err := netip.ParseAddr(value)
		return err == nil && a.Is4()
	case trustcommerce.StartDay:
		_, err := time.Parse("2006-01-02", value)
		return err == nil || patterns[trustcommerce.Interval].MatchString(value)
	}
	if layout := layouts[f.Format]; layout != "" {
		_, err := time.Parse(layout, value)
		return err == nil
	}
	p := patterns[f.Format]
	return p == nil || p.MatchString(value)
}

// rightValue holds what one field alone must fulfil.
func (j *job) rightValue(name, value string) bool {
	switch name {
	case "custid": // other than digits only for an account that exists, as the shared demo id does
		return j.acct != nil || onlyDigits(value)
	case "amount": // nothing is no amount (ours)
		return j.req.cents("amount") > 0
	case "numitems":
		n := j.req.cents("numitems")
		return n >= 1 && n <= trustcommerce.MaxItems
	case "track1":
		_, _, ok := readTrack1(value)
		return ok
	case "track2":
		_, _, ok := readTrack2(value)
		return ok
	}
	return true
}

// authentic checks the password. What the wire says is ours: the documents are silent.
func (j *job) authentic(trustcommerce.Form) (string, []string) {
	if j.acct == nil || j.acct.Password != j.req.get("password") {
		return "mismatch", []string{"custid", "password"}
	}
	return "", nil
}

// contradicting finds two fields that cannot both be true. The guide's example is cc against track1; the
// other pairs are ours.
func (j *job) contradicting(trustcommerce.Form) (string, []string) {
	r := j.req
	if offenders := j.readPayer(); len(offenders) > 0 {
		return "mismatch", j.host.book.inOrder(offenders)
	}
	if m := r.get("media"); j.stored != nil && r.get("action") != "store" && m != "" && (m == "ach") != j.payer.Bank {
		return "mismatch", []string{"media", "billingid"}
	}
	if r.get("action") == "sale" && r.cents("tip") > r.cents("amount") {
		return "mismatch", []string{"amount", "tip"} // of a sale the tip is a part
	}
	if r.has("cvv") && r.has("cvvstatus") {
		return "mismatch", []string{"cvv", "cvvstatus"}
	}
	var shipped, perLine []string
	for _, p := range r.fields {
		if strings.HasPrefix(p.name, "shipto_") {
			shipped = append(shipped, p.name)
		}
		if entry, _ := j.host.book.entry(p.name); entry == "shippinghandling#" {
			perLine = append(perLine, p.name)
		}
	}
	if r.get("shiptosame") == "y" && len(shipped) > 0 {
		return "mismatch", j.host.book.inOrder(append(shipped, "shiptosame"))
	}
	if r.has("shippinghandling") && len(perLine) > 0 {
		return "mismatch", j.host.book.inOrder(append(perLine, "shippinghandling"))
	}
	if r.has("numitems") && int64(j.lineItems()) > r.cents("numitems") {
		return "mismatch", []string{"numitems"}
	}
	if r.has("totalpayments") && r.cents("paymentnumber") > r.cents("totalpayments") {
		return "mismatch", []string{"paymentnumber", "totalpayments"}
	}
	if extra := r.cents("surcharge") + r.cents("cashback"); extra > 0 && r.cents("amount") < extra {
		return "mismatch", []string{"amount", "surcharge", "cashback"}
	}
	return "", nil
}

// allowed checks what the account is set up for.
func (j *job) allowed(trustcommerce.Form) (string, []string) {
	a, r := j.acct, j.req
	if len(a.Brands) > 0 && j.payer.Mask != "" && !j.payer.Bank && !slices.Contains(a.Brands, j.payer.Brand) {
		return "merchantcantaccept", []string{"cc"}
	}
	if c := r.get("currency"); c != "" && !slices.Contains(a.Currencies, c) {
		return "merchantcantaccept", []string{"currency"}
	}
	for _, service := range j.services() {
		if !a.has(service) {
			return "merchantcantaccept", []string{"action"}
		}
	}
	return "", nil
}

// services are the account features that a request needs.
func (j *job) services() (need []string) {
	r := j.req
	if s := serviceOf[r.get("action")]; s != "" {
		need = append(need, s)
	}
	for service, needed := range map[string]bool{
		"ach":     r.get("media") == "ach" || r.has("routing") || j.payer.Bank,
		"debit":   r.has("pin"),
		"wallet":  r.get("wallet") == "y",
		"level3":  r.get("purchaselevel") == "3",
		"citadel": r.has("billingid"),
	} {
		if needed {
			need = append(need, service)
		}
	}
	return need
}

// serviceOf is the account feature that an action needs.
var serviceOf = map[string]string{
	"void": "void", "reversal": "reversal", "verify": "verify", "store": "citadel", "unstore": "citadel", "walletsale": "wallet",
}

func problemWith(problem string, offenders []string) (string, []string) {
	if len(offenders) == 0 {
		return "", nil
	}
	return problem, offenders
}

// cents is a number field as a number; 0 when it is absent.
func (r Request) cents(name string) int64 {
	n, _ := strconv.ParseInt(r.get(name), 10, 64)
	return n
}
