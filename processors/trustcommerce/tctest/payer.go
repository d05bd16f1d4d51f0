package tctest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tillpos/till/pos/card"
)

// payer is a card or a bank account as a host keeps it: with nothing in it that a payment could be made
// with elsewhere. What the issuer would decide by is the name of a test account.
type payer struct {
	Test   string `json:",omitempty"` // name in the issuer's list; empty: an account outside it
	Mask   string `json:",omitempty"`
	Brand  string `json:",omitempty"`
	Expiry string `json:",omitempty"` // MMYY
	Bank   bool   `json:",omitempty"` // media ach
}

// Format shows the mask alone.
func (p payer) Format(s fmt.State, _ rune) { fmt.Fprint(s, p.Mask) }

// readPayer finds the card or bank account that counts: of a request's own fields, else of the billingid.
// It gives the names of fields that disagree, none if all is well.
func (j *job) readPayer() (offenders []string) {
	if j.req.has("billingid") {
		j.stored = j.host.storedOf(j.acct, j.req.get("billingid"))
	}
	if j.stored != nil {
		j.payer = j.stored.Payer
	}
	if j.req.has("routing") || j.req.has("account") {
		j.payer = j.host.bankAccount(j.req.get("routing"), j.req.get("account"))
		return nil
	}
	return j.readCard()
}

// readCard reads the card of the fields or of the stripe. Track 1 counts before track 2 (guide 2.5).
func (j *job) readCard() (offenders []string) {
	pan, exp, stripe := j.req.get("cc"), j.req.get("exp"), ""
	switch {
	case j.req.has("track1"):
		stripe = "track1"
	case j.req.has("track2"):
		stripe = "track2"
	}
	if stripe != "" {
		read := map[string]func(string) (string, string, bool){"track1": readTrack1, "track2": readTrack2}[stripe]
		onPAN, onExp, _ := read(j.req.get(stripe))
		if pan != "" && pan != onPAN {
			offenders = append(offenders, "cc", stripe)
		}
		if exp != "" && exp != onExp {
			offenders = append(offenders, "exp", stripe)
		}
		j.swiped, pan, exp = true, onPAN, onExp
	}
	if pan != "" {
		expiry := j.payer.Expiry // an update may give the number alone
		j.payer = j.host.cardOf(pan)
		j.payer.Expiry = expiry
	}
	if exp != "" {
		j.payer.Expiry = exp
	}
	return slices.Compact(offenders)
}

// cardOf forgets a card number and keeps its mask.
func (h *Host) cardOf(pan string) payer {
	out := payer{Test: h.issuer.named(pan)}
	if p, err := card.NewPAN([]byte(pan)); err == nil {
		out.Mask, out.Brand = p.Masked(), string(p.Brand())
		p.Wipe()
	}
	return out
}

// bankAccount forgets a bank account and keeps whether it is the guide's.
func (h *Host) bankAccount(routing, account string) payer {
	out := payer{Bank: true, Mask: strings.Repeat("*", max(0, len(account)-4)) + account[max(0, len(account)-4):]}
	if routing == demoRouting && account == demoAccount {
		out.Test = demoBank
	}
	return out
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
