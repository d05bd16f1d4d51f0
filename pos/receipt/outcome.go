package receipt

import (
	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// outcome is the headline of a payment and the line under it, as keys of words without "receipt.".
type outcome struct{ word, note string }

var outcomes = map[pos.State]outcome{
	pos.StatePartial:         {"partial", ""},
	pos.StateAccepted:        {"accepted", "later"},
	pos.StateDeclined:        {"declined", "not_charged"},
	pos.StateRefused:         {"refused", "not_charged"},
	pos.StateNotSent:         {"not_sent", "not_charged"},
	pos.StateVoided:          {"voided", "not_charged"},
	pos.StateReversed:        {"reversed", "not_charged"},
	pos.StateHeld:            {"held", ""},
	pos.StateRejectedLate:    {"lost", ""},
	pos.StateRejectedInBatch: {"lost", ""},
}

// outcomeOf counts what it does not know as unknown, so that no slip calls it paid.
func outcomeOf(p pos.Payment) outcome {
	if p.Waiting() {
		return outcome{"offline", "later"}
	}
	if o, ok := outcomes[p.State]; ok {
		if o.note == "not_charged" && p.Kind != pos.KindSale && p.Kind != pos.KindAuth && p.Kind != pos.KindCapture {
			o.note = "" // a refund or void that did not happen says nothing of a charge
		}
		return o
	}
	if p.State.Succeeded() {
		return outcome{"approved", ""}
	}
	return outcome{"unknown", "do_not"}
}

// brandNames are as the card organisations write themselves; the same in every language.
var brandNames = map[card.Brand]string{
	card.Visa: "VISA", card.Mastercard: "MASTERCARD", card.Amex: "AMERICAN EXPRESS", card.Discover: "DISCOVER",
	card.Diners: "DINERS CLUB", card.JCB: "JCB", card.UnionPay: "UNIONPAY", card.Maestro: "MAESTRO",
}
