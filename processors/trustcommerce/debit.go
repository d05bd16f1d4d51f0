package trustcommerce

import (
	"encoding/hex"
	"strings"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// debit adds what a PIN debit sale or refund needs: track 2, the PIN block, and of a sale the parts of
// its amount. The guide recommends to send nothing else of the cardholder.
//
//	pin:       hex, 32-42; guide 2.8: 16 of the encrypted block, then the key serial number
//	surcharge: digits, 1-8, cents; guide 2.8. The merchant's fee for debit, part of amount
//	cashback:  digits, 1-8, cents; guide 2.8. Part of amount
func (d *draft) debit(r pos.Request) {
	d.lend("track2", r.Credentials.Card.Track2)
	d.pin(r.Credentials.PINBlock)
	if d.form.Action != "sale" {
		return // goods only: nothing else is given back
	}
	fee, err := r.Payment.Surcharge.Add(r.Payment.Fee)
	if err != nil {
		d.refuse(Mismatch, "surcharge")
		return
	}
	d.above("surcharge", fee.Minor())
	d.above("cashback", r.Payment.Cashback.Minor())
}

// pin adds an encrypted block and its KSN. The field has no room for a block of AES, which is refused as badlength.
func (d *draft) pin(p card.PINBlock) {
	ksn, ok := wireKSN(p.KSN)
	if !ok {
		d.refuse(BadFormat, "pin")
		return
	}
	p.Lend(func(b []byte) {
		own := d.keep.room(2*len(b) + len(ksn))
		hex.Encode(own, b)
		for i, c := range own[:2*len(b)] {
			if c >= 'a' {
				own[i] = c - 'a' + 'A'
			}
		}
		copy(own[2*len(b):], ksn)
		d.pairs = append(d.pairs, pair{name: "pin", value: own})
	})
}

// Digits of a key serial number on this wire: six name the key set, at least ten follow (guide 2.8), 20 in all in
// its samples.
const (
	shortKSN = 16
	longKSN  = 20
)

// wireKSN writes a key serial number as this wire has it: without the F's that fill it up to 20 digits,
// which readers leave out too, but never with less than 16 digits. That F's go is our reading: the guide's samples
// have none. ok is false for one that is not 20 digits long.
func wireKSN(k card.KSN) (text string, ok bool) {
	text = string(k)
	if len(text) != longKSN {
		return "", false
	}
	for len(text) > shortKSN && strings.HasPrefix(text, "F") {
		text = text[1:]
	}
	return text, true
}
