package trustcommerce

import (
	"testing"

	"github.com/tillpos/till/pos"
)

// BenchmarkCodec checks and encodes a swiped sale and reads its answer.
func BenchmarkCodec(b *testing.B) {
	facts := NewFacts()
	form, _ := facts.Form("sale", "")
	answer := []byte("BEGIN\nstatus=approved\ntransid=011-1234567890\navs=Y\nauthcode=123456\nEND\n")
	for b.Loop() {
		d := &draft{form: form, pairs: make([]pair, 0, 16)}
		d.set("custid", "123456")
		d.set("password", "abc123")
		d.set("action", "sale")
		d.set("ticket", "L1-261122-AB12-7")
		d.set("operator", "Ann")
		d.set("amount", "1500")
		d.set("track1", testTrack1)
		d.set("track2", testTrack2)
		if facts.check(form, d.pairs) != nil {
			b.Fatal("the sale is refused")
		}
		clear(d.encode(setting{version: "1.2-Go-test-cpu", pass: 1}))
		in := newResponse()
		if _, wrong := in.feed(answer); wrong != nil || facts.answer(in.reply()).State != pos.StateApproved {
			b.Fatal("the answer is not read")
		}
		d.wipe()
	}
}
