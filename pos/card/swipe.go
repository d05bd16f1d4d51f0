package card

import "errors"

// Entry says how the card's data came in.
type Entry string

const (
	EntrySwipe Entry = "swipe"
	EntryKeyed Entry = "keyed"
	EntryWedge Entry = "wedge"
)

// Errors of Swipe.Card. None of them holds card data.
var (
	ErrNoTrack   = errors.New("card: no track could be read")
	ErrTrack     = errors.New("card: the track is not laid out as ISO 7813 says")
	ErrDisagree  = errors.New("card: track 1 and track 2 name different cards")
	ErrEncrypted = errors.New("card: the reader encrypts and its masked tracks hold no card number")
)

// TrackStatus is what a reader says of one track.
type TrackStatus int

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
}

// MaskedTrack is a track as an encrypting reader shows it, with zeros or stars for most digits.
// It has no way to a PAN.
type MaskedTrack string

// Encrypted carries an encrypting reader's blob, never decrypted here.
type Encrypted struct {
	Algorithm string // "tdes" or "aes128"
	Variant   string // DUKPT key variant: "pin" or "data"
	KSN       []byte
	Tracks    [3][]byte
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

// Card parses the tracks into a card. Track 2 leads where both are there; their numbers and expiry
// dates must agree. It errs with ErrNoTrack, ErrTrack, ErrDisagree, ErrEncrypted, ErrPANLength,
// ErrPANDigits, ErrLuhn or ErrExpiry.
func (s Swipe) Card() (Card, error) {
	if s.Encrypted != nil {
		return Card{}, ErrEncrypted
	}
	out := Card{Entry: s.Entry}
	found := false
	for i, parse := range []func(Track) (trackData, error){parseTrack1, parseTrack2} {
		if s.Status[i] != Decoded {
			continue
		}
		d, err := parse(s.Tracks[i])
		if err != nil {
			return Card{}, err
		}
		if found && (!d.pan.Equal(out.PAN) || d.expiry != out.Expiry) {
			return Card{}, ErrDisagree
		}
		if found {
			out.PAN.Wipe()
		}
		found = true
		out.PAN, out.Expiry, out.ServiceCode = d.pan, d.expiry, d.service
		if i == 0 {
			out.Track1, out.Name = s.Tracks[0], d.name
		} else {
			out.Track2 = s.Tracks[1]
		}
	}
	if !found {
		return Card{}, ErrNoTrack
	}
	if !out.PAN.LuhnOK() {
		return Card{}, ErrLuhn
	}
	return out, nil
}

// Wipe clears the tracks of a swipe that is not used.
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
