package card

import (
	"errors"
	"fmt"
)

// Entry says how the card's data came in.
type Entry string

// The ways a card comes in.
const (
	EntrySwipe Entry = "swipe"
	EntryKeyed Entry = "keyed"
	EntryWedge Entry = "wedge"
)

// Errors of Swipe.Card. None of them holds card data.
var (
	ErrNoTrack = errors.New("card: no track could be read")
	ErrTrack   = errors.New("card: the track is not laid out as ISO 7813 says")
	// ErrFormat is an ErrTrack too: track 1 is laid out as its issuer likes (formats A and C to Z).
	ErrFormat    = fmt.Errorf("%w: track 1 is not in format B", ErrTrack)
	ErrDisagree  = errors.New("card: track 1 and track 2 name different cards")
	ErrEncrypted = errors.New("card: the reader encrypts and its masked tracks hold no card number")
)

// TrackStatus is what a reader says of one track.
type TrackStatus int

// What a reader may say of a track.
const (
	Blank   TrackStatus = iota // nothing there
	Decoded                    // read, parity and LRC good
	Bad                        // there, but could not be decoded
)

// Swipe is one passage of a card through a reader, as the reader reported it; errors of a track are
// data, not failures. Track n stands at index n-1.
type Swipe struct {
	Status [3]TrackStatus
	Tracks [3]Track
	// Encrypted is set by readers that encrypt; then Tracks are empty and only Masked is filled.
	Encrypted *Encrypted
	Masked    [3]MaskedTrack
	Entry     Entry
	Encoding  Encoding
}

// Encoding is what a reader says of the card's encoding; empty if it does not say.
type Encoding string

// The encodings that readers tell apart.
const (
	EncodingISO          Encoding = "iso"
	EncodingAAMVA        Encoding = "aamva" // driving licences
	EncodingCADL         Encoding = "cadl"  // old Californian driving licences
	EncodingBlank        Encoding = "blank"
	EncodingOther        Encoding = "other"
	EncodingUndetermined Encoding = "undetermined" // nothing could be decoded
	EncodingNone         Encoding = "none"
	EncodingJIS2         Encoding = "jis2"
	EncodingRaw          Encoding = "raw"
)

// Encrypted carries what an encrypting reader sent, never decrypted here: the blobs, and what their
// receiver needs to decrypt them. Track n stands at index n-1. Fields that a reader does not send are zero.
type Encrypted struct {
	Algorithm string // "tdes" or "aes128"
	Variant   string // DUKPT key variant: "pin" or "data"
	KSN       []byte
	Tracks    [3][]byte
	// Joined says that tracks 1 and 2 were enciphered as one run, which stands in Tracks[0].
	Joined  bool
	Lengths [3]int    // of the tracks in clear, characters
	Hashes  [3][]byte // SHA-1 of the tracks in clear
	Session []byte
	Serial  string // of the reader
	// MagnePrint is the enciphered fingerprint of the stripe, Swiped what the reader says of how it took it.
	MagnePrint []byte
	Swiped     uint32
	// Exhausted says that the reader has used up its keys and sends no card data any more.
	Exhausted bool
}

// Card is what a payment needs of a card. The secrets in it live until the answer is known.
type Card struct {
	PAN         PAN
	Expiry      Expiry
	ServiceCode ServiceCode
	Name        Name
	Track1      Track
	Track2      Track
	CVV         CVV
	Entry       Entry
}

// Card parses the tracks into a card; tracks that the reader could not decode are left out. Where both
// tracks are there, number, expiry date and service code must agree; what only one of them has counts.
// It errs with ErrNoTrack, ErrTrack, ErrFormat, ErrDisagree, ErrEncrypted, ErrPANLength, ErrPANDigits, ErrLuhn
// or ErrExpiry, and then has wiped what it parsed, but not the swipe.
//
// The card shares the memory of the swipe's tracks: wipe the swipe when the payment is answered, not before.
func (s Swipe) Card() (Card, error) {
	return s.card([2]func(Track) (trackData, error){parseTrack1, parseTrack2})
}

func (s Swipe) card(parsers [2]func(Track) (trackData, error)) (Card, error) {
	if s.Encrypted != nil {
		return Card{}, ErrEncrypted
	}
	var read []trackData
	fail := func(err error) (Card, error) {
		for _, d := range read {
			d.wipe()
		}
		return Card{}, err
	}
	out := Card{Entry: s.Entry}
	for i, parse := range parsers {
		if s.Status[i] != Decoded {
			continue
		}
		d, err := parse(s.Tracks[i])
		if err != nil {
			return fail(err)
		}
		read = append(read, d)
	}
	if len(read) == 0 {
		return Card{}, ErrNoTrack
	}
	d := read[0]
	if len(read) == 2 {
		if !d.agrees(read[1]) {
			return fail(ErrDisagree)
		}
		d.fillFrom(read[1])
		read[1].wipe()
	}
	if !d.pan.LuhnOK() {
		return fail(ErrLuhn)
	}
	out.PAN, out.Expiry, out.ServiceCode, out.Name = d.pan, d.expiry, d.service, d.name
	if s.Status[0] == Decoded {
		out.Track1 = s.Tracks[0]
	}
	if s.Status[1] == Decoded {
		out.Track2 = s.Tracks[1]
	}
	return out, nil
}

// Wipe clears the tracks of a swipe, and so those of the card that was parsed from it.
func (s Swipe) Wipe() {
	for _, t := range s.Tracks {
		t.Wipe()
	}
}

// Wipe clears all secrets of the card; masks and brand stay.
func (c Card) Wipe() {
	c.PAN.Wipe()
	c.Track1.Wipe()
	c.Track2.Wipe()
	c.CVV.Wipe()
	c.Name.Wipe()
}
