package idtech

import (
	"bytes"
	"errors"
	"math/bits"

	"github.com/tillpos/till/device/magtek"
	"github.com/tillpos/till/pos/card"
)

// Errors of secure frames. None holds card data.
var (
	ErrFrame    = errors.New("idtech: the secure frame is not laid out as ID TECH says")
	ErrCheck    = errors.New("idtech: the check bytes of the secure frame are wrong")
	ErrOptional = errors.New("idtech: the secure frame has optional bytes, whose layout is not known")
)

// The frame around the card data, bytes.
const (
	stx, etx, dle, ack, nak = 0x02, 0x03, 0x10, 0x06, 0x15

	FrameHead  = 3 // STX and length
	FrameTail  = 3 // LRC, SUM, ETX
	originalAt = 5 // where the data of the original structure begin
	enhancedAt = 7

	hashSize, sessionSize, ksnSize, serialSize = 20, 8, 10, 10
)

// Bits of the card data's heads.
const (
	Enhanced     = 0x80 // of the encode type
	flagOptional = 0x40 // of the track status
	FlagAES      = 0x10 // of the byte that says what was sent masked
	flagCipher   = 0x30
	FlagSerial   = 0x80
	FlagSession  = 0x40 // of the byte that says what was sent encrypted
	FlagKSN      = 0x80
)

// encodings are the card encode types, without the bit of the enhanced structure.
var encodings = map[byte]card.Encoding{0: card.EncodingISO, 1: card.EncodingAAMVA, 3: card.EncodingOther, 4: card.EncodingRaw}

// Checks are the LRC and the SUM of card data.
func Checks(data []byte) (lrc, sum byte) {
	for _, b := range data {
		lrc ^= b
		sum += b
	}
	return lrc, sum
}

// frameLength is how many bytes the frame has whose head b begins with, 0 for none: a length that no frame
// has belongs to text behind an STX.
func frameLength(b []byte) int {
	if len(b) < FrameHead || b[0] != stx {
		return 0
	}
	n := int(b[1]) | int(b[2])<<8
	if n < originalAt || n > longestData {
		return 0
	}
	return FrameHead + n + FrameTail
}

// longestData bounds the card data of a frame, bytes.
const longestData = 1024

// unwrap takes the frame off the card data; what stands behind the frame is left alone.
func unwrap(b []byte) (data []byte, err error) {
	n := frameLength(b)
	if n == 0 || len(b) < n || b[n-1] != etx {
		return nil, ErrFrame
	}
	data = b[FrameHead : n-FrameTail]
	if lrc, sum := Checks(data); b[n-3] != lrc || b[n-2] != sum {
		return data, ErrCheck
	}
	return data, nil
}

// secured is a frame cut into its parts.
type secured struct {
	encode    byte
	status    [3]card.TrackStatus
	lengths   [3]int // with the LRC character
	shown     [3][]byte
	blobs     [3][]byte
	joined    bool
	hashes    [3][]byte
	session   []byte
	serial    []byte
	ksn       []byte
	algorithm string
}

// cutter takes parts off the front of card data.
type cutter struct {
	rest []byte
	bad  bool
}

func (c *cutter) next(n int) []byte {
	if n > len(c.rest) {
		c.bad = true
		n = len(c.rest)
	}
	out := c.rest[:n]
	c.rest = c.rest[n:]
	return out
}

func split(data []byte) (s secured, err error) {
	if len(data) < originalAt || data[0]&Enhanced != 0 && len(data) < enhancedAt {
		return s, ErrFrame
	}
	s.encode, s.algorithm = data[0]&^Enhanced, "tdes"
	for i := range 3 {
		decoded, there := data[1]&(1<<i) != 0, data[1]&(8<<i) != 0
		s.lengths[i] = int(data[2+i])
		switch {
		case there && !decoded:
			s.status[i] = card.Bad
			s.lengths[i] = 0
		case there && s.lengths[i] > 0:
			s.status[i] = card.Decoded
		default:
			s.lengths[i] = 0
		}
	}
	if data[0]&Enhanced != 0 {
		return s, s.enhanced(data)
	}
	return s, s.original(data[originalAt:])
}

func padded(n, block int) int { return (n + block - 1) / block * block }

