package tctest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// testCard is a card of the guide's table of test data. The issuer knows its address and code.
type testCard struct {
	pan    string
	number string   // of the street
	zips   []string // the guide's printings differ for JCB
	cvv    string   // empty: the brand has none in the table
}

// approving are the cards that demo transactions approve, whatever the amount.
var approving = []testCard{
	{"4111111111111111", "123", []string{"90001"}, "123"},
	{"5411111111111115", "4000", []string{"85001"}, "777"},
	{"341111111111111", "12", []string{"54321"}, "4000"},
	{"6011111111111117", "6789", []string{"12345"}, ""},
	{"36484444444446", "7390", []string{"01101"}, ""},
	{"213122222222221", "350", []string{"40000", "400000"}, ""},
}

// declining are the cards that demo transactions decline, with the declinetype.
var declining = map[string]string{
	"4012345678909":    "decline",
	"5555444433332226": "call",
	"4444111144441111": "carderror",
}

// The bank account that demo ACH sales accept.
const (
	demoRouting = "789456124"
	demoAccount = "55544433221"
)

// verdict is what the issuer and our own rules say of a card.
type verdict struct {
	decline  string // declinetype; empty: approved
	byRule   bool   // declined by our avs or cvv rule, not by the issuer
	avs, cvv string
	authCode string
}

// authorize asks the simulated issuer, then our cvv rule, then our avs rule.
func (j *job) authorize() verdict {
	at := slices.IndexFunc(approving, func(c testCard) bool { return c.pan == j.pan })
	known := at >= 0
	var c testCard
	if known {
		c = approving[at]
	}
	v := verdict{avs: j.avsResult(c, known), cvv: j.cvvResult(c, known), authCode: "123456"}
	switch {
	case !j.demo && (known || declining[j.pan] != ""):
		v.decline = "carderror" // test cards are no cards to a live issuer (guide 2.5)
	case declining[j.pan] != "":
		v.decline = declining[j.pan]
	case (j.host.cfg.Profile.Switches.EnforceExpiry || !j.demo) && expired(j.exp, j.now.In(j.host.pacific)):
		v.decline = "expiredcard"
	case v.cvv == "N" && j.req.get("cvvcheck") != "n" && j.req.get("checkcvv") != "n":
		v.decline, v.byRule = "cvv", true
	case j.req.get("avs") == "y" && slices.Contains(j.host.cfg.Profile.Switches.AVSDecline, v.avs):
		v.decline, v.byRule = "avs", true
	}
	if !j.demo {
		v.authCode = j.liveCode()
	}
	return v
}

// liveCode is six characters that follow from the identifier to come.
func (j *job) liveCode() string {
	return strings.ToUpper(strconv.FormatInt(1<<30+j.host.state.Next, 36))[:6]
}

// avsResult compares the street's number and the zip's digits, nothing else (guide 2.5).
func (j *job) avsResult(c testCard, known bool) string {
	street, zip := j.req.get("address1"), digitsOf(j.req.get("zip"))
	if !known {
		return "U"
	}
	if street == "" && zip == "" {
		return "0"
	}
	number := street != "" && leadingDigits(street) == c.number
	whole := len(zip) == 9
	match := slices.Contains(c.zips, zip) || whole && slices.Contains(c.zips, zip[:5])
	switch {
	case number && match && whole:
		return "X"
	case number && match:
		return "Y"
	case number:
		return "A"
	case match && whole:
		return "W"
	case match:
		return "Z"
	}
	return "N"
}

// cvvResult is the answer to the code on the card, or to the reason why it was not sent. P for present
// or illegible, and for brands without a code in the table, is ours; so is U for a card outside it.
func (j *job) cvvResult(c testCard, known bool) string {
	sent := j.req.get("cvv")
	switch {
	case j.req.get("cvvstatus") == "notpresent":
		return "S"
	case j.req.has("cvvstatus"):
		return "P"
	case sent == "":
		return ""
	case !known:
		return "U"
	case c.cvv == "":
		return "P"
	case sent == c.cvv:
		return "M"
	}
	return "N"
}

// expired says whether the month of MMYY is over.
func expired(exp string, now time.Time) bool {
	if len(exp) != 4 {
		return false
	}
	month, _ := strconv.Atoi(exp[:2])
	year, _ := strconv.Atoi(exp[2:])
	return now.Year() > 2000+year || now.Year() == 2000+year && int(now.Month()) > month
}

func leadingDigits(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
}

func digitsOf(s string) string {
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, s)
}
