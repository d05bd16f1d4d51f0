package tctest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Profile says what kind of gateway a Host plays. The zero value is completed by its defaults.
type Profile struct {
	// Rule says what the wire shows when a referenced transaction does not fit (unknown transid, amount
	// above what is left); the guide is silent.
	//   strict    baddata/mismatch, offenders transid or transid,amount (default)
	//   queue     accepted now, rejected in the report 15 minutes later
	//   rejected  status=rejected with a new transid
	//   lenient   accepted; remaining amounts are not tracked, as the shared demo account was seen to do
	Rule     string    `toml:"profile"`
	Clock    string    `toml:"clock"` // "real" or a frozen RFC 3339 time; read by the simulator around a Host
	Seed     int64     `toml:"seed"`
	Accounts []Account `toml:"account"`
	Switches Switches  `toml:"switches"`
	// Cards are those that the issuer knows besides the guide's; one with the number of a guide's card
	// takes its place.
	Cards []TestCard `toml:"card"`
	// History are requests that were booked before the host began, in the order of time.
	History []Past `toml:"history"`
}

// Past is one request of a profile's history. The host plays it as if a client had sent it, so its fields
// are judged as any request's; the account's password is added.
type Past struct {
	At        string            `toml:"at"`        // RFC 3339
	TransID   string            `toml:"transid"`   // the number it got; empty: the next one
	BillingID string            `toml:"billingid"` // the one that a store got; empty: the next one
	DebitData string            `toml:"debitdata"` // what a PIN debit sale gave back
	For       []string          `toml:"for"`       // only these actions find it under transid; its own is another one
	Fields    map[string]string `toml:"fields"`
}

// Format keeps the fields, which may hold card data, out of prints.
func (p Past) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "request of %s", p.At) }

// Format keeps the number out of prints.
func (c TestCard) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "card %q", c.Name) }

// Account is one merchant of the gateway.
type Account struct {
	CustID        string   `toml:"custid"`
	Password      string   `toml:"password"`
	VaultPassword string   `toml:"vault_password"` // of HTTPS queries; default: password
	Mode          string   `toml:"mode"`           // test (default) or live
	Industry      string   `toml:"industry"`       // retail, restaurant, direct; empty: all that any of them may
	Platform      string   `toml:"platform"`       // host (default) or terminal; a terminal platform keeps batches
	Brands        []string `toml:"brands"`         // card brands it takes; empty: all
	Currencies    []string `toml:"currencies"`     // lower case; empty: usd
	Services      []string `toml:"services"`       // what is switched on; absent: everything
	CustomFields  []string `toml:"customfields"`   // names of custom fields that it takes
	DebitAck      string   `toml:"debitack"`       // y (default); n: PIN debits are not confirmed
	VaultUntil    string   `toml:"vault_until"`    // YYYY-MM-DD, the last day of the vault password; empty: no end
}

// Format keeps the passwords out of prints.
func (a Account) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "account %q", a.CustID) }

// Switches are choices that the published documents leave open, or that an account may be set up with.
type Switches struct {
	VoidBlocksSameDayCredit bool     `toml:"void_blocks_same_day_credit"` // guide: enabling void ends same-day credits
	EnforceExpiry           bool     `toml:"enforce_expiry"`              // demo cards too
	LenientExtra            bool     `toml:"lenient_extra"`               // known fields where the matrix forbids them
	StartAbsent             string   `toml:"start_absent"`                // now or next_run, of a recurring store
	AVSDecline              []string `toml:"avs_decline"`                 // codes that avs=y declines
	PreauthDays             int      `toml:"preauth_days"`                // life of a preauth
	QueryLagSeconds         int      `toml:"query_lag_s"`                 // until a transaction shows in the query
	ShipDate                bool     `toml:"shipdate"`                    // the platform takes shipdate
	Tip                     bool     `toml:"tip"`                         // the platform takes tip
}

// services are the features that an account may have.
var services = []string{"citadel", "wallet", "ach", "debit", "void", "reversal", "verify", "level3"}

// DefaultProfile is the gateway without a profile file: two demo accounts with every service.
func DefaultProfile() Profile {
	p, _ := ParseProfile([]byte(`
[[account]]
custid = "123456"
password = "abc123"
customfields = ["customfield1"]
[[account]]
custid = "TestMerchant"
password = "password"
customfields = ["customfield1"]
`))
	return p
}

// ParseProfile reads a profile file. Unknown keys and values are errors that name their line or key.
func ParseProfile(b []byte) (Profile, error) {
	p := Profile{Rule: "strict", Clock: "real", Switches: Switches{
		StartAbsent: "now", AVSDecline: []string{"N"}, PreauthDays: 14, ShipDate: true, Tip: true,
	}}
	dec := toml.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return Profile{}, profileError(err)
	}
	for i := range p.Accounts {
		p.Accounts[i].complete()
	}
	return p, p.check()
}

