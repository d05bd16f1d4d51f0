package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

var testDay = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestParseCard(t *testing.T) {
	for _, row := range []struct {
		name, text string
		code       pos.Code // empty: a good card
		masked     string
		entry      card.Entry
	}{
		{"typed", `{"pan":"4111 1111 1111 1111","exp":"1229","cvv":"123","zip":"90001"}`, "", "411111******1111", card.EntryKeyed},
		{"track 2", `{"track2":";5411111111111115=29121010000000000?"}`, "", "541111******1115", card.EntrySwipe},
		{"track 1", `{"track1":"%B341111111111111^TEST/AMEX^29121010000000000000000?"}`, "", "341111*****1111", card.EntrySwipe},
		{"this month is good to its end", `{"pan":"4111111111111111","exp":"1126"}`, "", "411111******1111", card.EntryKeyed},
		{"last month is not", `{"pan":"4111111111111111","exp":"1026"}`, pos.CodeCardExpiredNow, "", ""},
		{"expired stripe", `{"track2":";4111111111111111=15121010000000000?"}`, pos.CodeCardExpiredNow, "", ""},
		{"check digit", `{"pan":"4111111111111112","exp":"1229"}`, pos.CodeCardLuhn, "", ""},
		{"check digit of a stripe", `{"track2":";4111111111111112=29121010000000000?"}`, pos.CodeCardLuhn, "", ""},
		{"letters", `{"pan":"4111x","exp":"1229"}`, pos.CodeCardLuhn, "", ""},
		{"no expiry date", `{"pan":"4111111111111111"}`, pos.CodeCardExpiry, "", ""},
		{"month 13", `{"pan":"4111111111111111","exp":"1329"}`, pos.CodeCardExpiry, "", ""},
		{"short CVV", `{"pan":"4111111111111111","exp":"1229","cvv":"1"}`, pos.CodeCardCVV, "", ""},
		{"bad track", `{"track2":";4111111111111111=2?"}`, pos.CodeCardTrack, "", ""},
		{"tracks that disagree", `{"track1":"%B4111111111111111^T/V^29121010000000000000000?","track2":";5411111111111115=29121010000000000?"}`, pos.CodeCardDisagree, "", ""},
		{"nothing", `{}`, pos.CodeCardUnreadable, "", ""},
		{"null", `null`, pos.CodeCardUnreadable, "", ""},
		{"a number", `{"pan":4111111111111111,"exp":"1229"}`, pos.CodeCardUnreadable, "", ""},
		{"an escape", `{"pan":"\u0034111111111111111","exp":"1229"}`, pos.CodeCardUnreadable, "", ""},
		{"an unknown field", `{"pan":"4111111111111111","exp":"1229","pin":"1"}`, pos.CodeCardUnreadable, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := parseCard([]byte(row.text), testDay)
			defer c.Wipe()
			if row.code != "" {
				if pos.CodeOf(err) != row.code {
					t.Errorf("code %q, not %q", pos.CodeOf(err), row.code)
				}
				return
			}
			if err != nil || c.Card.PAN.Masked() != row.masked || c.Card.Entry != row.entry {
				t.Errorf("masked %q, entry %q, code %q", c.Card.PAN.Masked(), c.Card.Entry, pos.CodeOf(err))
			}
		})
	}
}

func TestCardInputPrintsAsStars(t *testing.T) {
	var in cardInput
	if err := json.Unmarshal([]byte(`{"pan":"4111111111111111","exp":"1229","cvv":"987"}`), &in); err != nil {
		t.Fatal("the card is not read")
	}
	printed := fmt.Sprintf("%v %+v %#v %s", in, in, in, in.PAN)
	if strings.Contains(printed, "4111") || strings.Contains(printed, "987") || strings.Contains(printed, "52, 49") {
		t.Error("card data are printed")
	}
	in.wipe()
	for _, c := range in.PAN {
		if c != 0 {
			t.Fatal("the digits outlive the wipe")
		}
	}
}

func TestReadCardJSONIsBounded(t *testing.T) {
	for name, text := range map[string]string{"nothing": "", "spaces": " \n", "endless": strings.Repeat("4", cardLimit+1)} {
		if _, err := readCardJSON(t.Context(), strings.NewReader(text)); pos.CodeOf(err) != pos.CodeCardUnreadable {
			t.Errorf("%s: code %q", name, pos.CodeOf(err))
		}
	}
}

func TestReadingEndsWithTheContext(t *testing.T) {
	in, held := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readCardJSON(ctx, in); pos.CodeOf(err) != pos.CodeCancelled {
		t.Errorf("code %q", pos.CodeOf(err))
	}
	held.Close() // ends the read that was left
}

func TestLooksLikeCard(t *testing.T) {
	for _, row := range []struct {
		text string
		is   bool
	}{
		{"4111111111111111", true},
		{"4111-1111-1111-1111", true},
		{"3411 111111 11111", true},
		{";4111111111111111=2912?", true},
		{"--ref=4111111111111111", true},
		{"4111111111111112", true}, // a slip of the pen is a card number all the same
		{"12.34", false},
		{"L1-261122-BCDFG-17", false},
		{"/tmp/till-demo-4128391/journal.db", false},
		{"9999999999999999", false},
		{"127.0.0.1:8443", false},
	} {
		if looksLikeCard(row.text) != row.is {
			t.Errorf("a text of %d characters: %v", len(row.text), !row.is)
		}
	}
}

// TestATokenIsNoCardNumber: a sale's id stands in the journal, which is searched for card numbers.
func TestATokenIsNoCardNumber(t *testing.T) {
	drawn := map[string]bool{}
	for range 100 {
		token := newToken()
		if len(token) != 18 || strings.ContainsAny(token, "0123456789") {
			t.Errorf("the token %s", token)
		}
		drawn[token] = true
	}
	if len(drawn) != 100 {
		t.Errorf("%d tokens of 100 differ", len(drawn))
	}
}

func FuzzParseCard(f *testing.F) {
	f.Add([]byte(`{"pan":"4111111111111111","exp":"1229","cvv":"123","zip":"1","address1":"x"}`))
	f.Add([]byte(`{"track1":"%B4111111111111111^TEST/VISA^29121010000000000000000?","track2":";4111111111111111=29121010000000000?"}`))
	f.Add([]byte(`{"track2":";9999?"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseCard(text, testDay)
		var known *pos.Error
		switch {
		case err != nil && !errors.As(err, &known):
			t.Fatal("an error without a code")
		case err != nil && c.Card.PAN.Present():
			t.Fatal("a refused card is still there")
		case err == nil && (!c.Card.PAN.LuhnOK() || c.Card.Expiry.Expired(testDay)):
			t.Fatal("a bad card is taken")
		}
		c.Wipe()
	})
}
