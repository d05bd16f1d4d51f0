package payment

import (
	"encoding/binary"
	"errors"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// What an offline approval has sealed until it is forwarded: packMark, then for each value its name (1 byte),
// length (2 bytes, big-endian) and text.
const packMark = "till-card-1"

// packedSize holds two whole tracks and the rest several times over.
const packedSize = 1024

const (
	packPAN     = 'p'
	packExpiry  = 'e' // MMYY
	packTrack1  = '1'
	packTrack2  = '2'
	packCVV     = 'c'
	packService = 's'
	packEntry   = 'n'
	packAddress = 'a'
	packZip     = 'z'
)

var errPacked = errors.New("payment: the sealed card is damaged")

// packed tells what pack made from what a processor keeps.
func packed(b []byte) bool { return len(b) >= len(packMark) && string(b[:len(packMark)]) == packMark }

// pack writes a card into one slice, which the caller wipes. It never grows into a second one, which nobody
// would wipe.
func pack(c pos.Credentials) ([]byte, error) {
	out := make([]byte, 0, packedSize)
	out = append(out, packMark...)
	fits := true
	add := func(name byte, text []byte) {
		if len(text) == 0 {
			return
		}
		if len(out)+3+len(text) > cap(out) {
			fits = false
			return
		}
		out = append(out, name)
		out = binary.BigEndian.AppendUint16(out, uint16(len(text)))
		out = append(out, text...)
	}
	c.Card.PAN.Lend(func(b []byte) { add(packPAN, b) })
	c.Card.Track1.Lend(func(b []byte) { add(packTrack1, b) })
	c.Card.Track2.Lend(func(b []byte) { add(packTrack2, b) })
	c.Card.CVV.Lend(func(b []byte) { add(packCVV, b) })
	if !c.Card.Expiry.IsZero() {
		add(packExpiry, []byte(c.Card.Expiry.MMYY()))
	}
	add(packService, []byte(c.Card.ServiceCode))
	add(packEntry, []byte(c.Card.Entry))
	add(packAddress, []byte(c.Address.Line1))
	add(packZip, []byte(c.Address.Zip))
	if !fits {
		clear(out)
		return nil, errPacked
	}
	return out, nil
}

// unpack reads what pack wrote. Its errors hold nothing of it.
func unpack(b []byte) (c pos.Credentials, err error) {
	if !packed(b) {
		return c, errPacked
	}
	defer func() {
		if err != nil {
			c.Wipe()
			c = pos.Credentials{}
		}
	}()
	for b = b[len(packMark):]; len(b) > 0; {
		if len(b) < 3 {
			return c, errPacked
		}
		name, length := b[0], int(binary.BigEndian.Uint16(b[1:]))
		if b = b[3:]; length > len(b) {
			return c, errPacked
		}
		if err := setPacked(&c, name, b[:length]); err != nil {
			return c, errPacked
		}
		b = b[length:]
	}
	if !c.Card.PAN.Present() {
		return c, errPacked
	}
	return c, nil
}

func setPacked(c *pos.Credentials, name byte, text []byte) (err error) {
	switch name {
	case packPAN:
		c.Card.PAN, err = card.NewPAN(text)
	case packExpiry:
		c.Card.Expiry, err = card.ParseMMYY(string(text))
	case packTrack1:
		c.Card.Track1 = card.NewTrack(1, text)
	case packTrack2:
		c.Card.Track2 = card.NewTrack(2, text)
	case packCVV:
		c.Card.CVV, err = card.NewCVV(text)
	case packService:
		c.Card.ServiceCode = card.ServiceCode(text)
	case packEntry:
		c.Card.Entry = card.Entry(text)
	case packAddress:
		c.Address.Line1 = string(text)
	case packZip:
		c.Address.Zip = string(text)
	default:
		return errPacked
	}
	return err
}
