package tctest

import (
	"strings"
	"testing"
	"time"
)

// TestAddressCheck is the table of the guide 2.5: only the street's number and the zip's digits count.
func TestAddressCheck(t *testing.T) {
	cases := []struct{ name, pan, address, zip, want string }{
		{"both, nine digits", "4111111111111111", "123 Test St.", "900015555", "X"},
		{"both, nine digits with a dash", "4111111111111111", "123 Test St.", "90001-5555", "X"},
		{"both, five digits", "4111111111111111", "123 Test St.", "90001", "Y"},
		{"only the number of the street counts", "4111111111111111", "123 Elsewhere Road", "90001", "Y"},
		{"address, wrong zip", "4111111111111111", "123 Test St.", "90002", "A"},
		{"address, no zip", "4111111111111111", "123 Test St.", "", "A"},
		{"zip of nine digits, wrong address", "4111111111111111", "124 Test St.", "900015555", "W"},
		{"zip of five digits, wrong address", "4111111111111111", "124 Test St.", "90001", "Z"},
		{"zip, no address", "4111111111111111", "", "90001", "Z"},
		{"neither", "4111111111111111", "9 Nowhere", "11111", "N"},
		{"wrong address, no zip", "4111111111111111", "9 Nowhere", "", "N"},
		{"a longer number is another number", "4111111111111111", "1234 Test St.", "90001", "Z"},
		{"nothing sent", "4111111111111111", "", "", "0"},
		{"card outside the table", "4012881888818888", "123 Test St.", "90001", "U"},
		{"Mastercard", "5411111111111115", "4000 Main St.", "85001", "Y"},
		{"Amex", "341111111111111", "12 Colorado Blvd.", "54321", "Y"},
		{"Discover", "6011111111111117", "6789 Green Ave", "12345", "Y"},
		{"Diners", "36484444444446", "7390 Del Mar Blvd", "01101", "Y"},
		{"JCB", "213122222222221", "350 Madison Ave", "40000", "Y"},
		{"JCB with the zip of the older guide", "213122222222221", "350 Madison Ave", "400000", "Y"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := newBench(t, "").do("action", "sale", "amount", "100", "cc", c.pan, "exp", "1215", "address1", c.address, "zip", c.zip)
			if got.Get("status") != "approved" || got.Get("avs") != c.want {
				t.Errorf("%s, avs %q, want approved with %q", got.Get("status"), got.Get("avs"), c.want)
			}
		})
	}
}

func TestAddressRuleDeclines(t *testing.T) {
	wrong := []string{"address1", "9 Nowhere", "zip", "11111"}
	half := []string{"address1", "123 Test St.", "zip", "11111"}
	switched := "[[account]]\ncustid=\"123456\"\npassword=\"abc123\"\n[switches]\navs_decline=[\"A\"]\n"
	cases := []struct {
		name, profile, pan, avs string
		fields                  []string
		want                    string
	}{
		{"no match declines", "", "4111111111111111", "y", wrong, "decline"},
		{"no match, not asked", "", "4111111111111111", "n", wrong, "approved"},
		{"half a match passes", "", "4111111111111111", "y", half, "approved"},
		{"nothing to compare passes", "", "4111111111111111", "y", nil, "approved"},
		{"not available passes", "", "4012881888818888", "y", wrong, "approved"},
		{"half a match declines by switch", switched, "4111111111111111", "y", half, "decline"},
		{"the switch names all that declines", switched, "4111111111111111", "y", wrong, "approved"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fields := append([]string{"action", "sale", "amount", "100", "cc", c.pan, "exp", "1215", "avs", c.avs}, c.fields...)
			got := newBench(t, c.profile).do(fields...)
			if got.Get("status") != c.want || c.want == "decline" && got.Get("declinetype") != "avs" {
				t.Errorf("got %s %s, want %s", got.Get("status"), got.Get("declinetype"), c.want)
			}
		})
	}
}

func TestCardCodes(t *testing.T) {
	cases := []struct {
		name, pan string
		fields    []string
		status    string
		cvv       string
	}{
		{"right", "4111111111111111", []string{"cvv", "123"}, "approved", "M"},
		{"right, four digits", "341111111111111", []string{"cvv", "4000"}, "approved", "M"},
		{"wrong", "5411111111111115", []string{"cvv", "778"}, "decline", "N"},
		{"wrong and not checked", "5411111111111115", []string{"cvv", "778", "cvvcheck", "n"}, "approved", "N"},
		{"wrong and not checked, older name", "5411111111111115", []string{"cvv", "778", "checkcvv", "n"}, "approved", "N"},
		{"not sent", "4111111111111111", nil, "approved", ""},
		{"not present", "4111111111111111", []string{"cvvstatus", "notpresent"}, "approved", "S"},
		{"illegible", "4111111111111111", []string{"cvvstatus", "illegible"}, "approved", "P"},
		{"present", "4111111111111111", []string{"cvvstatus", "present"}, "approved", "P"},
		{"brand without a code in the table", "36484444444446", []string{"cvv", "123"}, "approved", "P"},
		{"card outside the table", "4012881888818888", []string{"cvv", "123"}, "approved", "U"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fields := append([]string{"action", "sale", "amount", "100", "cc", c.pan, "exp", "1215"}, c.fields...)
			got := newBench(t, "").do(fields...)
			if got.Get("status") != c.status || got.Get("cvv") != c.cvv {
				t.Errorf("got %s, cvv %q, want %s, %q", got.Get("status"), got.Get("cvv"), c.status, c.cvv)
			}
			if c.status == "decline" && (got.Get("avs") != "" || got.Get("declinetype") != "cvv") {
				t.Error("a decline by the cvv rule shows declinetype cvv and no avs")
			}
		})
	}
}

