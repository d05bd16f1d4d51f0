package sim

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/register"
)

// lockedText collects a log.
type lockedText struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// asText is a value as JSON, for the scan.
func asText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// good are the words that tell a cashier that the money went where it should.
var good = map[string]bool{"APPROVED": true, "ACCEPTED": true, "VOIDED": true, "REFUNDED": true, "REVERSED": true}

// believe holds the screen to the journal: what it says is done must be durable at that very moment.
func (w *world) believe(v register.View) {
	cash := strings.HasPrefix(v.Word, "CHANGE")
	if v.Screen != register.ScreenResult || !good[v.Word] && !cash {
		return
	}
	ref := reference(v)
	w.mu.Lock()
	_, before := w.seen[ref]
	w.mu.Unlock()
	if before || ref == "" || w.gone(ref, v.Word) {
		return
	}
	amount, out := minor(v.Amount), minor(detail(v, "Cash back"))
	w.mu.Lock()
	w.seen[ref] = amount
	if out > 0 {
		w.drawer -= out
		w.paidOut[ref] = out
	}
	w.mu.Unlock()
	rows := w.disk.peek(pos.Filter{Ref: ref})
	switch {
	case len(rows) != 1:
		w.violate("the cashier sees %s for %s, which is not in the journal", v.Word, ref)
	case !rows[0].State.Succeeded():
		w.violate("the cashier sees %s for %s, which is %s in the journal", v.Word, ref, rows[0].State)
	case rows[0].Approved.Minor() != amount && !rows[0].Approved.IsZero():
		w.violate("the cashier sees %d for %s, which is %s in the journal", amount, ref, rows[0].Approved)
	case out > 0 && (rows[0].Cashback.Minor() != out || rows[0].Approved.Minor() < rows[0].Requested.Minor()):
		w.violate("the cashier pays %d out for %s, of which %s is approved and %s cash back", out, ref, rows[0].Approved, rows[0].Cashback)
	case v.Can(register.VerbType):
		w.paidInFull(rows[0].Sale, minor(v.Total))
	}
}

// paidInFull wants a sale that the screen ends as paid to be paid: what came on top of the goods is no part of that, nor is
// what the shopper got in cash.
func (w *world) paidInFull(sale string, total int64) {
	var paid int64
	for _, p := range w.disk.peek(pos.Filter{Sale: sale}) {
		if p.Kind != pos.KindSale || p.Parent != "" {
			continue
		}
		switch {
		case p.State == pos.StateVoided, p.State == pos.StateReversed, p.State == pos.StateRejectedLate, !p.Refunded.IsZero():
			return // another program or the bank took it back meanwhile
		case p.Offline && p.State.Open(): // it is being forwarded just then
			paid += goodsOf(p)
		case p.Net().IsPositive():
			paid += goodsOf(p) - p.Requested.Minor() + p.Approved.Minor()
		}
	}
	if paid < total {
		w.violate("%s ends as paid: %d was due and %d was taken", sale, total, paid)
	}
}

// gone says that the screen tells of a payment that it is undone, and that it was so when the screen said it first: what
// was only queued may be refused later, and then the till takes the payment back once more.
func (w *world) gone(ref, word string) bool {
	rows := w.disk.peek(pos.Filter{Ref: ref})
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(rows) == 1 && (word == "VOIDED" && rows[0].State == pos.StateVoided || word == "REVERSED" && rows[0].State == pos.StateReversed) {
		w.seenGone[ref+word] = true
	}
	return w.seenGone[ref+word]
}

// told is what another program was answered.
func (w *world) told(p pos.Payment) {
	if !p.State.Succeeded() || p.Instrument.Kind == pos.InstrumentCash { // cash is counted by reconcileCash
		return
	}
	rows := w.disk.peek(pos.Filter{Ref: p.Ref})
	if len(rows) != 1 || !rows[0].State.Succeeded() {
		w.violate("a program was told that %s is %s, and the journal does not say so", p.Ref, p.State)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[p.Ref] = p.Approved.Minor()
}

// kindOfJob is the kind of payment that a job of the office makes.
var kindOfJob = map[string]pos.Kind{"capture": pos.KindCapture, "capture with tip": pos.KindCapture, "adjust": pos.KindAdjust,
	"reverse": pos.KindReversal, "reverse a part": pos.KindReversal, "void": pos.KindVoid, "increment": pos.KindAuth}

// fulfilled wants what an office job was told to be done at the bank at that moment.
func (w *world) fulfilled(name string, p pos.Payment) {
	if !p.State.Succeeded() || p.Waiting() || p.Kind == pos.KindVerify || p.Instrument.Kind == pos.InstrumentCash || w.wire != nil {
		return
	}
	if kind, one := kindOfJob[name]; one && p.Kind != kind {
		w.violate("the office asked for a %s and was given the %s %s", name, p.Kind, p.Ref)
	}
	if t := w.truth(p.Ref); !t.done && t.count == 0 {
		w.violate("the office was told that the %s %s is %s, the bank has done nothing", name, p.Ref, p.State)
	}
}

// scanView looks for card data in what the screen shows.
func (w *world) scanView(v register.View) {
	texts := []string{v.Amount, v.Caption, v.Word, v.Message.Happened, v.Message.Money, v.Message.Next, v.Receipt}
	for _, f := range v.Fields {
		texts = append(texts, f.Text, f.Hint)
	}
	for _, r := range v.Rows {
		texts = append(texts, r.Card, r.Ref)
	}
	for _, d := range v.Details {
		texts = append(texts, d.Value)
	}
	for _, l := range v.Lines {
		texts = append(texts, l.Text)
	}
	for _, t := range texts {
		if len(t) >= 12 && cardIn(t) {
			w.violate("the screen %s shows a card number", v.Screen)
		}
	}
}

// cardIn says whether one of the day's cards stands in a text, also spaced or dashed.
func cardIn(text string) bool {
	digits := 0
	for i := 0; i < len(text) && digits < 12; i++ {
		if text[i] >= '0' && text[i] <= '9' {
			digits++
		}
	}
	if digits < 12 {
		return false
	}
	dense := strings.NewReplacer(" ", "", "-", "").Replace(text)
	for _, p := range wallet {
		if strings.Contains(dense, p.number) {
			return true
		}
	}
	return false
}
