package payment

import (
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

func wholeCard(t testing.TB) pos.Credentials {
	t.Helper()
	pan, err := card.NewPAN([]byte("4111111111111111"))
	if err != nil {
		t.Fatal("the test card is none")
	}
	expiry, err := card.ParseMMYY("1230")
	if err != nil {
		t.Fatal("the test expiry is none")
	}
	cvv, err := card.NewCVV([]byte("123"))
	if err != nil {
		t.Fatal("the test code is none")
	}
	return pos.Credentials{
		Card: card.Card{PAN: pan, Expiry: expiry, ServiceCode: "201", Entry: card.EntrySwipe, CVV: cvv,
			Track1: card.NewTrack(1, []byte("%B4111111111111111^TEST/CARD^3012201?")),
			Track2: card.NewTrack(2, []byte(";4111111111111111=3012201?"))},
		Address: pos.Address{Line1: "1 Main St", Zip: "12345"},
	}
}

func TestSealedCardComesBackWhole(t *testing.T) {
	in := wholeCard(t)
	sealed, err := pack(in)
	if err != nil {
		t.Fatal(err)
	}
	out, err := unpack(sealed)
	if err != nil {
		t.Fatal(err)
	}
	if !out.Card.PAN.Equal(in.Card.PAN) || out.Card.Expiry.MMYY() != in.Card.Expiry.MMYY() || out.Address != in.Address ||
		out.Card.ServiceCode != in.Card.ServiceCode || out.Card.Entry != in.Card.Entry {
		t.Error("number, expiry date, service code, entry or address differ")
	}
	for name, pair := range map[string][2]interface{ Lend(func([]byte)) }{
		"track 1": {in.Card.Track1, out.Card.Track1}, "track 2": {in.Card.Track2, out.Card.Track2}, "cvv": {in.Card.CVV, out.Card.CVV},
	} {
		var a, b string
		pair[0].Lend(func(x []byte) { a = string(x) })
		pair[1].Lend(func(x []byte) { b = string(x) })
		if a != b || a == "" {
			t.Errorf("%s differs", name)
		}
	}
	if cap(sealed) != packedSize {
		t.Error("the card was copied on the way, and the copy is not wiped")
	}
}

func TestOversizedCardIsNotSealed(t *testing.T) {
	in := wholeCard(t)
	in.Card.Track1 = card.NewTrack(1, make([]byte, 2000))
	if _, err := pack(in); err == nil {
		t.Error("a card larger than its slice was packed")
	}
}

func FuzzUnpack(f *testing.F) {
	sealed, err := pack(wholeCard(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte(packMark))
	f.Add([]byte(packMark + "p\x00\x03123"))
	f.Add([]byte(packMark + "p\xff\xff"))
	f.Add([]byte(packMark + "?\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := unpack(b)
		if err != nil {
			if c.Card.PAN.Present() {
				t.Error("half a card came back with an error")
			}
			return
		}
		if again, err := pack(c); err == nil {
			if back, err := unpack(again); err != nil || !back.Card.PAN.Equal(c.Card.PAN) {
				t.Error("what was read is not what is written")
			}
		}
	})
}
