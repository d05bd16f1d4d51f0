package scenario

import (
	"embed"
	"fmt"
	"path"
	"strings"

	"golang.org/x/tools/txtar"
)

//go:embed library/*.txtar
var library embed.FS

// Named is a scenario of the library, which every hwsim carries in itself.
type Named struct {
	Name  string
	About string // its first line
	Text  []byte // the whole file
}

// Library is all of them, by name.
func Library() []Named {
	entries, err := library.ReadDir("library")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	var out []Named
	for _, e := range entries {
		text, err := library.ReadFile(path.Join("library", e.Name()))
		if err != nil {
			panic(err)
		}
		about, _, _ := strings.Cut(string(txtar.Parse(text).Comment), "\n")
		out = append(out, Named{strings.TrimSuffix(e.Name(), ".txtar"), about, text})
	}
	return out
}

// Find gives a scenario of the library by its name. It errs with the names that there are.
func Find(name string) (Named, error) {
	var names []string
	for _, n := range Library() {
		if n.Name == name {
			return n, nil
		}
		names = append(names, n.Name)
	}
	return Named{}, fmt.Errorf("there is neither a file nor a scenario %q; hwsim carries %s", name, strings.Join(names, ", "))
}
