package register

import (
	"strconv"
	"strings"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/money"
)

// say gives the sentences of an error.
func (r *Register) say(e *pos.Error) Message {
	s := r.Words.Sentence(e)
	return Message{s.Title, s.Money, s.Next}
}

// phrase is a text of the screens in the till's language; the source holds the English one.
func (r *Register) phrase(english string, args ...string) string {
	return r.Words.Phrase(english, args...)
}

// captioned is the line under the big word: what the amount is, and the amount.
func (r *Register) captioned(word string, amount money.Amount) string {
	return r.phrase(word) + "  " + string(r.Currency) + " " + amount.String()
}

// about is what a payment's state means.
func (r *Register) about(p pos.Payment) Message { return r.say(p.Outcome()) }

// sendingWords change when the screen's limit passes; the request itself goes on.
func (r *Register) sendingWords() (Message, Tone) {
	if r.patient {
		return r.say(pos.NewError(pos.CodeSending)), TonePlain
	}
	return r.say(pos.NewError(pos.CodeSlow, strconv.Itoa(int(r.Policy.Patience.Seconds())))), ToneAttention
}

// under drops from a message what the big word above it says already.
func (m Message) under(word string) Message {
	if strings.EqualFold(m.Happened, word) {
		m.Happened = ""
	}
	return m
}
