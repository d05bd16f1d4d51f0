package register

import (
	"time"

	"github.com/tillpos/till/pos"
)

// say gives the sentences of an error.
func (r *Register) say(e *pos.Error) Message {
	s := r.Words.Sentence(e)
	return Message{s.Title, s.Money, s.Next}
}

// about is what a payment's state means.
func (r *Register) about(p pos.Payment) Message { return r.say(p.Outcome()) }

// sendingWords change when the screen's limit passes; the request itself goes on.
func (r *Register) sendingWords() (Message, Tone) {
	if r.patient {
		return Message{Happened: "The host is working on it.", Next: "Please wait. Do not take the payment another way."}, TonePlain
	}
	return Message{
		Happened: "The host is slow. It has not answered for " + r.Policy.Patience.Truncate(time.Second).String() + ".",
		Money:    "Whether money has moved is not known yet.",
		Next:     "Keep waiting: the till goes on by itself. Do not take the payment another way.",
	}, ToneAttention
}
