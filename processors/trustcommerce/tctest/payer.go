package tctest

import (
	"slices"
	"strings"

	"github.com/tillpos/till/pos/card"
)

// readCard finds the card number and expiry that count, from the fields or the stripe. Track 1 counts
// before track 2 (guide 2.5). It gives the names of fields that disagree, none if all is well.
func (j *job) readCard() (offenders []string) {
	j.pan, j.exp = j.req.get("cc"), j.req.get("exp")
	name, pan, exp := "", "", ""
	if j.req.has("track1") {
		name = "track1"
		pan, exp, _ = readTrack1(j.req.get(name))
	} else if j.req.has("track2") {
		name = "track2"
		pan, exp, _ = readTrack2(j.req.get(name))
	}
	if name != "" {
		j.swiped = true
		if j.pan != "" && j.pan != pan {
			offenders = append(offenders, "cc", name)
		}
		if j.exp != "" && j.exp != exp {
			offenders = append(offenders, "exp", name)
		}
		j.pan, j.exp = pan, exp
	}
	if j.pan != "" {
		if p, err := card.NewPAN([]byte(j.pan)); err == nil {
			j.mask, j.brand = p.Masked(), string(p.Brand())
			p.Wipe()
		}
	}
	return slices.Compact(offenders)
}

// readTrack1 reads format B between % and ?: B, number, ^, name, ^, YYMM. The expiry is given as MMYY.
func readTrack1(track string) (pan, exp string, ok bool) {
	parts := strings.Split(between(track, "%"), "^")
	if len(parts) < 3 || !strings.HasPrefix(parts[0], "B") {
		return "", "", false
	}
	return stripe(parts[0][1:], parts[2])
}

// readTrack2 reads between ; and ?: number, =, YYMM.
func readTrack2(track string) (pan, exp string, ok bool) {
	number, rest, found := strings.Cut(between(track, ";"), "=")
	if !found {
		return "", "", false
	}
	return stripe(number, rest)
}

func stripe(number, rest string) (pan, exp string, ok bool) {
	pan = strings.ReplaceAll(number, " ", "")
	if len(pan) < 13 || len(pan) > 19 || !onlyDigits(pan) || !luhnOK(pan) || len(rest) < 4 || !onlyDigits(rest[:4]) {
		return "", "", false
	}
	exp = rest[2:4] + rest[:2]
	if exp[:2] < "01" || exp[:2] > "12" {
		return "", "", false
	}
	return pan, exp, true
}
