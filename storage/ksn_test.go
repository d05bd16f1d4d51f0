package storage

import (
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// TestOnePaymentForAKey gives a second payment the key serial number of the first: it is refused before a byte
// could be sent, and the first one goes on.
func TestOnePaymentForAKey(t *testing.T) {
	j := mustOpen(t, options(t))
	with := func(n int64, k card.KSN) pos.Change {
		c := intent(n)
		c.Payment.KSN = k
		return c
	}
	first, second, third := with(1, "FFFF9876543210E00001"), with(2, "FFFF9876543210E00001"), with(2, "FFFF9876543210E00002")
	mustAppend(t, j, first)
	if err := j.Append(t.Context(), second); pos.CodeOf(err) != pos.CodePINPadProtocol {
		t.Fatalf("a used key serial number gives %v", err)
	}
	if _, err := j.Find(t.Context(), second.Payment.ID); pos.CodeOf(err) != pos.CodeNotFound {
		t.Errorf("the refused payment is in the journal: %v", err)
	}
	first.Payment.State = pos.StateApproved
	first.Event.Kind = pos.EventOutcome
	mustAppend(t, j, first, third)
	for _, want := range []pos.Payment{first.Payment, third.Payment} {
		if got, err := j.Find(t.Context(), want.ID); err != nil || got.KSN != want.KSN {
			t.Errorf("%s has the key serial number %q, %v", want.ID, got.KSN, err)
		}
	}
	first.Payment.KSN = "FFFF9876543210E00003"
	if err := j.Append(t.Context(), first); err == nil {
		t.Error("the key serial number of a payment was changed")
	}
}
