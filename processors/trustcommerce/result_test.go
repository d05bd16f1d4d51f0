package trustcommerce

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tillpos/till/pos"
)

func resultOf(t *testing.T, lines string) Result {
	t.Helper()
	b := newLines()
	if _, err := b.feed([]byte(lines)); err != nil {
		t.Fatal(err)
	}
	b.finish()
	return newRules(NewFacts()).result(b.reply())
}

// TestResult reads every field of an answer, in any order and case.
func TestResult(t *testing.T) {
	lines := "STATUS=Approved\ntransid=011-1234567890\ndeclinetype=fraud\nerror=missingfields\nerrortype=unsupported\noffenders=cc,exp,nonsense\n" +
		"avs=Y\ncvv=M\nauthcode=A12345\nbillingid=Q5T7PT\ncommercialcard=S\ndebitdata=00123\nOriginalSaleDate=20070101190000\ndebitack=n\nfraudscore=77\n" +
		"blacklistfield=cc\nblacklistvalue=x\nvelocitytype=cc1daycount\nvelocityvalue=y\nresponsecode=05\nsomethingnew=1\n"
	want := Result{
		Status: StatusApproved, TransID: "011-1234567890", DeclineType: "fraud", Error: MissingFields, ErrorType: ErrorUnsupported,
		Offenders: []string{"cc", "exp"}, AVS: "Y", CVV: "M", AuthCode: "A12345", BillingID: "Q5T7PT", CommercialCard: "S", DebitAck: No,
		Refund: Receipt{"00123", "20070101190000"}, FraudScore: 77, BlacklistField: "cc", VelocityType: "cc1daycount", Unlisted: []string{"somethingnew"},
	}
	if got := resultOf(t, lines); !reflect.DeepEqual(got, want) {
		g, w := reflect.ValueOf(got), reflect.ValueOf(want)
		for i := range g.NumField() {
			if !reflect.DeepEqual(g.Field(i).Interface(), w.Field(i).Interface()) {
				t.Errorf("%s differs", g.Type().Field(i).Name)
			}
		}
	}
	plain := resultOf(t, "status=approved\ntransid=011-1234567890\navs=Y\n")
	if !reflect.DeepEqual(plain, Result{Status: StatusApproved, TransID: "011-1234567890", AVS: "Y", FraudScore: -1}) {
		t.Error("a plain approval holds more than it says")
	}
	if e := plain.extra(); e.Processor != "" || e.Data != nil {
		t.Error("a plain approval leaves something to keep")
	}
}

// TestResultOfOtherForms: a value that is not what its field holds is left out.
func TestResultOfOtherForms(t *testing.T) {
	r := resultOf(t, "status=approved\ntransid=011-12345678901\nbillingid=does-not-exist\ndebitack=maybe\noriginalsaledate=20071301000000\nfraudscore=many\n"+
		"avs=YY\ncvv= \nauthcode=way-too-long\ncommercialcard=SS\n")
	if !reflect.DeepEqual(r, Result{Status: StatusApproved, FraudScore: -1}) {
		t.Error("something that has not its form is kept")
	}
}

// TestUnknownWordsAreKept and never are a success.
func TestUnknownWordsAreKept(t *testing.T) {
	r := resultOf(t, "status=pending\ntransid=011-1234567890\ndeclinetype=moonphase\nerrortype=gremlins\nerror=oddities\n")
	if r.Status != "pending" || r.DeclineType != "moonphase" || r.ErrorType != "gremlins" || r.Error != "oddities" || r.Accepted() {
		t.Error("a word is lost, or counts as a yes")
	}
	for status, yes := range map[Status]bool{StatusApproved: true, StatusAccepted: true, StatusDecline: false, StatusRejected: false, StatusBadData: false, StatusError: false, "": false, "ok": false} {
		if (Result{Status: status}).Accepted() != yes {
			t.Errorf("%q counts wrongly", status)
		}
	}
}

