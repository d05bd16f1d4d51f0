package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/pos/card"
)

// cardLimit bounds the JSON of a card, bytes.
const cardLimit = 8 << 10

// secretText is a JSON string kept as bytes, so that it can be wiped. It prints as stars.
type secretText []byte

// UnmarshalJSON takes plain strings; in card data nothing needs an escape.
func (s *secretText) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '"' || bytes.IndexByte(b, '\\') >= 0 || !utf8.Valid(b) {
		return errors.New("a plain string is needed")
	}
	*s = append(secretText(nil), b[1:len(b)-1]...)
	return nil
}

func (s secretText) String() string   { return "******" }
func (s secretText) GoString() string { return "******" }

// cardInput is the card as it comes on standard input: typed digits, or the tracks of a swipe.
type cardInput struct {
	PAN      secretText `json:"pan"`
	Exp      secretText `json:"exp"` // MMYY
	CVV      secretText `json:"cvv"`
	Track1   secretText `json:"track1"`
	Track2   secretText `json:"track2"`
	Zip      string     `json:"zip"`
	Address1 string     `json:"address1"`
}

func (c cardInput) wipe() {
	for _, s := range []secretText{c.PAN, c.Exp, c.CVV, c.Track1, c.Track2} {
		clear(s)
	}
}

// readCardJSON reads the whole of standard input, bounded. The caller wipes it.
func readCardJSON(ctx context.Context, in io.Reader) ([]byte, error) {
	b, err := readBounded(ctx, in, cardLimit)
	switch {
	case errors.Is(err, context.Canceled):
		return nil, pos.NewError(pos.CodeCancelled)
	case errors.Is(err, errTooLong):
		return nil, pos.NewError(pos.CodeCardUnreadable).WithDetail("standard input holds more than a card")
	case err != nil:
		return nil, pos.NewError(pos.CodeCardUnreadable).WithDetail("standard input cannot be read")
	case len(bytes.TrimSpace(b)) == 0:
		return nil, pos.NewError(pos.CodeCardUnreadable).WithDetail("standard input holds no card: one JSON object with pan and exp, or track1 or track2, is needed")
	}
	return b, nil
}

// errTooLong means that an input is longer than its limit.
var errTooLong = errors.New("the input is too long")

// readBounded reads to the end of the input, at most limit bytes of it. When ctx ends first it returns
// at once; a read that still blocks then, on a keyboard for example, ends with the program.
func readBounded(ctx context.Context, in io.Reader, limit int) ([]byte, error) {
	type result struct {
		text []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		b := make([]byte, limit+1)
		n, err := io.ReadFull(in, b)
		switch {
		case err == nil:
			clear(b)
			err = errTooLong
		case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
			err = nil
		}
		read <- result{b[:n], err}
	}()
	select {
	case r := <-read:
		return r.text, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// parseCard reads the JSON of a card and judges it at now. The error names the field, never its value.
func parseCard(text []byte, now time.Time) (pos.Credentials, error) {
	var in cardInput
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(&in)
	defer in.wipe()
	if err != nil {
		return pos.Credentials{}, pos.NewError(pos.CodeCardUnreadable).
			WithDetail("the card is not a JSON object of plain strings: pan, exp (MMYY), cvv, track1, track2, zip, address1")
	}
	var c card.Card
	switch {
	case len(in.Track1)+len(in.Track2) > 0:
		c, err = cardOfSwipe(in.swipe(), now)
	case len(in.PAN) > 0:
		c, err = in.keyed(now)
	default:
		err = pos.NewError(pos.CodeCardUnreadable).WithDetail("the card has neither a pan nor a track")
	}
	if err == nil && len(in.CVV) > 0 {
		if c.CVV, err = card.NewCVV(in.CVV); err != nil {
			err = pos.NewError(pos.CodeCardCVV)
		}
	}
	if err != nil {
		c.Wipe()
		return pos.Credentials{}, err
	}
	return pos.Credentials{Card: c, Address: pos.Address{Line1: in.Address1, Zip: in.Zip}}, nil
}

func (c cardInput) swipe() card.Swipe {
	s := card.Swipe{Entry: card.EntrySwipe}
	for i, t := range []secretText{c.Track1, c.Track2} {
		if len(t) > 0 {
			s.Status[i], s.Tracks[i] = card.Decoded, card.NewTrack(i+1, t)
		}
	}
	return s
}

func (c cardInput) keyed(now time.Time) (card.Card, error) {
	out := card.Card{Entry: card.EntryKeyed}
	pan, err := card.NewPAN(c.PAN)
	if err != nil || !pan.LuhnOK() {
		pan.Wipe()
		return out, pos.NewError(pos.CodeCardLuhn)
	}
	out.PAN = pan
	if out.Expiry, err = card.ParseMMYY(string(c.Exp)); err != nil {
		return out, pos.NewError(pos.CodeCardExpiry)
	}
	if out.Expiry.Expired(now) {
		return out, pos.NewError(pos.CodeCardExpiredNow)
	}
	return out, nil
}

// cardOfSwipe judges a swipe at now. A swipe that is no good is wiped.
func cardOfSwipe(s card.Swipe, now time.Time) (card.Card, error) {
	c, err := s.Card()
	if err == nil && c.Expiry.Expired(now) {
		c.Wipe()
		return card.Card{}, pos.NewError(pos.CodeCardExpiredNow)
	}
	if err == nil {
		return c, nil
	}
	s.Wipe()
	return card.Card{}, pos.SwipeError(err)
}
