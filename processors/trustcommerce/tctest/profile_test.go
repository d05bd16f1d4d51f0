package tctest

import (
	"reflect"
	"strings"
	"testing"
)

func TestProfileErrors(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"unknown key", "profile=\"strict\"\ncolour=1\n" + account, "line 2"},
		{"unknown key in an account", account + "pasword=\"x\"\n", "line 4"},
		{"unknown key in switches", account + "[switches]\ntips=true\n", "line 5"},
		{"not TOML", account + "[switches\n", "line 4"},
		{"wrong type", account + "[switches]\ntip=\"yes\"\n", "line 5"},
		{"rule", "profile=\"loose\"\n" + account, "profile"},
		{"clock", "clock=\"noon\"\n" + account, "clock"},
		{"mode", account + "mode=\"demo\"\n", "mode"},
		{"industry", account + "industry=\"farm\"\n", "industry"},
		{"platform", account + "platform=\"cloud\"\n", "platform"},
		{"service", account + "services=[\"voids\"]\n", "services"},
		{"brand", account + "brands=[\"Visa\"]\n", "brands"},
		{"start_absent", account + "[switches]\nstart_absent=\"later\"\n", "start_absent"},
		{"preauth_days", account + "[switches]\npreauth_days=0\n", "preauth_days"},
		{"no account", "profile=\"strict\"\n", "account"},
		{"no password", "[[account]]\ncustid=\"1\"\n", "password"},
		{"account twice", account + account, "twice"},
		{"debitack", account + "debitack=\"no\"\n", "debitack"},
		{"vault_until", account + "vault_until=\"soon\"\n", "vault_until"},
		{"card without a name", account + "[[card]]\ncc=\"4111111111111111\"\n", "name of its own"},
		{"card with a name of the guide's", account + "[[card]]\nname=\"visa\"\ncc=\"4111111111111111\"\n", "name of its own"},
		{"card with a wrong digit", account + "[[card]]\nname=\"x\"\ncc=\"4111111111111112\"\n", "check digit"},
		{"card with an avs of two letters", account + "[[card]]\nname=\"x\"\ncc=\"4111111111111111\"\navs=\"XY\"\n", "avs"},
		{"card with a decline that breaks the line", account + "[[card]]\nname=\"x\"\ncc=\"4111111111111111\"\ndecline=\"a\\nb\"\n", "decline"},
		{"commercial", account + "[[card]]\nname=\"x\"\ncc=\"4111111111111111\"\ncommercial=\"X\"\n", "commercial"},
		{"unknown key in a card", account + "[[card]]\nnumber=\"1\"\n", "line 5"},
		{"unknown key in a history", account + "[[history]]\nwhen=\"1\"\n", "line 5"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseProfile([]byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that names %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "abc123") {
				t.Error("the error shows a password")
			}
		})
	}
}

func TestProfileDefaults(t *testing.T) {
	p, err := ParseProfile([]byte(account))
	if err != nil {
		t.Fatal(err)
	}
	want := Profile{Rule: "strict", Clock: "real",
		Accounts: []Account{{CustID: "123456", Password: "abc123", VaultPassword: "abc123", Mode: "test", Platform: "host",
			Currencies: []string{"usd"}, Services: services, DebitAck: "y"}},
		Switches: Switches{StartAbsent: "now", AVSDecline: []string{"N"}, PreauthDays: 14, ShipDate: true, Tip: true}}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v", p)
	}
	if d := DefaultProfile(); len(d.Accounts) != 2 || d.Accounts[1].CustID != "TestMerchant" || d.Accounts[1].Password != "password" {
		t.Error("the standard accounts are not 123456 and TestMerchant")
	}
}

// TestWholeProfile reads every key that there is.
func TestWholeProfile(t *testing.T) {
	p, err := ParseProfile([]byte(`
profile = "queue"
clock = "2007-03-01T12:00:00-08:00"
seed = 9
[[account]]
custid = "18"
password = "123456"
vault_password = "vault"
mode = "live"
industry = "restaurant"
platform = "terminal"
brands = ["visa", "amex"]
currencies = ["usd", "cad"]
services = ["citadel", "wallet", "ach", "debit", "void", "reversal", "verify", "level3"]
customfields = ["customfield3"]
debitack = "n"
vault_until = "2007-05-01"
[switches]
void_blocks_same_day_credit = true
enforce_expiry = true
lenient_extra = true
start_absent = "next_run"
avs_decline = ["N", "A"]
preauth_days = 7
query_lag_s = 60
shipdate = false
tip = false
`))
	if err != nil {
		t.Fatal(err)
	}
	at, err := p.Frozen()
	if err != nil || at.Unix() != 1172779200 {
		t.Errorf("clock %v %v", at, err)
	}
	v := reflect.ValueOf(p.Switches)
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; v.Field(i).IsZero() && name != "ShipDate" && name != "Tip" {
			t.Errorf("switch %s was not read", name)
		}
	}
	a := reflect.ValueOf(p.Accounts[0])
	for i := range a.NumField() {
		if a.Field(i).IsZero() {
			t.Errorf("%s of the account was not read", a.Type().Field(i).Name)
		}
	}
}
