package sim

import (
	"strings"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/register"
)

// handsCash moves cash between shopper and drawer as the screens tell the cashier to, and holds them to the journal.
func (w *world) handsCash(last, v register.View) {
	if last.Screen != register.ScreenSending || v.Screen == register.ScreenSending {
		return
	}
	taken := v.Screen == register.ScreenPartial || v.Screen == register.ScreenResult && strings.HasPrefix(v.Word, "CHANGE")
	switch {
	case last.Caption == "Cash" && taken:
		amount := minor(last.Amount)
		if w.takeCash(amount) == 0 {
			w.violate("the cashier takes %d in cash, which is not in the journal", amount)
		}
	case last.Caption == "Void":
		w.giveCashBack()
		w.saleUndone(v)
	}
}

// saleUndone notes that the screen says of a sale which was paid in part that all of it went back. Only that screen still
// has the sale's total.
func (w *world) saleUndone(v register.View) {
	if rows := w.disk.peek(pos.Filter{Ref: reference(v)}); v.Word == "VOIDED" && minor(v.Total) > 0 && len(rows) == 1 {
		w.mu.Lock()
		w.undone[rows[0].Sale] = true
		w.mu.Unlock()
	}
}

// takeCash puts cash into the drawer for each row that says so and was not counted yet; amount zero: any.
func (w *world) takeCash(amount int64) (rows int) {
	for _, p := range w.disk.peek(pos.Filter{}) {
		if p.Instrument.Kind != pos.InstrumentCash || !p.State.Succeeded() || amount != 0 && p.Approved.Minor() != amount {
			continue
		}
		w.mu.Lock()
		if _, seen := w.seen[p.Ref]; !seen {
			w.seen[p.Ref] = p.Approved.Minor()
			w.drawer += p.Approved.Minor()
			rows++
		}
		w.mu.Unlock()
	}
	return rows
}

// giveCashBack takes cash out of the drawer for each counted row that is voided.
func (w *world) giveCashBack() {
	for _, p := range w.disk.peek(pos.Filter{State: pos.StateVoided}) {
		w.mu.Lock()
		if counted, seen := w.seen[p.Ref]; seen && p.Instrument.Kind == pos.InstrumentCash && !w.cashBack[p.Ref] {
			w.drawer -= counted
			w.cashBack[p.Ref] = true
		}
		w.mu.Unlock()
	}
}

// reconcileCash is what a cashier does about cash in hand when the terminal died: look whether it was taken down, or
// whether what was to go back is.
func (w *world) reconcileCash() {
	w.takeCash(0)
	w.giveCashBack()
}
