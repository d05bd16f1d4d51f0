package main

import (
	"strings"
	"testing"

	"github.com/tillpos/till/pos"
)

func TestParseBank(t *testing.T) {
	for _, row := range []struct {
		name, text string
		code       pos.Code // empty: taken
	}{
		{"checking", `{"routing":"789456124","account":"55544433221"}`, ""},
		{"savings with an address", `{"routing":"789456124","account":"555","savings":true,"zip":"90001","address1":"1 Test St."}`, ""},
		{"a check digit that is wrong", `{"routing":"789456123","account":"55544433221"}`, pos.CodeRefused},
		{"only noughts", `{"routing":"000000000","account":"55544433221"}`, pos.CodeRefused},
		{"too short", `{"routing":"78945612","account":"55544433221"}`, pos.CodeRefused},
		{"an account of two digits", `{"routing":"789456124","account":"55"}`, pos.CodeRefused},
		{"an account of letters", `{"routing":"789456124","account":"5554443322A"}`, pos.CodeRefused},
		{"another key", `{"routing":"789456124","account":"55544433221","pan":"1"}`, pos.CodeRefused},
		{"a card", `{"pan":"4111111111111111","exp":"1229"}`, pos.CodeRefused},
		{"no JSON", `55544433221`, pos.CodeRefused},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := parseBank([]byte(row.text))
			if (err == nil) != (row.code == "") || err != nil && pos.CodeOf(err) != row.code {
				t.Fatalf("code %s", pos.CodeOf(err))
			}
			if err == nil {
				if c.Bank.Savings != strings.Contains(row.text, "savings") || !c.Bank.Number.Present() {
					t.Error("the account did not come through")
				}
				return
			}
			if c.Bank.Number.Present() || strings.Contains(err.Error(), "55544433221") {
				t.Error("the account is left behind or told")
			}
		})
	}
}

func FuzzParseBank(f *testing.F) {
	f.Add([]byte(`{"routing":"789456124","account":"55544433221","savings":true}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseBank(text)
		if (err == nil) != c.Bank.Number.Present() || err == nil && !routingOK(c.Bank.Routing) {
			t.Fatal("taken without an account, or refused with one")
		}
	})
}