func (s *secured) original(data []byte) error {
	c := cutter{rest: data}
	for i, n := range s.lengths {
		s.shown[i] = c.next(n)
	}
	if c.bad {
		return ErrFrame
	}
	if len(c.rest) == 0 {
		return nil // in clear
	}
	s.joined = true
	s.blobs[0] = c.next(padded(s.lengths[0]+s.lengths[1], 8))
	if c.bad || len(c.rest) < ksnSize {
		return ErrFrame
	}
	// The session id's presence shows in what is left beside the hashes, of which each track that was
	// read has one, or none has.
	left := len(c.rest) - ksnSize
	if left%hashSize == sessionSize {
		s.session = c.next(sessionSize)
		left -= sessionSize
	}
	switch tracks := [2]bool{s.lengths[0] > 0, s.lengths[1] > 0}; {
	case left == 0:
	case left == 2*hashSize:
		s.hashes[0], s.hashes[1] = c.next(hashSize), c.next(hashSize)
	case left == hashSize && tracks[0] != tracks[1]:
		one := 0
		if tracks[1] {
			one = 1
		}
		s.hashes[one] = c.next(hashSize)
	default:
		return ErrFrame
	}
	s.ksn = c.next(ksnSize)
	return nil
}

func (s *secured) enhanced(data []byte) error {
	if data[1]&flagOptional != 0 {
		return ErrOptional
	}
	block := 8
	masked, encrypted := data[5], data[6]
	switch masked & flagCipher {
	case 0:
	case FlagAES:
		s.algorithm, block = "aes128", 16
	default:
		return ErrFrame
	}
	c := cutter{rest: data[enhancedAt:]}
	for i, n := range s.lengths {
		if masked&(1<<i) != 0 {
			s.shown[i] = c.next(n)
		}
	}
	for i, n := range s.lengths {
		if encrypted&(1<<i) != 0 {
			s.blobs[i] = c.next(padded(n, block))
		}
	}
	if encrypted&FlagSession != 0 {
		s.session = c.next(sessionSize)
	}
	for i := range s.hashes {
		if encrypted&(8<<i) != 0 {
			s.hashes[i] = c.next(hashSize)
		}
	}
	if masked&FlagSerial != 0 {
		s.serial = c.next(serialSize)
	}
	if encrypted&FlagKSN != 0 {
		s.ksn = c.next(ksnSize)
	}
	if c.bad || len(c.rest) > 0 {
		return ErrFrame
	}
	return nil
}

// enciphered says whether the frame holds anything that must be decrypted.
func (s *secured) enciphered() bool {
	return len(s.blobs[0])+len(s.blobs[1])+len(s.blobs[2]) > 0 || s.ksn != nil
}

// hidden says whether a track is shown masked: its blob is there too, or stars stand in it.
func (s *secured) hidden(i int) bool {
	return len(s.blobs[i]) > 0 || s.joined && i < 2 || bytes.IndexByte(s.shown[i], '*') >= 0
}

// ParseFrame makes a swipe of a secure frame; bytes behind it are left alone. It errs with ErrFrame,
// ErrCheck or ErrOptional.
func ParseFrame(b []byte) (card.Swipe, error) {
	data, err := unwrap(b)
	if err != nil {
		return card.Swipe{}, err
	}
	s, err := split(data)
	if err != nil {
		return card.Swipe{}, err
	}
	out := card.Swipe{Entry: card.EntrySwipe, Encoding: encodings[s.encode], Status: s.status}
	for i, shown := range s.shown {
		switch {
		case s.status[i] != card.Decoded:
		case s.hidden(i):
			out.Masked[i] = card.NewMaskedTrack(shown)
		case len(shown) > 0:
			out.Tracks[i] = card.NewTrack(i+1, withoutLRC(shown))
		default:
			out.Status[i] = card.Blank // not sent in any form
		}
	}
	if s.enciphered() || s.hidden(0) || s.hidden(1) || s.hidden(2) {
		out.Encrypted = s.keep()
	}
	return out, nil
}

// keep copies what the receiver of the blobs needs into one piece of memory.
func (s *secured) keep() *card.Encrypted {
	e := &card.Encrypted{Algorithm: s.algorithm, Variant: "data", Joined: s.joined, Lengths: s.lengths}
	room := len(s.session) + len(s.ksn)
	for i := range 3 {
		room += len(s.blobs[i]) + len(s.hashes[i])
	}
	keep := make([]byte, 0, room)
	kept := func(b []byte) []byte {
		if len(b) == 0 {
			return nil
		}
		at := len(keep)
		keep = append(keep, b...)
		return keep[at:len(keep):len(keep)]
	}
	for i := range 3 {
		e.Tracks[i], e.Hashes[i] = kept(s.blobs[i]), kept(s.hashes[i])
	}
	e.Session, e.KSN = kept(s.session), kept(s.ksn)
	e.Serial = magtek.Shown(s.serial)
	return e
}

// withoutLRC drops the LRC character behind the end sentinel.
func withoutLRC(t []byte) []byte {
	if n := len(t); n >= 2 && t[n-2] == '?' {
		return t[:n-1]
	}
	return t
}

// tracksOf counts the bits of the three tracks, for messages.
func tracksOf(flags byte) int { return bits.OnesCount8(flags & 7) }
