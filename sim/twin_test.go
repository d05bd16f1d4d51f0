package sim

import (
	"time"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/register"
	"github.com/tillpos/till/pos/words"
)

// twinWindow is how long the same card, amount and clerk asks before it is sent again.
const twinWindow = 3 * time.Minute

// chipTitle is how the question about a swiped chip card begins; the other question is about the same payment twice.
var chipTitle = words.New(words.English).Sentence(pos.NewError(pos.CodeCardChip)).Title

// agrees notes the cashier's yes to charging one card twice.
func (w *world) agrees(v register.Verb, t *till) {
	seen := t.now()
	if seen.Screen != register.ScreenQuestion || !seen.Can(register.VerbYes) || seen.Message.Happened == chipTitle {
		return
	}
	w.did(deedAsked)
	if v != register.VerbYes {
		return
	}
	w.did(deedAgreed)
	t.mu.Lock()
	defer t.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.agreed[t.sale] = true
}

// lookForTwin looks, when an order goes out, whether the same card has just paid for the same, whatever comes on top of it:
// while that one's outcome is not known it must not go out, and shortly after a success only if somebody agreed.
func (w *world) lookForTwin(r pos.Request) {
	p := r.Payment
	if r.Attempt > 0 || p.Offline || p.Kind == pos.KindVerify || p.Instrument.Fingerprint.IsZero() {
		return
	}
	w.mu.Lock()
	agreed := w.agreed[p.Sale]
	w.mu.Unlock()
	for _, q := range w.disk.peek(pos.Filter{Fingerprint: p.Instrument.Fingerprint}) {
		if q.ID == p.ID || q.Kind != p.Kind || q.Requested != p.Requested && goodsOf(q) != goodsOf(p) {
			continue
		}
		age := p.Created.Sub(q.Created)
		switch {
		case q.State == pos.StateUnknown, q.State == pos.StateSending, q.State == pos.StateReversing:
			w.violate("%s goes out although the outcome of %s, the same card and amount, is not known", p.Ref, q.Ref)
		case q.State.Succeeded() && q.Clerk == p.Clerk && age < twinWindow && !agreed:
			w.violate("%s goes out %s after %s, the same card and amount, and nobody was asked", p.Ref, age.Round(time.Second), q.Ref)
		}
	}
}

// goodsOf is what a payment asks for the goods.
func goodsOf(p pos.Payment) int64 {
	return p.Requested.Minor() - p.Tip.Minor() - p.Cashback.Minor() - p.Surcharge.Minor() - p.Fee.Minor()
}
