package trustcommerce

import (
	"testing"

	"github.com/tillpos/till/pos"
)

// BenchmarkCodec checks and encodes a swiped sale and reads its answer. Goal: 3 µs.
func BenchmarkCodec(b *testing.B) {
	rules := newRules(NewFacts())
	answer := []byte("BEGIN\nstatus=approved\ntransid=011-1234567890\navs=Y\nauthcode=123456\nEND\n")
	b.ReportAllocs()
	var desk desk
	for b.Loop() {
		d := benchDraft(&desk, rules)
		if rules.check(d.form, d.pairs) != nil || d.contradiction() != nil {
			b.Fatal("the sale is refused")
		}
		clear(d.encode(setting{version: "1.2-Go-test-cpu", pass: 1}))
		in := desk.response()
		if _, wrong := in.feed(answer); wrong != nil || rules.answer(d.form, in.reply()).State != pos.StateApproved {
			b.Fatal("the answer is not read")
		}
		desk.read(in)
		desk.sent(d)
	}
}

// BenchmarkFormCodec is the same over HTTPS.
func BenchmarkFormCodec(b *testing.B) {
	rules := newRules(NewFacts())
	answer := []byte("authcode=123456\navs=Y\ntransid=011-1234567890\nstatus=approved\n")
	b.ReportAllocs()
	var desk desk
	for b.Loop() {
		d := benchDraft(&desk, rules)
		if rules.check(d.form, d.pairs) != nil || d.contradiction() != nil {
			b.Fatal("the sale is refused")
		}
		clear(d.encodeForm())
		in := desk.lines()
		if _, wrong := in.feed(answer); wrong != nil {
			b.Fatal("the answer is not read")
		}
		in.finish()
		if rules.answer(d.form, in.reply()).State != pos.StateApproved {
			b.Fatal("the answer is not read")
		}
		desk.read(in)
		desk.sent(d)
	}
}

func benchDraft(desk *desk, rules *rules) *draft {
	d := desk.draft(rules.form("sale", ""))
	d.set("custid", "123456")
	d.set("password", "abc123")
	d.set("action", "sale")
	d.set("ticket", "L1-261122-AB12-7")
	d.set("operator", "Ann")
	d.set("amount", "1500")
	d.set("track1", testTrack1)
	d.set("track2", testTrack2)
	return d
}
