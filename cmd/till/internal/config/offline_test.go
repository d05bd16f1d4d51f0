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