func profileError(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		first := strict.Errors[0]
		row, _ := first.Position()
		return fmt.Errorf("profile: line %d: unknown key %v", row, first.Key())
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		row, _ := bad.Position()
		return fmt.Errorf("profile: line %d: %s", row, bad.Error())
	}
	return fmt.Errorf("profile: %w", err)
}

func (a *Account) complete() {
	if a.VaultPassword == "" {
		a.VaultPassword = a.Password
	}
	if a.Mode == "" {
		a.Mode = "test"
	}
	if a.Platform == "" {
		a.Platform = "host"
	}
	if a.DebitAck == "" {
		a.DebitAck = "y"
	}
	if a.Currencies == nil {
		a.Currencies = []string{"usd"}
	}
	if a.Services == nil {
		a.Services = services
	}
}

func (p Profile) check() error {
	if err := oneOf("profile", p.Rule, "strict", "queue", "rejected", "lenient"); err != nil {
		return err
	}
	if err := oneOf("switches.start_absent", p.Switches.StartAbsent, "now", "next_run"); err != nil {
		return err
	}
	if _, err := p.Frozen(); err != nil {
		return err
	}
	if p.Switches.PreauthDays < 1 || p.Switches.QueryLagSeconds < 0 {
		return errors.New("profile: preauth_days must be 1 or more and query_lag_s 0 or more")
	}
	if len(p.Accounts) == 0 {
		return errors.New("profile: no [[account]]")
	}
	seen := map[string]bool{}
	for _, a := range p.Accounts {
		if seen[a.CustID] {
			return fmt.Errorf("profile: account %q stands there twice", a.CustID)
		}
		seen[a.CustID] = true
		if err := a.check(); err != nil {
			return err
		}
	}
	return p.checkCards()
}

// checkCards keeps the issuer's list free of what no answer may hold.
func (p Profile) checkCards() error {
	names := map[string]bool{}
	for _, c := range guideCards() {
		names[c.Name] = true
	}
	for _, c := range p.Cards {
		at := "card " + c.Name + " "
		bad := len(c.CC) < 13 || len(c.CC) > 19 || !onlyDigits(c.CC) || !luhnOK(c.CC)
		switch {
		case c.Name == "" || names[c.Name] || bad:
			return errors.New("profile: a card needs a name of its own and a cc with a right check digit")
		case len(c.AVS) > 1 || len(c.CVV) > 1 || strings.Trim(c.AVS+c.CVV, " 0ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
			return fmt.Errorf("profile: %savs and cvv are one capital letter", at)
		case strings.Trim(c.Decline, "abcdefghijklmnopqrstuvwxyz") != "":
			return fmt.Errorf("profile: %sdecline is a word in small letters", at)
		}
		if err := oneOf(at+"commercial", c.Commercial, "", "S", "R", "B"); err != nil {
			return err
		}
		names[c.Name] = true
	}
	return nil
}

func (a Account) check() error {
	at := "account " + a.CustID + " "
	if a.CustID == "" || a.Password == "" {
		return errors.New("profile: an account needs custid and password")
	}
	if err := oneOf(at+"mode", a.Mode, "test", "live"); err != nil {
		return err
	}
	if err := oneOf(at+"industry", a.Industry, "", "retail", "restaurant", "direct"); err != nil {
		return err
	}
	if err := oneOf(at+"platform", a.Platform, "host", "terminal"); err != nil {
		return err
	}
	if err := oneOf(at+"debitack", a.DebitAck, "y", "n"); err != nil {
		return err
	}
	if _, err := time.Parse(time.DateOnly, a.VaultUntil); a.VaultUntil != "" && err != nil {
		return fmt.Errorf("profile: %svault_until is no YYYY-MM-DD", at)
	}
	for _, s := range a.Services {
		if err := oneOf(at+"services", s, services...); err != nil {
			return err
		}
	}
	brands := []string{"visa", "mastercard", "amex", "discover", "diners", "jcb", "unionpay", "maestro"}
	for _, b := range a.Brands {
		if err := oneOf(at+"brands", b, brands...); err != nil {
			return err
		}
	}
	return nil
}

// Frozen is the time at which the clock stands, zero for the real clock.
func (p Profile) Frozen() (time.Time, error) {
	if p.Clock == "" || p.Clock == "real" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, p.Clock)
	if err != nil {
		return time.Time{}, errors.New(`profile: clock is neither "real" nor an RFC 3339 time`)
	}
	return t, nil
}

func oneOf(key, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("profile: %s: %q is none of %q", key, value, allowed)
}

func (a Account) has(service string) bool { return slices.Contains(a.Services, service) }