func TestDecliningCardsAndModes(t *testing.T) {
	live := "[[account]]\ncustid=\"123456\"\npassword=\"abc123\"\nmode=\"live\"\n"
	strictExpiry := "[[account]]\ncustid=\"123456\"\npassword=\"abc123\"\n[switches]\nenforce_expiry=true\n"
	cases := []struct{ name, profile, pan, exp, demo, want string }{
		{"funds", "", "4012345678909", "1215", "", "decline"},
		{"voice authorization", "", "5555444433332226", "1215", "", "call"},
		{"card error", "", "4444111144441111", "1215", "", "carderror"},
		{"test account needs no demo field", "", "4111111111111111", "1215", "n", ""},
		{"test card at a live account", live, "4111111111111111", "1230", "", "carderror"},
		{"declining test card at a live account", live, "4012345678909", "1230", "", "carderror"},
		{"demo at a live account", live, "4111111111111111", "1215", "y", ""},
		{"other card at a live account", live, "4012881888818888", "1230", "", ""},
		{"expired card at a live account", live, "4012881888818888", "0226", "", "expiredcard"},
		{"demo ignores the expiry", "", "4111111111111111", "0106", "", ""},
		{"unless it is enforced", strictExpiry, "4111111111111111", "0226", "", "expiredcard"},
		{"good to the end of the month", strictExpiry, "4111111111111111", "0326", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := newBench(t, c.profile).do("action", "preauth", "amount", "100", "cc", c.pan, "exp", c.exp, "demo", c.demo)
			if got.Get("declinetype") != c.want || (c.want == "") != (got.Get("status") == "approved") {
				t.Errorf("got %s %q, want declinetype %q", got.Get("status"), got.Get("declinetype"), c.want)
			}
			if got.TransID == "" {
				t.Error("an answer without a transid")
			}
		})
	}
}

// TestAccountLimits: what an account is not set up for is refused with merchantcantaccept.
func TestAccountLimits(t *testing.T) {
	profile := `
[[account]]
custid = "123456"
password = "abc123"
brands = ["visa"]
currencies = ["usd", "cad"]
services = []
`
	card := []string{"cc", "4111111111111111", "exp", "1215", "amount", "100"}
	cases := []struct {
		name   string
		fields []string
		want   string // offender; empty: allowed
	}{
		{"brand it takes", append([]string{"action", "sale"}, card...), ""},
		{"brand it lacks", []string{"action", "sale", "cc", "5411111111111115", "exp", "1215", "amount", "100"}, "cc"},
		{"second currency", append([]string{"action", "sale", "currency", "cad"}, card...), ""},
		{"currency it lacks", append([]string{"action", "sale", "currency", "eur"}, card...), "currency"},
		{"void", []string{"action", "void", "transid", "011-1234567890"}, "action"},
		{"reversal", []string{"action", "reversal", "transid", "011-1234567890"}, "action"},
		{"verify", []string{"action", "verify", "cc", "4111111111111111", "exp", "1215"}, "action"},
		{"store", []string{"action", "store", "cc", "4111111111111111", "exp", "1215"}, "action"},
		{"sale of a stored card", []string{"action", "sale", "amount", "100", "billingid", "B01234"}, "action"},
		{"bank account", []string{"action", "sale", "amount", "100", "media", "ach", "routing", demoRouting, "account", demoAccount}, "action"},
		{"Level III", append([]string{"action", "sale", "purchaselevel", "3"}, card...), "action"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := newBench(t, profile).do(c.fields...)
			if c.want == "" && got.Get("status") != "approved" {
				t.Fatalf("got %s %s", got.Get("status"), got.Get("error"))
			}
			if c.want != "" && (got.Get("error") != "merchantcantaccept" || got.Get("offenders") != c.want) {
				t.Errorf("got %s %s, want merchantcantaccept %s", got.Get("error"), got.Get("offenders"), c.want)
			}
		})
	}
}

// TestIdentifiersAreNoCardNumbers: a scan for card numbers must not stumble over a transid.
func TestIdentifiersAreNoCardNumbers(t *testing.T) {
	b := newBench(t, "")
	seen := map[string]bool{}
	for range 2000 {
		id := b.allocate()
		b.byID[id] = &transaction{}
		if seen[id] || !transID.MatchString(id) || len(id) != 14 {
			t.Fatalf("%s is a repetition or has another form", id)
		}
		seen[id] = true
		if luhnOK(strings.ReplaceAll(id, "-", "")) || id[0] != '0' {
			t.Fatalf("%s could be a card number", id)
		}
	}
}

func TestExpired(t *testing.T) {
	at := time.Date(2030, 12, 31, 23, 59, 0, 0, time.UTC)
	for exp, want := range map[string]bool{"1230": false, "1130": true, "0131": false, "1229": true, "": false} {
		if expired(exp, at) != want {
			t.Errorf("month %q at the end of December 2030: want expired %v", exp, want)
		}
	}
}
