package dukpt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Errors of this package. None of them holds a key.
var (
	ErrKey       = errors.New("dukpt: the key has not the length of its algorithm")
	ErrKSN       = errors.New("dukpt: a key serial number has 10 bytes with TDES and 12 with AES")
	ErrAlgorithm = errors.New("dukpt: the algorithm is one of tdes, aes128, aes192 and aes256")
	ErrUsage     = errors.New("dukpt: this algorithm has no key for that use")
	ErrBlocks    = errors.New("dukpt: only whole blocks can be deciphered, of 8 bytes with TDES and 16 with AES")
	ErrExhausted = errors.New("dukpt: the counter has no further value")
)

// Algorithm is the cipher of a key hierarchy.
type Algorithm string

const (
	TDES   Algorithm = "tdes" // two keys
	AES128 Algorithm = "aes128"
	AES192 Algorithm = "aes192"
	AES256 Algorithm = "aes256"
)

// keyBytes is the length of an algorithm's keys, 0 for what is none.
func (a Algorithm) keyBytes() int {
	return map[Algorithm]int{TDES: 16, AES128: 16, AES192: 24, AES256: 32}[a]
}

// ksnBytes is the length of an algorithm's key serial numbers.
func (a Algorithm) ksnBytes() int {
	if a == TDES {
		return 10
	}
	return 12
}

// Key is a key in clear. Whatever prints it shows a mask.
type Key struct{ bytes []byte }

// NewKey takes a copy of the bytes.
func NewKey(b []byte) Key { return Key{append([]byte(nil), b...)} }

// ParseKey reads hexadecimal digits; it errs with ErrKey.
func ParseKey(text string) (Key, error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 16 && len(b) != 24 && len(b) != 32 {
		return Key{}, ErrKey
	}
	return Key{b}, nil
}

// Hex shows the key.
func (k Key) Hex() string { return strings.ToUpper(hex.EncodeToString(k.bytes)) }

// Bytes gives a copy of the key.
func (k Key) Bytes() []byte { return append([]byte(nil), k.bytes...) }

// Format answers every verb of fmt with a mask.
func (k Key) Format(s fmt.State, _ rune) { io.WriteString(s, "[key]") }

// MarshalText is what encoders write.
func (k Key) MarshalText() ([]byte, error) { return []byte("[key]"), nil }

// CheckValue is the first three bytes of zeros enciphered, by which people compare keys.
func (k Key) CheckValue(a Algorithm) (string, error) {
	c, err := k.Cipher(a)
	if err != nil {
		return "", err
	}
	out := make([]byte, c.BlockSize())
	c.Encrypt(out, out)
	return strings.ToUpper(hex.EncodeToString(out[:3])), nil
}

// Cipher is the block cipher under the key. It errs with ErrKey.
func (k Key) Cipher(a Algorithm) (cipher.Block, error) {
	if a.keyBytes() == 0 || len(k.bytes) != a.keyBytes() {
		return nil, ErrKey
	}
	if a == TDES {
		return tdes(k.bytes), nil
	}
	return aes.NewCipher(k.bytes)
}

// tdes is two-key triple DES under 16 bytes.
func tdes(key []byte) cipher.Block {
	c, err := des.NewTripleDESCipher(append(append([]byte(nil), key...), key[:8]...))
	if err != nil {
		panic(err) // the length is right
	}
	return c
}

// single is DES under 8 bytes.
func single(key []byte) cipher.Block {
	c, err := des.NewCipher(key)
	if err != nil {
		panic(err) // the length is right
	}
	return c
}
