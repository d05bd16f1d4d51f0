package storage

import (
	"encoding/base32"
	"errors"
	"strings"
)

// The teeth of a comb: one byte, no digit in any encoding, after every four bytes of data.
const (
	combGap   = 4
	combTooth = 0xff
)

var errComb = errors.New("not a combed value")

// comb spreads random bytes with a tooth after every fourth, so that no reading of them (packed decimal,
// ASCII, hexadecimal or base64 text, UTF-16) has more than eight digits in a row; the shortest card
// number has twelve. It costs a quarter more room and makes false alarms of Scan impossible, where a
// narrower search would make them only rare.
func comb(raw []byte) []byte {
	out := make([]byte, 0, len(raw)+len(raw)/combGap+1)
	for i, b := range raw {
		out = append(out, b)
		if i%combGap == combGap-1 {
			out = append(out, combTooth)
		}
	}
	return out
}

// uncomb undoes comb. A missing tooth is an error, so that a changed one shows like any other byte.
func uncomb(b []byte) ([]byte, error) {
	out := make([]byte, 0, len(b))
	for i, c := range b {
		if i%(combGap+1) != combGap {
			out = append(out, c)
		} else if c != combTooth {
			return nil, errComb
		}
	}
	return out, nil
}

// wordy is base32 (RFC 4648) in small letters: six of 32 characters are digits.
var wordy = base32.StdEncoding.WithPadding(base32.NoPadding)

// words writes random bytes as text for people and key files.
func words(raw []byte) string { return strings.ToLower(wordy.EncodeToString(raw)) }

func unwords(s string) ([]byte, error) { return wordy.DecodeString(strings.ToUpper(s)) }
