package trustcommerce

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const vectors = "../../testdata/trustcommerce/"

// fieldVector is a line of client-fields.tsv.
type fieldVector struct {
	name, min, max, format, mask string
	good, badLength, badFormat   []string
}

func fieldVectors(t *testing.T) []fieldVector {
	t.Helper()
	var out []fieldVector
	for _, cells := range table(t, "client-fields.tsv") {
		if len(cells) != 8 {
			t.Fatalf("%s has %d columns", cells[0], len(cells))
		}
		out = append(out, fieldVector{cells[0], cells[1], cells[2], cells[3], cells[4], values(t, cells[5]), append(values(t, cells[6]), ""), values(t, cells[7])})
	}
	return out
}

func table(t *testing.T, name string) [][]string {
	t.Helper()
	text, err := os.ReadFile(vectors + name)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && line[0] != '#' {
			out = append(out, strings.Split(line, "\t"))
		}
	}
	return out
}

// values unfolds c*n and \xHH.
func values(t *testing.T, cell string) (out []string) {
	t.Helper()
	if cell == "-" {
		return nil
	}
	for _, v := range strings.Fields(cell) {
		if c, n, ok := strings.Cut(v, "*"); ok {
			times, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			v = strings.Repeat(c, times)
		}
		if i := strings.Index(v, `\x`); i >= 0 {
			n, err := strconv.ParseUint(v[i+2:i+4], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			v = v[:i] + string([]byte{byte(n)}) + v[i+4:]
		}
		out = append(out, v)
	}
	return out
}

// fieldFaults compares a table with the vectors. It names places, never values.
func fieldFaults(f Facts, vectors []fieldVector) (faults []string) {
	rules := newRules(f)
	note := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if len(f.Fields) != len(vectors) {
		note("%d fields, %d vectors", len(f.Fields), len(vectors))
	}
	for i, v := range vectors {
		if i >= len(f.Fields) || f.Fields[i].Name != v.name {
			note("place %d is not %s", i, v.name)
		}
		e, ok := f.Field(strings.Replace(v.name, "#", "7", 1))
		if !ok {
			note("%s is not found", v.name)
			continue
		}
		format := string(e.Format)
		if e.Format == OneOf {
			format += " " + strings.Join(e.Values, " ")
		}
		mask := cmpOr(string(e.Mask), "hidden")
		if strconv.Itoa(e.Min) != v.min || strconv.Itoa(e.Max) != v.max || format != v.format || mask != v.mask {
			note("%s: the written facts differ", v.name)
		}
		for _, set := range []struct {
			want   string
			values []string
		}{{"", v.good}, {"badlength", v.badLength}, {"badformat", v.badFormat}} {
			for n, value := range set.values {
				if got := e.judge([]byte(value)); got != set.want {
					note("%s: value %d of %q is judged %q", v.name, n, set.want, got)
				}
			}
		}
		for n, value := range v.good {
			shown := rules.maskRequest(v.name, []byte(value))
			if (shown == value) != (v.mask == "shown") || v.mask == "last four" && !strings.HasSuffix(shown, value[len(value)-4:]) {
				note("%s: good value %d is not masked as %s", v.name, n, v.mask)
			}
		}
	}
	return faults
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func TestFields(t *testing.T) {
	for _, fault := range fieldFaults(NewFacts(), fieldVectors(t)) {
		t.Error(fault)
	}
}

// TestFieldsAltered shows that no entry of the table may change without a vector failing.
func TestFieldsAltered(t *testing.T) {
	vectors := fieldVectors(t)
	formats := []Format{Text, Digits, Alnum, Hex, YesNo, OneOf, CardPAN, MonthYear, TransID, Customer, IPv4, Interval, StartDay, USDate, Stamp}
	for i, e := range NewFacts().Fields {
		alter := map[string]func(*Field){
			"name":      func(f *Field) { f.Name = "x" + f.Name },
			"min less":  func(f *Field) { f.Min-- },
			"min more":  func(f *Field) { f.Min++ },
			"max less":  func(f *Field) { f.Max-- },
			"max more":  func(f *Field) { f.Max++ },
			"new value": func(f *Field) { f.Format, f.Values = OneOf, append(slices.Clone(f.Values), "zz") },
		}
		for _, other := range formats {
			if other != e.Format {
				alter["format "+string(other)] = func(f *Field) { f.Format = other }
			}
		}
		for _, other := range []Mask{Hidden, Shown, LastFour} {
			if other != e.Mask {
				alter["mask "+string(other)] = func(f *Field) { f.Mask = other }
			}
		}
		for n := range e.Values {
			alter["value "+strconv.Itoa(n)] = func(f *Field) { f.Values = slices.Delete(slices.Clone(f.Values), n, n+1) }
		}
		for what, change := range alter {
			facts := NewFacts()
			change(&facts.Fields[i])
			if len(fieldFaults(facts, vectors)) == 0 {
				t.Errorf("%s: %s goes unnoticed", e.Name, what)
			}
		}
		facts := NewFacts()
		facts.Fields = slices.Delete(facts.Fields, i, i+1)
		if len(fieldFaults(facts, vectors)) == 0 {
			t.Errorf("%s: its absence goes unnoticed", e.Name)
		}
	}
}

// matrix is client-matrix.tsv: form → field → cell.
func matrix(t *testing.T) map[string]map[string]string {
	t.Helper()
	rows := table(t, "client-matrix.tsv")
	out := map[string]map[string]string{}
	for _, form := range rows[0][1:] {
		out[form] = map[string]string{}
	}
	for _, row := range rows[1:] {
		if len(row) != len(rows[0]) {
			t.Fatalf("%s has %d cells", row[0], len(row))
		}
		for _, field := range strings.Fields(row[0]) {
			for i, cell := range row[1:] {
				out[rows[0][i+1]][field] = cell
			}
		}
	}
	return out
}

func formFaults(f Facts, matrix map[string]map[string]string) (faults []string) {
	letters := map[Use]string{Forbidden: "-", Required: "R", Optional: "O", Payer: "P"}
	if len(f.Forms) != len(matrix) {
		faults = append(faults, "the number of forms differs")
	}
	for _, form := range f.Forms {
		name := form.Action
		if form.Variant != "" {
			name += "." + form.Variant
		}
		cells, ok := matrix[name]
		if !ok {
			faults = append(faults, name+" is no known form")
			continue
		}
		listed := slices.Concat(form.Required, form.Optional, slices.Concat(form.Payers...))
		for _, field := range listed {
			if _, ok := cells[field]; !ok {
				faults = append(faults, name+" lists "+field+", which is no field")
			}
		}
		for field, cell := range cells {
			if got := letters[form.Use(field)]; got != cell {
				faults = append(faults, fmt.Sprintf("%s: %s is %s, not %s", name, field, got, cell))
			}
		}
	}
	for _, e := range f.Fields {
		if _, ok := matrix["sale"][e.Name]; !ok && !slices.Contains(f.Transport, e.Name) {
			faults = append(faults, e.Name+" is in no row")
		}
	}
	return faults
}

func TestForms(t *testing.T) {
	for _, fault := range formFaults(NewFacts(), matrix(t)) {
		t.Error(fault)
	}
}

// TestFormsAltered shows that no entry of a form may go or come without the matrix noticing.
func TestFormsAltered(t *testing.T) {
	cells := matrix(t)
	noticed := func(what string, alter func(*Facts)) {
		t.Helper()
		f := NewFacts()
		alter(&f)
		if len(formFaults(f, cells)) == 0 {
			t.Errorf("%s goes unnoticed", what)
		}
	}
	for i, form := range NewFacts().Forms {
		name := form.Action + "." + form.Variant
		noticed(name+" is gone", func(f *Facts) { f.Forms = slices.Delete(f.Forms, i, i+1) })
		for n, field := range form.Required {
			noticed(name+" without required "+field, func(f *Facts) { f.Forms[i].Required = slices.Delete(f.Forms[i].Required, n, n+1) })
		}
		for n, field := range form.Optional {
			noticed(name+" without optional "+field, func(f *Facts) { f.Forms[i].Optional = slices.Delete(f.Forms[i].Optional, n, n+1) })
		}
		for g, group := range form.Payers {
			noticed(name+" without payer "+strings.Join(group, "+"), func(f *Facts) { f.Forms[i].Payers = slices.Delete(f.Forms[i].Payers, g, g+1) })
		}
		for _, e := range NewFacts().Fields {
			if form.Use(e.Name) == Forbidden && !slices.Contains(NewFacts().Transport, e.Name) {
				noticed(name+" with "+e.Name, func(f *Facts) { f.Forms[i].Optional = append(f.Forms[i].Optional, e.Name) })
			}
		}
	}
}

// conditions gives a form as a line of client-conditions.tsv.
func conditions(f Form) string {
	orDash := func(s string) string { return cmpOr(s, "-") }
	name, when := f.Action, f.When.Field
	if f.Variant != "" {
		name += "." + f.Variant
	}
	if f.When.Value != "" {
		when += "=" + f.When.Value
	}
	var needs []string
	for _, n := range f.Needs {
		needs = append(needs, n.If+">"+n.Then)
	}
	return strings.Join([]string{name, orDash(when), orDash(f.Alone), orDash(strings.Join(needs, " "))}, "\t")
}

func TestConditions(t *testing.T) {
	rows := table(t, "client-conditions.tsv")
	forms := NewFacts().Forms
	if len(rows) != len(forms) {
		t.Fatalf("%d forms, %d lines", len(forms), len(rows))
	}
	for i, form := range forms {
		if want := strings.Join(rows[i], "\t"); conditions(form) != want {
			t.Errorf("%s\nis not\n%s", conditions(form), want)
		}
	}
}

func TestNumbered(t *testing.T) {
	for name, want := range map[string]string{
		"productcode1": "productcode#", "productcode99": "productcode#", "productcode100": "productcode100",
		"productcode0": "productcode0", "productcode01": "productcode01", "track1": "track#", "amount": "amount", "7": "7",
	} {
		if got := Numbered(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if e, _ := NewFacts().Field("track1"); e.Name != "track1" {
		t.Error("track1 is a name of its own")
	}
}

func TestCheck(t *testing.T) {
	const card, swiped = "4111111111111111", ";4111111111111111=30121010000000000000?"
	for _, c := range []struct {
		name, action, variant string
		fields                []string
		word, offenders       string
	}{
		{"a keyed sale", "sale", "", []string{"amount=125", "cc=" + card, "exp=1230"}, "", ""},
		{"a swiped sale", "sale", "", []string{"amount=125", "track2=" + swiped}, "", ""},
		{"the guide's own sample: no payer, no amount, no password", "sale", "", []string{"-password"}, "missingfields", "password,amount,cc,exp"},
		{"cc without exp", "sale", "", []string{"amount=125", "cc=" + card}, "missingfields", "exp"},
		{"a stored account beside a card", "sale", "", []string{"amount=125", "cc=" + card, "exp=1230", "billingid=B01234"}, "extrafields", "cc,exp"},
		{"a field of another action", "void", "", []string{"transid=011-1234567890", "amount=100"}, "extrafields", "amount"},
		{"an unknown field goes before a missing one", "sale", "", []string{"amount=100", "cc=" + card, "date=today"}, "extrafields", "date"},
		{"installments without a number", "sale", "", []string{"amount=125", "cc=" + card, "exp=1230", "totalpayments=3"}, "missingfields", "paymentnumber"},
		{"an item without a count", "sale", "", []string{"amount=125", "cc=" + card, "exp=1230", "price3=1"}, "missingfields", "numitems"},
		{"an item number out of range", "sale", "", []string{"amount=125", "cc=" + card, "exp=1230", "numitems=1", "price100=1"}, "extrafields", "price100"},
		{"a plan without an amount", "store", "", []string{"cc=" + card, "exp=1230", "cycle=1m"}, "missingfields", "amount"},
		{"a bank account", "sale", "ach", []string{"amount=133", "media=ach", "routing=789456124", "account=55544433221"}, "", ""},
		{"a bank account without a number", "sale", "ach", []string{"amount=133", "media=ach"}, "missingfields", "routing,account"},
		{"the first bad field in the table's order", "sale", "", []string{"exp=1330", "cc=4111111111111112", "amount=12x"}, "badformat", "amount"},
		{"too long", "sale", "", []string{"amount=123456789", "cc=" + card, "exp=1230"}, "badlength", "amount"},
		{"a control character", "sale", "", []string{"amount=125", "cc=" + card, "exp=1230", "name=A\rB"}, "badformat", "name"},
		{"a bar", "sale", "", []string{"amount=125", "cc=" + card, "exp=1230", "name=A|B"}, "badformat", "name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newRules(NewFacts())
			form := f.form(c.action, c.variant)
			if form == nil {
				t.Fatal("no such form")
			}
			d := newDraft(form)
			d.set("custid", "123456")
			if !slices.Contains(c.fields, "-password") {
				d.set("password", "abc123")
			}
			d.set("action", c.action)
			for _, pair := range c.fields {
				if name, value, ok := strings.Cut(pair, "="); ok {
					d.set(name, value)
				}
			}
			got := f.check(form, d.pairs)
			if got == nil {
				got = &troubleFound{}
			}
			if got.word != c.word || strings.Join(got.offenders, ",") != c.offenders {
				t.Errorf("%s %v, want %s %s", got.word, got.offenders, c.word, c.offenders)
			}
		})
	}
}
