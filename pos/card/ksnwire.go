package card

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Wire is a processor's wire, as far as it carries a PIN block with its key serial number.
type Wire string

const (
	WireTSYS          Wire = "tsys"
	WirePaymentech    Wire = "paymentech"
	WireTrustCommerce Wire = "trustcommerce"
)

// Errors of what goes over a wire.
var (
	ErrWire    = errors.New("card: no such wire")
	ErrKSNWide = errors.New("card: the wire has no room for this key serial number, of which only leading F's may be left out")
	ErrNoKSN   = errors.New("card: the PIN block has no key serial number")
)

// pinWire is how a wire writes a PIN block with its KSN, in hexadecimal digits.
type pinWire struct {
	block, ksn int  // digits
	ksnFirst   bool // the KSN stands before the block
	source     string
}

// pinWires is the conversion table: whatever sends a KSN takes its form from here.
var pinWires = map[Wire]pinWire{
	WireTSYS:          {block: 16, ksn: 16, source: "1080 group I, cardholder identification data of code K: PIN block, then KSN"},
	WirePaymentech:    {block: 16, ksn: 16, ksnFirst: true, source: "UTF field f4: KSN, then PIN block; ours"},
	WireTrustCommerce: {block: 16, ksn: 20, source: "TCLink field pin: PIN block, key set id (6), rest of the KSN"},
}

// On writes the KSN as a wire wants it: leading F's are dropped where there is less room, and nothing
// else ever is. It errs with ErrWire, ErrKSN or ErrKSNWide.
func (k KSN) On(w Wire) (string, error) {
	form, ok := pinWires[w]
	switch {
	case !ok:
		return "", fmt.Errorf("%w: %s", ErrWire, w)
	case len(k) != 20:
		return "", ErrKSN
	}
	spare := len(k) - form.ksn
	if string(k[:spare]) != strings.Repeat("F", spare) {
		return "", ErrKSNWide
	}
	return string(k[spare:]), nil
}

// On lends the PIN block and its KSN as a wire wants them, in upper-case hexadecimal digits; the text is
// wiped after f. It errs with ErrWire, ErrNoKSN (a block of a master/session pad), ErrPINBlock (wiped, or
// of a length that the wire has no room for) or ErrKSNWide, and then has not called f.
func (b PINBlock) On(w Wire, f func(text []byte)) error {
	if b.KSN == "" {
		return ErrNoKSN
	}
	ksn, err := b.KSN.On(w)
	if err != nil {
		return err
	}
	form := pinWires[w]
	text := make([]byte, form.block, form.block+form.ksn)
	defer func() { clear(text[:cap(text)]) }()
	b.Lend(func(clear []byte) {
		if hex.EncodedLen(len(clear)) != form.block {
			err = ErrPINBlock
			return
		}
		hex.Encode(text, clear)
	})
	if err != nil {
		return err
	}
	upper(text)
	text = append(text, ksn...)
	if form.ksnFirst {
		copy(text[form.ksn:], text[:form.block]) // copy handles the overlap
		copy(text, ksn)
	}
	f(text)
	return nil
}

// upper makes the hexadecimal digits upper case in place.
func upper(text []byte) {
	for i, c := range text {
		if c >= 'a' && c <= 'f' {
			text[i] = c - 'a' + 'A'
		}
	}
}
