// Package till_test keeps the rules of the house: who imports whom, that every package says what it is
// for, and that the root noun package holds nouns only.
package till_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

const module = "github.com/tillpos/till/"

// may lists, for each room, the rooms whose packages (and their subtrees, with a trailing slash) it may
// import besides its own subtree. The longest matching room counts. The table of docs/ARCHITECTURE.md.
var may = map[string][]string{
	"pos/card":     {},
	"pos/money":    {},
	"pos":          {"pos/card", "pos/money"},
	"pos/payment":  {"pos", "pos/card", "pos/money"},
	"pos/prices":   {"pos", "pos/card", "pos/money"},
	"pos/receipt":  {"pos", "pos/card", "pos/money"},
	"pos/report":   {"pos", "pos/card", "pos/money"},
	"pos/words":    {"pos", "pos/card", "pos/money"},
	"pos/register": {"pos/payment", "pos/prices", "pos/receipt", "pos/words", "pos", "pos/card", "pos/money"},
	"device":       {"pos", "pos/card", "pos/money"},
	"processors":   {"pos", "pos/card", "pos/money"},
	"storage":      {"pos", "pos/card", "pos/money"},
	"ui":           {"pos/"},
	"hwsim":        {"device/", "processors/", "pos", "pos/card", "pos/money"},
	"cmd/till":     {"pos/", "device/", "processors/", "storage/", "ui/"},
	"cmd/hwsim":    {"pos/", "device/", "processors/", "hwsim/"},
	"ci":           {},
	"crash":        {},
	"sim":          {},
	"bench":        {"pos/", "processors/", "storage/", "hwsim/"},
}

// tests may import more than the code they test: a host simulator beside a client, the journal under an engine.
var testsMay = []string{"pos/", "device/", "processors/", "storage/", "hwsim/", "ci/"}

func TestImports(t *testing.T) {
	for room := range may {
		if info, err := os.Stat(filepath.FromSlash(room)); err != nil || !info.IsDir() {
			t.Errorf("the import table has a row for %s, and there is no such folder", room)
		}
	}
	for _, f := range sources(t) {
		folder := filepath.ToSlash(filepath.Dir(f.path))
		if folder == "." {
			continue
		}
		room := roomOf(folder)
		if room == "" {
			t.Errorf("%s: the folder %s is not in the import table", f.path, folder)
			continue
		}
		for _, spec := range f.file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			if !strings.HasPrefix(path, module) {
				continue
			}
			to := strings.TrimPrefix(path, module)
			if strings.HasPrefix(to+"/", room+"/") && room != "pos" || allowed(to, may[room]) {
				continue
			}
			if strings.HasSuffix(f.path, "_test.go") && allowed(to, testsMay) {
				continue
			}
			t.Errorf("%s: %s may not import %s", f.path, room, to)
		}
	}
}

// TestTerminalLinksNoSimulator follows the imports of cmd/till to the end.
func TestTerminalLinksNoSimulator(t *testing.T) {
	imports := map[string][]string{}
	for _, f := range sources(t) {
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		folder := filepath.ToSlash(filepath.Dir(f.path))
		for _, spec := range f.file.Imports {
			if path := strings.Trim(spec.Path.Value, `"`); strings.HasPrefix(path, module) {
				imports[folder] = append(imports[folder], strings.TrimPrefix(path, module))
			}
		}
	}
	seen := map[string]bool{}
	var walk func(string)
	walk = func(p string) {
		if seen[p] {
			return
		}
		seen[p] = true
		if strings.HasPrefix(p, "hwsim") || strings.HasSuffix(p, "test") && strings.HasPrefix(p, "processors/") {
			t.Errorf("cmd/till links %s", p)
		}
		for _, q := range imports[p] {
			walk(q)
		}
	}
	walk("cmd/till")
}

