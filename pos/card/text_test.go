package card

import "testing"

func TestInText(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"nothing", "", false},
		{"words", "came back, one of two", false},
		{"alone", "4111111111111111", true},
		{"in a sentence", "her card 4111111111111111, wrong", true},
		{"in groups", "card 4111 1111 1111 1111 again", true},
		{"with dashes", "5411-1111-1111-1115", true},
		{"with points", "3411.111111.11111", true},
		{"behind another number", "12 4111 1111 1111 1111", true},
		{"before another number", "4111 1111 1111 1111 500", true},
		{"as long as can be", "6759649826438453", true},
		{"wrong check digit", "4111111111111112", false},
		{"part of a longer number", "94111111111111111111111", false},
		{"a reference of ours", "L1-261122-XTSBR-2", false},
		{"a transaction of the gateway", "011-0598260969", false},
		{"a time", "2026-11-22 16:04:53", false},
		{"a telephone", "+1 (212) 555-0123", false},
		{"separators only", " - . - ", false},
		{"two separators", "4111  1111  1111  1111", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := InText(c.text); got != c.want {
				t.Errorf("found: %v", got)
			}
		})
	}
}

func FuzzInText(f *testing.F) {
	for _, seed := range []string{"", "4111 1111 1111 1111", "12-34.5 6", "4111111111111111 x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found := InText(text)
		if InText("paid by "+text) != found {
			t.Error("words before it change the answer")
		}
	})
}
