package card

// MaskedTrack is a track as an encrypting reader shows it, with zeros or stars for most digits. Such a
// reader may mend the check digit, so the text can look like a good track of another card. That is why it
// is neither text nor a Track, lends no bytes and has no way to a PAN: only the last four of the number
// are kept. Name and expiry date, which some readers leave in clear, are dropped.
type MaskedTrack struct{ last4 string }

// NewMaskedTrack takes what the reader shows of a track, sentinels included; the caller wipes the text.
func NewMaskedTrack(text []byte) MaskedTrack {
	end := 0
	for end < len(text) && text[end] != '=' && text[end] != '^' {
		end++
	}
	if end == len(text) || end < 5 || !digitsOnly(text[end-4:end]) {
		return MaskedTrack{}
	}
	return MaskedTrack{string(text[end-4 : end])}
}

// Last4 are the last four digits of the card, empty if the reader hides them.
func (m MaskedTrack) Last4() string { return m.last4 }
