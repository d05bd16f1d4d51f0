package tctest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// TestCard is what the simulated issuer knows of one card. Those of the guide's table of test data are
// always there; a profile adds others.
type TestCard struct {
	Name       string `toml:"name"`
	CC         string `toml:"cc"`
	Decline    string `toml:"decline"`    // declinetype of every authorization; empty: approved
	Fail       bool   `toml:"fail"`       // the processor cannot be reached: error, failtoprocess
	AVS        string `toml:"avs"`        // this code, whatever was sent
	CVV        string `toml:"cvv"`        // this code, whatever was sent; " " as some issuers give
	Commercial string `toml:"commercial"` // S purchasing, R corporate, B business

	street string   // number of the street
	zips   []string // the guide's printings differ for JCB
	code   string   // on the card; empty: the brand has none in the table
	guide  bool     // no card to a live issuer
}

// guideCards are the guide's test cards, and the card of its Level III example, which the text says
// belongs to a business (the letter is ours).
func guideCards() []TestCard {
	return []TestCard{
		{Name: "visa", CC: "4111111111111111", street: "123", zips: []string{"90001"}, code: "123", guide: true},
		{Name: "mastercard", CC: "5411111111111115", street: "4000", zips: []string{"85001"}, code: "777", guide: true},
		{Name: "amex", CC: "341111111111111", street: "12", zips: []string{"54321"}, code: "4000", guide: true},
		{Name: "discover", CC: "6011111111111117", street: "6789", zips: []string{"12345"}, guide: true},
		{Name: "diners", CC: "36484444444446", street: "7390", zips: []string{"01101"}, guide: true},
		{Name: "jcb", CC: "213122222222221", street: "350", zips: []string{"40000", "400000"}, guide: true},
		{Name: "visa-decline", CC: "4012345678909", Decline: "decline", guide: true},
		{Name: "mastercard-call", CC: "5555444433332226", Decline: "call", guide: true},
		{Name: "visa-carderror", CC: "4444111144441111", Decline: "carderror", guide: true},
		{Name: "visa-purchasing", CC: "4012881888818888", Commercial: "S"},
	}
}

// The bank account that demo ACH sales accept.
const (
	demoBank    = "bank"
	demoRouting = "789456124"
	demoAccount = "55544433221"
)

// issuer is the list of known cards. A profile's card goes before one of the guide with its number.
type issuer struct{ cards []TestCard }

func newIssuer(more []TestCard) issuer { return issuer{slices.Concat(more, guideCards())} }

// named gives the name under which a card number is known, or nothing.
func (i issuer) named(pan string) string {
	for _, c := range i.cards {
		if c.CC == pan {
			return c.Name
		}
	}
	return ""
}

func (i issuer) card(name string) TestCard {
	for _, c := range i.cards {
		if c.Name == name && name != "" {
			return c
		}
	}
	return TestCard{}
}

// verdict is what the issuer and our own rules say of a card.
type verdict struct {
	decline    string // declinetype; empty: approved
	fail       bool   // nobody knows: the processor did not answer
	byRule     bool   // declined by our avs or cvv rule, not by the issuer
	avs, cvv   string
	authCode   string
	commercial string
}

// authorize asks the simulated issuer, then our cvv rule, then our avs rule.
func (j *job) authorize() verdict {
	c := j.host.issuer.card(j.payer.Test)
	v := verdict{avs: j.avsResult(c), cvv: j.cvvResult(c), authCode: "123456", commercial: c.Commercial}
	switches := j.host.cfg.Profile.Switches
	switch {
	case !j.demo && c.guide:
		v.decline = "carderror" // test cards are no cards to a live issuer (guide 2.5)
	case c.Fail:
		v.fail = true
	case c.Decline != "":
		v.decline = c.Decline
	case (switches.EnforceExpiry || !j.demo) && expired(j.payer.Expiry, j.now.In(j.host.pacific)):
		v.decline = "expiredcard"
	case v.cvv == "N" && j.req.get("cvvcheck") != "n" && j.req.get("checkcvv") != "n":
		v.decline, v.byRule = "cvv", true
	case j.req.get("avs") == "y" && slices.Contains(switches.AVSDecline, v.avs):
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
func (j *job) avsResult(c TestCard) string {
	street, zip := j.personal("address1"), digitsOf(j.personal("zip"))
	switch {
	case c.AVS != "":
		return c.AVS
	case c.street == "":
		return "U"
	case street == "" && zip == "":
		return "0"
	}
	number := street != "" && leadingDigits(street) == c.street
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
func (j *job) cvvResult(c TestCard) string {
	sent := j.req.get("cvv")
	switch {
	case c.CVV != "" && (sent != "" || j.req.has("cvvstatus")):
		return c.CVV
	case j.req.get("cvvstatus") == "notpresent":
		return "S"
	case j.req.has("cvvstatus"):
		return "P"
	case sent == "":
		return ""
	case c.street == "":
		return "U"
	case c.code == "":
		return "P"
	case sent == c.code:
		return "M"
	}
	return "N"
}

// personal is a field of the cardholder: what the request says, else what is stored.
func (j *job) personal(name string) string {
	if v := j.req.get(name); v != "" || j.stored == nil {
		return v
	}
	return j.stored.Person[name]
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
