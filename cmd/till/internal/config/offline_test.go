package config

import (
	"strings"
	"testing"
	"time"
)

// TestSectionsThatDependOnASwitch: what has to be there, key by key, once a transport or store and forward
// is chosen.
func TestSectionsThatDependOnASwitch(t *testing.T) {
	const offline = whole + `[offline]
enabled = true
per_sale = "50.00"
total = "200"
count = 5
age_hours = 24
brands = ["visa", "amex"]
`
	const surcharge = whole + `[surcharge]
enabled = true
percent = "2.5"
cap_percent = "3"
region = "TX"
exempt_bins = ["400012"]
`
	https := strings.Replace(strings.Replace(whole, `hosts = ["127.0.0.1:8443", "[::1]:8443"]`,
		`transport = "https"`+"\n"+`https_url = "https://localhost:8443/trans/"`, 1), `verify_name = "localhost"`, "", 1)
	for _, row := range []struct {
		name, text, key string // key: what is complained about, empty for nothing
	}{
		{"https needs neither hosts nor a name", https, ""},
		{"https without a URL", strings.Replace(https, "https_url", "#", 1), "processor.trustcommerce.https_url"},
		{"tclink without hosts", strings.Replace(whole, "hosts", "#", 1), "processor.trustcommerce.hosts"},
		{"tclink without a name", strings.Replace(whole, "verify_name", "#", 1), "processor.trustcommerce.verify_name"},
		{"a cut-off that is no time", strings.Replace(whole, "verify_name", "void_cutoff = \"25:00\"\nverify_name", 1), "processor.trustcommerce.void_cutoff"},
		{"offline, whole", offline, ""},
		{"offline, switched off and empty", whole + "[offline]\nenabled = false\n", ""},
		{"no limit of a sale", strings.Replace(offline, `"50.00"`, `""`, 1), "offline.per_sale"},
		{"a limit of nothing", strings.Replace(offline, `"50.00"`, `"0"`, 1), "offline.per_sale"},
		{"no total", strings.Replace(offline, `"200"`, `"-1"`, 1), "offline.total"},
		{"no count", strings.Replace(offline, "count = 5", "", 1), "offline.count"},
		{"no age", strings.Replace(offline, "age_hours = 24", "", 1), "offline.age_hours"},
		{"no brand", strings.Replace(offline, `"visa", "amex"`, "", 1), "offline.brands"},
		{"an unknown brand", strings.Replace(offline, "amex", "plastic", 1), "offline.brands"},
		{"a surcharge, whole", surcharge, ""},
		{"a surcharge of nothing", strings.Replace(surcharge, `"2.5"`, `""`, 1), "surcharge.percent"},
		{"a percentage that is none", strings.Replace(surcharge, `"2.5"`, `"1e9"`, 1), "surcharge.percent"},
		{"a fixed amount that is none", surcharge + "fixed = \"-1\"\n", "surcharge.fixed"},
		{"no cap", strings.Replace(surcharge, `cap_percent = "3"`, `cap_percent = ""`, 1), "surcharge.cap_percent"},
		{"a cap above all", strings.Replace(surcharge, `cap_percent = "3"`, `cap_percent = "4.1"`, 1), "surcharge.cap_percent"},
		{"a shop that stands nowhere", strings.Replace(surcharge, `"TX"`, `""`, 1), "surcharge.region"},
		{"a card range that is none", strings.Replace(surcharge, `"400012"`, `"40"`, 1), "surcharge.exempt_bins"},
		{"a duplicate guard for ever", strings.Replace(whole, "[terminal]", "[terminal]\nduplicate_minutes = 1441", 1), "terminal.duplicate_minutes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			faults := mustParse(t, row.text).Check()
			got := ""
			if len(faults) > 0 {
				got = faults[0].Args[0]
			}
			if got != row.key || len(faults) > 1 {
				t.Errorf("%d faults, the first at %q, not %q", len(faults), got, row.key)
			}
		})
	}
}

func TestCutoff(t *testing.T) {
	for text, want := range map[string]time.Duration{"": 0, "20:00": 20 * time.Hour, "07:05": 7*time.Hour + 5*time.Minute} {
		if got, err := (TrustCommerce{VoidCutoff: text}).Cutoff(); err != nil || got != want {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
}

// TestT17TheSurchargeIsOffWhereItIsForbidden: off by default, and off in the states of the list.
func TestT17TheSurchargeIsOffWhereItIsForbidden(t *testing.T) {
	for _, row := range []struct {
		name, text string
		on         bool
	}{
		{"no section", whole, false},
		{"not enabled", whole + "[surcharge]\npercent = \"3\"\nregion = \"TX\"\n", false},
		{"enabled", whole + "[surcharge]\nenabled = true\npercent = \"3\"\nregion = \"TX\"\n", true},
		{"in a state of the list", whole + "[surcharge]\nenabled = true\npercent = \"3\"\nregion = \"ct\"\n", false},
		{"in a state of the shop's own list", whole + "[surcharge]\nenabled = true\npercent = \"3\"\nregion = \"TX\"\noff_in = [\"TX\"]\n", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := mustParse(t, row.text)
			if faults := c.Check(); len(faults) > 0 {
				t.Fatal(faults)
			}
			policy, err := c.SurchargePolicy()
			if err != nil || (policy != nil) != row.on {
				t.Errorf("%+v %v", policy, err)
			}
		})
	}
}
