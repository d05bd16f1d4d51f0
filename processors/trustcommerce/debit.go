package trustcommerce

import (
	"errors"

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

// pin adds an encrypted block and its key serial number, in the form that card's table has for this wire. A block
// without one is refused as badformat, one of AES, for which the field has no room, as badlength.
func (d *draft) pin(p card.PINBlock) {
	err := p.On(card.WireTrustCommerce, func(text []byte) {
		own := d.keep.room(len(text))
		copy(own, text)
		d.pairs = append(d.pairs, pair{name: "pin", value: own})
	})
	switch {
	case errors.Is(err, card.ErrPINBlock):
		d.refuse(BadLength, "pin")
	case err != nil:
		d.refuse(BadFormat, "pin")
	}
}
