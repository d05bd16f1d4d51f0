package sim

import (
	"fmt"
	"io"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// deed is something that the days must have done, so that a campaign that never does it says nothing about it.
type deed int

const (
	deedSeveralCards deed = iota
	deedCardsAndCash
	deedPartTaken
	deedPartUndone
	deedTipAtSale
	deedTip
	deedTipZero
	deedCaptureLess
	deedCaptureMore
	deedIncrement
	deedDebit
	deedCashback
	deedDebitRefund
	deedKeyed
	deedFallback
	deedVoice
	deedVerify
	deedUnlinked
	deedBank
	deedStored
	deedAsked
	deedAgreed
	deedSameUnknown
	deedOffline
	deedLoss
	deedWrapped
	deedSkipped
	deedOvertaken
	deedTakenBack
	deedNotFoundTwice
	deedByPerson
	deedUnattended
	deedSurcharge
	deedFee
	deedCashReturned
	deeds
)

func (d deed) String() string {
	return [...]string{"sale over several cards", "sale over cards and cash", "part taken", "part taken back", "tip at the sale", "tip set later", "tip of zero set",
		"less captured", "more captured", "hold increased", "debit with PIN", "cash back", "debit refunded with PIN", "card typed", "chip card swiped", "voice approval",
		"verify or balance", "refund without sale", "bank account", "stored card", "same again, asked", "same again, agreed", "same again, outcome unknown",
		"approved offline", "loss of an offline approval", "host numbers wrapped", "host numbers skipped", "reversal before its original",
		"confirmed and taken back", "not found, asked twice", "decided by a person", "unattended payment", "surcharge", "debit fee", "cash returned"}[d]
}

func (w *world) did(d deed) {
	w.tally.mu.Lock()
	defer w.tally.mu.Unlock()
	w.tally.deeds[d]++
}

// census reads from the day's rows what was done.
func (w *world) census(rows []pos.Payment) {
	type tenders struct{ cards, cash int }
	sales := map[string]*tenders{}
	byID := map[string]pos.Payment{}
	for _, p := range rows {
		byID[p.ID] = p
		if held := byID[p.Parent].Approved.Minor(); p.Kind == pos.KindCapture && p.State.Succeeded() && p.Approved.Minor() != held {
			w.did(map[bool]deed{true: deedCaptureLess, false: deedCaptureMore}[p.Approved.Minor() < held])
		}
		if p.Kind == pos.KindSale && p.Net().IsPositive() {
			if sales[p.Sale] == nil {
				sales[p.Sale] = &tenders{}
			}
			if p.Instrument.Kind == pos.InstrumentCash {
				sales[p.Sale].cash++
			} else {
				sales[p.Sale].cards++
			}
		}
		for _, d := range deedsOf(p) {
			w.did(d)
		}
	}
	for _, s := range sales {
		if s.cards > 1 {
			w.did(deedSeveralCards)
		}
		if s.cards > 0 && s.cash > 0 {
			w.did(deedCardsAndCash)
		}
	}
	w.countNumbers(rows)
	if w.plan.kiosk {
		for _, p := range rows {
			if p.Clerk == clerk && p.Net().IsPositive() {
				w.did(deedUnattended)
			}
		}
	}
}

func deedsOf(p pos.Payment) (out []deed) {
	order, debit := p.Parent == "", p.Instrument.PIN
	for _, d := range []struct {
		deed deed
		done bool
	}{
		{deedPartTaken, p.State == pos.StatePartial},
		{deedPartUndone, p.Failure != nil && p.Failure.Code == pos.CodePartialUndone},
		{deedTipAtSale, order && p.Kind == pos.KindSale && p.Tip.IsPositive()},
		{deedTip, p.Kind == pos.KindAdjust && p.Tip.IsPositive()},
		{deedTipZero, p.Kind == pos.KindAdjust && p.Tip.IsZero()},
		{deedIncrement, p.Kind == pos.KindAuth && !order},
		{deedDebit, p.Kind == pos.KindSale && debit},
		{deedCashback, debit && p.Cashback.IsPositive()},
		{deedDebitRefund, p.Kind == pos.KindRefund && debit && !order},
		{deedKeyed, order && p.Instrument.Entry == card.EntryKeyed},
		{deedFallback, order && p.Instrument.Fallback},
		{deedVerify, p.Kind == pos.KindVerify},
		{deedUnlinked, p.Kind == pos.KindRefund && order},
		{deedBank, order && p.Instrument.Kind == pos.InstrumentBank},
		{deedStored, order && p.Instrument.Kind == pos.InstrumentStoredCard},
		{deedSurcharge, p.Kind == pos.KindSale && p.Surcharge.IsPositive()},
		{deedFee, p.Kind == pos.KindSale && p.Fee.IsPositive()},
		{deedCashReturned, p.Instrument.Kind == pos.InstrumentCash && p.State == pos.StateVoided},
		{deedOffline, p.Offline},
		{deedLoss, p.State == pos.StateRejectedLate && p.Offline},
		{deedTakenBack, p.Released && p.HostID != "" && !p.State.Succeeded()},
	} {
		if d.done && (p.State.Succeeded() || d.deed >= deedOffline && d.deed < deedSurcharge || d.deed == deedPartUndone || d.deed == deedCashReturned) {
			out = append(out, d.deed)
		}
	}
	return out
}

// countNumbers finds where the host's numbers began again, and which were passed over because a payment had them.
func (w *world) countNumbers(rows []pos.Payment) {
	r, last := w.plan.physics.numbers, int64(0)
	holder := map[int64]bool{}
	for _, p := range rows {
		if p.HostSeq == 0 {
			continue
		}
		if p.HostSeq < last {
			w.did(deedWrapped)
		}
		if last != 0 {
			for n := last; ; {
				if n++; n > r.Last {
					n = r.First
				}
				if n == p.HostSeq {
					break
				}
				if holder[n] {
					w.did(deedSkipped)
				}
			}
		}
		last = p.HostSeq
		holder[last] = true
	}
}

// exercised prints what the days did.
func (c *campaign) exercised(out io.Writer) {
	fmt.Fprintln(out)
	for d := deed(0); d < deeds; d++ {
		end := "   "
		if d%3 == 2 || d == deeds-1 {
			end = "\n"
		}
		fmt.Fprintf(out, "%-30s%8d%s", d, c.tally.deeds[d], end)
	}
}

// missing are the deeds that no day did.
func (c *campaign) missing() (out []string) {
	for d := deed(0); d < deeds; d++ {
		if c.tally.deeds[d] == 0 {
			out = append(out, d.String())
		}
	}
	return out
}
