package reader

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed cards.txt
var cardFile string

// Card is a test card: what stands on its stripe.
type Card struct {
	Name           string
	Track1, Track2 string // empty when blank
}

// Cards gives the test cards in the order of the data file.
func Cards() []Card {
	var out []Card
	for line := range strings.Lines(cardFile) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.Split(line, "\t")
		for i, p := range parts {
			if p == "-" {
				parts[i] = ""
			}
		}
		out = append(out, Card{parts[0], parts[1], parts[2]})
	}
	return out
}

// Find gives a test card by name.
func Find(name string) (Card, error) {
	for _, c := range Cards() {
		if c.Name == name {
			return c, nil
		}
	}
	return Card{}, fmt.Errorf("there is no test card named %q; GET /cards lists them", name)
}
