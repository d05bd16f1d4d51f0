package sim

import (
	"time"

	"github.com/tillpos/till/pos/payment"
)

// physics is how one kind of host behaves.
type physics struct {
	name     string
	query    time.Duration // how long its reports lag; zero: it has none
	advice   bool          // a lost payment is reversed by its reference
	bySeq    bool          // or by the host's sequence number
	lapses   bool          // what is only held lapses
	resends  int           // the same message is recognised while the batch is open
	keeps    bool          // every later message needs the card number
	terminal bool          // the terminal sends the batch
	queues   bool          // follow-ups are accepted first and may be refused later
	reverses bool          // gives holds back on demand
	partial  bool
	numbers  payment.Numbers
}

// all are the physics of the three processors and of the poorest host there is.
var all = []physics{
	{name: "advice", advice: true, resends: 1, keeps: true, partial: true, reverses: true},
	{name: "advice, terminal capture", advice: true, resends: 1, keeps: true, partial: true, terminal: true, reverses: true},
	{name: "lapse", lapses: true, resends: 2, keeps: true, terminal: true, partial: true, numbers: payment.Numbers{First: 1, Last: 34}},
	{name: "lapse, host capture", lapses: true, resends: 1, keeps: true, partial: true, reverses: true},
	{name: "timeout reversal", bySeq: true, keeps: true, terminal: true, partial: true, reverses: true, numbers: payment.Numbers{First: 1, Last: 34}},
	{name: "timeout reversal, host capture", bySeq: true, partial: true, reverses: true, numbers: payment.Numbers{First: 10, Last: 40}},
	{name: "query", query: 90 * time.Second, queues: true, reverses: true, partial: true},
	{name: "person"},
	{name: "person, terminal capture", terminal: true, partial: true},
}

// settling is how the engine is told to look for lost answers.
func (p physics) settling() payment.Settling {
	return payment.Settling{First: 15 * time.Second, Every: 15 * time.Second, Window: 4 * time.Minute, Accepted: 5 * time.Minute}
}

// host gives the engine what this physics offers.
func (p physics) host(c *client) payment.Host {
	h := payment.Host{Name: "model", Authorize: c, Capture: c, Void: c, Refund: c, Settling: p.settling(),
		Adjust: c, Increment: c, Verify: c, Voice: c, RefundUnlinked: c, Balance: c,
		Numbers: p.numbers, Partial: p.partial, TerminalCapture: p.terminal, TipOver: true, OverPercent: 15, Timeout: hostTimeout}
	if p.reverses {
		h.Reverse = c
	}
	if p.query > 0 {
		h.Query = c
	}
	if p.keeps {
		h.Keep = c
	}
	h.Lost = payment.Lost{Resends: p.resends, Lapses: p.lapses}
	if p.advice || p.bySeq {
		h.Lost.Reverse = c
	}
	return h
}
