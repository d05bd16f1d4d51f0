package trustcommerce

import (
	"strings"
	"testing"

	"github.com/tillpos/till/pos"
)

// TestResultCodes: the letters of the guide, and the 0 that the live host gives without an address.
func TestResultCodes(t *testing.T) {
	for name, c := range map[string]struct {
		list    []ResultCode
		letters string
	}{"avs": {AVSResults(), "ABCDEGIMNPRSUWXYZ0"}, "cvv": {CVVResults(), "MNPSU"}} {
		seen := ""
		for _, r := range c.list {
			if len(r.Code) != 1 || strings.Contains(seen, r.Code) || r.Meaning == "" || r.Advice == "" {
				t.Errorf("%s %s is not one letter with meaning and advice", name, r.Code)
			}
			seen += r.Code
		}
		for _, l := range c.letters {
			if !strings.ContainsRune(seen, l) {
				t.Errorf("%s %c is missing", name, l)
			}
		}
		if len(seen) != len(c.letters) {
			t.Errorf("%s has %d letters, want %d", name, len(seen), len(c.letters))
		}
	}
}

func TestDeclined(t *testing.T) {
	for word, want := range map[string]pos.Code{
		"decline": pos.CodeDeclined, "avs": pos.CodeAVSDeclined, "cvv": pos.CodeCVVDeclined, "call": pos.CodeCallIssuer,
		"carderror": pos.CodeCardError, "expiredcard": pos.CodeCardExpired, "fraud": pos.CodeDeclined, "": pos.CodeDeclined, "brandnew": pos.CodeDeclined,
	} {
		got := declined(word)
		if got.Code != want || want == pos.CodeDeclined && len(got.Args) != 1 {
			t.Errorf("%q: %v", word, got)
		}
	}
	if e := declined("6011000990139424"); strings.Contains(e.Error(), "6011") {
		t.Error("a number in the place of a word is shown")
	}
}

func TestReplyFields(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range ReplyFields() {
		if seen[e.Name] || e.Max < 1 || e.Name != strings.ToLower(e.Name) {
			t.Errorf("%s is listed twice, or not lower case, or has no length", e.Name)
		}
		seen[e.Name] = true
	}
	for _, name := range strings.Fields("transid status avs cvv billingid debitdata originalsaledate debitack declinetype error errortype offenders authcode commercialcard") {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
}
