package scenario

import (
	"context"
	"strings"
)

// Verb is one form of a line of a script.
type Verb struct {
	Usage string // its first word is the verb
	About string
	do    func(*run, context.Context, string) error
}

// Verbs is every form of every line, in the order in which they are explained.
func Verbs() []Verb {
	return []Verb{
		{"swipe CARD [FAULT]", "a test card, and what goes wrong (as `hwsim swipe --fault`)", (*run).swipe},
		{"pin", "the PIN of the test card that the pad asks for", (*run).pin},
		{"pin wrong|cancel|timeout", "a wrong one, or none", (*run).pin},
		{"pin CARD", "another test card's", (*run).pin},
		{"pinpad {...}", `a fault of the pad, such as {"do":"drop_ack","count":2} (as POST /faults of its control address)`, (*run).pinpad},
		{"printer {...}", `the printer's state, such as {"paper":"out"}, or a fault, such as {"do":"late","ms":300}`, (*run).printer},
		{"display {...}", `a fault of the customer's display, such as {"do":"unplug_in","bytes":7}`, (*run).display},
		{"scan CODE [FAULT]", "a barcode, and what goes wrong: partial garbage check twice late:MS unplug:N", (*run).scan},
		{"key WORD...", "keys: Enter Esc Tab Backspace Space Up Down Left Right F1...F12; all else is typed", (*run).key},
		{"host fault {...}", "a fault rule of the host's control address", (*run).host},
		{"host clock {...}", "its clock", (*run).host},
		{"wait 200ms", "a time", (*run).wait},
		{"wait ready", "until the terminal has drawn a screen", (*run).wait},
		{"expect screen TEXT", "the terminal shows this within half a minute", (*run).expect},
		{"expect paper TEXT", "the printer printed this", (*run).expect},
		{"expect ledger CENTS", "the host's books say this net sum", (*run).expect},
		{"expect display TEXT", "the customer's display shows this", (*run).expect},
		{"expect drawer open|closed", "the cash drawer", (*run).expect},
		{"expect pinpad pin", "the pad asks for a PIN; the screen says so a little earlier", (*run).expect},
		{"ledger", "prints the host's books", (*run).ledger},
	}
}

// verbOf finds what carries a verb out.
func verbOf(verb string) (do func(*run, context.Context, string) error, known bool) {
	for _, v := range Verbs() {
		if name, _, _ := strings.Cut(v.Usage, " "); name == verb {
			return v.do, true
		}
	}
	return nil, false
}
