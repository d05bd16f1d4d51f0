package pinblock

import (
	"crypto/cipher"
	"errors"
	"io"

	"github.com/tillpos/till/pos/card"
)

// Errors of the block functions. None of them holds a digit.
var (
	ErrFormat = errors.New("pinblock: the format is 0, 1, 3 or 4")
	ErrCipher = errors.New("pinblock: formats 0, 1 and 3 are enciphered with TDES, format 4 with AES")
	ErrBlock  = errors.New("pinblock: not a PIN block of this format, card number and key")
	ErrPAN    = errors.New("pinblock: this format needs a card number")
)

// Format is a PIN block format of ISO 9564-1.
type Format int

// The formats for PINs that go to the issuer.
const (
	ISO0 Format = 0
	ISO1 Format = 1
	ISO3 Format = 3
	ISO4 Format = 4
)

// digits of a clear block; format 4 has as many before its random half.
const digits = 16

// known says whether the format is one of this package and whether it binds the card number.
func (f Format) known() (ok, bound bool) {
	switch f {
	case ISO0, ISO3, ISO4:
		return true, true
	case ISO1:
		return true, false
	}
	return false, false
}

// Encrypt makes the block of a PIN and enciphers it. pan is not looked at with format 1; random fills
// formats 1, 3 and 4. It errs with ErrFormat, ErrCipher, ErrPAN, ErrPIN (wiped), or as random does.
func Encrypt(f Format, c cipher.Block, p PIN, pan card.PAN, random io.Reader) ([]byte, error) {
	if err := f.fits(c); err != nil {
		return nil, err
	}
	if f == ISO4 {
		return encrypt4(c, p, pan, random)
	}
	block, err := Clear(f, p, pan, random)
	if err != nil {
		return nil, err
	}
	c.Encrypt(block, block)
	return block, nil
}

// Decrypt reads the PIN of an enciphered block. It errs with ErrFormat, ErrCipher, ErrPAN or ErrBlock.
func Decrypt(f Format, c cipher.Block, block []byte, pan card.PAN) (PIN, error) {
	if err := f.fits(c); err != nil {
		return PIN{}, err
	}
	if len(block) != c.BlockSize() {
		return PIN{}, ErrBlock
	}
	if f == ISO4 {
		return decrypt4(c, block, pan)
	}
	out := make([]byte, len(block))
	defer clear(out)
	c.Decrypt(out, block)
	return Read(f, out, pan)
}

func (f Format) fits(c cipher.Block) error {
	if ok, _ := f.known(); !ok {
		return ErrFormat
	}
	if (f == ISO4) != (c.BlockSize() == 16) {
		return ErrCipher
	}
	return nil
}

// Clear makes the block of 8 bytes of formats 0, 1 and 3 before it is enciphered; the caller wipes it. It
// errs with ErrFormat, ErrPAN, ErrPIN (wiped), or as random does.
func Clear(f Format, p PIN, pan card.PAN, random io.Reader) ([]byte, error) {
	ok, bound := f.known()
	if !ok || f == ISO4 {
		return nil, ErrFormat
	}
	nibbles, err := pinField(f, p)
	if err != nil {
		return nil, err
	}
	defer clear(nibbles)
	if err := fill(f, nibbles[2+p.Len():], random); err != nil {
		return nil, err
	}
	if bound {
		if err := bind(nibbles, pan); err != nil {
			return nil, err
		}
	}
	return packed(nibbles), nil
}

// Read takes the PIN out of a clear block of formats 0, 1 and 3. It errs with ErrFormat, ErrPAN or ErrBlock.
func Read(f Format, block []byte, pan card.PAN) (PIN, error) {
	ok, bound := f.known()
	if !ok || f == ISO4 {
		return PIN{}, ErrFormat
	}
	if len(block) != digits/2 {
		return PIN{}, ErrBlock
	}
	nibbles := unpacked(block)
	defer clear(nibbles)
	if bound {
		if err := bind(nibbles, pan); err != nil {
			return PIN{}, err
		}
	}
	return readField(f, nibbles)
}

// pinField is control digit, length and PIN; the rest is zero.
func pinField(f Format, p PIN) ([]byte, error) {
	nibbles := make([]byte, digits)
	n := 0
	p.Lend(func(d []byte) {
		n = len(d)
		for i, c := range d {
			nibbles[2+i] = c - '0'
		}
	})
	if n == 0 {
		return nil, ErrPIN
	}
	nibbles[0], nibbles[1] = byte(f), byte(n)
	return nibbles, nil
}

// readField checks control digit, length, digits and fill.
func readField(f Format, nibbles []byte) (PIN, error) {
	n := int(nibbles[1])
	if nibbles[0] != byte(f) || n < 4 || n > 12 {
		return PIN{}, ErrBlock
	}
	pin := make([]byte, n)
	defer clear(pin)
	for i := range pin {
		if nibbles[2+i] > 9 {
			return PIN{}, ErrBlock
		}
		pin[i] = '0' + nibbles[2+i]
	}
	for _, c := range nibbles[2+n:] {
		if lowest, highest := fillRange(f); c < lowest || c > highest {
			return PIN{}, ErrBlock
		}
	}
	return New(pin)
}

// fillRange is between which digits the fill of a format is.
func fillRange(f Format) (lowest, highest byte) {
	switch f {
	case ISO0:
		return 0xF, 0xF
	case ISO3:
		return 0xA, 0xF
	case ISO4:
		return 0xA, 0xA
	}
	return 0, 0xF
}

// fill draws the digits behind the PIN, evenly from their range.
func fill(f Format, rest []byte, random io.Reader) error {
	lowest, highest := fillRange(f)
	for i := range rest {
		rest[i] = lowest
		if lowest == highest {
			continue
		}
		span := highest - lowest + 1
		var b [1]byte
		for {
			if _, err := io.ReadFull(random, b[:]); err != nil {
				return err
			}
			if limit := 256 / int(span) * int(span); int(b[0]) < limit {
				break
			}
		}
		rest[i] = lowest + b[0]%span
	}
	return nil
}

// bind mixes the twelve digits of the card number before its check digit into a block, or out of it.
func bind(nibbles []byte, pan card.PAN) error {
	ok := false
	pan.Lend(func(d []byte) {
		if ok = len(d) > 0; !ok {
			return
		}
		d = d[max(0, len(d)-13) : len(d)-1]
		for i, c := range d {
			nibbles[digits-len(d)+i] ^= c - '0'
		}
	})
	if !ok {
		return ErrPAN
	}
	return nil
}

func packed(nibbles []byte) []byte {
	out := make([]byte, len(nibbles)/2)
	for i := range out {
		out[i] = nibbles[2*i]<<4 | nibbles[2*i+1]
	}
	return out
}

func unpacked(b []byte) []byte {
	out := make([]byte, 2*len(b))
	for i, c := range b {
		out[2*i], out[2*i+1] = c>>4, c&0xF
	}
	return out
}
