package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// literals gives the strings that stand in the Go files under a folder, tests left out. said are those that a person
// could be meant to read: not an import, a constant, a tag or an error's text.
func literals(t *testing.T, folder string) (all, said map[string]bool) {
	t.Helper()
	all, said = map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && (entry.Name() == "robot" || entry.Name() == "registertest") {
			return fs.SkipDir // they are there for tests
		}
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "phrases_es") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		quiet := map[ast.Node]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.Field:
				if n.Tag != nil {
					quiet[n.Tag] = true
				}
			case *ast.GenDecl:
				if n.Tok == token.CONST {
					ast.Inspect(n, func(in ast.Node) bool { quiet[in] = true; return true })
				}
			case *ast.CallExpr:
				if name, ok := n.Fun.(*ast.SelectorExpr); ok && (name.Sel.Name == "New" || name.Sel.Name == "Errorf") {
					for _, a := range n.Args {
						quiet[a] = true
					}
				}
			case *ast.BasicLit:
				if n.Kind != token.STRING {
					break
				}
				text, err := strconv.Unquote(n.Value)
				if err != nil {
					return true
				}
				all[text] = true
				if !quiet[n] {
					said[text] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatalf("no text was found under %s", folder)
	}
	return all, said
}

// untranslated are strings of register and screens that are the same in every language, or that no person reads there.
var untranslated = map[string]bool{
	"TILL": true, "PIN": true, "Total": true, "No": true, " min": true,
	"Enter": true, "Esc": true, "Tab": true, "Ctrl-H": true, "NO_COLOR": true,
	// In the journal, where programs read one language.
	"chip card swiped": true, "rest of the sale not paid": true, "override": true, "reprint": true,
	"what": true, "detail": true, "sale": true,
	"receipt.": true, "card.": true, "%dx%d": true,
}

// TestEveryTextOfTheScreensIsTranslated: a text that register or screens show and that Spanish lacks would stay English.
func TestEveryTextOfTheScreensIsTranslated(t *testing.T) {
	letters := regexp.MustCompile(`[A-Za-z]{2}`)
	for _, folder := range []string{"../../ui", "../register"} {
		_, said := literals(t, folder)
		for text := range said {
			if _, isWord := englishWords[text]; isWord || untranslated[text] || !letters.MatchString(text) {
				continue
			}
			if _, ok := spanishPhrases[text]; !ok {
				t.Errorf("%s says %q, which Spanish lacks", folder, text)
			}
		}
	}
}

// TestEveryPhraseIsUsed: a phrase whose English is nowhere in the source was changed on one side only.
func TestEveryPhraseIsUsed(t *testing.T) {
	used := map[string]bool{}
	for _, folder := range []string{"../../ui", "../../cmd/till", "../../device", "../../pos"} {
		all, _ := literals(t, folder)
		for text := range all {
			used[text] = true
			used[strings.ReplaceAll(text, "_", " ")] = true
		}
	}
	for english, spanish := range spanishPhrases {
		if !used[english] {
			t.Errorf("%q is said nowhere", english)
		}
		for n := range 9 {
			if arg := "{" + strconv.Itoa(n+1) + "}"; strings.Contains(english, arg) != strings.Contains(spanish, arg) {
				t.Errorf("%q and %q do not say the same arguments", english, spanish)
			}
		}
	}
}
