package trustcommerce

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// comments are the comments of all struct fields of the package's request types.
func comments(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, name := range []string{"options.go", "vault.go", "result.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			general, ok := d.(*ast.GenDecl)
			if !ok || general.Tok != token.TYPE {
				continue
			}
			for _, s := range general.Specs {
				kind := s.(*ast.TypeSpec)
				if fields, ok := kind.Type.(*ast.StructType); ok {
					for _, f := range fields.Fields.List {
						for _, n := range f.Names {
							out[kind.Name.Name+"."+n.Name] = f.Doc.Text() + f.Comment.Text()
						}
					}
				}
			}
		}
	}
	return out
}

// fact begins a comment: the wire's field, its format, its length and who states it.
var fact = regexp.MustCompile(`(?:^|\s)([a-z0-9_]+#?): ([a-z0-9 /]+), ([0-9]+)(?:-([0-9]+))?(?:, cents)?; (guide 2\.8|guide 2\.5|seen|ours)`)

// TestCommentsSayWhatTheTableSays holds the docstrings of requests against the table of facts.
func TestCommentsSayWhatTheTableSays(t *testing.T) {
	rules := newRules(NewFacts())
	said := map[string]bool{}
	for name, text := range comments(t) {
		text = strings.Join(strings.Fields(text), " ")
		for _, m := range fact.FindAllStringSubmatch(text, -1) {
			e, ok := rules.Field(m[1])
			if !ok {
				t.Errorf("%s speaks of %s, which is no field", name, m[1])
				continue
			}
			said[m[1]] = true
			shortest, longest := m[3], m[4]
			if longest == "" {
				longest = shortest
			}
			if m[2] != string(e.Format) || shortest != fmt.Sprint(e.Min) || longest != fmt.Sprint(e.Max) || m[5] != string(e.Source) {
				t.Errorf("%s: %s is %s, %d-%d, %s in the table", name, m[1], e.Format, e.Min, e.Max, e.Source)
			}
		}
		for _, kind := range []string{"Options.", "Person.", "Purchase.", "Item.", "Shipping.", "Plan.", "Purse."} {
			plain := []string{"Options.Person", "Options.Purchase", "Options.Shipping"}
			if strings.HasPrefix(name, kind) && !fact.MatchString(text) && !slices.Contains(plain, name) {
				t.Errorf("%s does not say what it is on the wire", name)
			}
		}
	}
	if len(said) < 60 {
		t.Errorf("only %d fields are spoken of", len(said))
	}
}

const (
	docBegin = "<!-- trustcommerce: made from its tables -->\n"
	docEnd   = "<!-- trustcommerce: end -->\n"
)

// tables writes the facts as documentation.
func tables() string {
	facts := NewFacts()
	var b strings.Builder
	b.WriteString("### Request fields\n\nLengths are characters. Amounts are cents. Source: who states the fact; `ours` is our reading.\n\n")
	b.WriteString("| field | format | length | shown in logs | source | note |\n|---|---|---|---|---|---|\n")
	for _, e := range facts.Fields {
		format := string(e.Format)
		if len(e.Values) > 0 {
			format += ": " + strings.Join(e.Values, ", ")
		}
		length := fmt.Sprint(e.Min)
		if e.Max != e.Min {
			length += "–" + fmt.Sprint(e.Max)
		}
		shown := string(e.Mask)
		if e.Mask == Hidden {
			shown = "hidden"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", e.Name, format, length, shown, e.Source, e.Note)
	}
	b.WriteString("\n### Actions\n\nA field that an action does not list is refused as `extrafields`. All take `" + strings.Join(facts.Transport, "`, `") + "`, which TCLink adds.\n")
	for _, f := range facts.Forms {
		name := f.Action
		if f.Variant != "" {
			name += ", " + f.Variant
		}
		fmt.Fprintf(&b, "\n**%s**", name)
		if f.When.Field != "" {
			fmt.Fprintf(&b, " (with `%s`)", strings.TrimSuffix(f.When.Field+"="+f.When.Value, "="))
		}
		if f.Note != "" {
			b.WriteString(" — " + f.Note)
		}
		fmt.Fprintf(&b, "\n\n* required: `%s`\n", strings.Join(f.Required, "` `"))
		if len(f.Payers) > 0 {
			var groups []string
			for _, g := range f.Payers {
				groups = append(groups, "`"+strings.Join(g, "`+`")+"`")
			}
			fmt.Fprintf(&b, "* who pays, one of: %s\n", strings.Join(groups, ", "))
		}
		if len(f.Optional) > 0 {
			fmt.Fprintf(&b, "* optional: `%s`\n", strings.Join(f.Optional, "` `"))
		}
		for _, n := range f.Needs {
			fmt.Fprintf(&b, "* `%s` needs `%s`\n", n.If, n.Then)
		}
	}
	b.WriteString("\n### Answer fields\n\n| field | format | at most | source | note |\n|---|---|---|---|---|\n")
	for _, e := range ReplyFields() {
		fmt.Fprintf(&b, "| `%s` | %s | %d | %s | %s |\n", e.Name, e.Format, e.Max, e.Source, e.Note)
	}
	for i, list := range [][]ResultCode{AVSResults(), CVVResults()} {
		fmt.Fprintf(&b, "\n### %s results\n\n| code | meaning | advice |\n|---|---|---|\n", []string{"AVS", "CVV"}[i])
		for _, r := range list {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Code, r.Meaning, r.Advice)
		}
	}
	b.WriteString("\n### Decline types\n\n| word | code of the till | source |\n|---|---|---|\n")
	for _, d := range DeclineTypes() {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", d.Word, d.Code, d.Source)
	}
	return b.String()
}

// TestDocumentation keeps docs/PROCESSORS.md equal to the tables.
func TestDocumentation(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "PROCESSORS.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), docBegin)
	now, after, ok2 := strings.Cut(rest, docEnd)
	if !ok || !ok2 {
		t.Fatal("the marks of the tables are not there")
	}
	if now == "\n"+tables()+"\n" {
		return
	}
	if !*update {
		t.Fatal("the tables in docs/PROCESSORS.md are not those of the code (run with -update)")
	}
	if err := os.WriteFile(path, []byte(before+docBegin+"\n"+tables()+"\n"+docEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
