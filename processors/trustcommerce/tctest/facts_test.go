package tctest

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tillpos/till/processors/trustcommerce"
)

// rows reads a hand-written table: columns apart by tabs, lines with # are comments.
func rows(t *testing.T, name string) (out [][]string) {
	t.Helper()
	b, err := os.ReadFile("../../../testdata/trustcommerce/" + name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimRight(line, "\n"); line != "" && line[0] != '#' {
			out = append(out, strings.Split(line, "\t"))
		}
	}
	return out
}

// values unfolds a cell: values apart by blanks, c*n is c repeated n times, \xHH is a byte.
func values(t *testing.T, cell string) (out []string) {
	t.Helper()
	for _, v := range strings.Fields(cell) {
		if v == "-" {
			continue
		}
		if c, n, ok := strings.Cut(v, "*"); ok {
			count, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			v = strings.Repeat(c, count)
		}
		v, err := strconv.Unquote(`"` + v + `"`)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// stricter are values that the host refuses for more than the field's own format (ours, or the guide's
// text), and softer those that only the client refuses: a bar is "removed or altered", not refused.
func stricter(name, value string) bool {
	return name == "amount" && strings.Trim(value, "0") == "" || name == "track1" || name == "track2" ||
		name == "numitems" && value != "7"
}

func softer(value string) bool { return strings.Contains(value, "|") }

// TestFieldsOneByOne judges the values of the hand-written field list. The test never prints a value:
// some are card numbers.
func TestFieldsOneByOne(t *testing.T) {
	b := newBench(t, "")
	judge := func(name, value string) string {
		j := &job{host: b.Host, req: query(strings.Replace(name, "#", "1", 1), value), acct: b.accounts[value]}
		problem, offenders := j.each(trustcommerce.Form{})
		if problem != "" && len(offenders) != 1 {
			t.Errorf("%s: %d offenders", name, len(offenders))
		}
		return problem
	}
	for _, row := range rows(t, "client-fields.tsv") {
		name := row[0]
		if b.book.transport[name] {
			continue
		}
		for i, v := range values(t, row[5]) {
			if got := judge(name, v); got != "" && !stricter(name, v) {
				t.Errorf("%s: good value %d gives %s", name, i, got)
			}
		}
		for i, v := range values(t, row[6]) {
			if got := judge(name, v); got != "badlength" {
				t.Errorf("%s: value %d of a bad length gives %q", name, i, got)
			}
		}
		for i, v := range values(t, row[7]) {
			if got := judge(name, v); got == "" && !softer(v) {
				t.Errorf("%s: value %d of a bad format passes", name, i)
			}
		}
	}
}

// TestMatrix: each cell of the hand-written action matrix, as the host decides it.
func TestMatrix(t *testing.T) {
	table := rows(t, "client-matrix.tsv")
	for column, form := range table[0] {
		if column == 0 {
			continue
		}
		action, variant, _ := strings.Cut(form, ".")
		t.Run(form, func(t *testing.T) {
			for _, row := range table[1:] {
				for _, field := range strings.Fields(row[0]) {
					checkCell(t, action, variant, strings.Replace(field, "#", "1", 1), row[column])
				}
			}
		})
	}
}

// picks are the fields that choose a variant.
var picks = map[string][]string{"ach": {"media", "ach"}, "debit": {"pin", "1"}, "update": {"billingid", "B01234"}}

// checkCell asks about one field of one form. A field that chooses another form cannot be asked about.
func checkCell(t *testing.T, action, variant, field, cell string) {
	b := newBench(t, account+"customfields=[\"customfield1\"]\n")
	fields := append([]string{"action", action}, picks[variant]...)
	with := query(append(fields, field, "y")...)
	without := query(fields...)
	want, _ := b.book.form(without)
	if got, _ := b.book.form(with); !slices.Contains(fields, field) && (got.Action != want.Action || got.Variant != want.Variant) {
		return
	}
	with.put("custid", "123456")
	j := &job{host: b.Host, req: with, acct: b.accounts["123456"]}
	problem, offenders := j.extra(want)
	if refused := problem != "" && slices.Contains(offenders, field); refused != (cell == "-") {
		t.Errorf("%s: extra is %v, the matrix says %s", field, refused, cell)
	}
	if slices.Contains(fields, field) {
		return
	}
	j = &job{host: b.Host, req: without}
	problem, offenders = j.missing(want)
	missed := problem != "" && slices.Contains(offenders, field)
	if cell == "R" && !missed || cell != "R" && cell != "P" && missed {
		t.Errorf("%s: missing is %v, the matrix says %s", field, missed, cell)
	}
}

// TestHostReadsTheTable: a changed fact changes what the host says.
func TestHostReadsTheTable(t *testing.T) {
	facts := trustcommerce.NewFacts()
	for i := range facts.Fields {
		if facts.Fields[i].Name == "ticket" {
			facts.Fields[i].Max = 2
		}
	}
	h, err := New(Config{Facts: &facts, Now: newBench(t, "").cfg.Now, Random: zero{}})
	if err != nil {
		t.Fatal(err)
	}
	b := bench{Host: h}
	got := b.do("action", "sale", "amount", "100", "cc", "4111111111111111", "exp", "1215", "ticket", "ABC")
	if got.Get("error") != "badlength" || got.Get("offenders") != "ticket" {
		t.Errorf("got %s %s", got.Get("error"), got.Get("offenders"))
	}
}
