package trustcommerce

import "github.com/tillpos/till/pos"

// ResultCode explains one letter of an answer.
type ResultCode struct {
	Code    string
	Meaning string
	Advice  string // for the cashier
}

const (
	adviceGood    = "Nothing to do."
	advicePart    = "Compare the card and the name with an identity card if the amount is large."
	adviceNoMatch = "Ask for an identity card before you hand over the goods."
	adviceNone    = "The issuer could not check it. Decide as without the check."
)

// AVSResults lists the answers of address verification.
func AVSResults() []ResultCode {
	return []ResultCode{
		{"X", "The address and the nine-digit zip code match.", adviceGood},
		{"Y", "The address and the five-digit zip code match.", adviceGood},
		{"D", "The address matches, says a foreign issuer.", adviceGood},
		{"M", "The street address matches, says a foreign issuer.", adviceGood},
		{"A", "The address matches, the zip code does not.", advicePart},
		{"B", "The address matches, the zip code was not checked.", advicePart},
		{"P", "The zip code matches, the address was not checked, says a foreign issuer.", advicePart},
		{"W", "The nine-digit zip code matches, the address does not.", advicePart},
		{"Z", "The five-digit zip code matches, the address does not.", advicePart},
		{"N", "Neither the address nor the zip code matches.", adviceNoMatch},
		{"C", "Neither the address nor the zip code was checked.", adviceNone},
		{"E", "The check failed, or is not allowed for this transaction.", adviceNone},
		{"G", "The foreign issuer does not check addresses.", adviceNone},
		{"I", "The address was not passed on to the foreign issuer.", adviceNone},
		{"R", "The issuer's system cannot be reached now.", adviceNone},
		{"S", "The issuer does not offer the check.", adviceNone},
		{"U", "The issuer has no address for the card.", adviceNone},
		{"0", "No address was sent.", adviceNone},
	}
}

// CVVResults lists the answers to a card verification value.
func CVVResults() []ResultCode {
	return []ResultCode{
		{"M", "The code matches.", adviceGood},
		{"N", "The code does not match.", "Ask for the card and type the code again, or for another card."},
		{"P", "The code was not passed on to the issuer.", adviceNone},
		{"S", "No code was sent.", adviceNone},
		{"U", "The issuer does not check codes.", adviceNone},
	}
}

// DeclineType is one reason of a refusal.
type DeclineType struct {
	Word   string
	Code   pos.Code
	Says   string // argument of the code's sentence
	Source Source
}

// DeclineTypes lists the reasons of status decline. The gateway may add to them.
func DeclineTypes() []DeclineType {
	return []DeclineType{
		{"decline", pos.CodeDeclined, "the issuer refused", Guide},
		{"avs", pos.CodeAVSDeclined, "", Guide},
		{"cvv", pos.CodeCVVDeclined, "", Guide},
		{"call", pos.CodeCallIssuer, "", Guide},
		{"carderror", pos.CodeCardError, "", Guide},
		{"expiredcard", pos.CodeCardExpired, "", Guide25},
		{"authexpired", pos.CodeDeclined, "the authorization is too old", Guide25},
		{"fraud", pos.CodeDeclined, "the gateway's fraud rules", Guide25},
		{"blacklist", pos.CodeDeclined, "the gateway's block list", Guide25},
		{"velocity", pos.CodeDeclined, "too many payments in a short time", Guide25},
		{"dailylimit", pos.CodeDeclined, "the account's daily limit", Guide25},
		{"weeklylimit", pos.CodeDeclined, "the account's weekly limit", Guide25},
		{"monthlylimit", pos.CodeDeclined, "the account's monthly limit", Guide25},
	}
}

func declined(word string) *pos.Error {
	for _, d := range DeclineTypes() {
		if d.Word != word {
			continue
		}
		if d.Says == "" {
			return pos.NewError(d.Code)
		}
		return pos.NewError(d.Code, d.Says)
	}
	return pos.NewError(pos.CodeDeclined, "the host refused").WithDetail("declinetype %s", shownWord(word))
}

// shownWord lets a word of the host into a detail if it is a word and nothing else.
func shownWord(w string) string {
	if w == "" || len(w) > 30 || !only([]byte(w), isLetter) {
		return "(unreadable)"
	}
	return w
}
