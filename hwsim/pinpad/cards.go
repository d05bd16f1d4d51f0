package pinpad

import (
	_ "embed"
	"strings"

	"github.com/tillpos/till/hwsim/pinblock"
	"github.com/tillpos/till/hwsim/reader"
	"github.com/tillpos/till/pos/card"
)

//go:embed pins.txt
var pinFile string

// pinOf gives a test card's PIN by the card's name; the caller wipes it.
func pinOf(name string) (pinblock.PIN, bool) {
	for line := range strings.Lines(pinFile) {
		card, digits, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || card != name || strings.HasPrefix(line, "#") {
			continue
		}
		pin, err := pinblock.New([]byte(digits))
		return pin, err == nil
	}
	return pinblock.PIN{}, false
}

// cardOf gives the name of a test card with a PIN by its number.
func cardOf(pan card.PAN) (name string, ok bool) {
	for _, c := range reader.Cards() {
		number, err := Number(c.Name)
		if err != nil {
			continue
		}
		same := number.Equal(pan)
		number.Wipe()
		if _, known := pinOf(c.Name); same && known {
			return c.Name, true
		}
	}
	return "", false
}

// Number gives a test card's number; the caller wipes it.
func Number(name string) (card.PAN, error) {
	c, err := reader.Find(name)
	if err != nil {
		return card.PAN{}, err
	}
	digits, _, _ := strings.Cut(strings.TrimPrefix(c.Track2, ";"), "=")
	return card.NewPAN([]byte(digits))
}

// PINOf gives the PIN of the test card with a number; the caller wipes it.
func PINOf(pan card.PAN) (pinblock.PIN, bool) {
	name, ok := cardOf(pan)
	if !ok {
		return pinblock.PIN{}, false
	}
	return pinOf(name)
}
