package pinblock

import (
	"crypto/cipher"
	"io"

	"github.com/tillpos/till/pos/card"
)

func encrypt4(c cipher.Block, p PIN, pan card.PAN, random io.Reader) ([]byte, error) {
	nibbles, err := pinField(ISO4, p)
	if err != nil {
		return nil, err
	}
	defer clear(nibbles)
	if err := fill(ISO4, nibbles[2+p.Len():], random); err != nil {
		return nil, err
	}
	block := append(packed(nibbles), make([]byte, 8)...)
	defer clear(block)
	if _, err := io.ReadFull(random, block[8:]); err != nil {
		return nil, err
	}
	field, err := panField(pan)
	if err != nil {
		return nil, err
	}
	defer clear(field)
	out := make([]byte, 16)
	c.Encrypt(out, block)
	mix(out, field)
	c.Encrypt(out, out)
	return out, nil
}

func decrypt4(c cipher.Block, block []byte, pan card.PAN) (PIN, error) {
	field, err := panField(pan)
	if err != nil {
		return PIN{}, err
	}
	defer clear(field)
	out := make([]byte, 16)
	defer clear(out)
	c.Decrypt(out, block)
	mix(out, field)
	c.Decrypt(out, out)
	nibbles := unpacked(out[:8])
	defer clear(nibbles)
	return readField(ISO4, nibbles)
}

// panField is how many digits the card number has beyond twelve, the number, and zeros.
func panField(pan card.PAN) ([]byte, error) {
	nibbles := make([]byte, 32)
	defer clear(nibbles)
	ok := false
	pan.Lend(func(d []byte) {
		if ok = len(d) > 0; !ok {
			return
		}
		nibbles[0] = byte(max(0, len(d)-12))
		at := 1 + max(0, 12-len(d))
		for i, c := range d {
			nibbles[at+i] = c - '0'
		}
	})
	if !ok {
		return nil, ErrPAN
	}
	return packed(nibbles), nil
}

func mix(into, with []byte) {
	for i := range into {
		into[i] ^= with[i]
	}
}