// TestWords: each status, error and errortype of the guide, as an answer of its own.
func TestWords(t *testing.T) {
	rules := newRules(NewFacts())
	const id = "transid=011-1234567890\n"
	for _, c := range []struct {
		lines string
		state pos.State
		code  pos.Code
		arg   string
	}{
		{"status=approved\n" + id, pos.StateApproved, "", ""},
		{"status=accepted\n" + id, pos.StateAccepted, pos.CodeAccepted, ""},
		{"status=decline\ndeclinetype=call\n" + id, pos.StateDeclined, pos.CodeCallIssuer, ""},
		{"status=rejected\n" + id, pos.StateDeclined, pos.CodeDeclined, "the host refused"},
		{"status=baddata\nerror=missingfields\noffenders=cc,exp\n", pos.StateRefused, pos.CodeRefused, "cc,exp"},
		{"status=baddata\nerror=extrafields\noffenders=zip\n", pos.StateRefused, pos.CodeRefused, "zip"},
		{"status=baddata\nerror=badlength\noffenders=amount\n", pos.StateRefused, pos.CodeRefused, "amount"},
		{"status=baddata\nerror=badformat\noffenders=cc\n", pos.StateRefused, pos.CodeRefused, "cc"},
		{"status=baddata\nerror=merchantcantaccept\noffenders=currency\n", pos.StateRefused, pos.CodeUnsupported, "currency"},
		{"status=baddata\nerror=mismatch\noffenders=cc,track1\n", pos.StateRefused, pos.CodeRefused, "cc,track1"},
		{"status=error\nerrortype=cantconnect\n", pos.StateUnknown, pos.CodeUnknown, ""}, // made by clients; a host that says it is not believed
		{"status=error\nerrortype=linkfailure\n", pos.StateUnknown, pos.CodeUnknown, ""},
		{"status=error\nerror=dnsfailure\n", pos.StateNotSent, pos.CodeNotSent, ""},
		{"status=error\nerrortype=dnsfailure\n", pos.StateNotSent, pos.CodeNotSent, ""},
		{"status=error\nerrortype=unsupported\noffenders=action\n" + id, pos.StateRefused, pos.CodeUnsupported, "action"},
		{"status=error\nerrortype=unsupported\noffenders=tip\n" + id, pos.StateRefused, pos.CodeUnsupported, "tip"},
		{"status=error\nerrortype=unsupported\noffenders=shipdate\n" + id, pos.StateRefused, pos.CodeUnsupported, "shipdate"},
		{"status=error\nerrortype=failtoprocess\n" + id, pos.StateUnknown, pos.CodeUnknown, ""},
	} {
		b := newLines()
		b.feed([]byte(c.lines))
		b.finish()
		a := rules.answer(nil, b.reply())
		code, arg := pos.Code(""), ""
		if a.Failure != nil {
			code = a.Failure.Code
			if len(a.Failure.Args) > 0 {
				arg = a.Failure.Args[0]
			}
		}
		if a.State != c.state || code != c.code || arg != c.arg {
			t.Errorf("%q: %s %s %s", strings.SplitN(c.lines, "\ntransid", 2)[0], a.State, code, arg)
		}
	}
}

// TestReceiptPrintsNothing, but its JSON holds what the refund needs.
func TestReceiptPrintsNothing(t *testing.T) {
	given := Given{Receipt: Receipt{"CANARY-DEBIT", "20070101190000"}, DebitAck: Yes}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		if strings.Contains(strings.ToLower(fmt.Sprintf(verb, given.Receipt)+fmt.Sprintf(verb, Result{Refund: given.Receipt})), "canary") {
			t.Errorf("%s shows the debit data", verb)
		}
	}
	data, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	back, ok := GivenOf(pos.Extra{Processor: Name, Data: data})
	if !ok || back != given {
		t.Error("what an answer left is not read again")
	}
	if _, ok := GivenOf(pos.Extra{Processor: "tsys", Data: data}); ok {
		t.Error("another processor's data are read")
	}
}

// replyLine gives an entry of the table of answers as a line of client-replies.tsv.
func replyLine(e ReplyField) string {
	mask := cmpOr(string(e.Mask), "hidden")
	return strings.Join([]string{e.Name, string(e.Format), fmt.Sprint(e.Max), mask, string(e.Source)}, "\t")
}

func replyFaults(list []ReplyField, rows [][]string) (faults []string) {
	if len(list) != len(rows) {
		faults = append(faults, "the number of fields differs")
	}
	for i, e := range list {
		if i < len(rows) && replyLine(e) != strings.Join(rows[i], "\t") {
			faults = append(faults, e.Name+" differs")
		}
	}
	return faults
}

func TestReplyTable(t *testing.T) {
	rows := table(t, "client-replies.tsv")
	for _, f := range replyFaults(ReplyFields(), rows) {
		t.Error(f)
	}
	for i := range ReplyFields() {
		for what, alter := range map[string]func(*ReplyField){
			"name":   func(e *ReplyField) { e.Name += "x" },
			"format": func(e *ReplyField) { e.Format += "x" },
			"max":    func(e *ReplyField) { e.Max++ },
			"mask":   func(e *ReplyField) { e.Mask += "x" },
			"source": func(e *ReplyField) { e.Source += "x" },
		} {
			list := ReplyFields()
			alter(&list[i])
			if len(replyFaults(list, rows)) == 0 {
				t.Errorf("%s: another %s goes unnoticed", list[i].Name, what)
			}
		}
		if len(replyFaults(slices.Delete(ReplyFields(), i, i+1), rows)) == 0 {
			t.Errorf("the absence of field %d goes unnoticed", i)
		}
	}
}

// TestConditionsAltered: no condition of a form may change without its line noticing.
func TestConditionsAltered(t *testing.T) {
	lines := map[string]bool{}
	for _, row := range table(t, "client-conditions.tsv") {
		lines[strings.Join(row, "\t")] = true
	}
	for i, form := range NewFacts().Forms {
		alters := map[string]func(*Form){
			"action":  func(f *Form) { f.Action += "x" },
			"variant": func(f *Form) { f.Variant += "x" },
			"chooser": func(f *Form) { f.When.Field += "x" },
			"chosen":  func(f *Form) { f.When.Value += "x" },
			"alone":   func(f *Form) { f.Alone += "x" },
		}
		for n := range form.Needs {
			alters[fmt.Sprintf("need %d gone", n)] = func(f *Form) { f.Needs = slices.Delete(f.Needs, n, n+1) }
			alters[fmt.Sprintf("need %d of another", n)] = func(f *Form) { f.Needs[n].If += "x" }
			alters[fmt.Sprintf("need %d for another", n)] = func(f *Form) { f.Needs[n].Then += "x" }
		}
		for what, alter := range alters {
			f := NewFacts().Forms[i]
			f.Needs = slices.Clone(f.Needs)
			alter(&f)
			if lines[conditions(f)] {
				t.Errorf("%s %s: %s goes unnoticed", form.Action, form.Variant, what)
			}
		}
	}
}
