package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tillpos/till/pos"
)

// codesInSource reads the constants of pos.Code with the number of arguments that their comment lists.
func codesInSource(t *testing.T) map[pos.Code]int {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../error.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	out := map[pos.Code]int{}
	for _, decl := range f.Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			typ, ok := v.Type.(*ast.Ident)
			if !ok || typ.Name != "Code" {
				t.Fatalf("the constant %s is not written as a Code", v.Names[0].Name)
			}
			text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			args := 0
			if list, ok := strings.CutPrefix(v.Comment.Text(), "args: "); ok {
				args = 1 + strings.Count(list, ",")
			}
			out[pos.Code(text)] = args
		}
	}
	if len(out) < 50 {
		t.Fatalf("only %d codes were found in pos/error.go", len(out))
	}
	return out
}

func catalogs() map[string]*Catalog {
	out := map[string]*Catalog{}
	for _, l := range Languages() {
		out[l] = New(l)
	}
	return out
}

var placeholder = regexp.MustCompile(`\{(\d+)\}`)

func TestEveryCodeHasItsSentence(t *testing.T) {
	codes := codesInSource(t)
	for language, c := range catalogs() {
		for code, args := range codes {
			s, ok := c.sentences[code]
			if !ok {
				t.Errorf("%s: no sentence for %s", language, code)
				continue
			}
			if s.Title == "" || s.Next == "" {
				t.Errorf("%s: the sentence for %s says not what happened or not what to do", language, code)
			}
			if strings.HasPrefix(string(code), "payment.") && s.Money == "" && code != pos.CodeNotFound {
				t.Errorf("%s: the sentence for %s says nothing of the money", language, code)
			}
			for _, m := range placeholder.FindAllStringSubmatch(s.Title+s.Money, -1) {
				if n, _ := strconv.Atoi(m[1]); n < 1 || n > args {
					t.Errorf("%s: the sentence for %s uses argument %d of %d", language, code, n, args)
				}
			}
			if strings.ContainsAny(s.Next, "{}[]") {
				t.Errorf("%s: what to do next for %s holds an argument", language, code)
			}
			for _, part := range []string{s.Money, s.Next} {
				command := strings.Contains(part, ": ") // ends in something to type
				if part != "" && !strings.ContainsAny(part[len(part)-1:], ".!?") && !command {
					t.Errorf("%s: a part of the sentence for %s does not end: %q", language, code, part)
				}
			}
		}
		for code := range c.sentences {
			if _, ok := codes[code]; !ok {
				t.Errorf("%s: a sentence for %s, which is no code", language, code)
			}
		}
	}
}

func TestLanguagesHaveTheSameWords(t *testing.T) {
	for key, w := range englishWords {
		if w == "" || spanishWords[key] == "" {
			t.Errorf("%s: a language has no word", key)
		}
	}
	for key := range spanishWords {
		if _, ok := englishWords[key]; !ok {
			t.Errorf("%s: a word in Spanish only", key)
		}
	}
}

// TestUnknownForbidsASecondCharge: whatever says that the money may have moved must say not to charge again.
func TestUnknownForbidsASecondCharge(t *testing.T) {
	forbid := map[string]string{"en": "not charge", "es": "No cobre"}
	for language, c := range catalogs() {
		for _, k := range []pos.State{pos.StateSending, pos.StateUnknown, pos.StateReversing, pos.StateNeedsPerson, "nonsense"} {
			if next := c.Next(k.Code(pos.KindSale)); !strings.Contains(next, forbid[language]) {
				t.Errorf("%s: %s says %q", language, k, next)
			}
		}
		for _, code := range []pos.Code{pos.CodeInterrupted, pos.CodeWrongAnswer, pos.CodeJournalUnknown} {
			if next := c.Next(code); !strings.Contains(next, forbid[language]) {
				t.Errorf("%s: %s says %q", language, code, next)
			}
		}
	}
}

func TestSay(t *testing.T) {
	c := New("en")
	for name, row := range map[string]struct {
		err  *pos.Error
		want string
	}{
		"no arguments":         {pos.NewError(pos.CodeUnknown), "No answer from the bank. The card may have been charged."},
		"argument missing":     {pos.NewError(pos.CodeDeclined), "Declined. The card is not charged."},
		"argument empty":       {pos.NewError(pos.CodeDeclined, ""), "Declined. The card is not charged."},
		"argument":             {pos.NewError(pos.CodeDeclined, "call bank"), "Declined: call bank. The card is not charged."},
		"two arguments":        {pos.NewError(pos.CodePartial, "5.00", "7.34"), "Approved in part: 5.00. The card is charged with that part only; 7.34 is still to pay."},
		"one of two":           {pos.NewError(pos.CodePartial, "5.00"), "Approved in part: 5.00. The card is charged with that part only."},
		"no money":             {pos.NewError(pos.CodeAmountTooLarge, "999.99"), "The amount is too large: at most 999.99"},
		"argument with braces": {pos.NewError(pos.CodeDeclined, "{2}[x]"), "Declined: {2}[x]. The card is not charged."},
		"no such code":         {pos.NewError("no.such"), "Something went wrong in the till. Look in the list of payments before you charge again."},
		"nothing":              {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.Say(row.err); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestMessageIsSayAndNext(t *testing.T) {
	c := New("en")
	message, next := c.Message(pos.NewError(pos.CodeDeclined, "no funds"))
	if message != "Declined: no funds. The card is not charged." || next != "Ask for another card or for cash." {
		t.Errorf("got %q and %q", message, next)
	}
}

func TestFillOutsideBrackets(t *testing.T) {
	for in, want := range map[string]string{"{1} of {2}": "a of ?", "x[{3}]y": "xy", "[{1}": "[a", "{x}": "?", "}{": "}{", "": ""} {
		if got := fill(in, []string{"a"}); got != want {
			t.Errorf("fill(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLanguageNames(t *testing.T) {
	for name, want := range map[string]string{
		"": "Approved", "en": "Approved", "en-GB": "Approved", "C.UTF-8": "Approved", "xx": "Approved",
		"es": "Aprobado", "ES": "Aprobado", "es-MX": "Aprobado", "es_MX.UTF-8": "Aprobado",
	} {
		if got := New(name).Sentence(pos.NewError(pos.CodeApproved)).Title; got != want {
			t.Errorf("%q gives %q", name, got)
		}
	}
}

func TestWord(t *testing.T) {
	if got := New("es").Word("receipt.total"); got != "TOTAL" {
		t.Errorf("got %q", got)
	}
	if got := New("es").Word("no.such"); got != "no.such" {
		t.Errorf("a missing word gives %q", got)
	}
}

// TestSentencesFitTheScreen keeps each part to what two lines of an 80 column screen can show.
func TestSentencesFitTheScreen(t *testing.T) {
	for language, c := range catalogs() {
		for code, s := range c.sentences {
			for _, part := range []string{s.Title, s.Money, s.Next} {
				if n := len([]rune(part)); n > 120 {
					t.Errorf("%s: a part of %s has %d characters", language, code, n)
				}
			}
		}
	}
}