// TestClearPINStaysInSimulator: one package has a type for a PIN in clear, and only simulators and tests use
// it.
func TestClearPINStaysInSimulator(t *testing.T) {
	const home = "hwsim/pinblock"
	for _, f := range sources(t) {
		folder := filepath.ToSlash(filepath.Dir(f.path))
		if folder == home || strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		for _, spec := range f.file.Imports {
			if strings.Trim(spec.Path.Value, `"`) == module+home && folder != "cmd/hwsim" && !strings.HasPrefix(folder, "hwsim/") {
				t.Errorf("%s imports %s", f.path, home)
			}
		}
		ast.Inspect(f.file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && (spec.Name.Name == "PIN" || spec.Name.Name == "ClearPIN") {
				t.Errorf("%s has a type named %s", f.path, spec.Name.Name)
			}
			return true
		})
	}
}

func TestPackageComments(t *testing.T) {
	has := map[string]bool{}
	for _, f := range sources(t) {
		folder := filepath.Dir(f.path)
		has[folder] = has[folder] || f.file.Doc != nil && len(f.file.Doc.Text()) > 20
	}
	var without []string
	for folder, ok := range has {
		if !ok {
			without = append(without, folder)
		}
	}
	sort.Strings(without)
	for _, folder := range without {
		t.Errorf("%s: no package comment", folder)
	}
}

// TestNounsOnly keeps ports, goroutines and I/O out of the root noun package.
func TestNounsOnly(t *testing.T) {
	barred := map[string]bool{"os": true, "io": true, "net": true, "net/http": true, "context": true, "sync": true, "database/sql": true, "log/slog": true}
	for _, f := range sources(t) {
		if filepath.ToSlash(filepath.Dir(f.path)) != "pos" || strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		for _, spec := range f.file.Imports {
			if barred[strings.Trim(spec.Path.Value, `"`)] {
				t.Errorf("%s imports %s", f.path, spec.Path.Value)
			}
		}
		ast.Inspect(f.file, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.InterfaceType:
				t.Errorf("%s holds an interface: ports stand in the package that calls them", f.path)
			case *ast.GoStmt, *ast.ChanType:
				t.Errorf("%s holds a goroutine or a channel", f.path)
			}
			return true
		})
	}
}

// TestDrawnCasesAreTheSameEachTime: what draws cases with rapid has a fixed seed.
func TestDrawnCasesAreTheSameEachTime(t *testing.T) {
	draws, seeded := map[string]bool{}, map[string]bool{}
	for _, f := range sources(t) {
		for _, spec := range f.file.Imports {
			switch strings.Trim(spec.Path.Value, `"`) {
			case "pgregory.net/rapid":
				draws[filepath.Dir(f.path)] = true
			case module + "ci/seed":
				seeded[filepath.Dir(f.path)] = true
			}
		}
	}
	delete(draws, filepath.Join("ci", "seed"))
	if len(draws) == 0 {
		t.Error("nothing draws cases: the test shows nothing")
	}
	for folder := range draws {
		if !seeded[folder] {
			t.Errorf("%s draws with rapid and does not import %sci/seed", folder, module)
		}
	}
}

// TestFolderNames keeps out folders whose name says nothing.
func TestFolderNames(t *testing.T) {
	for _, f := range sources(t) {
		switch filepath.Base(filepath.Dir(f.path)) {
		case "util", "utils", "common", "helper", "helpers", "misc", "manager":
			t.Errorf("%s: a folder's name says what it is for", f.path)
		}
	}
}

type source struct {
	path string
	file *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && p != "." || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, source{p, f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func roomOf(folder string) string {
	for p := folder; p != "."; p = filepath.Dir(p) {
		if _, ok := may[p]; ok {
			return p
		}
	}
	return ""
}

func allowed(to string, list []string) bool {
	for _, a := range list {
		if to == a || strings.HasSuffix(a, "/") && strings.HasPrefix(to+"/", a) {
			return true
		}
	}
	return false
}
